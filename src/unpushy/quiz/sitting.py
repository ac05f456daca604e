"""A learner taking a quiz: the paper, the answers so far, the score; all of it to be found again after any break."""

import json
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any

from unpushy import course
from unpushy.course import Question
from unpushy.progress import Attempt, Progress
from unpushy.quiz.asking import Drawn
from unpushy.quiz.drawing import draw
from unpushy.quiz.marking import AnswerError, mark

SIZE = 8


@dataclass(frozen=True)
class Score:
    """Points reached in one sitting."""

    points: float
    out_of: float


@dataclass(frozen=True)
class Quiz:
    """The quiz of a lesson."""

    lesson: int

    @property
    def bank(self) -> list[Question]:
        """All questions about the lesson, without those that it or a test asks by itself."""
        return [
            question
            for question in course.questions().values()
            if question.lesson == self.lesson and not question.check and not question.form
        ]

    @property
    def size(self) -> int:
        """How many questions a paper has."""
        return min(SIZE, len(self.bank))

    def _sittings(self, progress: Progress, learner: str) -> dict[str, list[Attempt]]:
        mine: dict[str, list[Attempt]] = {}
        for attempt in progress.attempts(learner):
            if attempt.sitting.startswith(f"quiz-{self.lesson:02}-"):
                mine.setdefault(attempt.sitting, []).append(attempt)
        return mine

    def scores(self, progress: Progress, learner: str) -> list[Score]:
        """The scores of all finished sittings, oldest first."""
        return [
            Score(sum(a.points for a in done), sum(a.out_of for a in done))
            for done in self._sittings(progress, learner).values()
            if len(done) >= self.size
        ]

    def best(self, progress: Progress, learner: str) -> Score | None:
        """The best score so far, or None."""
        return max(self.scores(progress, learner), key=lambda score: score.points, default=None)

    def sitting(self, progress: Progress, learner: str) -> "Sitting":
        """The learner's unfinished sitting, or a fresh one."""
        done = len(self.scores(progress, learner))
        return Sitting(self, progress, learner, f"quiz-{self.lesson:02}-{done + 1}")


class Sitting:
    """One learner's one paper. An answer is kept when it is given, and counts once."""

    def __init__(self, quiz: Quiz, progress: Progress, learner: str, ident: str) -> None:
        self._quiz = quiz
        self._progress = progress
        self._learner = learner
        self.id = ident

    @cached_property
    def paper(self) -> tuple[Drawn, ...]:
        """The questions of this sitting, the same whenever it is opened again."""
        bank = {question.id: question for question in self._quiz.bank}
        kept = self._progress.draft(self._learner, f"paper:{self.id}")
        if kept:
            known = json.loads(kept)
            drawn = tuple(Drawn(bank[i], tuple(order)) for i, order in known if i in bank)
            if len(drawn) == len(known) and all(one.fits for one in drawn):
                return drawn
        seen = {attempt.item for attempt in self._progress.attempts(self._learner)}
        paper = draw(list(bank.values()), self._quiz.size, f"{self._learner}/{self.id}", seen)
        self._progress.keep_draft(
            self._learner, f"paper:{self.id}", json.dumps([[d.question.id, d.order] for d in paper])
        )
        return paper

    def _answered(self) -> dict[str, Attempt]:
        attempts = self._progress.attempts(self._learner, sitting=self.id)
        return {attempt.item: attempt for attempt in attempts}

    def _shown(self, number: int) -> dict[str, Any]:
        """A question as the page may see it before it is answered."""
        shown = self.paper[number].shown()
        if shown["kind"] == "rewrite":
            shown["draft"] = self._progress.draft(self._learner, self._draft(number)) or ""
        return shown

    def _draft(self, number: int) -> str:
        return f"{self.id}:{self.paper[number].question.id}"

    def _told(self, number: int, attempt: Attempt) -> dict[str, Any]:
        """What is told about an answer once it is given, in the order that the page shows."""
        return self.paper[number].told(attempt)

    def state(self) -> dict[str, Any]:
        """Everything the page needs to show this sitting as far as it has come."""
        answered = self._answered()
        told = [
            self._told(n, answered[d.question.id]) if d.question.id in answered else None
            for n, d in enumerate(self.paper)
        ]
        return {
            "sitting": self.id,
            "questions": [self._shown(number) for number in range(len(self.paper))],
            "told": told,
            "score": self._score(answered) if all(told) else None,
        }

    def _score(self, answered: dict[str, Attempt]) -> dict[str, float]:
        mine = [answered[d.question.id] for d in self.paper]
        return {"points": sum(a.points for a in mine), "outOf": sum(a.out_of for a in mine)}

    def answer(self, number: Any, answer: Any) -> dict[str, Any]:
        """Mark and keep an answer. A question that is answered already keeps its first answer."""
        if type(number) is not int or not 0 <= number < len(self.paper):
            raise AnswerError("There is no such question on this paper.")
        drawn = self.paper[number]
        answer = drawn.as_written(answer)
        given = mark(drawn.question, answer)
        name = f"{self._learner}/{self.id}/{drawn.question.id}"
        self._progress.record(
            Attempt(
                id=sha256(name.encode()).hexdigest()[:32],
                learner=self._learner,
                item=drawn.question.id,
                answer=answer,
                points=given.points,
                out_of=1.0,
                version=course.version(),
                sitting=self.id,
            )
        )
        answered = self._answered()
        finished = all(d.question.id in answered for d in self.paper)
        return {
            "told": self._told(number, answered[drawn.question.id]),
            "score": self._score(answered) if finished else None,
        }

    def keep_draft(self, number: Any, text: str) -> None:
        """Keep the words of a rewrite that isn't handed in yet."""
        if type(number) is int and 0 <= number < len(self.paper):
            self._progress.keep_draft(self._learner, self._draft(number), text)
