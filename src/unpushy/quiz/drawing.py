"""Drawing a paper: the same seed draws the same questions, with their options in the same order."""

from collections.abc import Collection, Sequence
from random import Random

from unpushy.course import Question
from unpushy.quiz.asking import Drawn


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
    return tuple(shuffled(question, random) for question in paper)


def shuffled(question: Question, random: Random) -> Drawn:
    """A question with its options, or the lines to match, in a random order."""
    places = range(len(question.options or question.pairs))
    return Drawn(question, tuple(random.sample(places, len(places))))
