"""A hearing as a page shows it: words to mark, and what to say beside them. Plain dicts of JSON values."""

import re
from dataclasses import asdict, replace
from itertools import pairwise
from typing import Any

from unpushy.course import Exercise
from unpushy.ear import INVITES, PUSHES, Catch, Hearing
from unpushy.feedback import MOST_POINTS, Point, buyer_answers, doubtful, points, tellable


def _utf16(text: str) -> list[int]:
    """For each place in a text, the place that a browser counts there."""
    places = [0]
    for char in text:
        places.append(places[-1] + (2 if ord(char) > 0xFFFF else 1))
    return places


_KINDS = ("", "stock", "pull", "push")  # what invites is shown over stock, and a push over both
_WORD = re.compile(r"[^\W_]+")
_BETWEEN = " \t\n,;:"


def _runs(hearing: Hearing) -> list[tuple[int, int, int]]:
    """The line in pieces, each from a place to a place and of one kind."""
    kinds = [0] * len(hearing.line)
    for one in tellable(hearing):
        kind = _KINDS.index("push" if one.pushes else "stock" if one.weak else "pull")
        if not (one.pushes and one.weak):
            kinds[one.start : one.end] = [max(kind, k) for k in kinds[one.start : one.end]]
    ends = [i for i in range(1, len(kinds)) if kinds[i] != kinds[i - 1]]
    return [
        (kinds[start], start, end) for start, end in pairwise([0, *ends, len(kinds)]) if start < end
    ]


def marks(hearing: Hearing) -> list[dict[str, Any]]:
    """The words to mark in the line, in order and apart, with places as browsers count them (UTF-16 code units).

    What a push leaves of words that are marked otherwise keeps its mark if two words of it are left.
    """
    places = _utf16(hearing.line)
    runs = _runs(hearing)
    found = []
    for nth, (kind, start, end) in enumerate(runs):
        beside = max(other for other, _, _ in runs[max(nth - 1, 0) : nth + 2])
        words = hearing.line[start:end]
        if kind and len(_WORD.findall(words)) >= (2 if beside > kind else 1):
            first = end - len(words.lstrip(_BETWEEN + ".!?"))
            last = start + len(words.rstrip(_BETWEEN))
            found.append({"start": places[first], "end": places[last], "kind": _KINDS[kind]})
    return found


def reading(hearing: Hearing, nth: int = 0) -> dict[str, Any]:
    """What the page shows while someone types; `nth` turns to other words for what the buyer hears."""
    sure = not doubtful(hearing)
    mood = {PUSHES: "wary", INVITES: "open"}.get(hearing.grade, "neutral")
    return {
        "marks": marks(hearing),
        "points": [asdict(point) for point in points(hearing, nth)],
        "buyer": buyer_answers(hearing, nth, sure),
        "mood": mood if sure else "neutral",
    }


def as_written(exercise: Exercise) -> Hearing:
    """The pushy line of an exercise with the words that its writer marked, in place of what the ear hears."""
    line = exercise.pushy
    catches = [
        Catch(code, start := line.index(words), start + len(words), words, pushes=True)
        for code, pieces in exercise.pushes.items()
        for words in pieces
    ]
    return Hearing(line, tuple(sorted(catches, key=lambda one: one.start)), 1.0)


def reading_as_written(exercise: Exercise) -> dict[str, Any]:
    """What a page shows of an exercise's own pushy line: the main tactic is explained first, and the buyer thinks of it."""
    hearing = as_written(exercise)
    told: list[Point] = []
    for code in exercise.tactics[:MOST_POINTS]:
        alone = tuple(one for one in hearing.catches if one.code == code)
        told += points(replace(hearing, catches=alone))
    return reading(hearing) | {"points": [asdict(one) for one in told], "buyer": told[0].hears}
