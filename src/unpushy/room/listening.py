"""What the ear says of the lines of a room: asked for by the batch, remembered, never waited for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from unpushy import course
from unpushy.ear import PUSHES, Hearing, hear_all
from unpushy.feedback import explain, unsure
from unpushy.judging import Pushy, judge
from unpushy.reading import reading, reading_as_written
from unpushy.room.rounds import OWN, PAIR, REWRITE, Room, Task

BATCH = 8  # lines heard at a time, so that a page never waits long for the interpreter


@dataclass(frozen=True)
class Heard:
    """A line as the ear hears it: its grade, whether it is sure, the tactics in it, and what a page shows of it."""

    grade: int
    sure: bool
    tactics: tuple[str, ...]
    headline: str
    reading: dict[str, Any]


class Listening:
    """What is heard so far of the lines that count. One line is heard once for the same task."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str, str], Heard] = {}

    def of(self, task: Task, line: str) -> Heard | None:
        """What the ear says of a line, or nothing yet."""
        return self._known.get(_key(task, line))

    def missing(self, room: Room) -> list[tuple[Task, str]]:
        """What is to be heard still: answers in words, the newest round first, and the lines that are asked about."""
        wanted = {
            _key(one.task, line): (one.task, line)
            for one in reversed(room.rounds)
            for line in (*(a.text for a in one.answers.values()), one.task.line, *one.task.options)
            if line
        }
        # Lines that were written anew are forgotten, so that a long day takes no more memory than a short one.
        self._known = {key: known for key, known in self._known.items() if key in wanted}
        return [told for key, told in wanted.items() if key not in self._known]

    def listen(self, some: Iterable[tuple[Task, str]]) -> None:
        """Hear these lines; takes some milliseconds for each."""
        some = list(some)
        about = [_about(task, line) for task, line in some]
        hearings = hear_all([line for _, line in some], about=about)
        for (task, line), hearing in zip(some, hearings, strict=True):
            self._known[_key(task, line)] = _heard(task, hearing)


def _key(task: Task, line: str) -> tuple[str, str, str]:
    return task.situation, task.line if task.kind in (REWRITE, PAIR) else "", line


def _about(task: Task, line: str) -> Pushy | None:
    """What a line answers; nothing if it is the one that is asked about."""
    if task.kind not in (REWRITE, PAIR, OWN) or line == task.line:
        return None
    return Pushy(task.situation, task.line) if task.line else Pushy(line, "")


def _heard(task: Task, hearing: Hearing) -> Heard:
    about = _about(task, hearing.line)
    if about is None:
        ours = [one for one in course.exercises().values() if one.pushy == hearing.line]
        if ours:
            return Heard(PUSHES, True, _names(ours[0].tactics), "", reading_as_written(ours[0]))
        return Heard(hearing.grade, True, _names(hearing.push), "", reading(hearing))
    grade = judge(hearing, about)
    said = explain(grade)
    shown = reading(hearing) | {"buyer": said.buyer}
    return Heard(grade.grade, not unsure(grade), _names(hearing.push), said.headline, shown)


def _names(codes: tuple[str, ...]) -> tuple[str, ...]:
    """Tactics as people read them."""
    return tuple(course.tactics()[code].name for code in codes if code in course.tactics())
