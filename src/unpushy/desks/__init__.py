"""Desks: where one learner sits with one thing to do, and what the page asks there is answered.

A desk is a function from a request to a reply, both plain dicts of JSON values. It knows nothing of what
carries them: a widget's comm in JupyterLab, or a web request on the course's own pages. All that it knows of
the learner is in the progress store, so a desk set up anew goes on where the last one was.
"""

import logging
import re
from collections.abc import Callable
from typing import Any

from unpushy import course
from unpushy.desks.bench import Bench
from unpushy.desks.inquiry import Inquiry
from unpushy.desks.own_words import OwnWords
from unpushy.desks.practice import Practice
from unpushy.desks.quiz import QuizDesk, into_the_gradebook
from unpushy.desks.review import Review
from unpushy.progress import Progress
from unpushy.quiz.sitting import quiz_named

log = logging.getLogger(__name__)

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def _practise(who: str, progress: Progress, ident: str) -> Answer:
    return Practice(course.exercise(ident), who, progress).answer


def _ask(who: str, progress: Progress, ident: str) -> Answer:
    return Inquiry(course.question(ident), who, progress).answer


def _own_words(who: str, progress: Progress, item: str, label: str) -> Answer:
    return OwnWords(item, label, who, progress).answer


def _before_and_after(who: str, progress: Progress, item: str) -> Answer:
    return Bench(item, who, progress).answer


def _quiz(who: str, progress: Progress, name: str) -> Answer:
    return QuizDesk(quiz_named(name), who, progress, handed_in=into_the_gradebook).answer


def _review(who: str, progress: Progress, _item: str) -> Answer:
    return Review(who, progress).answer


# What a notebook's cell may call, by the name that it is called by.
DESKS: dict[str, Callable[..., Answer]] = {
    "practise": _practise,
    "ask": _ask,
    "own_words": _own_words,
    "before_and_after": _before_and_after,
    "quiz": _quiz,
    "review": _review,
}


def desk(name: str, args: tuple[Any, ...], who: str, progress: Progress) -> Answer:
    """The desk for what a notebook's cell calls, for one learner; whatever goes wrong is said, never swallowed."""
    answer = DESKS[name](who, progress, *args)

    def reply(request: dict[str, Any]) -> dict[str, Any]:
        try:
            return answer(request)
        except Exception as error:
            log.exception("a request could not be answered")
            return {"error": re.sub(r"\s+", " ", str(error)) or type(error).__name__}

    return reply
