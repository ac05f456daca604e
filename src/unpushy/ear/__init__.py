"""The ear: a seller's line in, what pushes and what invites in it out. Pure; no Jupyter, no I/O."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from unpushy.ear.rules import Catch, catch, settled
from unpushy.ear.text import read

PUSHES, PLAIN, INVITES = 0, 1, 2

__all__ = ["INVITES", "PLAIN", "PUSHES", "Catch", "Hearing", "Prompt", "hear", "hear_all"]


class Prompt(Protocol):
    """A situation and the pushy line to rewrite."""

    @property
    def situation(self) -> str: ...
    @property
    def pushy(self) -> str: ...


@dataclass(frozen=True)
class Hearing:
    """What a fair buyer hears in a line.

    `catches` are the words that push or invite, in order. `confidence`, from 0 to 1, is how sure the
    ear is of the grade. `probabilities` are those that it pushes, is plain, invites; the
    rules alone have none.
    """

    line: str
    catches: tuple[Catch, ...]
    confidence: float
    probabilities: tuple[float, float, float] | None = None

    @cached_property
    def push(self) -> tuple[str, ...]:
        """Codes of the tactics heard, in the order of the words, each once; both, where it may be either of two."""
        return self._codes(pushes=True)

    @cached_property
    def pull(self) -> tuple[str, ...]:
        """Codes of the moves heard, stock phrases left out, in the order of the words, each once; both, where it may be either of two."""
        return self._codes(pushes=False)

    def _codes(self, pushes: bool) -> tuple[str, ...]:
        heard = (c for c in self.catches if c.pushes == pushes and not c.weak)
        return tuple(dict.fromkeys(code for c in heard for code in (c.code, c.other) if code))

    @property
    def grade(self) -> int:
        """0 pushes, 1 neither, 2 invites."""
        return PUSHES if self.push else INVITES if self.pull else PLAIN


def hear(line: str, quick: bool = False, about: Prompt | None = None) -> Hearing:
    """Hear a line; `quick` uses the rules alone, which need the standard library only.

    `about` is the prompt that it answers: where answers to the same one are known, how readers heard those counts as well.

    >>> hear("You need to sign today.").push[0]
    'command'
    >>> hear("We open at nine.", quick=True).catches
    ()
    """
    return _hear_quickly(line) if quick else hear_all([line], about=[about])[0]


def hear_all(
    lines: Sequence[str], quick: bool = False, about: Sequence[Prompt | None] | None = None
) -> list[Hearing]:
    """Hear many lines at once, which is quicker; each is heard as it would be by itself, about its own prompt if there are any."""
    if quick:
        return [_hear_quickly(line) for line in lines]
    from unpushy.ear.whole import hear_whole

    return hear_whole(lines, about or [None] * len(lines))


def _hear_quickly(line: str) -> Hearing:
    heard = Hearing(line, settled(catch(read(line))), 0.0)
    return replace(heard, confidence=_RULES_ARE_RIGHT[heard.grade])


# How often the rules alone were right, by the grade they gave, on lines written apart from them.
_RULES_ARE_RIGHT = {PUSHES: 0.6, PLAIN: 0.3, INVITES: 0.7}
