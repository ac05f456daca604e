"""Quizzes: drawing a paper from a lesson's bank, marking answers, keeping the score. Knows nothing of widgets."""

from unpushy.quiz.drawing import draw
from unpushy.quiz.marking import Mark, mark
from unpushy.quiz.sitting import Quiz, Score, Sitting

__all__ = ["Mark", "Quiz", "Score", "Sitting", "draw", "mark"]
