"""What the three kinds of pages may see of a room: a phone, the projector, the trainer. Plain dicts of JSON values.

A phone gets its own answers and nobody's name. The projector gets no names, and no marks or results before the
trainer shows them. Only the trainer's page has all of it.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from unpushy import course
from unpushy.room.listening import Listening
from unpushy.room.plan import Step, standing
from unpushy.room.rounds import (
    CHOOSE,
    FINALE,
    FIRST,
    OWN,
    PAIR,
    REWRITE,
    SECOND,
    SHOWN,
    SPOT,
    VOTE,
    WRITTEN,
    Answer,
    Room,
    Round,
    Task,
)  # fmt: skip

View = dict[str, Any]


def _asked(found: Round) -> View:
    """What a round asks, as everybody may read it."""
    task = found.task
    return {
        "number": found.number, "kind": task.kind, "stage": found.stage, "line": task.line,
        "situation": task.situation, "options": list(task.options),
        "words": list(task.words) if task.kind == SPOT else [],
    }  # fmt: skip


def _tallies(found: Round) -> dict[str, list[int]]:
    """How often each option, or each word, was chosen in each try."""
    size = len(found.task.words) if found.task.kind == SPOT else len(found.task.options)
    told = {}
    for stage in (FIRST, SECOND):
        counts = [0] * size
        for answer in found.said(stage):
            chosen = answer.value if isinstance(answer.value, tuple) else (answer.value,)
            for place in chosen:
                if isinstance(place, int):
                    counts[place] += 1
        told[stage] = counts
    return told


def _pushing_words(task: Task, listening: Listening) -> list[int] | None:
    """The words of a line that are marked as pushing, by their places."""
    heard = listening.of(task, task.line)
    if heard is None:
        return None
    units = len(task.line.encode("utf-16-le")) // 2
    pushed = set()
    for mark in heard.reading["marks"]:
        if mark["kind"] == "push":
            pushed |= set(range(mark["start"], min(mark["end"], units)))
    found, at = [], 0
    for place, word in enumerate(task.words):
        at = task.line.index(word, at)
        start = len(task.line[:at].encode("utf-16-le")) // 2
        if pushed & set(range(start, start + len(word))):
            found.append(place)
        at += len(word)
    return found


def _reading(listening: Listening, task: Task, line: str) -> View | None:
    heard = listening.of(task, line)
    return (
        {**heard.reading, "grade": heard.grade, "sure": heard.sure, "headline": heard.headline}
        if heard
        else None
    )


# The phone


def phone(room: Room, who: str, listening: Listening) -> View:
    """What somebody sees on their phone."""
    found = room.round
    view: View = {"room": room.name, "screen": room.screen, "round": None}
    if found is None:
        if room.screen == FINALE:
            view["lines"] = [
                one for one in _before_and_after(room, listening) if one.pop("who") == who
            ]
        return view
    mine = found.of(who, found.stage)
    first = found.of(who, FIRST)
    told = _asked(found) | {
        "mine": _plain(mine), "first": _plain(first), "stuck": who in found.stuck, "hint": _hint(found, who),
        "heard": None, "firstHeard": None,
    }  # fmt: skip
    may_see = found.stage == SHOWN or (found.task.marks and found.task.kind in WRITTEN)
    last = found.last(who)
    if may_see and last and last.text:
        told["heard"] = _reading(listening, found.task, last.text)
        if first and first is not last:
            told["firstHeard"] = _reading(listening, found.task, first.text)
    if found.stage == SHOWN:
        told["last"] = _plain(last)
        if found.task.kind in (CHOOSE, VOTE, SPOT):
            told["tallies"] = _tallies(found)
        if found.task.kind == SPOT:
            told["pushing"] = _pushing_words(found.task, listening)
    if found.task.kind == PAIR:
        told |= _pair(room, found, who)
    return view | {"round": told}


def _plain(answer: Answer | None) -> Any:
    if answer is None:
        return None
    return list(answer.value) if isinstance(answer.value, tuple) else answer.value


def _hint(found: Round, who: str) -> str | None:
    """The first hint of the course's line, for somebody who said that they're stuck."""
    known = course.exercises().get(found.task.exercise)
    if who not in found.stuck or known is None:
        return None
    return known.hints[0] if known.hints else None


def _line_in(room: Room, number: int, who: str) -> str:
    """Somebody's line in the round that a pair's round improves."""
    answer = room.rounds[number - 1].last(who) if 1 <= number <= len(room.rounds) else None
    return answer.text if answer else ""


def _pair(room: Room, found: Round, who: str) -> View:
    """The line that somebody improves, and what became of their own; not a word of who the other is."""
    other = found.pairs.get(who)
    told: View = {"theirs": _line_in(room, found.task.of, other) if other else None}
    if found.stage in (SECOND, SHOWN):
        told["own"] = _line_in(room, found.task.of, who)
        offered = [found.of(one, FIRST) for one in found.helpers(who)]
        told["offered"] = [one.text for one in offered if one and one.who not in found.hidden]
    return told


# The projector


def wall(room: Room, here: int, listening: Listening) -> View:
    """What everybody sees on the big screen: no names, nothing hidden, no results before their time."""
    view: View = {"room": room.name, "screen": room.screen, "here": here, "round": None}
    found = room.round
    if found is None:
        if room.screen == FINALE:
            view["finale"] = finale(room, listening)
        return view
    stage = found.stage
    trying = stage if stage in (FIRST, SECOND) else FIRST
    told = _asked(found) | {"answered": len(found.said(trying)), "answers": []}
    if found.task.kind in (REWRITE, PAIR) and stage != SHOWN:
        told["answers"] = [
            {"text": one.text, "featured": one.who in found.featured}
            for one in found.said(trying)
            if one.who not in found.hidden
        ]
    if stage == SHOWN:
        told |= _results(found, listening)
    return view | {"round": told}


def wall_round(found: Round, listening: Listening) -> View:
    """A round as it is shown once it's done, or what is to be seen of it so far."""
    return _asked(found) | (_results(found, listening) if found.stage == SHOWN else {})


