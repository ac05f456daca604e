"""Practising one line: what the editor asks, whatever carries the question (a comm or a web request).

Requests and replies are plain dicts of JSON values. Nothing in a request is trusted: the mark is worked
out here, from the words alone.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from unpushy import course
from unpushy.course import Exercise
from unpushy.desks.listening import heard
from unpushy.ear import INVITES, hear
from unpushy.feedback import Feedback, explain, unsure
from unpushy.judging import ANSWER, EMPTY, Grade, judge
from unpushy.progress import Attempt, Progress
from unpushy.reading import reading, reading_as_written

TRIES_BEFORE_OTHERS = 3
EARLIER = 8
PROUD = "proud:"
TOLD = "told: "  # before the codes of what was explained, in the reason kept with an attempt


class Practice:
    """One learner at one line of the course."""

    def __init__(self, exercise: Exercise, learner: str, progress: Progress) -> None:
        self.exercise = exercise
        self._learner = learner
        self._progress = progress
        # From line to line of a lesson the same thing is said in other words.
        self._nth = list(course.exercises()).index(exercise.id)

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Reply to `open`, `hear`, `keep`, `check`, `hint`, `others` or `proud`."""
        text = request.get("text")
        text = text if isinstance(text, str) else ""
        match request.get("do"):
            case "open":
                return self._open()
            case "hear":
                return self._reading(text, quick=not request.get("well"))
            case "keep":
                self._progress.keep_draft(self._learner, self.exercise.id, text)
                return {"kept": True}
            case "check":
                return self._check(text)
            case "hint":
                return self._hint(request.get("number"))
            case "others":
                return {
                    "models": [asdict(m) for m in self.exercise.models] if self._may_see() else []
                }
            case "proud":
                return self._be_proud(text)
            case other:
                return {"error": f"There is no request called {other!r}."}

    def _reading(self, text: str, quick: bool = False) -> dict[str, Any]:
        """What a text is heard to say; the pushy line itself says what its writer marked in it."""
        if text == self.exercise.pushy:
            return reading_as_written(self.exercise)
        return reading(hear(text, quick=True) if quick else heard(text, self.exercise), self._nth)

    def _attempts(self) -> list[Attempt]:
        return self._progress.attempts(self._learner, self.exercise.id)

    def _passed(self) -> bool:
        return any(attempt.points == attempt.out_of for attempt in self._attempts())

    def _may_see(self) -> bool:
        """Whether the models may be seen: after a pass, three tries, or one that the ear isn't sure about."""
        attempts = self._attempts()
        if self._passed() or len(attempts) >= TRIES_BEFORE_OTHERS:
            return True
        return any(
            unsure(judge(heard(str(one.answer), self.exercise), self.exercise)) for one in attempts
        )

    def _earlier(self) -> list[str]:
        """What was said at this line before, newest first, each once."""
        return list(dict.fromkeys(str(one.answer) for one in reversed(self._attempts())))[:EARLIER]

    def _be_proud(self, text: str) -> dict[str, Any]:
        """Keep a passed line among those the learner is proud of; an empty text lets go of it."""
        said = {one.answer for one in self._attempts() if one.points == one.out_of}
        if text and text not in said:
            return {"error": "Only a line that invites can be kept here."}
        self._progress.keep_draft(self._learner, PROUD + self.exercise.id, text)
        return {"kept": True}

    def _open(self) -> dict[str, Any]:
        exercise = self.exercise
        draft = self._progress.draft(self._learner, exercise.id) or ""
        attempts = self._attempts()
        # Who comes back to the words they had judged finds the verdict as well.
        verdict = None
        if attempts and attempts[-1].answer == draft:
            grade = judge(heard(draft, exercise), exercise)
            verdict = self._verdict(grade, self._feedback(grade, len(attempts)))
        return {
            "item": exercise.id,
            "situation": exercise.situation,
            "pushy": exercise.pushy,
            "pushyReading": reading_as_written(exercise),
            "draft": draft,
            "reading": self._reading(draft),
            "verdict": verdict,
            "passed": self._passed(),
            "others": self._may_see() and bool(exercise.models),
            "hints": len(exercise.hints),
            "earlier": self._earlier(),
        }

    def _check(self, text: str) -> dict[str, Any]:
        self._progress.keep_draft(self._learner, self.exercise.id, text)
        grade = judge(heard(text, self.exercise), self.exercise)
        feedback = self._feedback(grade, 1 + len(self._attempts()))
        if grade.kind != EMPTY:
            kept = attempt(grade, self._learner, self.exercise.id, told=feedback.told)
            self._progress.record(kept)
        return self._verdict(grade, feedback)

    def _feedback(self, grade: Grade, tries: int) -> Feedback:
        """What a person reads of a line that is their first, second, third … try."""
        told = self._told(self._progress.attempts(self._learner), grade.hearing.line)
        return explain(grade, tries, self.exercise.lesson, self._nth, told)

    def _verdict(self, grade: Grade, feedback: Feedback) -> dict[str, Any]:
        """What the page shows of a line that was judged."""
        text = grade.hearing.line
        points = [asdict(point) for point in feedback.points]
        shown = reading(grade.hearing, self._nth) | {"buyer": feedback.buyer}
        if text == self.exercise.pushy:
            shown = reading_as_written(self.exercise)
            points = shown["points"]
        return {
            "headline": feedback.headline,
            "sure": feedback.sure,
            "also": feedback.also,
            "points": points,
            "passed": grade.kind == ANSWER and grade.grade == INVITES,
            "others": self._may_see() and bool(self.exercise.models),
            "proud": self._progress.draft(self._learner, PROUD + self.exercise.id) == text,
            "reading": shown,
        }

    def _told(self, before: Iterable[Attempt], text: str) -> Counter[str]:
        """How often each thing was explained before, as the attempts say. A line heard again counts once,
        and this one not at all, so that it is told the same again."""
        reasons = {
            (one.item, one.answer): one.reason for one in before if isinstance(one.answer, str)
        }
        reasons.pop((self.exercise.id, text), None)
        said = (one.removeprefix(TOLD) for one in reasons.values() if one.startswith(TOLD))
        return Counter(code for codes in said for code in codes.split())

    def _hint(self, number: Any) -> dict[str, Any]:
        hints = self.exercise.hints
        if not isinstance(number, int) or not 0 <= number < len(hints):
            return {"error": "There is no such hint."}
        return {"hint": hints[number]}


def attempt(
    grade: Grade,
    learner: str,
    item: str,
    out_of: float = 1.0,
    sitting: str = "",
    told: tuple[str, ...] = (),
) -> Attempt:
    """A judged rewrite as it is kept, with the codes of what was explained."""
    return Attempt(
        learner=learner,
        item=item,
        answer=grade.hearing.line,
        points=grade.points(out_of),
        out_of=out_of,
        version=course.version(),
        sitting=sitting,
        reason=TOLD + " ".join(told) if told else "",
    )
