"""A box for an answer in one's own words: kept, never judged."""

from typing import Any

from unpushy.progress import Progress


class OwnWords:
    """One learner's own words at one place of the course, under a label that says what they are about."""

    def __init__(self, item: str, label: str, who: str, progress: Progress) -> None:
        self._item = item
        self._label = label
        self._who = who
        self._progress = progress

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """Reply to `open` or `keep`."""
        match request.get("do"):
            case "open":
                kept = self._progress.draft(self._who, self._item)
                return {"item": self._item, "label": self._label, "text": kept or ""}
            case "keep" if isinstance(request.get("text"), str):
                self._progress.keep_draft(self._who, self._item, request["text"])
                return {"kept": True}
            case other:
                return {"error": f"There is no request called {other!r}."}
