"""A hearing as a page shows it: words to mark, and what to say beside them. Plain dicts of JSON values."""

from dataclasses import asdict
from typing import Any

from unpushy.ear import INVITES, PUSHES, Hearing
from unpushy.feedback import buyer_answers, points, tellable


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
