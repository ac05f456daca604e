"""Answers in notebook cells: reading them, marking them, showing what was heard. Answers are data, never code."""

import re
from dataclasses import dataclass

from unpushy import course
from unpushy.assignments.picture import picture
from unpushy.ear import hear
from unpushy.judging import EMPTY, Grade, judge

_MAGIC_LINE = re.compile(r"\A\s*%%rewrite\b[^\S\n]*(?P<id>[^\n]*)(?:\n|\Z)")
_DELIMITER = re.compile(r"^[^\S\n]*#+ (?:BEGIN|END) SOLUTION[^\S\n]*$\n?", re.MULTILINE)

_given: dict[str, str] = {}


def body_of(cell: str) -> str:
    """An answer without the marks that a teacher's version has around it."""
    return _DELIMITER.sub("", cell).strip()


def answer_of(source: str) -> str:
    """The answer in the source of a %%rewrite cell.

    >>> answer_of("%%rewrite 01-tuner\\nWould you like to hear it first?")
    'Would you like to hear it first?'
    """
    return body_of(_MAGIC_LINE.sub("", source, count=1))


def grade_answer(ident: str, answer: str) -> Grade:
    """The grade of an answer to the exercise line with this id."""
    exercise = course.exercise(ident)
    return judge(hear(answer, about=exercise), exercise)


@dataclass(frozen=True)
class Shown:
    """What stands under an answer's cell."""

    grade: Grade

    def _repr_html_(self) -> str:
        return picture(self.grade)

    def __repr__(self) -> str:
        from unpushy.feedback import explain

        return explain(self.grade).headline


@dataclass(frozen=True)
class Told:
    """A sentence in place of feedback."""

    words: str

    def __repr__(self) -> str:
        return self.words


def take(ident: str, cell: str) -> Shown | Told:
    """Take the answer of a %%rewrite cell, for `score` to find, and show what is heard in it."""
    try:
        exercise = course.exercise(ident)
    except course.CourseError as error:
        return Told(f"The first line of this cell names its exercise, and {error}")
    _given[exercise.id] = body_of(cell)
    return Shown(grade_answer(exercise.id, _given[exercise.id]))


def score(ident: str, points: float) -> float:
    """The points, from 0 to `points`, for the answer last given to an exercise line in this kernel."""
    grade = grade_answer(ident, _given.get(ident, ""))
    reached = float(grade.points(points))
    if grade.kind == EMPTY:
        print("Not attempted yet. Write your line in the cell above, run it, then run this one.")
    else:
        print(f"{reached:g} of {points:g} points")
    return reached
