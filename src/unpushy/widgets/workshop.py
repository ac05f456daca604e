"""The workshop: words of the learner's own, before and after."""

from unpushy.widgets.talking import Talking, mounting, own_desk, script, styles


class Workshop(Talking):
    """Two boxes that listen, side by side."""

    _esm = script("listening", "workshop") + mounting("mountWorkshop")
    _css = styles("editor")


def before_and_after(item: str) -> Workshop:
    """Two boxes for words of the learner's own, kept under the name `item`."""
    return Workshop(own_desk("before_and_after", item))
