"""The trainer's plan by the minute, as the guide for trainers has it, and where the clock stands in it."""

import re
from dataclasses import dataclass
from pathlib import Path

from unpushy.room.rounds import Clock

LEAVE_OUT = "Ten minutes behind? Leave this out."
BEHIND = 10  # minutes


@dataclass(frozen=True)
class Step:
    """A row of a plan: when it begins and how long it takes, in minutes; `optional` can go without being missed."""

    start: int
    minutes: int
    what: str
    do: str
    screen: str
    exercises: tuple[str, ...]
    optional: bool


def plans(guide: Path) -> dict[str, tuple[Step, ...]]:
    """The plans of the guide for trainers by their headings; none where there is no guide."""
    if not guide.is_file():
        return {}
    found: dict[str, tuple[Step, ...]] = {}
    for part in re.split(r"(?m)^###+ ", guide.read_text("utf-8"))[1:]:
        steps = _steps(part)
        if steps:
            found[part.splitlines()[0].strip()] = steps
    return found


def _steps(part: str) -> tuple[Step, ...]:
    rows = re.findall(r"(?m)^\| *(\d+):(\d\d) *\| *(\d+) *\|([^|]*)\|([^|]*)\|([^|]*)\|", part)
    return tuple(
        Step(
            start=60 * int(hours) + int(minutes),
            minutes=int(long),
            what=_plain(what.replace(LEAVE_OUT, "")),
            do=_plain(do),
            screen=_plain(screen),
            exercises=tuple(re.findall(r"`(\d\d-[\w-]+)`", screen + what)),
            optional=LEAVE_OUT in what,
        )
        for hours, minutes, long, what, do, screen in rows
    )


def _plain(text: str) -> str:
    """A cell of a table without its signs for bold, code and links."""
    return re.sub(r"\*\*|`", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)).strip()


@dataclass(frozen=True)
class Standing:
    """Where a room stands in its plan, in minutes; `behind` is below zero where there is time to spare."""

    gone: float
    left: float  # of the step that is on
    behind: float
    leave_out: int | None  # the step that could go now


def standing(steps: tuple[Step, ...], clock: Clock, now: float) -> Standing:
    """Where the clock stands at `now` (seconds since 1970).

    Behind is how much later than planned the end would be, if the step that is on took its own time, and so did
    all that are to come and aren't left out.

    >>> steps = tuple(Step(n, 20, "", "", "", (), n == 20) for n in (0, 20, 40))
    >>> standing(steps, Clock("", 0, step=0), 35 * 60)
    Standing(gone=35.0, left=-15.0, behind=15.0, leave_out=1)
    """
    at = min(clock.step, len(steps) - 1)
    gone, begun = (now - clock.since) / 60, (clock.step_since - clock.since) / 60
    ends = begun + steps[at].minutes
    to_come = [n for n in range(at + 1, len(steps)) if n not in clock.left_out]
    planned = steps[-1].start + steps[-1].minutes
    behind = max(ends, gone) + sum(steps[n].minutes for n in to_come) - planned
    optional = [n for n in to_come if steps[n].optional]
    return Standing(
        gone, ends - gone, behind, optional[0] if optional and behind >= BEHIND else None
    )
