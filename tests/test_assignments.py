"""Assignments: from the teacher's source to the gradebook, with nbgrader's own commands."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from classroom import GOOD, LINES, NAME, POOR
from conftest import ROOT
from nbclient import NotebookClient
from nbgrader.api import Gradebook

from unpushy import course
from unpushy.assignments.cells import answer_of, body_of, grade_answer, score, take
from unpushy.assignments.picture import picture
from unpushy.assignments.release import assignments, generate
from unpushy.judging import PLACEHOLDER


def nbgrader(folder: Path, *arguments: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stderr


def submit(folder: Path, who: str, answers: dict[str, str]) -> Path:
    notebook = nbformat.read(folder / "exercises" / NAME / f"{NAME}.ipynb", 4)
    for cell in notebook.cells:
        ident = cell.metadata.get("nbgrader", {}).get("grade_id")
        if ident in answers:
            cell.source = f"%%rewrite {ident}\n{answers[ident]}"
    path = folder / "submitted" / who / NAME / f"{NAME}.ipynb"
    path.parent.mkdir(parents=True)
    nbformat.write(notebook, path)
    return path


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher's folder: the course's sources, a fresh gradebook, three submissions."""
    folder = tmp_path_factory.mktemp("classroom")
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    shutil.copytree(ROOT / "solutions", folder / "solutions")
    nbgrader(folder, "generate_assignment", NAME)
    submit(folder, "good", GOOD)
    submit(folder, "poor", POOR)
    submit(folder, "untouched", {})
    nbgrader(folder, "autograde", NAME)
    nbgrader(folder, "generate_feedback", NAME)
    return folder


def points(folder: Path, who: str) -> dict[str, float]:
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        (notebook,) = gradebook.find_submission(NAME, who).notebooks
        return {grade.name.removeprefix("points-"): grade.auto_score for grade in notebook.grades}


def test_the_release_in_the_repository_is_what_nbgrader_makes_of_the_sources(
    tmp_path: Path,
) -> None:
    generate(ROOT, tmp_path / "made")
    made = {
        p.relative_to(tmp_path / "made"): p.read_bytes() for p in (tmp_path / "made").rglob("*.*")
    }
    here = {
        p.relative_to(ROOT / "exercises"): p.read_bytes() for p in (ROOT / "exercises").rglob("*.*")
    }
    assert made == here
    assert assignments(ROOT)


def test_good_poor_and_untouched_get_all_some_and_none(classroom: Path) -> None:
    assert points(classroom, "good") == dict.fromkeys(LINES, 2.0)
    assert points(classroom, "poor") == dict(zip(LINES, (1.0, 0.0, 1.0, 0.0, 1.0), strict=True))
    assert points(classroom, "untouched") == dict.fromkeys(LINES, 0.0)


def test_feedback_shows_the_marked_words_and_the_points(classroom: Path) -> None:
    page = (classroom / "feedback" / "poor" / NAME / f"{NAME}.html").read_text()
    assert "You need</span>" in page or "You need the monthly pass" in page
    assert "underline wavy" in page
    assert "0 of 2 points." in page
    assert "1 of 2 points." in page


def test_stock_nbgrader_gives_the_same_points(classroom: Path, tmp_path: Path) -> None:
    for folder in ("solutions", "submitted"):
        shutil.copytree(classroom / folder, tmp_path / folder)
    stock = (ROOT / "nbgrader_config.py").read_text().split("# Answers are data")[0]
    (tmp_path / "nbgrader_config.py").write_text(stock)
    nbgrader(tmp_path, "generate_assignment", NAME)
    nbgrader(tmp_path, "autograde", NAME)
    for who in ("good", "poor", "untouched"):
        assert points(tmp_path, who) == points(classroom, who)


def test_what_a_learner_wrote_is_never_executed_and_gains_nothing(
    classroom: Path, tmp_path: Path
) -> None:
    for folder in ("solutions", "exercises"):
        shutil.copytree(classroom / folder, tmp_path / folder)
    shutil.copy(classroom / "nbgrader_config.py", tmp_path)
    nbgrader(tmp_path, "generate_assignment", NAME, "--force")
    path = submit(tmp_path, "sly", {})
    notebook = nbformat.read(path, 4)
    trap = tmp_path / "trap"
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution"):
            cell.source = (
                f"open({str(trap)!r}, 'w')\nscore = lambda *a, **k: 2.0\n__import__('os')._exit(0)"
            )
        elif about.get("grade"):
            cell.source = "2.0"
    nbformat.write(notebook, path)
    nbgrader(tmp_path, "autograde", NAME)
    assert points(tmp_path, "sly") == dict.fromkeys(LINES, 0.0)
    assert not trap.exists()


def test_the_cells_name_decides_and_not_its_first_line(classroom: Path, tmp_path: Path) -> None:
    for folder in ("solutions", "exercises"):
        shutil.copytree(classroom / folder, tmp_path / folder)
    shutil.copy(classroom / "nbgrader_config.py", tmp_path)
    nbgrader(tmp_path, "generate_assignment", NAME, "--force")
    path = submit(tmp_path, "mixed-up", GOOD)
    text = path.read_text().replace("%%rewrite 01-tuner", "%%rewrite 01-nursery")
    path.write_text(text)
    nbgrader(tmp_path, "autograde", NAME)
    assert points(tmp_path, "mixed-up") == dict.fromkeys(LINES, 2.0)


