"""What happens in a room, as events that are only ever added: `after(room, event)` is the room after one more.

A round goes through four stages: a first try, talk, a second try, and everything shown. The trainer may leave
stages out, put a round aside, and take it up again later.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from unpushy.ear.text import read

FIRST, TALK, SECOND, SHOWN = STAGES = ("first", "talk", "second", "shown")
OWN, REWRITE, SPOT, CHOOSE, VOTE, PAIR = KINDS = (
    "own", "rewrite", "spot", "choose", "vote", "pair",
)  # fmt: skip
WRITTEN = (OWN, REWRITE, PAIR)  # the kinds that are answered in words
VERDICTS = ("It pushes", "Neither", "It invites")
START, ROUND, FINALE = SCREENS = ("start", "round", "finale")
LONGEST_ANSWER, LONGEST_TEXT = 600, 1200  # characters

Event = Mapping[str, Any]
Value = str | int | tuple[int, ...]


class Refused(ValueError):
    """Something can't be done in the room as it is; the message says why, in words for a person."""


@dataclass(frozen=True)
class Task:
    """What a round asks: `options` to choose from; `marks` says whether a phone shows its own marks at once."""

    kind: str
    line: str = ""
    situation: str = ""
    exercise: str = ""
    options: tuple[str, ...] = ()
    marks: bool = False
    of: int = 0  # the round whose lines a pair improves

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the line, to be marked one by one."""
        return tuple(self.line.split())


@dataclass(frozen=True)
class Answer:
    """What somebody said in a stage of a round; `n` is its place in the order of the server."""

    who: str
    stage: str
    value: Value
    n: int
    at: str

    @property
    def text(self) -> str:
        """What was written, or nothing where something was chosen."""
        return self.value if isinstance(self.value, str) else ""


@dataclass(frozen=True)
class Round:
    """A round: of each person the newest answer of either try counts, and nothing is counted twice."""

    number: int
    task: Task
    opened: str
    stage: str = FIRST
    answers: Mapping[tuple[str, str], Answer] = field(default_factory=dict)
    pairs: Mapping[str, str] = field(default_factory=dict)  # who improves whose line
    featured: frozenset[str] = frozenset()
    hidden: frozenset[str] = frozenset()
    stuck: frozenset[str] = frozenset()

    def of(self, who: str, stage: str) -> Answer | None:
        """What somebody said in a stage."""
        return self.answers.get((who, stage))

    def said(self, stage: str) -> list[Answer]:
        """All answers of a stage in the order in which they came."""
        return sorted(
            (one for one in self.answers.values() if one.stage == stage), key=lambda a: a.n
        )

    def last(self, who: str) -> Answer | None:
        """Somebody's newest try."""
        return self.of(who, SECOND) or self.of(who, FIRST)

    @property
    def people(self) -> list[str]:
        """All who answered, in the order in which they did first."""
        return list(
            dict.fromkeys(one.who for one in sorted(self.answers.values(), key=lambda a: a.n))
        )

    def helpers(self, who: str) -> list[str]:
        """Those who improve somebody's line."""
        return [one for one, other in self.pairs.items() if other == who]


@dataclass(frozen=True)
class Clock:
    """Which plan is followed, since when (seconds since 1970), and which of its steps is on, since when."""

    plan: str
    since: float
    step: int = 0
    step_since: float = 0
    left_out: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Room:
    """A room after all that has happened in it."""

    name: str = ""
    rounds: tuple[Round, ...] = ()
    screen: str = START
    on: int = 0  # the number of the round that is on; 0 for none
    clock: Clock | None = None
    n: int = 0
    asked: frozenset[tuple[str, str]] = (
        frozenset()
    )  # requests that were done: by whom, and their names

    @property
    def round(self) -> Round | None:
        """The round that is on."""
        return self.rounds[self.on - 1] if self.on and self.screen == ROUND else None

    def number(self, number: Any) -> Round:
        """The round of this number."""
        if not isinstance(number, int) or not 1 <= number <= len(self.rounds):
            raise Refused("There is no such round.")
        return self.rounds[number - 1]


def replay(events: Iterable[Event]) -> Room:
    """The room after these events."""
    room = Room()
    for event in events:
        room = after(room, event)
    return room


