"""Making exercises/ from solutions/ with nbgrader, aside, so that a failed run leaves the old release as it was;
and for a class of one's own a folder with all of it, and the due date in the learner's notebook."""

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nbformat import NotebookNode
from nbformat.v4 import new_markdown_cell
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Unicode


class ReleaseError(RuntimeError):
    """nbgrader could not make a release; the message holds what it said."""


def assignments(course_folder: Path) -> list[str]:
    """The names of all assignments: the folders of solutions/ with a notebook of the same name."""
    return sorted(
        path.parent.name
        for path in (course_folder / "solutions").glob("*/*.ipynb")
        if path.stem == path.parent.name
    )


def generate(course_folder: Path, into: Path) -> None:
    """Generate the release of every assignment into a folder that is made anew."""
    with tempfile.TemporaryDirectory() as aside:
        release = Path(aside, "release")
        for name in assignments(course_folder):
            done = subprocess.run(
                [
                    sys.executable, "-m", "nbgrader", "generate_assignment", "--no-db", name,
                    f"--CourseDirectory.root={course_folder}",
                    f"--CourseDirectory.release_directory={release}",
                ],
                cwd=course_folder, capture_output=True, text=True,
                env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
            )  # fmt: skip
            if done.returncode:
                raise ReleaseError(f"{name}: {done.stderr.strip() or done.stdout.strip()}")
        if into.exists():
            shutil.rmtree(into)
        shutil.move(release, into)


def due_in_words(due: datetime, timezone: str) -> str:
    """A due date, kept in UTC, as the clocks of a place show it.

    >>> due_in_words(datetime(2026, 12, 1, 17), "Europe/Berlin")
    'Tuesday 1 December 2026, 18:00 (Europe/Berlin, UTC+01:00)'
    """
    there = due.replace(tzinfo=UTC).astimezone(ZoneInfo(timezone))
    offset = there.strftime("%z")
    return f"{there:%A} {there.day} {there:%B %Y, %H:%M} ({timezone}, UTC{offset[:3]}:{offset[3:]})"


class StateDueDate(NbGraderPreprocessor):
    """Writes the due date from the gradebook, if there is one, under the notebook's first cell."""

    timezone = Unicode("UTC", help="The time zone in which learners read the due date.").tag(
        config=True
    )

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Add a cell with the due date."""
        if self.parent.parent.no_database:
            return nb, resources
        about = resources["nbgrader"]
        with Gradebook(about["db_url"], self.parent.parent.coursedir.course_id) as gradebook:
            try:
                due = gradebook.find_assignment(about["assignment"]).duedate
            except MissingEntry:
                due = None
        if due is not None:
            cell = new_markdown_cell(f"**Due:** {due_in_words(due, self.timezone)}")
            cell.id = "due-date"
            nb.cells.insert(1, cell)
        return nb, resources
