"""A learner taking a quiz: the paper, the answers so far, the score.

All of it stands in the store: a sitting that is made anew goes on where the last one was.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from hashlib import sha256
from typing import Any

from unpushy import course
from unpushy.course import CourseError, Question
from unpushy.progress import Attempt, Paper, Progress
from unpushy.quiz.asking import Drawn
from unpushy.quiz.drawing import draw, in_order
from unpushy.quiz.marking import AnswerError, in_words, key_of, mark
from unpushy.quiz.rules import Rules, rules_for

SIZE = 8
SURE = {1: "a guess", 2: "fairly sure", 3: "very sure"}

log = logging.getLogger(__name__)

Clock = Callable[[], datetime]


def now() -> datetime:
    """The time by the clock of the course, which is the one that counts."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Score:
    """Points reached on one paper, or those of several as they count."""

    points: float
    out_of: float


def counted(scores: Sequence[Score], how: str) -> Score | None:
    """The score that counts: the best, the last, or the average of all; None if there is none.

    >>> counted([Score(6, 8), Score(4, 8)], "average")
    Score(points=5.0, out_of=8.0)
    """
    if not scores:
        return None
    match how:
        case "last":
            return scores[-1]
        case "average":
            size = len(scores)
            return Score(
                sum(one.points for one in scores) / size, sum(one.out_of for one in scores) / size
            )
        case _:
            return max(scores, key=lambda score: score.points)


@dataclass(frozen=True)
class Quiz:
    """The quiz of a lesson, or the `pre` or `post` test."""

    lesson: int = 0
    form: str = ""

    @property
    def name(self) -> str:
        """A short name for files, tables and a class's rules: `quiz-01`, `pre-test`."""
        return f"{self.form}-test" if self.form else f"quiz-{self.lesson:02}"

    @property
    def title(self) -> str:
        """What a reader calls it."""
        titles = {"pre": "Before the course", "post": "After the course"}
        return titles.get(self.form) or f"Quiz {self.lesson}"

    @property
    def bank(self) -> list[Question]:
        """All questions about the lesson, or of the test, without those that a lesson asks by itself."""
        return [
            question
            for question in course.questions().values()
            if question.form == self.form
            and not question.check
            and (self.form or question.lesson == self.lesson)
        ]

    @property
    def size(self) -> int:
        """How many questions a paper has: eight, or all of a test."""
        return len(self.bank) if self.form else min(SIZE, len(self.bank))

    def scores(
        self, progress: Progress, learner: str, graded: bool = False, at: datetime | None = None
    ) -> list[Score]:
        """The scores of all papers that are done, oldest first; of the graded ones alone if asked for."""
        answers: dict[str, list[Attempt]] = {}
        papers = [
            paper for paper in progress.papers(learner, self.name) if paper.graded or not graded
        ]
        if papers:
            for attempt in progress.attempts(learner):
                answers.setdefault(attempt.sitting, []).append(attempt)
        rules = rules_for(self.name, learner)
        return [
            score_of(paper, answers.get(paper.id, []))
            for paper in papers
            if is_done(paper, answers.get(paper.id, []), rules, at or now())
        ]

    def best(self, progress: Progress, learner: str) -> Score | None:
        """The best score so far, or None."""
        return counted(self.scores(progress, learner), "best")

    def sitting(
        self, progress: Progress, learner: str, graded: bool = False, clock: Clock = now
    ) -> "Sitting":
        """The learner's paper that is not done yet; else, in practice, a fresh one.

        Where the quiz is graded a fresh paper is asked for with `begin`; until then this is the last
        one, or a CourseError if there is none.
        """
        rules = rules_for(self.name, learner)
        mine = [p for p in progress.papers(learner, self.name) if p.graded == graded]
        if mine:
            last = Sitting(self, progress, mine[-1], rules, clock)
            if graded or not last.done:
                return last
        if graded:
            raise CourseError(f"{self.title} has not begun.")
        return self.begin(progress, learner, graded=False, clock=clock)

    def begin(
        self, progress: Progress, learner: str, graded: bool, clock: Clock = now
    ) -> "Sitting":
        """A fresh paper. Two pages that begin at once get the same one."""
        rules = rules_for(self.name, learner)
        earlier = progress.papers(learner, self.name)
        number = 1 + sum(paper.graded == graded for paper in earlier)
        ident = f"{self.name}-{'graded-' if graded else ''}{number}"
        seen = [item for paper in earlier for item, _ in paper.drawn]
        seed = f"{learner}/{ident}"
        bank = self.bank
        if not bank:
            raise CourseError(f"{self.title} has no questions.")
        drawn = in_order(bank, seed) if self.form else draw(bank, self.size, seed, seen)
        paper = Paper(
            learner=learner,
            id=ident,
            quiz=self.name,
            number=number,
            graded=graded,
            drawn=tuple((one.question.id, one.order) for one in drawn),
            at=clock(),
        )
        return Sitting(self, progress, progress.hand_out(paper), rules, clock)


