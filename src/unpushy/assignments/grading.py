"""`unpushy grade`: all submissions of an assignment in one go, through nbgrader's own gradebook.

It gives the same points as `nbgrader autograde` and leaves the same files, in a fraction of the time: one
session with the gradebook, each distinct answer heard once (by all cores), and whatever is up to date left
alone.
"""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.apps import NbGrader
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import select

from unpushy import course
from unpushy.assignments.doctor import POINTS_FOR, Diagnosis, release_at
from unpushy.assignments.gradebook import PAPERS, Paper, make_tables, save
from unpushy.assignments.late import late_rule, penalise
from unpushy.assignments.marking import (
    Listening,
    Mark,
    answers_in,
    essays_in,
    findings_in,
    make_inert,
    mark,
    write,
)
from unpushy.assignments.submissions import diagnose, digest, read_submission
from unpushy.beside import commands_on_path

TOGETHER = 50  # submissions in hand at once, which is what memory holds
KEPT_FILES = ("timestamp.txt", "submission_secret.txt")  # which nbgrader needs to return feedback


class GradingError(RuntimeError):
    """Grading can't start; the message says what is missing and what to do."""


@dataclass(frozen=True)
class Classroom:
    """A teacher's folder, as its nbgrader_config.py has it."""

    app: NbGrader
    courses: CourseDirectory

    @cached_property
    def late(self) -> AssignLatePenalties:
        """What a late submission costs."""
        return late_rule(self.app)

    def folder(self, step: str, student: str, assignment: str) -> Path:
        """Where nbgrader keeps a learner's files of an assignment."""
        return Path(self.courses.format_path(step, student, assignment))

    def release(self, assignment: str) -> Path:
        """Where an assignment's released files are."""
        return self.folder(self.courses.release_directory, ".", assignment)

    @contextmanager
    def gradebook(self) -> Iterator[Gradebook]:
        """The gradebook, with our tables in it."""
        commands_on_path()
        with Gradebook(self.courses.db_url, self.courses.course_id) as gradebook:
            make_tables(gradebook)
            yield gradebook


def classroom(folder: Path) -> Classroom:
    """The classroom in a folder with an nbgrader_config.py."""
    if not (folder / "nbgrader_config.py").is_file():
        raise GradingError(
            f"There is no nbgrader_config.py in {folder}. Go to your class's folder, or make one: unpushy teach FOLDER"
        )
    app = NbGrader()
    with chdir(folder):  # where nbgrader looks for its settings
        app.load_config_file(suppress_errors=False)
    app.config.CourseDirectory.root = str(folder.resolve())
    return Classroom(app, CourseDirectory(parent=app))


@dataclass(frozen=True)
class Submitted:
    """One notebook that was handed in."""

    student: str
    path: Path


@dataclass(frozen=True)
class Change:
    """What marking anew changes, or would change, for one answer."""

    student: str
    cell: str
    before: float
    after: float


@dataclass
class Graded:
    """How a run of `grade` went; seconds are of the whole, and of the ear in it."""

    graded: list[str] = field(default_factory=list)
    up_to_date: list[str] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    seconds: float = 0.0
    ear_seconds: float = 0.0
    heard: int = 0  # different answers


@dataclass(frozen=True)
class _Read:
    """A submission as it was read: its diagnosis, or why there is none."""

    submitted: Submitted
    file: str
    timestamp: datetime | None = None
    diagnosis: Diagnosis | None = None
    failed: str = ""


def submissions(room: Classroom, assignment: str, students: Sequence[str] = ()) -> list[Submitted]:
    """What was handed in for an assignment, by learner."""
    wanted = {path.name for path in room.release(assignment).glob("*.ipynb")}
    root = room.folder(room.courses.submitted_directory, "_", assignment).parents[1]
    found = []
    for folder in sorted(root.glob(f"*/{assignment}")):
        student = folder.parent.name
        if student.startswith("."):
            continue  # nbgrader doesn't see these either
        if not students or student in students:
            found += [Submitted(student, folder / name) for name in sorted(wanted)]
    return [one for one in found if one.path.is_symlink() or one.path.exists()]


def _read(submitted: Submitted, release: Path, known: str) -> _Read:
    """Read and diagnose one submission; nothing that is wrong with it gets further than here."""
    try:
        raw = read_submission(submitted.path)
        file = digest(raw)
        if file == known:
            return _Read(submitted, file)
        diagnosis = diagnose(raw, release_at(release))
        return _Read(submitted, file, _timestamp(submitted.path.parent), diagnosis)
    except Exception as error:
        return _Read(submitted, "", failed=f"{type(error).__name__}: {error}")


def _timestamp(folder: Path) -> datetime | None:
    try:
        found: datetime | None = parse_utc(
            read_submission(folder / "timestamp.txt").decode().strip()
        )
    except (OSError, ValueError, OverflowError):
        return None
    return found


