"""What nbgrader's gradebook keeps of a marked notebook, and beside it what a teacher wants to look at.

Two tables of our own stand beside nbgrader's in the same database: the answer behind each grade, with the
reason why a person should look at it and whether one has; and what the doctor found in each notebook.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from nbgrader import api
from nbgrader.api import (
    Assignment,
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    MissingEntry,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import (
    Boolean,
    Column,
    Float,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    delete,
    insert,
    select,
    update,
)

from unpushy import course
from unpushy.assignments.doctor import ODD, POINTS_FOR, Finding
from unpushy.assignments.marking import Mark, asks

_tables = MetaData()
ANSWERS = Table(
    "unpushy_answer",
    _tables,
    Column("grade_id", String(32), primary_key=True),
    Column("notebook_id", String(32), index=True, nullable=False),
    Column("cell", String(128), index=True, nullable=False),
    Column("answer", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("tactics", Text, nullable=False),  # codes of what was heard to push
    Column("asks", Text, nullable=False),
    Column("settled", Float),  # the points with which a teacher settled this very answer
    Column("by_hand", Boolean, nullable=False),  # whether those are the teacher's and not the ear's
)
PAPERS = Table(
    "unpushy_paper",
    _tables,
    Column("notebook_id", String(32), primary_key=True),
    Column("file", String(64), nullable=False),  # what was handed in, as a digest
    Column("course", String(16), nullable=False),  # the state of the course it was marked by
)
FINDINGS = Table(
    "unpushy_finding",
    _tables,
    Column("notebook_id", String(32), index=True, nullable=False),
    Column("kind", String(8), nullable=False),
    Column("cell", String(128), nullable=False),
    Column("words", Text, nullable=False),
)
NOT_ATTEMPTED = "Not attempted."


def make_tables(gradebook: Gradebook) -> None:
    """Make our tables where they aren't yet."""
    _tables.create_all(gradebook.engine)


def keep_engines() -> None:
    """Let nbgrader keep one engine for each database.

    It opens the gradebook five times a submission, each time with a new engine of SQLAlchemy, which
    compiles every statement anew: a fifth of the time that a submission takes.
    """
    api.create_engine = _engine


_engine = cache(create_engine)


@dataclass(frozen=True)
class Paper:
    """A marked notebook on its way into the gradebook."""

    assignment: str
    notebook: str
    student: str
    marks: Mapping[str, Mark]
    essays: Mapping[str, str]
    findings: tuple[Finding, ...]
    file: str
    course: str
    timestamp: datetime | None = None


def submission(gradebook: Gradebook, paper: Paper) -> SubmittedNotebook:
    """The gradebook's entry for a submitted notebook, made with all its grades where there is none."""
    db = gradebook.db
    found = (
        db.query(SubmittedNotebook)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .filter(
            SubmittedAssignment.student_id == paper.student,
            Assignment.name == paper.assignment,
            Notebook.name == paper.notebook,
        )
        .one_or_none()
    )
    if found is None:
        found = _new_submission(gradebook, paper)
    if paper.timestamp is not None:
        found.assignment.timestamp = paper.timestamp
    return found


def _new_submission(gradebook: Gradebook, paper: Paper) -> SubmittedNotebook:
    # As Gradebook.add_submission does it, but without a commit for each learner.
    db = gradebook.db
    assignment = gradebook.find_assignment(paper.assignment)
    student = db.get(Student, paper.student)
    if student is None:
        student = Student(id=paper.student)
        db.add(student)
    with db.no_autoflush:
        entry = SubmittedAssignment(assignment=assignment, student=student)
        mine = None
        for notebook in assignment.notebooks:
            made = SubmittedNotebook(notebook=notebook, assignment=entry)
            for cell in (*notebook.grade_cells, *notebook.task_cells):
                Grade(cell_id=cell.id, notebook=made)
            for cell in (*notebook.solution_cells, *notebook.task_cells):
                Comment(cell_id=cell.id, notebook=made)
            if notebook.name == paper.notebook:
                mine = made
    db.add(entry)
    db.flush()
    if mine is None:
        raise MissingEntry(f"{paper.assignment} has no notebook '{paper.notebook}'")
    return mine


