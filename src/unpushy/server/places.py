"""Where things are: the course's notebooks, the learner's own copies, and what the course keeps."""

import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from unpushy.course import CourseError

COPIED = ("lessons", "exercises")
_RECORD = ".copied.json"


def course_folder() -> Path:
    """The folder that holds lessons/, exercises/ and quizzes/: UNPUSHY_COURSE, or that of this package."""
    folder = Path(os.environ.get("UNPUSHY_COURSE") or Path(__file__).parents[3])
    if not (folder / "lessons").is_dir():
        raise CourseError(
            f"There is no folder 'lessons' in {folder}. Set UNPUSHY_COURSE to the course's folder."
        )
    return folder


def work_folder() -> Path:
    """The learner's own folder: UNPUSHY_WORK, or my-work/ in the course's folder."""
    return Path(os.environ.get("UNPUSHY_WORK") or course_folder() / "my-work")


@dataclass(frozen=True)
class Lesson:
    """A lesson as its notebook's metadata describe it; `minutes` is how long it takes."""

    number: int
    slug: str
    title: str
    promise: str
    minutes: int
    lines: tuple[str, ...]
    notebook: Path

    @property
    def assignment(self) -> Path | None:
        """The lesson's assignment for learners, below the course's folder, if there is one."""
        path = Path("exercises", self.slug, f"{self.slug}.ipynb")
        return path if (course_folder() / path).is_file() else None


@cache
def _read(path: Path, changed: float) -> Lesson:
    try:
        notebook = json.loads(path.read_text("utf-8"))
        about = notebook["metadata"]["unpushy"]
        lines = tuple(
            line.split('"')[1]
            for cell in notebook["cells"]
            if cell["cell_type"] == "code"
            for line in cell["source"]
            if line.startswith("practise(")
        )
        return Lesson(
            int(path.name[:2]),
            path.stem,
            about["title"],
            about["promise"],
            about["minutes"],
            lines,
            path,
        )
    except (ValueError, KeyError, IndexError) as error:
        raise CourseError(f"lessons/{path.name}: {type(error).__name__} {error}") from None


def lessons() -> list[Lesson]:
    """All lessons in order: the notebooks in lessons/."""
    found = sorted((course_folder() / "lessons").glob("[0-9][0-9]-*.ipynb"))
    return [_read(path, path.stat().st_mtime) for path in found]


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def copy_for_the_learner() -> list[str]:
    """Copy what a learner edits into the work folder, never over an edited file.

    Returns what is worth telling: files of which there is a newer version beside an edited one.
    """
    work = work_folder()
    work.mkdir(parents=True, exist_ok=True)
    record = work / _RECORD
    try:
        copied = json.loads(record.read_text("utf-8"))
    except (OSError, ValueError):
        copied = {}
    news = []
    for folder in COPIED:
        for source in sorted((course_folder() / folder).rglob("*.*")):
            if source.suffix not in (".ipynb", ".svg"):
                continue
            name = source.relative_to(course_folder()).as_posix()
            target = work / name
            new = _digest(source)
            if target.exists() and _digest(target) not in (new, copied.get(name)):
                if copied.get(name) != new:
                    news.append(name)
                continue
            if not target.exists() or copied.get(name) != new:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
            copied[name] = new
    fresh = record.with_suffix(".new")
    fresh.write_text(json.dumps(copied, indent=1), "utf-8")
    fresh.replace(record)
    return news
