"""What a quiz page asks, answered for one learner. Neither keys nor marks ever leave before the answer."""

import logging
import os
from collections.abc import Callable
from typing import Any

from unpushy import course
from unpushy.course import CourseError
from unpushy.progress import Paper, Progress, StoreError
from unpushy.quiz import Quiz
from unpushy.quiz.marking import AnswerError
from unpushy.quiz.rules import Rules, our_class, rules_for
from unpushy.quiz.sitting import Clock, Sitting, counted, now

log = logging.getLogger(__name__)

LONGEST_DRAFT = 20_000


class QuizDesk:
    """What a quiz page asks, answered for one learner. It holds nothing that isn't in the store.

    `handed_in` is called with the quiz and the learner when a graded paper comes back.
    """

    def __init__(
        self,
        quiz: Quiz,
        who: str,
        progress: Progress,
        clock: Clock = now,
        handed_in: Callable[[Quiz, str], None] | None = None,
    ) -> None:
        self._quiz = quiz
        self._who = who
        self._progress = progress
        self._clock = clock
        self._handed_in = handed_in

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Reply to `open`, `begin`, `answer`, `keep`, `hand in`, `clock` or `again`."""
        try:
            return self._reply(request)
        except (AnswerError, CourseError, StoreError) as error:
            asked = str(request.get("do"))[:40]
            log.warning("refused: %r of %r in %s: %s", asked, self._who, self._quiz.name, error)
            return {"error": str(error)}

    def _reply(self, request: dict[str, Any]) -> dict[str, Any]:
        match request.get("do"):
            case "open" | "again":
                return self._open(self._is_graded(request))
            case "begin":
                return self._begin(self._is_graded(request))
            case "answer":
                self._refuse_stale(request)
                return self._paper(request).answer(
                    request.get("question"), request.get("answer"), request.get("sure")
                )
            case "keep":
                text = request.get("text")
                if not isinstance(text, str) or len(text) > LONGEST_DRAFT:
                    raise AnswerError(f"A draft has {LONGEST_DRAFT:,} characters at most.")
                self._paper(request).keep_draft(request.get("question"), text)
                return {"kept": True}
            case "hand in":
                sitting = self._paper(request)
                done = sitting.hand_in()
                self._pass_on()
                return self._with_standing(done, sitting.graded)
            case "clock":
                sitting = self._paper(request)
                return {"left": sitting.seconds_left(), "done": sitting.done}
            case other:
                raise AnswerError(f"There is no request called {str(other)[:40]!r}.")

    def _pass_on(self) -> None:
        """Tell who wants to know of a hand-in. It is kept, whatever becomes of that."""
        if self._handed_in:
            try:
                self._handed_in(self._quiz, self._who)
            except Exception:
                log.exception("a hand-in of %r could not be passed on", self._who)

    @property
    def _rules(self) -> Rules:
        return rules_for(self._quiz.name, self._who)

    def _is_graded(self, request: dict[str, Any]) -> bool:
        rules = self._rules
        if "mode" in request:
            graded = request.get("mode") == "graded"
        else:
            graded = not rules.practice or (rules.graded and self._graded_is_out())
        if not (rules.graded if graded else rules.practice):
            raise AnswerError("This quiz isn't open that way.")
        return graded

    def _graded_is_out(self) -> bool:
        """Whether a paper that counts was begun and isn't done: one comes back to it first."""
        return any(
            not Sitting(self._quiz, self._progress, paper, self._rules, self._clock).done
            for paper in self._papers(graded=True)
        )

    def _papers(self, graded: bool) -> list[Paper]:
        return [
            paper
            for paper in self._progress.papers(self._who, self._quiz.name)
            if paper.graded == graded
        ]

    @property
    def _sitting(self) -> Sitting:
        return self._quiz.sitting(
            self._progress, self._who, graded=self._is_graded({}), clock=self._clock
        )

    def _paper(self, request: dict[str, Any]) -> Sitting:
        """The paper that a request is about: the one it names, if it is this learner's."""
        named = request.get("sitting")
        if named is None:
            return self._sitting
        if isinstance(named, str) and len(named) <= 32:
            for paper in self._progress.papers(self._who, self._quiz.name, named):
                return Sitting(self._quiz, self._progress, paper, self._rules, self._clock)
        raise AnswerError("There is no such paper.")

    def _refuse_stale(self, request: dict[str, Any]) -> None:
        if request.get("version", course.version()) != course.version():
            raise AnswerError(
                "The course was renewed since this page was opened. Please reload the page; "
                "your answers are kept."
            )

    def _open(self, graded: bool) -> dict[str, Any]:
        if graded and not self._papers(graded):
            return self._with_standing({"stage": "before"}, graded)
        sitting = self._quiz.sitting(self._progress, self._who, graded, self._clock)
        return self._with_standing(sitting.state(), graded)

    def _begin(self, graded: bool) -> dict[str, Any]:
        if graded and all(
            Sitting(self._quiz, self._progress, paper, self._rules, self._clock).done
            for paper in self._papers(graded)
        ):
            rules = self._rules
            if closed := rules.closed(self._clock()):
                raise AnswerError(closed)
            if rules.attempts and len(self._papers(graded)) >= rules.attempts:
                raise AnswerError("All attempts are used.")
            self._quiz.begin(self._progress, self._who, graded, self._clock)
        return self._open(graded)

    def _with_standing(self, state: dict[str, Any], graded: bool) -> dict[str, Any]:
        """A state with what surrounds it: how the quiz may be taken, and where the learner stands."""
        rules = self._rules
        state |= {
            "quiz": self._quiz.name,
            "title": self._quiz.title,
            "mode": "graded" if graded else "practice",
            "offers": [
                name
                for name, offered in (("practice", rules.practice), ("graded", rules.graded))
                if offered
            ],
            "home": our_class() is None,
        }
        if graded and state["stage"] != "open":
            used = len(self._papers(graded))
            score = counted(
                self._quiz.scores(self._progress, self._who, True, self._clock()), rules.counts
            )
            state |= {
                "rules": rules.in_words(),
                "size": self._quiz.size,
                "closed": rules.closed(self._clock()),
                "attempts": rules.attempts,
                "attemptsLeft": max(0, rules.attempts - used) if rules.attempts else None,
                "counts": rules.counts,
                "counted": {"points": score.points, "outOf": score.out_of} if score else None,
            }
        return state


def into_the_gradebook(quiz: Quiz, who: str) -> None:
    """Write a learner's marks into the gradebook that UNPUSHY_GRADEBOOK names, if it names one."""
    if database := os.environ.get("UNPUSHY_GRADEBOOK"):
        from unpushy.progress import open_progress
        from unpushy.quiz.gradebook import publish
        from unpushy.server.places import course_folder

        publish(open_progress(), course_folder(), [quiz.name], [who], database)
