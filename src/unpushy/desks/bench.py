"""The workshop: words of the learner's own, before and after, heard side by side. Kept, never scored."""

from dataclasses import asdict
from typing import Any

from unpushy.desks.listening import heard
from unpushy.ear import INVITES, PUSHES, Hearing, hear
from unpushy.feedback import points
from unpushy.judging import is_copy
from unpushy.progress import Progress
from unpushy.reading import reading

FIELDS = {
    "before": (
        "As you said or wrote it",
        "An e-mail, a pitch, a few lines of a call: paste it here.",
    ),
    "after": ("As you'd say it now", "Line by line, or all anew."),
}
_BEFORE = {
    PUSHES: "Here is what pushes in it.",
    INVITES: "I hear no push in it. It invites already.",
}
_AFTER = {
    PUSHES: "Some of it still pushes.",
    INVITES: "This invites. The decision stays with your buyer.",
}
_NOTHING = "Nothing pushes, and nothing invites yet."


class Bench:
    """One learner's own words at one place of the course."""

    def __init__(self, item: str, who: str, progress: Progress) -> None:
        self._item = item
        self._who = who
        self._progress = progress

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Reply to `open`, `hear`, `keep` or `check`."""
        match request.get("do"):
            case "open":
                fields = {name: self._field(name, *told) for name, told in FIELDS.items()}
                return {"item": self._item, "fields": fields}
            case "hear":
                text = _text(request, "text")
                return reading(heard(text) if request.get("well") else hear(text, quick=True))
            case "keep" if request.get("field") in FIELDS:
                self._keep(request["field"], _text(request, "text"))
                return {"kept": True}
            case "check":
                return self._check(_text(request, "before"), _text(request, "after"))
            case other:
                return {"error": f"There is no request called {other!r}."}

    def _field(self, name: str, label: str, placeholder: str) -> dict[str, Any]:
        text = self._progress.draft(self._who, f"{self._item}:{name}") or ""
        return {
            "label": label,
            "placeholder": placeholder,
            "text": text,
            "reading": reading(heard(text)),
        }

    def _keep(self, name: str, text: str) -> None:
        self._progress.keep_draft(self._who, f"{self._item}:{name}", text)

    def _check(self, before: str, after: str) -> dict[str, Any]:
        self._keep("before", before)
        self._keep("after", after)
        if not before.strip():
            return {"error": "The first box is still empty. Any few lines of yours will do."}
        old, new = heard(before), heard(after)
        if not after.strip():
            headline = "That's how it is heard now. How would you say it today?"
        elif is_copy(after, before):
            headline = "That's the same text again. Which line would you like to change first?"
        else:
            gone = len(_ways(old) - _ways(new))
            ways = "way" if gone == 1 else "ways"
            headline = f"{gone} {ways} of pushing gone." if gone else "Heard side by side."
        return {
            "headline": headline,
            "passed": new.grade == INVITES and not is_copy(after, before),
            "before": _side(old, _BEFORE),
            "after": _side(new, _AFTER) if after.strip() else _side(new, {}),
        }


def _text(request: dict[str, Any], key: str) -> str:
    text = request.get(key)
    return text if isinstance(text, str) else ""


def _ways(hearing: Hearing) -> set[str]:
    """The ways in which a text pushes; one, where it may be either of two."""
    return {one.code for one in hearing.catches if one.pushes and not one.weak}


def _side(hearing: Hearing, headlines: dict[int, str]) -> dict[str, Any]:
    return {
        "headline": headlines.get(hearing.grade, _NOTHING) if hearing.line.strip() else "",
        "points": [asdict(point) for point in points(hearing)],
        "reading": reading(hearing),
    }
