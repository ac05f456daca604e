"""Where things are: the course's notebooks, the learner's own copies, and what the course keeps."""

import ast
import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any

from nbconvert.filters import markdown2html

from unpushy.course import CourseError
from unpushy.desks import DESKS

COPIED = ("lessons", "exercises")
LAB_ONLY = "lab"  # the tag of a cell that is meant for JupyterLab alone
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
class Cell:
    """A cell of a notebook as a page shows it: prose, a desk to sit down at, or code that needs a kernel."""

    html: str = ""
    desk: str = ""
    args: tuple[Any, ...] = ()
    code: bool = False

    @property
    def item(self) -> str:
        """What the desk is about."""
        return str(self.args[0]) if self.args else ""


@dataclass(frozen=True)
class Lesson:
    """A lesson as its notebook's metadata describe it; `minutes` is how long it takes."""

    number: int
    slug: str
    title: str
    promise: str
    minutes: int
    cells: tuple[Cell, ...]
    notebook: Path

    @property
    def lines(self) -> tuple[str, ...]:
        """The exercise lines practised in it."""
        return tuple(cell.item for cell in self.cells if cell.desk == "practise")

    @property
    def assignment(self) -> Path | None:
        """The lesson's assignment for learners, below the course's folder, if there is one."""
        path = Path("exercises", self.slug, f"{self.slug}.ipynb")
        return path if (course_folder() / path).is_file() else None


def _called(source: str) -> tuple[str, tuple[Any, ...]] | None:
    """The desk that a cell of code calls for, if that is all that it does: imports, then one call with plain values."""
    try:
        *before, last = ast.parse(source).body
    except (SyntaxError, ValueError):
        return None
    match last:
        case ast.Expr(ast.Call(ast.Name(name), args, [])) if name in DESKS:
            if all(isinstance(one, ast.ImportFrom) for one in before) and all(
                isinstance(one, ast.Constant) for one in args
            ):
                return name, tuple(one.value for one in args if isinstance(one, ast.Constant))
    return None


def _sized(html: str, folder: Path) -> str:
    """Prose whose drawings say how large they are, so that nothing moves when they arrive."""

    def say(image: re.Match[str]) -> str:
        drawing = folder / image["src"]
        box = drawing.is_file() and re.search(
            r'viewBox="0 0 ([\d.]+) ([\d.]+)"', drawing.read_text("utf-8")
        )
        return f'{image[0]} width="{box[1]}" height="{box[2]}"' if box else image[0]

    return re.sub(r'<img src="(?P<src>drawings/[\w-]+\.svg)"', say, html)


def _labelled(html: str) -> str:
    """Prose whose tables say in each cell what its column is, for where a row is read as a paragraph.

    What a row is about stands first and needs no label, unless it is a gap to be filled.
    """

    def label(table: re.Match[str]) -> str:
        head = table[0].partition("</tr>")[0]
        names = [_text(name) for name in re.findall(r"<th\b[^>]*>(.*?)</th>", head, re.S)]

        def row(found: re.Match[str]) -> str:
            columns = iter(enumerate(names))

            def cell(found: re.Match[str]) -> str:
                place, name = next(columns, (0, ""))
                named = name and (place or _text(found[1]).strip("“”") == "…")
                return f'<td data-column="{escape(name)}"{found[0][3:]}' if named else found[0]

            return re.sub(r"<td\b[^>]*>(.*?)</td>", cell, found[0], flags=re.S)

        return re.sub(r"<tr\b.*?</tr>", row, table[0], flags=re.S)

    return re.sub(r"<table\b.*?</table>", label, html, flags=re.S)


def _text(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html)).strip()


def read_cells(notebook: Path) -> tuple[Cell, ...]:
    """The cells of a notebook, ready for a page; read anew when the file has changed."""
    return _cells(notebook, notebook.stat().st_mtime)


@cache
def _cells(path: Path, changed: float) -> tuple[Cell, ...]:
    cells = []
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        source = "".join(cell["source"])
        if LAB_ONLY in cell["metadata"].get("tags", []):
            cells.append(Cell())
        elif cell["cell_type"] == "markdown":
            html = re.sub(r'<a class="anchor-link".*?</a>', "", str(markdown2html(source)))
            cells.append(Cell(html=_labelled(_sized(html, path.parent))))
        elif cell["cell_type"] == "code" and source.strip():
            called = _called(source)
            cells.append(Cell(desk=called[0], args=called[1]) if called else Cell(code=True))
        else:
            cells.append(Cell())
    return tuple(cells)


@cache
def _read(path: Path, changed: float) -> Lesson:
    try:
        about = json.loads(path.read_text("utf-8"))["metadata"]["unpushy"]
        return Lesson(
            int(path.name[:2]),
            path.stem,
            about["title"],
            about["promise"],
            about["minutes"],
            read_cells(path),
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
