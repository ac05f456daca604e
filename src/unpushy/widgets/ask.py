"""A question in the middle of a lesson."""

from unpushy.widgets.talking import Talking, mounting, own_desk, script, styles


class Asking(Talking):
    """One question of a lesson."""

    _esm = script("questions", "ask") + mounting("mountAsk")
    _css = styles("editor", "quiz")


def ask(ident: str) -> Asking:
    """The question with this id, asked where it stands in a lesson."""
    return Asking(own_desk("ask", ident))