def run(*cells: str) -> list[str]:
    """The outputs of cells run in a fresh kernel, as plain text."""
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in cells]
    )
    NotebookClient(notebook, kernel_name="python3", allow_errors=True).execute()
    return ["\n".join(str(output) for output in cell.outputs) for cell in notebook.cells]


def test_the_magic_is_there_from_the_kernels_start() -> None:
    (shown,) = run("%%rewrite 01-tuner\nYou need to get it tuned, believe me!")
    assert "still pushes" in shown
    assert "underline wavy" in shown


def test_a_cell_with_nothing_in_it_gets_a_kind_message() -> None:
    shown = run(
        "%%rewrite 01-tuner", "%%rewrite 01-tuner\n\n  \n", f"%%rewrite 01-tuner\n{PLACEHOLDER}"
    )
    for one in shown:
        assert "Nothing here yet" in one
        assert "error" not in one.lower()


def test_a_wrong_id_is_answered_with_the_right_one() -> None:
    shown = run("%%rewrite 01-tunr\nhello there", "%%rewrite\nhello there")
    assert "did you mean 01-tuner" in shown[0]
    assert "There is no exercise line" in shown[1].replace("there is", "There is")


def test_a_notebook_checks_itself_with_the_grader() -> None:
    shown = run(
        "from unpushy.assignments.notebook import score",
        f"%%rewrite 01-tuner\n{GOOD['01-tuner']}",
        'score("01-tuner", points=2)',
        'score("01-climber", points=2)',
    )
    assert shown[0] == ""
    assert "2 of 2 points" in shown[2]
    assert "'text/plain': '2.0'" in shown[2]
    assert "Not attempted yet" in shown[3]
    assert "'text/plain': '0.0'" in shown[3]


@pytest.mark.parametrize(
    "answer", ["", "\0", "<img src=x onerror=alert(1)>", "🙂 you must buy", "a" * 100_000]
)
def test_every_answer_has_a_score_that_is_a_float_within_bounds(answer: str) -> None:
    take("01-tuner", answer)
    reached = score("01-tuner", 2)
    assert type(reached) is float
    assert 0 <= reached <= 2
    assert "<img" not in picture(grade_answer("01-tuner", answer))


def test_the_answer_of_a_cell_is_what_stands_below_its_first_line() -> None:
    assert answer_of("%%rewrite 01-tuner\n\n one\ntwo \n") == "one\ntwo"
    assert answer_of("no magic at all") == "no magic at all"
    assert answer_of("%%rewrite") == ""
    assert (
        body_of("### BEGIN SOLUTION\nBEGIN SOLUTION is mine\n### END SOLUTION")
        == "BEGIN SOLUTION is mine"
    )


def test_model_answers_of_assignments_are_not_in_the_package() -> None:
    package = "".join(p.read_text("utf-8") for p in course.CONTENT.rglob("*.toml"))
    for path in (ROOT / "solutions").glob("*/*.ipynb"):
        for cell in nbformat.read(path, 4).cells:
            if cell.metadata.get("nbgrader", {}).get("solution"):
                assert answer_of(cell.source) not in package


def test_a_reflection_waits_for_a_person_and_untouched_scores_nothing(tmp_path: Path) -> None:
    shutil.copy(ROOT / "nbgrader_config.py", tmp_path)
    by_hand = []
    for path in sorted((ROOT / "solutions").glob("*/*.ipynb")):
        for cell in nbformat.read(path, 4).cells:
            about = cell.metadata.get("nbgrader", {})
            if about.get("solution") and about.get("grade"):
                assert cell.cell_type == "markdown"
                by_hand.append((path.stem, about["grade_id"]))
    assert len(by_hand) == 3
    name, ident = by_hand[0]
    shutil.copytree(ROOT / "solutions" / name, tmp_path / "solutions" / name)
    nbgrader(tmp_path, "generate_assignment", name)
    released = nbformat.read(tmp_path / "exercises" / name / f"{name}.ipynb", 4)
    for who, words in (
        ("thoughtful", "I stopped, and she asked what it costs."),
        ("untouched", ""),
    ):
        for cell in released.cells:
            if words and cell.metadata.get("nbgrader", {}).get("grade_id") == ident:
                cell.source = words
        path = tmp_path / "submitted" / who / name / f"{name}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(released, path)
        released = nbformat.read(tmp_path / "exercises" / name / f"{name}.ipynb", 4)
    nbgrader(tmp_path, "autograde", name)
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        (mine,) = gradebook.find_submission(name, "thoughtful").notebooks
        (none,) = gradebook.find_submission(name, "untouched").notebooks
        assert [g.needs_manual_grade for g in mine.grades if g.name == ident] == [True]
        assert [(g.auto_score, g.needs_manual_grade) for g in none.grades if g.name == ident] == [
            (0.0, False)
        ]