def grade(
    room: Classroom,
    assignment: str,
    students: Sequence[str] = (),
    *,
    again: bool = False,
    dry_run: bool = False,
    done: Callable[[int], None] = lambda some: None,
) -> Graded:
    """Grade what was handed in for an assignment; `done` is told of every few submissions that are.

    What is up to date is left alone, so that an interrupted run goes on where it stopped, unless `again`.
    With `dry_run` nothing is written, and the changes are those that would be made.
    """
    started = perf_counter()
    result = Graded()
    listening = Listening()
    todo = submissions(room, assignment, students)
    with room.gradebook() as gradebook:
        try:
            gradebook.find_assignment(assignment)
        except MissingEntry:
            raise GradingError(
                f"The gradebook doesn't know {assignment}. Release it first: nbgrader generate_assignment {assignment}"
            ) from None
        known = {} if again or dry_run else _up_to_date(gradebook, assignment)
        for at in range(0, len(todo), TOGETHER):
            some = todo[at : at + TOGETHER]
            released = [room.release(assignment) / one.path.name for one in some]
            files = [_known(room, assignment, one, known) for one in some]
            read = list(map(_read, some, released, files))
            listening.hear(
                [said for one in read if one.diagnosis for said in one.diagnosis.answers.items()]
            )
            for one in read:
                _grade_one(room, gradebook, assignment, one, listening, result, dry_run)
            gradebook.db.expunge_all()  # so that memory stays flat
            done(len(some))
    result.seconds = perf_counter() - started
    result.ear_seconds = listening.seconds
    result.heard = listening.many
    return result


def _up_to_date(gradebook: Gradebook, assignment: str) -> dict[tuple[str, str], str]:
    """The files that were marked by the course as it is now, by learner and notebook."""
    rows = gradebook.db.execute(
        select(PAPERS.c.file, SubmittedAssignment.student_id, SubmittedNotebook)
        .join(SubmittedNotebook, SubmittedNotebook.id == PAPERS.c.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .where(SubmittedAssignment.assignment.has(name=assignment))
        .where(PAPERS.c.course == course.version())
    )
    return {(row.student_id, row.SubmittedNotebook.name): row.file for row in rows}


def _known(room: Classroom, assignment: str, one: Submitted, known: Any) -> str:
    made = room.folder(room.courses.autograded_directory, one.student, assignment) / one.path.name
    found: str = known.get((one.student, one.path.stem), "") if made.exists() else ""
    return found


def _grade_one(
    room: Classroom,
    gradebook: Gradebook,
    assignment: str,
    read: _Read,
    listening: Listening,
    result: Graded,
    dry_run: bool,
) -> None:
    """Mark, write and save one submission; what goes wrong with it is told, and the others go on."""
    student = read.submitted.student
    if read.failed:
        result.failed.append((student, read.failed))
        return
    if read.diagnosis is None:
        result.up_to_date.append(student)
        return
    try:
        notebook = read.diagnosis.notebook()
        notebook.metadata["unpushy"]["file"] = read.file
        marks = mark(notebook, listening)
        result.changes += _changes(gradebook, assignment, read.submitted, marks)
        if dry_run:
            result.graded.append(student)
            return
        release = read.diagnosis.release
        write(notebook, marks)
        paper = Paper(
            assignment,
            release.name,
            student,
            marks,
            essays_in(notebook, release),
            tuple(findings_in(notebook)),
            read.file,
            course.version(),
            read.timestamp,
        )
        make_inert(notebook, release)
        folder = room.folder(room.courses.autograded_directory, student, assignment)
        _write(read.submitted.path, folder, json.dumps(notebook, ensure_ascii=False, indent=1))
        entry = save(gradebook, paper)
        penalise(gradebook, entry, room.late)
        gradebook.db.commit()
        result.graded.append(student)
    except Exception as error:
        gradebook.db.rollback()
        result.failed.append((student, f"{type(error).__name__}: {error}"))


def _write(submitted: Path, folder: Path, text: str) -> None:
    """Put the marked notebook where nbgrader looks for it, with what it needs to return feedback."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in KEPT_FILES:
        if (submitted.parent / name).is_file() and not (submitted.parent / name).is_symlink():
            (folder / name).unlink(missing_ok=True)
            shutil.copyfile(submitted.parent / name, folder / name)
    fresh = folder / f".{submitted.name}.new"
    fresh.write_text(text, "utf-8")
    fresh.chmod(0o444)
    fresh.replace(folder / submitted.name)


def _changes(
    gradebook: Gradebook, assignment: str, submitted: Submitted, marks: dict[str, Mark]
) -> list[Change]:
    """Where a learner's points differ from those in the gradebook; a teacher's mark stays, and changes nothing."""
    rows = gradebook.db.execute(
        select(Grade.auto_score, BaseCell.name)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .where(SubmittedAssignment.student_id == submitted.student)
        .where(Assignment.name == assignment, Notebook.name == submitted.path.stem)
        .where(Grade.manual_score.is_(None), Grade.auto_score.is_not(None))
    )
    changes = []
    for before, name in rows:
        new = marks.get(name.removeprefix(POINTS_FOR))
        if new and new.points != before:
            changes.append(Change(submitted.student, new.cell, before, new.points))
    return changes


__all__ = ["Change", "Classroom", "Graded", "GradingError", "answers_in", "classroom", "grade"]
