"""A box for an answer in one's own words."""

from unpushy.widgets.talking import Talking, mounting, own_desk, script, styles


class OwnWords(Talking):
    """A text that is the learner's own."""

    _esm = script("own_words") + mounting("mountOwnWords")
    _css = styles("editor")


def own_words(item: str, label: str) -> OwnWords:
    """A box labelled `label`, whose text is kept under the name `item`."""
    return OwnWords(own_desk("own_words", item, label))
