"""A box for an answer in one's own words: kept, never judged."""

from typing import Any

from unpushy.progress import open_progress
from unpushy.widgets.talking import Talking, learner, mounting, script, styles


class OwnWords(Talking):
    """A text that is the learner's own."""

    _esm = script("own_words") + mounting("mountOwnWords")
    _css = styles("editor")

    def __init__(self, item: str, label: str) -> None:
        self._item = item
        self._label = label
        self._learner = learner()
        self._progress = open_progress()
        super().__init__(self._reply_to)

    def _reply_to(self, request: dict[str, Any]) -> dict[str, Any]:
        if request.get("do") == "open":
            kept = self._progress.draft(self._learner, self._item)
            return {"item": self._item, "label": self._label, "text": kept or ""}
        if request.get("do") == "keep" and isinstance(request.get("text"), str):
            self._progress.keep_draft(self._learner, self._item, request["text"])
            return {"kept": True}
        return {"error": "There is no such request."}


def own_words(item: str, label: str) -> OwnWords:
    """A box labelled `label`, whose text is kept under the name `item`."""
    return OwnWords(item, label)
