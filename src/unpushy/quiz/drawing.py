"""Drawing a paper: the same seed draws the same questions, with their options in the same order."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from random import Random

from unpushy.course import Question


@dataclass(frozen=True)
class Drawn:
    """A question on a paper; `order` says which option stands first, second …"""

    question: Question
    order: tuple[int, ...]


def draw(
    bank: Sequence[Question], size: int, seed: str, seen: Collection[str] = ()
) -> tuple[Drawn, ...]:
    """A paper of `size` questions: every kind of the bank in turn, those not `seen` before the others.

    >>> draw([], 5, "anything")
    ()
    """
    random = Random(seed)
    kinds = sorted({question.kind for question in bank})
    piles = {}
    for kind in kinds:
        pile = [question for question in bank if question.kind == kind]
        random.shuffle(pile)
        pile.sort(key=lambda question: question.id in seen)
        piles[kind] = pile
    paper: list[Question] = []
    while len(paper) < min(size, len(bank)):
        # The kind that has the most left to show goes first when the round is incomplete.
        for kind in sorted(kinds, key=lambda k: -len(piles[k])):
            if piles[kind] and len(paper) < size:
                paper.append(piles[kind].pop(0))
    paper.sort(key=lambda question: (question.difficulty, question.kind == "rewrite"))
    return tuple(
        Drawn(question, tuple(random.sample(range(len(question.options)), len(question.options))))
        for question in paper
    )
