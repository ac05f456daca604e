"""Drawing a paper: the same seed draws the same questions, with their options in the same order."""

from collections import Counter
from collections.abc import Iterable, Sequence
from random import Random

from unpushy.course import Question
from unpushy.quiz.asking import Drawn


def draw(
    bank: Sequence[Question], size: int, seed: str, seen: Iterable[str] = ()
) -> tuple[Drawn, ...]:
    """A paper of `size` questions, balanced over kinds, tactics and difficulty.

    `seen` names the questions of earlier papers, each as often as it was on one: none comes again
    before all others have come as often.

    >>> draw([], 5, "anything")
    ()
    """
    random = Random(seed)
    left = list(bank)
    random.shuffle(left)
    times = Counter(seen)
    paper: list[Question] = []
    while left and len(paper) < size:
        fewest = min(times[question.id] for question in left)
        fresh = [question for question in left if times[question.id] == fewest]
        next_one = min(fresh, key=lambda question: _alike(question, paper))
        paper.append(next_one)
        left.remove(next_one)
    paper.sort(key=lambda question: (question.difficulty, question.kind == "rewrite"))
    return tuple(shuffled(question, random) for question in paper)


def _alike(question: Question, paper: Sequence[Question]) -> tuple[int, float]:
    """How much a paper has of what a question is about already: its kind first, then the rest."""
    kinds = Counter(other.kind for other in paper)
    codes = Counter(code for other in paper for code in other.codes)
    levels = Counter(other.difficulty for other in paper)
    about = sum(codes[code] for code in question.codes) / max(1, len(question.codes))
    return kinds[question.kind], about + levels[question.difficulty]


def shuffled(question: Question, random: Random) -> Drawn:
    """A question with its options, or the lines to match, in a random order."""
    places = range(len(question.options or question.pairs))
    return Drawn(question, tuple(random.sample(places, len(places))))


def in_order(form: Sequence[Question], seed: str) -> tuple[Drawn, ...]:
    """All questions of a fixed form, in its order; only their options are shuffled."""
    random = Random(seed)
    return tuple(shuffled(question, random) for question in form)
