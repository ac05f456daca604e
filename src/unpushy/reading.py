"""A hearing as a page shows it: words to mark, and what to say beside them. Plain dicts of JSON values."""

from dataclasses import asdict, replace
from typing import Any

from unpushy.course import Exercise
from unpushy.ear import INVITES, PUSHES, Catch, Hearing
from unpushy.feedback import MOST_POINTS, Point, buyer_answers, points, tellable


def _utf16(text: str) -> list[int]:
    """For each place in a text, the place that a browser counts there."""
    places = [0]
    for char in text:
        places.append(places[-1] + (2 if ord(char) > 0xFFFF else 1))
    return places


def marks(hearing: Hearing) -> list[dict[str, Any]]:
    """The words to mark in the line, with places as browsers count them (UTF-16 code units)."""
    places = _utf16(hearing.line)
    return [
        {
            "start": places[catch.start],
            "end": places[catch.end],
            "kind": "push" if catch.pushes else "stock" if catch.weak else "pull",
        }
        for catch in tellable(hearing)
        if not (catch.pushes and catch.weak)
    ]


def reading(hearing: Hearing) -> dict[str, Any]:
    """What the page shows while someone types."""
    return {
        "marks": marks(hearing),
        "points": [asdict(point) for point in points(hearing)],
        "buyer": buyer_answers(hearing),
        "mood": {PUSHES: "wary", INVITES: "open"}.get(hearing.grade, "neutral"),
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
