"""When to meet something again: review dates by FSRS, worked out from the attempts alone.

The scheduler is that of the `fsrs` library (Free Spaced Repetition Scheduler), without its random spread, so
that the same attempts give the same dates.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from fsrs import Card, Rating, Scheduler

from unpushy import course
from unpushy.progress.standing import sure_and_wrong
from unpushy.progress.store import Attempt

SIZE = 5
LINES = 2  # rewrites in a session: they take longest
_SCHEDULER = Scheduler(learning_steps=(), relearning_steps=(), enable_fuzzing=False)


@dataclass(frozen=True)
class Due:
    """Something to meet again, and when; `at` in UTC."""

    item: str
    at: datetime


def rating(tries: list[Attempt]) -> Rating:
    """How well something was remembered, from the tries of one day: the first counts, a later success softens it."""
    shares = [one.points / one.out_of if one.out_of else 0.0 for one in tries]
    if shares[0] == 1:
        return Rating.Good
    return Rating.Hard if shares[0] > 0 or 1 in shares else Rating.Again


def schedule(attempts: Iterable[Attempt]) -> list[Due]:
    """When each line and question met so far is due, soonest first. Those of tests and assignments never are."""
    tries: dict[str, dict[date, list[Attempt]]] = defaultdict(lambda: defaultdict(list))
    for one in attempts:
        if _reviewable(one.item):
            tries[one.item][one.at.date()].append(one)
    due = []
    for item, by_day in tries.items():
        card = Card()
        for _, of_day in sorted(by_day.items()):
            card, _ = _SCHEDULER.review_card(card, rating(of_day), of_day[-1].at)
        due.append(Due(item, card.due))
    return sorted(due, key=lambda one: (one.at, one.item))


def _reviewable(item: str) -> bool:
    if item in course.exercises():
        return not course.exercises()[item].assignment
    return item in course.questions() and not course.questions()[item].form


def session(attempts: Iterable[Attempt], now: datetime) -> list[str]:
    """What to review now, some three minutes of it: the longest due, no two of one lesson in a row if it can be helped."""
    known = list(attempts)
    # What somebody was very sure of, and wrong about, is worth most.
    mistaken = sure_and_wrong(known)
    due = [one.item for one in schedule(known) if one.at <= now]
    ripe = sorted(due, key=lambda item: item not in mistaken)
    chosen: list[str] = []
    while ripe and len(chosen) < SIZE:
        if sum(item in course.exercises() for item in chosen) == LINES:
            ripe = [item for item in ripe if item in course.questions()]
        if not ripe:
            break
        last = chosen[-1][:2] if chosen else ""
        following = next((item for item in ripe if not last or item[:2] != last), ripe[0])
        ripe.remove(following)
        chosen.append(following)
    return chosen