def after(room: Room, event: Event) -> Room:
    """The room after one more event; the same room if it was done already. Raises Refused.

    >>> room = after(Room(), {"do": "open", "at": "", "task": {"kind": "rewrite", "line": "Buy it."}})
    >>> said = {"do": "answer", "at": "", "who": "Ana", "id": "1", "round": 1, "stage": "first", "value": "Would you like it?"}
    >>> room = after(room, said)
    >>> after(room, said) is room
    True
    """
    asked = str(event.get("who", "")), str(event.get("id", ""))
    if asked[1] and asked in room.asked:
        return room
    do = _DO.get(str(event.get("do")))
    if do is None:
        raise Refused(f"There is nothing called {event.get('do')!r} to do here.")
    done = do(room, event)
    return replace(done, n=room.n + 1, asked=room.asked | {asked} if asked[1] else room.asked)


def _with(room: Room, changed: Round) -> Room:
    rounds = list(room.rounds)
    rounds[changed.number - 1] = changed
    return replace(room, rounds=tuple(rounds))


def _begin(room: Room, event: Event) -> Room:
    return replace(room, name=str(event["room"]))


def _open(room: Room, event: Event) -> Room:
    task = _task(event.get("task"))
    pairs = event.get("pairs") or {}
    if task.kind == PAIR and len(pairs) < 2:
        raise Refused("It takes two written answers to pair up. Open a rewrite first.")
    number = len(room.rounds) + 1
    opened = Round(number, task, str(event.get("at", "")), pairs=dict(pairs))
    return replace(room, rounds=(*room.rounds, opened), screen=ROUND, on=number)


def _task(told: Any) -> Task:
    """A task from what the trainer sent, held to what a round of its kind needs."""
    if not isinstance(told, Mapping) or told.get("kind") not in KINDS:
        raise Refused("Choose what kind of round it is to be.")
    texts = {key: told.get(key, "") for key in ("line", "situation", "exercise")}
    options = told.get("options") or ()
    of = told.get("of", 0)
    if not isinstance(options, list | tuple):
        raise Refused("To choose, people need two lines.")
    all_texts = [*texts.values(), *options]
    if not all(isinstance(one, str) and len(one) <= LONGEST_TEXT for one in all_texts):
        raise Refused(f"A line or a situation has at most {LONGEST_TEXT} characters.")
    kind = told["kind"]
    if kind == VOTE:
        options = VERDICTS
    options = tuple(_whole(one.strip()) for one in options)
    texts = {key: _whole(text.strip()) for key, text in texts.items()}
    if kind == CHOOSE and not (2 <= len(options) <= 4 and all(options)):
        raise Refused("To choose, people need two lines.")
    if kind in (REWRITE, SPOT, VOTE) and not texts["line"]:
        raise Refused("The round needs a line.")
    return Task(
        kind, texts["line"], texts["situation"], texts["exercise"], options,
        bool(told.get("marks")), of if isinstance(of, int) else 0,
    )  # fmt: skip


def _stage(room: Room, event: Event) -> Room:
    found, to = room.number(event.get("round")), event.get("to")
    if to not in STAGES or STAGES.index(to) < STAGES.index(found.stage):
        raise Refused("A round only goes forward. What was shown can't be unseen.")
    stuck = found.stuck if to == found.stage else frozenset[str]()
    return replace(
        _with(room, replace(found, stage=to, stuck=stuck)), screen=ROUND, on=found.number
    )


def _answer(room: Room, event: Event) -> Room:
    found, stage, who = room.number(event.get("round")), event.get("stage"), event["who"]
    if found is not room.round or stage != found.stage or stage not in (FIRST, SECOND):
        raise Refused("The room has moved on. What you wrote is still here for you.")
    value = _value(found, stage, who, event.get("value"))
    said = Answer(who, stage, value, room.n + 1, str(event.get("at", "")))
    return _with(
        room,
        replace(found, answers={**found.answers, (who, stage): said}, stuck=found.stuck - {who}),
    )