def _results(found: Round, listening: Listening) -> View:
    """Everything that a round has come to."""
    task = found.task
    if task.kind not in WRITTEN:
        pushing = _pushing_words(task, listening) if task.kind == SPOT else None
        heard = {CHOOSE: task.options, VOTE: (task.line,)}.get(task.kind, ())
        return {
            "tallies": _tallies(found), "people": {s: len(found.said(s)) for s in (FIRST, SECOND)}, "pushing": pushing,
            "readings": [_reading(listening, task, line) for line in heard],
        }  # fmt: skip
    rows = []
    for who in found.people:
        last = found.last(who)
        if last is None or who in found.hidden:
            continue
        before = found.of(who, FIRST) if task.kind != PAIR else None
        rows.append({
            "text": last.text, "before": before.text if before and before is not last else None,
            "featured": who in found.featured, "reading": _reading(listening, task, last.text),
        })  # fmt: skip
    return {"answers": rows, "grades": grades(found, listening)}


def grades(found: Round, listening: Listening) -> dict[str, list[int]]:
    """How many lines of each try push, are plain, invite, for a round that is answered in words."""
    told = {}
    for stage in (FIRST, SECOND):
        heard = [listening.of(found.task, one.text) for one in found.said(stage)]
        counts = Counter(one.grade for one in heard if one)
        told[stage] = [counts[grade] for grade in (0, 1, 2)]
    return told


def finale(room: Room, listening: Listening) -> View:
    """The room before and after: how its lines were heard, and lines of those who tried twice."""
    lines = _before_and_after(room, listening)
    told = {stage: [0, 0, 0] for stage in ("before", "after")}
    for line in lines:
        for stage, counts in told.items():
            if line[f"{stage}Grade"] is not None:
                counts[line[f"{stage}Grade"]] += 1
        line.pop("who")
    return {"counts": told, "lines": lines}