def quizzes() -> list[Quiz]:
    """All quizzes that have questions, in the order of the course."""
    lessons = sorted({question.lesson for question in course.questions().values()})
    every = [Quiz(form="pre"), *map(Quiz, lessons), Quiz(form="post")]
    return [quiz for quiz in every if quiz.bank]


def quiz_named(name: str) -> Quiz:
    """The quiz with this name, or a CourseError that lists the names there are."""
    known = {quiz.name: quiz for quiz in quizzes()}
    if name not in known:
        raise CourseError(f"There is no quiz '{name}'; there are {', '.join(known)}.")
    return known[name]


def drawn_on(paper: Paper) -> list[Drawn | None]:
    """The questions of a paper as they are now; None for one that is gone or has other options."""
    bank = course.questions()
    found = [Drawn(bank[item], order) if item in bank else None for item, order in paper.drawn]
    return [one if one is not None and one.fits else None for one in found]


def counting_on(paper: Paper, answers: Sequence[Attempt]) -> list[str]:
    """The questions that count: those that are still asked, and those that were answered."""
    answered = {attempt.item for attempt in answers}
    return [
        item
        for (item, _), drawn in zip(paper.drawn, drawn_on(paper), strict=True)
        if drawn is not None or item in answered
    ]


def score_of(paper: Paper, answers: Sequence[Attempt]) -> Score:
    """The score of a paper: an answer that wasn't given has no points."""
    counting = counting_on(paper, answers)
    points = {attempt.item: attempt.points for attempt in answers}
    return Score(sum(points.get(item, 0.0) for item in counting), float(len(counting)))


def is_done(paper: Paper, answers: Sequence[Attempt], rules: Rules, at: datetime) -> bool:
    """Whether a paper is handed in, its time is up, or, in practice, all is answered."""
    if not paper.graded:
        return len({attempt.item for attempt in answers}) >= len(counting_on(paper, answers))
    ends = rules.ends(paper.at)
    return paper.handed_in is not None or (ends is not None and at >= ends)


def settled(progress: Progress, learner: str, clock: Clock = now) -> list[Attempt]:
    """A learner's attempts without those on papers that are still out: nothing may be told of them yet."""
    out = {
        paper.id
        for paper in progress.papers(learner)
        if paper.graded and not is_done(paper, (), rules_for(paper.quiz, learner), clock())
    }
    return [one for one in progress.attempts(learner) if one.sitting not in out]


