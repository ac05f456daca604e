"""A question in the middle of a lesson: answered as often as one likes, explained each time, never scored."""

from random import Random
from typing import Any

from unpushy import course
from unpushy.course import Question
from unpushy.progress import Attempt, Progress
from unpushy.quiz.asking import Drawn
from unpushy.quiz.drawing import shuffled
from unpushy.quiz.marking import AnswerError, found


class Inquiry:
    """What a page asks about one question, answered for one learner."""

    def __init__(self, question: Question, who: str, progress: Progress) -> None:
        self._question = question
        self._who = who
        self._progress = progress
        self._drawn: Drawn = shuffled(question, Random(f"{who}/{question.id}"))

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Reply to `open` or `answer`."""
        match request.get("do"):
            case "open":
                attempts = self._progress.attempts(self._who, self._question.id)
                last = attempts[-1] if attempts else None
                return {
                    "item": self._question.id,
                    "question": self._drawn.shown(),
                    "told": self._told(last) if last else None,
                }
            case "answer":
                try:
                    answer = self._drawn.as_written(request.get("answer"))
                    points = found(self._question, answer)
                except AnswerError as error:
                    return {"error": str(error)}
                attempt = Attempt(
                    learner=self._who,
                    item=self._question.id,
                    answer=answer,
                    points=points,
                    out_of=1.0,
                    version=course.version(),
                )
                self._progress.record(attempt)
                return {"told": self._drawn.told(attempt)}
            case other:
                return {"error": f"There is no request called {other!r}."}

    def _told(self, attempt: Attempt) -> dict[str, Any] | None:
        """What an earlier answer is told; nothing if the question has changed so that it is none any more."""
        try:
            return self._drawn.told(attempt)
        except (ValueError, IndexError):
            return None