def _before_and_after(room: Room, listening: Listening) -> list[View]:
    """The first and the last try of all who tried a line twice; hidden ones left out, what invites first."""
    rows: list[View] = []
    for found in room.rounds:
        if found.task.kind not in (OWN, REWRITE):
            continue
        for who in found.people:
            first, second = found.of(who, FIRST), found.of(who, SECOND)
            if not first or not second or who in found.hidden:
                continue
            heard = [listening.of(found.task, one.text) for one in (first, second)]
            rows.append({
                "who": who, "round": found.number, "own": found.task.kind == OWN, "featured": who in found.featured,
                "before": first.text, "beforeGrade": heard[0].grade if heard[0] else None,
                "after": second.text, "afterGrade": heard[1].grade if heard[1] else None,
            })  # fmt: skip
    return sorted(rows, key=lambda row: (not row["featured"], -(row["afterGrade"] or 0)))


# The trainer


def trainer(
    room: Room,
    here: Sequence[str],
    listening: Listening,
    plans: Mapping[str, tuple[Step, ...]],
    now: float,
) -> View:
    """All that the trainer sees."""
    found = room.round
    view: View = {
        "room": room.name, "screen": room.screen, "here": list(here), "round": None,
        "rounds": [
            {"number": one.number, "kind": one.task.kind, "stage": one.stage, "line": one.task.line or " / ".join(one.task.options),
             "answered": len(one.people)}
            for one in room.rounds
        ],
    }  # fmt: skip
    if room.clock and (steps := plans.get(room.clock.plan)):
        view["clock"] = asdict(standing(steps, room.clock, now)) | {
            "plan": room.clock.plan, "step": min(room.clock.step, len(steps) - 1), "leftOut": sorted(room.clock.left_out),
        }  # fmt: skip
    if room.screen == FINALE:
        view["finale"] = finale(room, listening)
    if found is None:
        return view
    trying = (
        found.stage if found.stage in (FIRST, SECOND) else SECOND if found.said(SECOND) else FIRST
    )
    told = _asked(found) | {
        "marks": found.task.marks,
        "answered": len(found.said(trying)),
        "answers": [_row(found, one, listening) for one in reversed(found.said(trying))],
        "waiting": [one for one in here if found.of(one, trying) is None],
        "stuck": sorted(found.stuck),
    }  # fmt: skip
    if found.task.kind in WRITTEN:
        told["grades"] = grades(found, listening)
        told["tactics"] = _tactics(found, trying, listening)
    else:
        told["tallies"] = _tallies(found)
        told["pushing"] = _pushing_words(found.task, listening) if found.task.kind == SPOT else None
    return view | {"round": told}


def _row(found: Round, answer: Answer, listening: Listening) -> View:
    before = found.of(answer.who, FIRST) if answer.stage == SECOND else None
    heard = listening.of(found.task, answer.text) if answer.text else None
    return {
        "who": answer.who, "value": _plain(answer), "before": _plain(before),
        "featured": answer.who in found.featured, "hidden": answer.who in found.hidden,
        "reading": _reading(listening, found.task, answer.text) if answer.text else None,
        "tactics": list(heard.tactics) if heard else [],
        # Two tries that both push: somebody who may be glad of a word.
        "pushesAgain": _pushes(found, answer, listening) and _pushes(found, before, listening),
    }  # fmt: skip


def _pushes(found: Round, answer: Answer | None, listening: Listening) -> bool:
    heard = listening.of(found.task, answer.text) if answer else None
    return heard is not None and heard.grade == 0


def _tactics(found: Round, stage: str, listening: Listening) -> list[list[Any]]:
    """The tactics in a try's lines with the number of lines, most frequent first."""
    counts: Counter[str] = Counter()
    for one in found.said(stage):
        if heard := listening.of(found.task, one.text):
            counts.update(heard.tactics)
    return [[name, count] for name, count in counts.most_common()]
