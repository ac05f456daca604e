"""Practising one line: what the editor asks, whatever carries the question (a comm or a web request).

Requests and replies are plain dicts of JSON values. Nothing in a request is trusted: the mark is worked
out here, from the words alone.
"""

from dataclasses import asdict
from typing import Any

from unpushy import course
from unpushy.course import Exercise
from unpushy.desks.listening import heard
from unpushy.ear import INVITES, hear
from unpushy.feedback import explain, unsure
from unpushy.judging import ANSWER, EMPTY, Grade, judge
from unpushy.progress import Attempt, Progress
from unpushy.reading import reading

TRIES_BEFORE_OTHERS = 3
EARLIER = 8
PROUD = "proud:"


class Practice:
    """One learner at one line of the course."""

    def __init__(self, exercise: Exercise, learner: str, progress: Progress) -> None:
        self.exercise = exercise
        self._learner = learner
        self._progress = progress

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Reply to `open`, `hear`, `keep`, `check`, `hint`, `others` or `proud`."""
        text = request.get("text")
        text = text if isinstance(text, str) else ""
        match request.get("do"):
            case "open":
                return self._open()
            case "hear":
                return reading(heard(text) if request.get("well") else hear(text, quick=True))
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

    def _attempts(self) -> list[Attempt]:
        return self._progress.attempts(self._learner, self.exercise.id)

    def _passed(self) -> bool:
        return any(attempt.points == attempt.out_of for attempt in self._attempts())

    def _may_see(self) -> bool:
        """Whether the models may be seen: after a pass, three tries, or one that the ear isn't sure about."""
        attempts = self._attempts()
        if self._passed() or len(attempts) >= TRIES_BEFORE_OTHERS:
            return True
        return any(unsure(judge(heard(str(one.answer)), self.exercise)) for one in attempts)

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
        same = bool(attempts) and attempts[-1].answer == draft
        return {
            "item": exercise.id,
            "situation": exercise.situation,
            "pushy": exercise.pushy,
            "pushyReading": reading(hear(exercise.pushy, quick=True)),
            "draft": draft,
            "reading": reading(heard(draft)),
            "verdict": self._verdict(judge(heard(draft), exercise)) if same else None,
            "passed": self._passed(),
            "others": self._may_see() and bool(exercise.models),
            "hints": len(exercise.hints),
            "earlier": self._earlier(),
        }

    def _check(self, text: str) -> dict[str, Any]:
        self._progress.keep_draft(self._learner, self.exercise.id, text)
        grade = judge(heard(text), self.exercise)
        if grade.kind != EMPTY:
            self._progress.record(attempt(grade, self._learner, self.exercise.id))
        return self._verdict(grade)

    def _verdict(self, grade: Grade) -> dict[str, Any]:
        """What the learner is told of a line: their latest try, or none at all."""
        text = grade.hearing.line
        feedback = explain(grade, max(1, len(self._attempts())), self.exercise.lesson)
        return {
            "headline": feedback.headline,
            "points": [asdict(point) for point in feedback.points],
            "passed": grade.kind == ANSWER and grade.grade == INVITES,
            "others": self._may_see() and bool(self.exercise.models),
            "proud": self._progress.draft(self._learner, PROUD + self.exercise.id) == text,
            "reading": reading(grade.hearing) | {"buyer": feedback.buyer},
        }

    def _hint(self, number: Any) -> dict[str, Any]:
        hints = self.exercise.hints
        if not isinstance(number, int) or not 0 <= number < len(hints):
            return {"error": "There is no such hint."}
        return {"hint": hints[number]}


def attempt(
    grade: Grade, learner: str, item: str, out_of: float = 1.0, sitting: str = ""
) -> Attempt:
    """A judged rewrite as it is kept."""
    return Attempt(
        learner=learner,
        item=item,
        answer=grade.hearing.line,
        points=grade.points(out_of),
        out_of=out_of,
        version=course.version(),
        sitting=sitting,
    )
