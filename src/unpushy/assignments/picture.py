"""Feedback as a static picture: HTML that needs no script and no stylesheet, readable light and dark."""

from html import escape
from itertools import pairwise

from unpushy.feedback import Point, explain
from unpushy.judging import EMPTY, Grade
from unpushy.reading import marks

_STYLES = {
    "push": "text-decoration:underline wavy #c0392b 2px;text-underline-offset:3px;background:rgba(192,57,43,.14)",
    "pull": "text-decoration:underline solid #1e8a5f 3px;text-underline-offset:3px;background:rgba(30,138,95,.16)",
    "stock": "text-decoration:underline dotted #8d8271 2px;text-underline-offset:3px",
}


def _marked(grade: Grade) -> str:
    line = grade.hearing.line
    # Places in `marks` are a browser's; encode so that two bytes are one of its units.
    units = line.encode("utf-16-le", "surrogatepass")
    found = marks(grade.hearing)
    order = list(_STYLES)
    edges = sorted({0, len(units) // 2, *(m["start"] for m in found), *(m["end"] for m in found)})
    pieces = []
    for start, end in pairwise(edges):
        text = escape(units[2 * start : 2 * end].decode("utf-16-le", "replace"))
        over = sorted(order.index(m["kind"]) for m in found if m["start"] <= start < m["end"])
        style = f'<span style="{_STYLES[order[over[0]]]}">{text}</span>' if over else text
        pieces.append(style)
    return "".join(pieces).replace("\n", "<br>")


def _point(point: Point) -> str:
    sign = "≋ pushes" if point.pushes else "✓ invites"
    tried = f" <em>{escape(point.instead)}</em>" if point.pushes else ""
    return (
        f"<li><strong>{sign}</strong> “{escape(point.words)}” ({escape(point.name.lower())}). "
        f"The buyer hears: “{escape(point.hears)}” {escape(point.why)}{tried}</li>"
    )


def picture(grade: Grade, points: str = "") -> str:
    """The answer with its marks, the headline, at most three points, and what it is worth if said."""
    feedback = explain(grade)
    line = (
        ""
        if grade.kind == EMPTY
        else f'<p style="font-size:1.1em;margin:.2em 0 .6em">{_marked(grade)}</p>'
    )
    listed = "".join(_point(point) for point in feedback.points)
    also = "".join(f'<p style="margin:.2em 0">{escape(line)}</p>' for line in feedback.also)
    worth = f" <strong>{escape(points)}</strong>" if points else ""
    return (
        '<div style="border-left:4px solid #8d8271;padding:.3em 1em;margin:.4em 0;max-width:46em">'
        f'{line}<p style="margin:.2em 0">{escape(feedback.headline)}{worth}</p>'
        f'<ul style="margin:.4em 0;padding-left:1.2em">{listed}</ul>{also}</div>'
    )
