"""What desks hear: the same words again, such as after a reload, are heard without waiting."""

from functools import lru_cache

from unpushy.course import Exercise
from unpushy.ear import Hearing, hear
from unpushy.ear.text import LONGEST
from unpushy.judging import Pushy


def heard(text: str, exercise: Exercise | None = None) -> Hearing:
    """A text as the whole ear hears it, about an exercise line if it answers one; an empty one needs no more than the rules."""
    if not text.strip():
        return hear(text, quick=True)
    about = exercise and Pushy(exercise.situation, exercise.pushy)
    return _heard_before(text, about) if len(text) <= LONGEST else hear(text, about=about)


@lru_cache(256)
def _heard_before(text: str, about: Pushy | None) -> Hearing:
    return hear(text, about=about)
