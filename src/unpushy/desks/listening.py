"""What desks hear: the same words again, such as after a reload, are heard without waiting."""

from functools import lru_cache

from unpushy.ear import Hearing, hear
from unpushy.ear.text import LONGEST

_heard_before = lru_cache(256)(hear)


def heard(text: str) -> Hearing:
    """A text as the whole ear hears it; an empty one needs no more than the rules."""
    if not text.strip():
        return hear(text, quick=True)
    return _heard_before(text) if len(text) <= LONGEST else hear(text)
