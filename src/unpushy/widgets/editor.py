"""The editor for one line."""

from unpushy import course
from unpushy.practice import Practice
from unpushy.progress import open_progress
from unpushy.widgets.talking import Talking, learner, mounting, script, styles


class Editor(Talking):
    """A line to rewrite, with what pushes and what invites marked while one types."""

    _esm = script("listening", "editor") + mounting("mountEditor")
    _css = styles("editor")

    def __init__(self, practice: Practice) -> None:
        super().__init__(practice.answer)


def practise(ident: str) -> Editor:
    """The editor for the exercise line with this id, for the learner at this desk."""
    return Editor(Practice(course.exercise(ident), learner(), open_progress()))
