"""Marks that hold up: a receipt for each, marking again with a changed key, and a teacher's last word."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from unpushy import course
from unpushy.course import CourseError
from unpushy.progress import Attempt, Marking, Progress
from unpushy.quiz.marking import AnswerError, from_words, key_of, mark
from unpushy.quiz.sitting import Quiz, quizzes

BY_KEY = "key"


def receipt(attempt: Attempt) -> str:
    """All that a mark rests on: question, answer, key and content, points, reason, and what came later."""
    first = attempt.points if attempt.first is None else attempt.first
    lines = [
        f"{attempt.item}   {attempt.learner}   {attempt.sitting}   {attempt.at:%Y-%m-%d %H:%M:%S} UTC",
        f"  answer   {attempt.words if attempt.words is not None else attempt.answer}",
        f"  marked   {first:g} of {attempt.out_of:g}: {attempt.reason or 'no reason was kept'}",
        f"           key {attempt.key or 'unknown'}, content {attempt.version}",
    ]
    for later in attempt.later:
        what = f"overruled by {later.by}" if later.overrules else "marked again"
        lines.append(
            f"  {later.at:%Y-%m-%d %H:%M:%S} {what}: {later.points:g} of {attempt.out_of:g}: "
            f"{later.reason}" + (f" (key {later.key})" if later.key else "")
        )
    lines.append(f"  counts   {attempt.points:g} of {attempt.out_of:g}")
    return "\n".join(lines)


@dataclass(frozen=True)
class Change:
    """What marking again makes of an answer; `problem` says why it can't be marked again."""

    attempt: Attempt
    before: float
    after: float
    marking: Marking | None
    problem: str = ""

    @property
    def overruled(self) -> bool:
        """Whether a teacher's word stands, whatever the key says."""
        return any(later.overrules for later in self.attempt.later)


def regrade(progress: Progress, only: Quiz | None = None) -> Iterator[Change]:
    """What the keys of today would change in the marks of graded papers. Nothing is written."""
    for quiz in [only] if only else quizzes():
        for attempt in progress.attempts(quiz=quiz.name):
            change = _again(attempt)
            if change is not None:
                yield change


def _again(attempt: Attempt) -> Change | None:
    question = course.questions().get(attempt.item)
    by_key = [later for later in attempt.later if not later.overrules]
    before = by_key[-1].points if by_key else attempt.points
    if not by_key and attempt.first is not None:
        before = attempt.first
    if question is None:
        return None  # it is no longer asked; the mark stays
    key = key_of(question)
    if key == (by_key[-1].key if by_key else attempt.key):
        return None
    try:
        given = mark(question, from_words(question, attempt.words))
    except AnswerError as error:
        return Change(attempt, before, before, None, str(error))
    if abs(given.points - before) < 1e-9:
        return None
    marking = Marking(
        # the same for two who mark again at once, so that one of them adds it
        id=sha256(f"{attempt.id}/{key}/{len(by_key)}".encode()).hexdigest()[:32],
        learner=attempt.learner,
        attempt=attempt.id,
        points=given.points * attempt.out_of,
        reason=given.reason,
        by=BY_KEY,
        key=key,
        version=course.version(),
    )
    return Change(attempt, before, marking.points, marking)


def overrule(
    progress: Progress,
    learner: str,
    item: str,
    points: float,
    reason: str,
    by: str,
    sitting: str = "",
) -> Attempt:
    """Give an answer other points, for a reason that is kept. It stays whatever a key says later."""
    found = [
        attempt
        for attempt in progress.attempts(learner, item)
        if attempt.sitting and sitting in ("", attempt.sitting)
    ]
    if not found:
        where = f" on the paper '{sitting}'" if sitting else ""
        raise CourseError(f"'{learner}' has no answer to '{item}'{where}.")
    if len(found) > 1:
        papers = ", ".join(attempt.sitting for attempt in found)
        raise CourseError(f"'{learner}' answered '{item}' more than once. Which paper: {papers}?")
    (attempt,) = found
    if not 0 <= points <= attempt.out_of:
        raise CourseError(f"Points for '{item}' go from 0 to {attempt.out_of:g}, not {points:g}.")
    if not reason.strip():
        raise CourseError("An overruling needs a reason.")
    marking = Marking(
        learner=learner,
        attempt=attempt.id,
        points=points,
        reason=reason.strip(),
        by=by,
        version=course.version(),
        overrules=True,
    )
    progress.mark_anew([marking])
    return next(one for one in progress.attempts(learner, item) if one.id == attempt.id)