def _value(found: Round, stage: str, who: str, value: Any) -> Value:
    """An answer that fits its round."""
    task = found.task
    if task.kind in WRITTEN:
        if not isinstance(value, str) or not read(value).plain.strip():
            raise Refused("Write a line first. Any first try will do.")
        if len(value) > LONGEST_ANSWER:
            raise Refused(f"That is too long to be said: {LONGEST_ANSWER} characters at most.")
        if task.kind == PAIR and stage == FIRST and who not in found.pairs:
            raise Refused("There is no line for you in this round. You're in again in the next.")
        return _whole(value.strip())
    if task.kind == SPOT:
        last = len(task.words)
        if not isinstance(value, list) or not all(_is_place(one, last) for one in value):
            raise Refused("Touch the words that push.")
        return tuple(sorted(set(value)))
    if not _is_place(value, len(task.options)):
        raise Refused("Choose one of those that are there.")
    return int(value)


def _whole(text: str) -> str:
    """A text that any file can hold: half a sign, as a cut emoji leaves behind, becomes a question mark."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _is_place(one: Any, last: int) -> bool:
    return isinstance(one, int) and not isinstance(one, bool) and 0 <= one < last


def _stuck(room: Room, event: Event) -> Room:
    found = room.round
    if found is None or event.get("round") != found.number:
        raise Refused("The room has moved on.")
    return _with(room, replace(found, stuck=found.stuck | {event["who"]}))


def _pick(room: Room, event: Event) -> Room:
    """Feature or hide somebody's answers of a round, or take that back."""
    found, whose, what = room.number(event.get("round")), event.get("whose"), event.get("what")
    if whose not in found.people:
        raise Refused("There is no such answer.")
    chosen = {"featured": found.featured, "hidden": found.hidden}.get(str(what))
    if chosen is None:
        raise Refused("An answer can be featured or hidden.")
    chosen = chosen | {whose} if event.get("yes") else chosen - {whose}
    changes: dict[str, Any] = {str(what): chosen}
    if what == "hidden" and event.get("yes"):
        changes["featured"] = found.featured - {whose}
    if what == "featured" and event.get("yes"):
        changes["hidden"] = found.hidden - {whose}
    return _with(room, replace(found, **changes))


def _screen(room: Room, event: Event) -> Room:
    if event.get("to") not in (START, FINALE):
        raise Refused("There is no such screen.")
    return replace(room, screen=event["to"])


def _clock(room: Room, event: Event) -> Room:
    since = event.get("since")
    if not isinstance(since, int | float):
        raise Refused("The clock needs a time.")
    return replace(room, clock=Clock(str(event.get("plan")), float(since), 0, float(since)))


def _step(room: Room, event: Event) -> Room:
    to, since = event.get("to"), event.get("since")
    if room.clock is None or not isinstance(to, int) or to < 0:
        raise Refused("Start the clock first.")
    if not isinstance(since, int | float):
        raise Refused("The clock needs a time.")
    return replace(room, clock=replace(room.clock, step=to, step_since=float(since)))


def _leave_out(room: Room, event: Event) -> Room:
    step = event.get("step")
    if room.clock is None or not isinstance(step, int):
        raise Refused("Start the clock first.")
    left = room.clock.left_out
    left = left | {step} if event.get("yes") else left - {step}
    return replace(room, clock=replace(room.clock, left_out=left))


_DO = {
    "begin": _begin, "open": _open, "stage": _stage, "answer": _answer, "stuck": _stuck, "pick": _pick,
    "screen": _screen, "clock": _clock, "step": _step, "leave out": _leave_out,
}  # fmt: skip
FOR_PEOPLE = frozenset({"answer", "stuck"})
FOR_THE_TRAINER = frozenset({"open", "stage", "pick", "screen", "clock", "step", "leave out"})


def drawn_pairs(found: Round, chance: random.Random) -> dict[str, str]:
    """Who improves whose line: people in twos, with a three where somebody would be left over.

    >>> lines = {(w, FIRST): Answer(w, FIRST, "x", n, "") for n, w in enumerate("abc")}
    >>> made = drawn_pairs(Round(1, Task(REWRITE), "", answers=lines), random.Random(1))
    >>> sorted(made) == sorted(made.values()) == ["a", "b", "c"]
    True
    """
    people = [one for one in found.people if one not in found.hidden]
    chance.shuffle(people)
    groups = [people[i : i + 2] for i in range(0, len(people), 2)]
    if len(groups) > 1 and len(groups[-1]) == 1:
        groups[-2].extend(groups.pop())
    return {
        one: group[(place + 1) % len(group)]
        for group in groups
        if len(group) > 1
        for place, one in enumerate(group)
    }