def save(gradebook: Gradebook, paper: Paper) -> SubmittedNotebook:
    """Save a marked notebook; a teacher's mark stays in force. The caller commits."""
    db = gradebook.db
    entry = submission(gradebook, paper)
    before = {
        row.grade_id: row
        for row in db.execute(select(ANSWERS).where(ANSWERS.c.notebook_id == entry.id))
    }
    grades, answers = [], []
    for row in db.execute(
        select(Grade.id, Grade.manual_score, BaseCell.name)
        .join(BaseCell, BaseCell.id == Grade.cell_id)
        .where(Grade.notebook_id == entry.id)
    ):
        old = before.get(row.id)
        if (mark := paper.marks.get(row.name.removeprefix(POINTS_FOR))) is not None:
            grade, answer = _mark_row(gradebook, mark, paper, row.manual_score, old)
        elif row.name in paper.essays:
            grade, answer = _essay_row(row.name, paper.essays[row.name], row.manual_score, old)
        else:
            grade, answer = {"auto_score": 0.0, "needs_manual_grade": False}, {}
        grades.append({"id": row.id, **grade})
        if answer:
            answers.append({"grade_id": row.id, "notebook_id": entry.id, **answer})
    comments = []
    for row in db.execute(
        select(Comment.id, BaseCell.name)
        .join(BaseCell, BaseCell.id == Comment.cell_id)
        .where(Comment.notebook_id == entry.id)
    ):
        name = row.name
        given = paper.marks[name].attempted if name in paper.marks else paper.essays.get(name)
        comments.append({"id": row.id, "auto_comment": None if given else NOT_ATTEMPTED})
    for table in (ANSWERS, FINDINGS, PAPERS):
        db.execute(delete(table).where(table.c.notebook_id == entry.id))
    found = [
        {"notebook_id": entry.id, "kind": one.kind, "cell": one.cell, "words": one.words}
        for one in paper.findings
    ]
    kept = {"notebook_id": entry.id, "file": paper.file, "course": paper.course}
    for what, rows in (
        (update(Grade), grades),
        (update(Comment), comments),
        (insert(ANSWERS), answers),
        (insert(FINDINGS), found),
        (insert(PAPERS), [kept]),
    ):
        if rows:
            db.execute(what, rows)
    return entry


Row = dict[str, Any]


def _mark_row(
    gradebook: Gradebook, mark: Mark, paper: Paper, by_teacher: float | None, old: Any
) -> tuple[Row, Row]:
    """What the gradebook and our table keep of a mark; `by_teacher` are points given by hand before."""
    why = asks(mark, paper.findings)
    grade: Row = {"auto_score": mark.points}
    settled, by_hand = None, False
    if old is not None and old.answer == mark.answer:
        settled, by_hand = old.settled, old.by_hand
    elif why and (same := _settled_elsewhere(gradebook, mark)) is not None:
        settled, by_hand = same
        if by_hand and by_teacher is None:
            by_teacher = grade["manual_score"] = settled
    if by_teacher is None:
        grade["needs_manual_grade"] = bool(why) and settled != mark.points
    else:
        # The teacher's mark counts. It is shown again only if it was given for another answer.
        changed = old is not None and old.answer != mark.answer and not by_hand
        grade["needs_manual_grade"] = changed
        if changed:
            why = f"{why} The answer changed after it was marked by hand.".strip()
    answer = {
        "cell": mark.cell,
        "answer": mark.answer,
        "confidence": mark.grade.confidence,
        "tactics": " ".join(mark.grade.hearing.push),
        "asks": why,
        "settled": settled,
        "by_hand": by_hand,
    }
    return grade, answer


def _settled_elsewhere(gradebook: Gradebook, mark: Mark) -> tuple[float, bool] | None:
    """How a teacher settled the same answer of somebody else, if one did."""
    same = (ANSWERS.c.cell == mark.cell) & (ANSWERS.c.answer == mark.answer)
    found = gradebook.db.execute(
        select(ANSWERS.c.settled, ANSWERS.c.by_hand).where(same & ANSWERS.c.settled.is_not(None))
    ).first()
    return (found.settled, found.by_hand) if found else None


def _essay_row(name: str, text: str, by_teacher: float | None, old: Any) -> tuple[Row, Row]:
    """What the gradebook and our table keep of an answer that a person marks."""
    changed = old is not None and old.answer != text
    open_ = changed if by_teacher is not None else bool(text)
    grade = {"auto_score": None if text else 0.0, "needs_manual_grade": open_}
    answer = {
        "cell": name,
        "answer": text,
        "confidence": 1.0,
        "tactics": "",
        "asks": "",
        "settled": None,
        "by_hand": False,
    }
    return grade, answer


@dataclass(frozen=True)
class Asked:
    """One answer that a person should look at, and all who gave it."""

    key: str
    cell: str
    answer: str
    asks: str
    confidence: float
    tactics: tuple[str, ...]
    points: float
    out_of: float
    students: tuple[str, ...]
    grades: tuple[str, ...]


def _key(cell: str, answer: str) -> str:
    from hashlib import sha256

    return sha256(f"{cell}\0{answer}".encode()).hexdigest()[:6]


