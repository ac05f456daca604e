"""Where a learner stands, worked out from the attempts alone."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, tzinfo

from unpushy import course
from unpushy.progress.store import Attempt

STEADY = 0.8  # of the points, over the latest answer at each item
VERY_SURE = 3  # the highest of the answers to how sure one is
ENOUGH = 3  # items, before mastery is spoken of
APART = 2  # lessons they come from, before anything is called shaky: one lesson alone is its first practice


def _share(attempt: Attempt) -> float:
    return attempt.points / attempt.out_of if attempt.out_of else 0.0


def passed(attempts: Iterable[Attempt]) -> frozenset[str]:
    """The items that were answered in full at least once."""
    return frozenset(one.item for one in attempts if _share(one) == 1)


def sure_and_wrong(attempts: Iterable[Attempt]) -> list[str]:
    """Items whose last answer was very sure and not right, the latest first: worth another look."""
    last: dict[str, Attempt] = {}
    for one in attempts:
        last.pop(one.item, None)
        last[one.item] = one
    return [
        item for item, one in reversed(last.items()) if one.sure == VERY_SURE and _share(one) < 1
    ]


def rewrites(attempts: Iterable[Attempt]) -> list[Attempt]:
    """The attempts at exercise lines, oldest first."""
    return [one for one in attempts if one.item in course.exercises()]


@dataclass(frozen=True)
class Day:
    """How many rewrites of one day pushed, stayed plain, and invited."""

    day: date
    pushed: int
    plain: int
    invited: int


def days(attempts: Iterable[Attempt], zone: tzinfo | None = None) -> list[Day]:
    """The days on which lines were rewritten, oldest first, in the time zone given or this machine's."""
    counted: dict[date, list[int]] = defaultdict(lambda: [0, 0, 0])
    for one in rewrites(attempts):
        share = _share(one)
        counted[one.at.astimezone(zone).date()][0 if share == 0 else 2 if share == 1 else 1] += 1
    return [Day(day, *counts) for day, counts in sorted(counted.items())]


@dataclass(frozen=True)
class Mastery:
    """How well a tactic is heard, or a move is made: `share` of the points at the `items` met, latest answers only.

    `lessons` is how many lessons the items come from.
    """

    code: str
    name: str
    items: int
    share: float
    lessons: int = 1

    @property
    def steady(self) -> bool:
        """Whether it can be called learned."""
        return self.items >= ENOUGH and self.share >= STEADY

    @property
    def shaky(self) -> bool:
        """Whether there is enough to say that it is worth another look."""
        return self.items >= ENOUGH and self.lessons >= APART and self.share < STEADY

    @property
    def pushes(self) -> bool:
        """Whether it is a way of pushing, and not of inviting."""
        return self.code in course.tactics()


def mastery(attempts: Iterable[Attempt]) -> list[Mastery]:
    """Every tactic and move met so far, the shakiest first."""
    latest = {one.item: _share(one) for one in attempts}
    met: dict[str, list[float]] = defaultdict(list)
    where: dict[str, set[int]] = defaultdict(set)
    for item, share in latest.items():
        about = course.exercises().get(item) or course.questions().get(item)
        for code in _codes(item):
            met[code].append(share)
            where[code].add(about.lesson if about else 0)
    signs = {**course.tactics(), **course.moves()}
    found = [
        Mastery(code, signs[code].name, len(shares), sum(shares) / len(shares), len(where[code]))
        for code, shares in met.items()
        if code in signs
    ]
    return sorted(found, key=lambda one: (one.share, -one.items, one.code))


def _codes(item: str) -> Collection[str]:
    if item in course.exercises():
        return course.exercises()[item].tactics
    if item in course.questions():
        return course.questions()[item].codes
    return ()


@dataclass(frozen=True)
class Line:
    """A pushy line and what the learner made of it."""

    item: str
    before: str
    after: str


def best_lines(attempts: Iterable[Attempt], proud: dict[str, str], most: int = 3) -> list[Line]:
    """The lines to be shown again: those the learner is proud of, by item, then the latest that invite."""
    exercises = course.exercises()
    chosen = {item: text for item, text in proud.items() if text and item in exercises}
    for one in reversed(rewrites(attempts)):
        if _share(one) == 1:
            chosen.setdefault(one.item, str(one.answer))
    return [Line(item, exercises[item].pushy, text) for item, text in chosen.items()][:most]
