"""A teacher's folder for tests: made by the teacher's own commands, and filled with submissions."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook

NAME = "01-bought-not-sold"
LINES = ("01-tuner", "01-climber", "01-nursery", "01-tiers", "01-cookbook")
GOOD = {
    "01-tuner": "A tuning would bring it back up after four years, it's €95. Would you like me to come and hear it first?",
    "01-climber": "There's a monthly pass at 49 that you can end any month. How often do you think you'd come?",
    "01-nursery": "Dear Ms Adeyemi, how does the offer for the first-aid day sit with you? A no is fine too.",
    "01-tiers": "The one with three tiers is 280, a small one for ten people 65. What would your mum like?",
    "01-cookbook": "Dear Mr Anselmi, a new spine would be 70 and the cover stays. What would you miss most if it went?",
}
POOR = {
    "01-tuner": "A tuning costs €95.",
    "01-climber": "You need the monthly pass, sign here.",
    "01-nursery": "I hope you are well. The offer for the first-aid day was 720.",
    "01-tiers": "You want the three tiers, I know it.",
    "01-cookbook": "A new spine is 70, a new binding is 190.",
}


def run(folder: Path, module: str, *arguments: str, fails: bool = False, **environment: str) -> str:
    """What a command of the teacher's says, on both channels."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        cwd=folder, env=os.environ | {"PATH": path} | environment, capture_output=True, text=True,
    )  # fmt: skip
    said = done.stdout + done.stderr
    assert (done.returncode != 0) == fails, said
    return said


def unpushy(folder: Path, *arguments: str, fails: bool = False) -> str:
    return run(folder, "unpushy", *arguments, fails=fails)


def nbgrader(folder: Path, *arguments: str, fails: bool = False) -> str:
    return run(folder, "nbgrader", *arguments, fails=fails)


def make(folder: Path, *names: str, timezone: str = "UTC") -> Path:
    """A class's folder with some assignments released."""
    unpushy(folder.parent, "teach", str(folder), "--timezone", timezone)
    for name in names or (NAME,):
        nbgrader(folder, "generate_assignment", name)
    return folder


def copy(room: Path, to: Path) -> Path:
    shutil.copytree(room, to)
    return to


def fill(folder: Path, answers: Mapping[str, str], name: str = NAME) -> nbformat.NotebookNode:
    """A released notebook with answers in it."""
    notebook = nbformat.read(folder / "exercises" / name / f"{name}.ipynb", 4)
    for cell in notebook.cells:
        ident = cell.metadata.get("nbgrader", {}).get("grade_id")
        if ident in answers:
            code = cell.cell_type == "code"
            cell.source = f"%%rewrite {ident}\n{answers[ident]}" if code else answers[ident]
    return notebook


def submit(
    folder: Path, who: str, answers: Mapping[str, str], name: str = NAME, at: str = ""
) -> Path:
    """Hand a notebook in, at a time if one is given; again if it was handed in before."""
    path = folder / "submitted" / who / name / f"{name}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(fill(folder, answers, name), path)
    if at:
        (path.parent / "timestamp.txt").write_text(at)
    return path


def points(folder: Path, who: str, name: str = NAME) -> dict[str, float]:
    """The points that count, by exercise line."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        (notebook,) = gradebook.find_submission(name, who).notebooks
        return {grade.name.removeprefix("points-"): grade.score for grade in notebook.grades}


def waiting(folder: Path, who: str, name: str = NAME) -> set[str]:
    """The exercise lines on which a learner waits for a person."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        (notebook,) = gradebook.find_submission(name, who).notebooks
        return {
            grade.name.removeprefix("points-")
            for grade in notebook.grades
            if grade.needs_manual_grade
        }


def give(folder: Path, who: str, cell: str, score: float, name: str = NAME) -> None:
    """Give points by hand, as the formgrader does."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        grade = gradebook.find_grade(cell, name, name, who)
        grade.manual_score = score
        grade.needs_manual_grade = False
        gradebook.db.commit()
