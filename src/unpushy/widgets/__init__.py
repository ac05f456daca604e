"""The widgets of lessons and quizzes: each one a class here, one hand-written .js and one .css beside it."""

from unpushy.widgets.ask import Asking, ask
from unpushy.widgets.editor import Editor, practise
from unpushy.widgets.own_words import OwnWords, own_words
from unpushy.widgets.quiz import QuizSheet, quiz
from unpushy.widgets.workshop import Workshop, before_and_after

__all__ = [
    "Asking",
    "Editor",
    "OwnWords",
    "QuizSheet",
    "Workshop",
    "ask",
    "before_and_after",
    "own_words",
    "practise",
    "quiz",
]