class Sitting:
    """One learner's one paper. An answer is kept when it is given, and counts once."""

    def __init__(
        self, quiz: Quiz, progress: Progress, paper: Paper, rules: Rules, clock: Clock = now
    ) -> None:
        self._quiz = quiz
        self._progress = progress
        self._kept = paper
        self._rules = rules
        self._clock = clock
        self._learner = paper.learner
        self.id = paper.id
        self.graded = paper.graded

    @cached_property
    def places(self) -> list[Drawn | None]:
        """What stands at each place of the paper; None where a question is no longer asked."""
        return drawn_on(self._kept)

    @property
    def paper(self) -> tuple[Drawn, ...]:
        """The questions of this sitting, the same whenever it is opened again."""
        return tuple(drawn for drawn in self.places if drawn is not None)

    def _answered(self) -> dict[str, Attempt]:
        attempts = self._progress.attempts(self._learner, sitting=self.id)
        return {attempt.item: attempt for attempt in attempts}

    @property
    def done(self) -> bool:
        """Whether nothing more can be answered."""
        return self._is_done(self._answered())

    def _is_done(self, answered: dict[str, Attempt]) -> bool:
        return is_done(self._kept, list(answered.values()), self._rules, self._clock())

    def seconds_left(self) -> int | None:
        """Seconds until the paper has to be back, by the clock of the course; None without a limit."""
        ends = self._rules.ends(self._kept.at) if self.graded else None
        return None if ends is None else max(0, int((ends - self._clock()).total_seconds()))

    def _shown(self, number: int) -> dict[str, Any]:
        """A question as the page may see it before it is answered."""
        drawn = self.places[number]
        if drawn is None:
            return {"kind": "gone", "prompt": "This question is no longer asked."}
        shown = drawn.shown()
        if shown["kind"] == "rewrite":
            shown["draft"] = self._progress.draft(self._learner, self._draft(drawn)) or ""
        return shown

    def _draft(self, drawn: Drawn) -> str:
        return f"{self.id}:{drawn.question.id}"

    def _told(self, number: int, answered: dict[str, Attempt]) -> dict[str, Any] | None:
        """What is told about a place: an answer's reasons, in the order that the page shows."""
        drawn = self.places[number]
        attempt = answered.get(self._kept.drawn[number][0])
        if attempt is None:
            missed = {"unanswered": True, "points": 0.0, "outOf": 0.0 if drawn is None else 1.0}
            return missed if drawn is None or (self.graded and self._is_done(answered)) else None
        told = None
        if drawn is not None:
            try:
                told = drawn.told(attempt)
            except (AnswerError, IndexError, ValueError):
                told = None  # the question has changed so much that the answer is none to it
        if told is None:
            told = {
                "changed": True,
                "answer": attempt.words,
                "points": attempt.points,
                "outOf": attempt.out_of,
                "why": attempt.reason,
            }
        if attempt.later:
            ruling = [mark for mark in attempt.later if mark.overrules] or attempt.later
            told["note"] = ruling[-1].reason
        return told

    def _given(self, number: int, answered: dict[str, Attempt]) -> dict[str, Any] | None:
        """An answer as it was given, and nothing about it: the paper isn't handed in yet."""
        drawn = self.places[number]
        attempt = answered.get(self._kept.drawn[number][0])
        if attempt is None:
            return None
        return {
            "answer": drawn.on_page(attempt.answer) if drawn else None,
            "sure": attempt.sure,
        }

    def state(self) -> dict[str, Any]:
        """Everything the page needs to show this sitting as far as it has come."""
        answered = self._answered()
        done = self._is_done(answered)
        numbers = range(len(self.places))
        hidden = self.graded and not done
        return {
            "sitting": self.id,
            "version": course.version(),
            "stage": "done" if done else "open",
            "questions": [self._shown(number) for number in numbers],
            "given": [self._given(number, answered) for number in numbers],
            "told": [None if hidden else self._told(number, answered) for number in numbers],
            "score": self._score(answered) if done else None,
            "left": None if done else self.seconds_left(),
            "sure": self._rules.sure,
        }

    def _score(self, answered: dict[str, Attempt]) -> dict[str, float]:
        score = score_of(self._kept, list(answered.values()))
        return {"points": score.points, "outOf": score.out_of}

    def answer(self, number: Any, answer: Any, sure: Any = None) -> dict[str, Any]:
        """Mark and keep an answer. A question that is answered already keeps its first answer."""
        if type(number) is not int or not 0 <= number < len(self.places):
            raise AnswerError("There is no such question on this paper.")
        drawn = self.places[number]
        if drawn is None:
            raise AnswerError("This question is no longer asked. It doesn't count.")
        if sure is not None and (type(sure) is not int or sure not in SURE):
            raise AnswerError("How sure you are is one of three.")
        question = drawn.question
        answered = self._answered()
        self._refuse_late(answered)
        first = question.id not in answered
        if first:
            answer = drawn.as_written(answer)
            given = mark(question, answer)
            name = f"{self._learner}/{self.id}/{question.id}"
            attempt = Attempt(
                id=sha256(name.encode()).hexdigest()[:32],
                learner=self._learner,
                item=question.id,
                answer=answer,
                points=given.points,
                out_of=1.0,
                version=course.version(),
                sitting=self.id,
                key=key_of(question),
                words=in_words(question, answer),
                reason=given.reason,
                sure=sure,
                at=self._clock(),
            )
            first = self._progress.record(attempt)
            answered = self._answered()
            if question.id not in answered:
                raise AnswerError("This paper is handed in. Nothing was changed.")
        reply: dict[str, Any] = {"left": self.seconds_left()}
        if not first:
            self._log("answered twice", number)
            reply["note"] = "You had answered this one already. Your first answer stays."
        if self.graded and not self._is_done(answered):
            return reply | {"given": self._given(number, answered)}
        done = self._is_done(answered)
        told = self._told(number, answered)
        return reply | {"told": told, "score": self._score(answered) if done else None}

    def _refuse_late(self, answered: dict[str, Attempt]) -> None:
        if not self.graded or not self._is_done(answered):
            return
        if self._kept.handed_in:
            raise AnswerError("This paper is handed in. Nothing was changed.")
        raise AnswerError("The time is up. What you answered before is kept and counts.")

    def hand_in(self) -> dict[str, Any]:
        """Give the paper back. Twice is once."""
        if not self.graded:
            raise AnswerError("Nothing is handed in here. This is for practice.")
        if not self._is_done({}):
            self._progress.hand_in(self._learner, self.id, self._clock())
            (self._kept,) = self._progress.papers(self._learner, ident=self.id)
        return self.state()

    def keep_draft(self, number: Any, text: str) -> None:
        """Keep the words of a rewrite that isn't handed in yet."""
        if type(number) is not int or not 0 <= number < len(self.places):
            raise AnswerError("There is no such question on this paper.")
        drawn = self.places[number]
        if drawn is not None and not self.done:
            self._progress.keep_draft(self._learner, self._draft(drawn), text)

    def _log(self, what: str, number: Any) -> None:
        log.warning("%s: %r, question %r of %r", what, self._learner, number, self.id)
