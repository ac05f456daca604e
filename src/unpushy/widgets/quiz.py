"""The quiz as a widget."""

import os
from urllib.parse import urlsplit

from unpushy.quiz import Quiz
from unpushy.quiz.sitting import quiz_named, quizzes
from unpushy.widgets.talking import Talking, mounting, own_desk, script, styles


class QuizSheet(Talking):
    """A paper of questions, one at a time; reasons after each answer, or after the hand-in."""

    _esm = script("questions", "quiz") + mounting("mountQuiz")
    _css = styles("editor", "quiz")


def _asked_for() -> Quiz:
    """The quiz that the page's address names; in JupyterLab, where there is none, that of the first lesson."""
    last = urlsplit(os.environ.get("SCRIPT_NAME", "")).path.rsplit("/", 1)[-1]
    if last in ("pre-test", "post-test"):
        return quiz_named(last)
    if last[:2].isdigit():
        return Quiz(int(last[:2]))
    return next(quiz for quiz in quizzes() if not quiz.form)


def quiz(which: int | str | None = None) -> QuizSheet:
    """The quiz of a lesson, by its number or name, or as the page's address asks for it."""
    if which is None:
        found = _asked_for()
    else:
        found = quiz_named(which) if isinstance(which, str) else Quiz(which)
    return QuizSheet(own_desk("quiz", found.name))
