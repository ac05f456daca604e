"""What a class has agreed on: when a quiz is open, for how long, how often, and what counts.

A teacher writes it into one TOML file, named by UNPUSHY_CLASS. At home there is none, and nothing is limited.
"""

import logging
import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from unpushy.course import CourseError, build, parse

log = logging.getLogger(__name__)

COUNTS = ("best", "last", "average")


@dataclass(frozen=True)
class Rules:
    """The rules of one quiz for one learner.

    `practice` and `graded` say how it may be taken. `attempts` and `minutes` are limits for the graded
    quiz, 0 being none; `counts` says which attempt does. `sure` asks with every answer how sure one is.
    """

    practice: bool = False
    graded: bool = True
    attempts: int = 0
    counts: str = "best"
    minutes: int = 0
    opens: datetime | None = None
    due: datetime | None = None
    sure: bool = False
    timezone: str = "UTC"

    def ends(self, began: datetime) -> datetime | None:
        """When a paper that was handed out at `began` has to be back, or None."""
        limits = [began + timedelta(minutes=self.minutes)] if self.minutes else []
        return min([*limits, *([self.due] if self.due else [])], default=None)

    def day(self, at: datetime) -> str:
        """A time as people say it, with its time zone."""
        there = at.astimezone(ZoneInfo(self.timezone))
        return f"{there:%A} {there.day} {there:%B %Y, %H:%M} ({self.timezone})"

    def closed(self, now: datetime) -> str:
        """Why no paper is handed out at this time, or nothing."""
        if self.opens and now < self.opens:
            return f"This quiz opens on {self.day(self.opens)}."
        if self.due and now >= self.due:
            return f"This quiz closed on {self.day(self.due)}."
        return ""

    def in_words(self) -> list[str]:
        """What a learner wants to know before they begin."""
        said = ["The reasons come after you have handed in."]
        if self.minutes:
            long = "one minute" if self.minutes == 1 else f"{self.minutes} minutes"
            said.append(f"You have {long} once you begin. A clock shows what is left.")
        if self.due:
            said.append(f"It's open until {self.day(self.due)}.")
        if self.attempts == 1:
            said.append("There is one attempt.")
        elif self.attempts:
            counted = {"average": "the average of them counts"}
            which = counted.get(self.counts, f"the {self.counts} one counts")
            said.append(f"There are {self.attempts} attempts; {which}.")
        return [*said, "Each answer is kept as soon as it is given, and stays as it is."]


AT_HOME = Rules(practice=True)


@dataclass(frozen=True)
class Extension:
    """More for one learner, in one quiz or in all: more minutes, more attempts, another last day."""

    learner: str
    quiz: str = ""
    minutes: int = 0
    attempts: int = 0
    due: datetime | None = None


@dataclass(frozen=True)
class Class:
    """A class file, read and checked."""

    quizzes: dict[str, Rules]
    extensions: tuple[Extension, ...]
    pseudonyms: bool = False
    teachers: tuple[str, ...] = ()

    def rules(self, quiz: str, learner: str) -> Rules:
        """What holds for a learner in a quiz, their extensions included."""
        if quiz not in self.quizzes:
            raise CourseError(f"There is no quiz '{quiz}'.")
        rules = self.quizzes[quiz]
        for more in self.extensions:
            if more.learner == learner and more.quiz in ("", quiz):
                rules = replace(
                    rules,
                    minutes=rules.minutes and rules.minutes + more.minutes,
                    attempts=rules.attempts and rules.attempts + more.attempts,
                    due=max(rules.due, more.due) if rules.due and more.due else rules.due,
                )
        return rules


def read_class(text: str, name: str, quizzes: list[str]) -> Class:
    """A class file's text as what it says; what is wrong with it is named by file, key and line."""
    tables = parse(text, name)
    zone = tables.pop("timezone", "UTC")
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        raise CourseError(
            f"{name}: 'timezone' should be one such as \"Europe/Berlin\", not {zone!r}"
        ) from None

    def zoned(at: datetime | None) -> datetime | None:
        return at.replace(tzinfo=ZoneInfo(zone)) if at and at.tzinfo is None else at

    pseudonyms = tables.pop("pseudonyms", False)
    if not isinstance(pseudonyms, bool):
        raise CourseError(f"{name}: 'pseudonyms' should be true or false, not {pseudonyms!r}")
    teachers = tables.pop("teachers", [])
    if not isinstance(teachers, list) or not all(isinstance(one, str) for one in teachers):
        raise CourseError(f"{name}: 'teachers' should be a list of names, not {teachers!r}")
    more = tables.pop("extension", [])
    if not isinstance(more, list):
        raise CourseError(f"{name}: an extension is written as [[extension]]")
    extensions = []
    for nth, one in enumerate(more):
        extension = build(Extension, one, name, text, "extension", nth)
        extensions.append(replace(extension, due=zoned(extension.due)))
    for key in [*tables, *(one.quiz for one in extensions if one.quiz)]:
        if key not in ("all", *quizzes):
            raise CourseError(
                f"{name}: there is no quiz '{key}'; known are all, {', '.join(quizzes)}"
            )
    common = tables.get("all", {})
    found = {}
    for quiz in quizzes:
        table = common | tables.get(quiz, {}) | {"timezone": zone}
        rules = build(Rules, table, name, text, quiz if quiz in tables else "all")
        found[quiz] = replace(rules, opens=zoned(rules.opens), due=zoned(rules.due))
        _check(found[quiz], f"{name}, [{quiz}]")
    return Class(found, tuple(extensions), pseudonyms)


def _check(rules: Rules, where: str) -> None:
    if rules.counts not in COUNTS:
        raise CourseError(f"{where}: 'counts' should be one of {', '.join(COUNTS)}")
    if min(rules.attempts, rules.minutes) < 0:
        raise CourseError(f"{where}: 'attempts' and 'minutes' should be 0 (no limit) or more")
    if rules.opens and rules.due and rules.opens >= rules.due:
        raise CourseError(f"{where}: 'opens' should come before 'due'")
    if not (rules.practice or rules.graded):
        raise CourseError(f"{where}: 'practice' or 'graded' should be true")


_last_good: dict[Path, Class] = {}


@lru_cache(maxsize=4)
def _read(path: Path, _state: tuple[int, int]) -> Class:
    from unpushy.quiz.sitting import quizzes

    _last_good[path] = read_class(path.read_text("utf-8"), path.name, [q.name for q in quizzes()])
    return _last_good[path]


def our_class() -> Class | None:
    """The class of UNPUSHY_CLASS, read anew whenever the file changes; None at home.

    A file that is broken while the class is running is reported, and the last good one goes on.
    """
    told = os.environ.get("UNPUSHY_CLASS")
    if not told:
        return None
    path = Path(told)
    try:
        state = path.stat()
        return _read(path, (state.st_mtime_ns, state.st_size))
    except OSError as error:
        problem: Exception = CourseError(f"{path} (UNPUSHY_CLASS) can't be read: {error.strerror}")
    except (CourseError, UnicodeDecodeError) as error:
        problem = error
    if path not in _last_good:
        raise CourseError(str(problem)) from problem
    log.error("%s; what stood there before goes on", problem)
    return _last_good[path]


def rules_for(quiz: str, learner: str) -> Rules:
    """What holds for a learner in a quiz, in this class or at home."""
    here = our_class()
    if here is not None:
        return here.rules(quiz, learner)
    return AT_HOME if quiz.startswith("quiz-") else Rules()