def to_look_at(gradebook: Gradebook, assignment: str) -> list[Asked]:
    """What waits for a person in an assignment, least sure first, identical answers together."""
    rows = gradebook.db.execute(
        select(ANSWERS, Grade.auto_score, SubmittedAssignment.student_id)
        .join(Grade, Grade.id == ANSWERS.c.grade_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .where(SubmittedAssignment.assignment.has(name=assignment))
        .where(Grade.needs_manual_grade, ANSWERS.c.asks != "")
        .order_by(SubmittedAssignment.student_id)
    ).all()
    out_of = _worth(gradebook, assignment)
    groups: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        groups.setdefault((row.cell, row.answer), []).append(row)
    asked = [
        Asked(
            _key(cell, answer),
            cell,
            answer,
            min(same, key=lambda row: row.confidence).asks,
            min(row.confidence for row in same),
            tuple(same[0].tactics.split()),
            same[0].auto_score or 0.0,
            out_of.get(cell, 0.0),
            tuple(row.student_id for row in same),
            tuple(row.grade_id for row in same),
        )
        for (cell, answer), same in groups.items()
    ]
    return sorted(asked, key=lambda one: (one.confidence, one.cell, one.key))


def _worth(gradebook: Gradebook, assignment: str) -> dict[str, float]:
    return {
        cell.name.removeprefix(POINTS_FOR): cell.max_score
        for notebook in gradebook.find_assignment(assignment).notebooks
        for cell in notebook.grade_cells
    }


def essays_to_read(gradebook: Gradebook, assignment: str) -> int:
    """How many answers in an assignment are for a person to mark from the start."""
    found: int = (
        gradebook.db.query(Grade)
        .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .filter(SubmittedAssignment.assignment.has(name=assignment))
        .filter(Grade.needs_manual_grade, Grade.auto_score.is_(None))
        .count()
    )
    return found


def settle(gradebook: Gradebook, asked: Iterable[Asked], points: float | None = None) -> int:
    """Settle answers: with these points as the teacher's mark, or with the points they have. Returns how many."""
    db = gradebook.db
    settled = 0
    for one in asked:
        given = one.points if points is None else points
        values = {"settled": given, "by_hand": points is not None}
        db.execute(update(ANSWERS).where(ANSWERS.c.grade_id.in_(one.grades)).values(values))
        for grade in db.query(Grade).filter(Grade.id.in_(one.grades)):
            grade.needs_manual_grade = False
            if points is not None:
                grade.manual_score = points
        settled += len(one.grades)
    db.commit()
    return settled


def found_odd(gradebook: Gradebook, assignment: str) -> list[tuple[str, Finding]]:
    """What the doctor found in an assignment's notebooks, by learner; what isn't odd comes first."""
    rows = gradebook.db.execute(
        select(FINDINGS, SubmittedAssignment.student_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == FINDINGS.c.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .where(SubmittedAssignment.assignment.has(name=assignment))
    ).all()
    found = [(row.student_id, Finding(row.kind, row.cell, row.words)) for row in rows]
    return sorted(found, key=lambda one: (one[1].kind == ODD, one[0], one[1].cell, one[1].words))


def answers_of_all(gradebook: Gradebook, assignment: str) -> dict[str, dict[str, str]]:
    """The marked answers of an assignment by exercise line and learner; not those that are missing."""
    rows = gradebook.db.execute(
        select(ANSWERS.c.cell, ANSWERS.c.answer, SubmittedAssignment.student_id)
        .join(SubmittedNotebook, SubmittedNotebook.id == ANSWERS.c.notebook_id)
        .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
        .where(SubmittedAssignment.assignment.has(name=assignment), ANSWERS.c.answer != "")
    ).all()
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        found.setdefault(row.cell, {})[row.student_id] = row.answer
    return found


def submission_of(gradebook: Gradebook, assignment: str, student: str) -> SubmittedAssignment:
    """A learner's submission, made where there is none yet, so that it can be given more time."""
    try:
        found: SubmittedAssignment = gradebook.find_submission(assignment, student)
    except MissingEntry:
        gradebook.find_assignment(assignment)
        gradebook.update_or_create_student(student)
        found = gradebook.add_submission(assignment, student)
        for notebook in found.notebooks:
            for grade in notebook.grades:
                grade.auto_score, grade.needs_manual_grade = 0.0, False
    return found


def remark(gradebook: Gradebook, asked: Asked, words: str) -> None:
    """Put a teacher's comment under an answer, for everybody who gave it; a tactic's code stands for its comment."""
    db = gradebook.db
    notebooks = select(Grade.notebook_id).where(Grade.id.in_(asked.grades))
    for comment in db.query(Comment).filter(Comment.notebook_id.in_(notebooks)):
        if comment.cell.name == asked.cell:
            comment.manual_comment = ready_comments().get(words, words)
    db.commit()


def ready_comments() -> dict[str, str]:
    """A comment for each tactic, by its code."""
    return {
        code: f"{tactic.name}. The buyer hears: “{tactic.hears}” {tactic.why} {tactic.instead}"
        for code, tactic in course.tactics().items()
    }
