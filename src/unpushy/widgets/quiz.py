"""The quiz as a widget. Neither keys nor marks are traits; the page asks, the kernel marks."""

import os
from typing import Any
from urllib.parse import urlsplit

from unpushy import course
from unpushy.progress import Progress, open_progress
from unpushy.quiz import Quiz
from unpushy.quiz.marking import AnswerError
from unpushy.widgets.talking import Talking, learner, mounting, script, styles


class Desk:
    """What a quiz page asks, answered for one learner."""

    def __init__(self, quiz: Quiz, who: str, progress: Progress) -> None:
        self._quiz = quiz
        self._who = who
        self._progress = progress
        self._sitting = quiz.sitting(progress, who)

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Reply to `open`, `answer`, `keep` or `again`."""
        try:
            match request.get("do"):
                case "open":
                    return self._sitting.state()
                case "answer":
                    return self._sitting.answer(request.get("question"), request.get("answer"))
                case "keep":
                    text = request.get("text")
                    self._sitting.keep_draft(
                        request.get("question"), text if isinstance(text, str) else ""
                    )
                    return {"kept": True}
                case "again":
                    self._sitting = self._quiz.sitting(self._progress, self._who)
                    return self._sitting.state()
                case other:
                    return {"error": f"There is no request called {other!r}."}
        except AnswerError as error:
            return {"error": str(error)}


class QuizSheet(Talking):
    """A paper of questions, one at a time, with reasons after each answer and the score at the end."""

    _esm = script("questions", "quiz") + mounting("mountQuiz")
    _css = styles("editor", "quiz")

    def __init__(self, quiz: Quiz, who: str, progress: Progress) -> None:
        super().__init__(Desk(quiz, who, progress).answer)


def _asked_for() -> int:
    """The lesson that the page's address names; in JupyterLab, where there is none, the first with a quiz."""
    last = urlsplit(os.environ.get("SCRIPT_NAME", "")).path.rsplit("/", 1)[-1]
    number = last[:2]
    if number.isdigit():
        return int(number)
    return min(question.lesson for question in course.questions().values())


def quiz(lesson: int | None = None) -> QuizSheet:
    """The quiz of a lesson, by its number or as the page's address asks for it."""
    return QuizSheet(Quiz(_asked_for() if lesson is None else lesson), learner(), open_progress())
