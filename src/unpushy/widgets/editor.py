"""The editor for one line."""

from unpushy.widgets.talking import Talking, mounting, own_desk, script, styles


class Editor(Talking):
    """A line to rewrite, with what pushes and what invites marked while one types."""

    _esm = script("listening", "editor") + mounting("mountEditor")
    _css = styles("editor")


def practise(ident: str) -> Editor:
    """The editor for the exercise line with this id."""
    return Editor(own_desk("practise", ident))
