"""What answers say about questions and about a class. Pure: numbers in, numbers out.

Every figure comes with its n, and is None where it would say nothing. The definitions are those of
classical test theory; the tests hold each against a published worked example.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation, fmean, pvariance

ENOUGH_TAKERS = 30

Shares = Mapping[str, Mapping[str, float]]  # learner → question → points over the most there are


@dataclass(frozen=True)
class Item:
    """How a question behaves: `n` answers, the mean share of its points, and its discrimination.

    `difficulty` is the mean share of points, so 1 is easy. `discrimination` is the correlation of the
    question's points with the rest of the paper, the question itself left out (corrected item-total
    correlation; for right and wrong the point-biserial one), from -1 to 1.
    """

    item: str
    n: int
    difficulty: float
    discrimination: float | None


@dataclass(frozen=True)
class Reliability:
    """Cronbach's alpha of a fixed form (KR-20 where answers are right or wrong), or why there is none."""

    alpha: float | None
    n: int
    why: str = ""


@dataclass(frozen=True)
class Gain:
    """A normalised gain, with the mean shares before and after, of those who did both."""

    gain: float | None
    n: int
    before: float
    after: float


def items(shares: Shares) -> list[Item]:
    """The figures of each question that anybody has had, by name."""
    names = sorted({item for mine in shares.values() for item in mine})
    return [_item(name, shares) for name in names]


def _item(name: str, shares: Shares) -> Item:
    had = [mine for mine in shares.values() if name in mine]
    own = [mine[name] for mine in had]
    pairs = [
        (mine[name], fmean(share for item, share in mine.items() if item != name))
        for mine in had
        if len(mine) > 1
    ]
    return Item(name, len(own), fmean(own), _correlation(pairs))


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Pearson's r, or None where one side is always the same or there are fewer than three."""
    if len(pairs) < 3:
        return None
    try:
        return correlation([a for a, _ in pairs], [b for _, b in pairs])
    except StatisticsError:
        return None


def reliability(shares: Shares, enough: int = ENOUGH_TAKERS) -> Reliability:
    """Alpha over those who had every question of a fixed form; silent below `enough` takers."""
    names = sorted({item for mine in shares.values() for item in mine})
    whole = [mine for mine in shares.values() if len(mine) == len(names)]
    n = len(whole)
    if n < enough:
        return Reliability(
            None, n, f"{n} of at least {enough} takers; with fewer it is mostly chance"
        )
    spread = pvariance([sum(mine.values()) for mine in whole])
    if len(names) < 2 or spread == 0:
        return Reliability(None, n, "everybody has the same score")
    parts = sum(pvariance([mine[name] for mine in whole]) for name in names)
    return Reliability(len(names) / (len(names) - 1) * (1 - parts / spread), n)


def unpicked(picks: Mapping[str, int], wrong: Iterable[str]) -> list[str]:
    """The wrong options that nobody picked, of a question that was answered at all.

    >>> unpicked({"right": 9, "wrong": 1}, ["wrong", "silly"])
    ['silly']
    """
    return [option for option in wrong if not picks.get(option)] if any(picks.values()) else []


def heat(shares: Shares, principle: Mapping[str, int]) -> dict[str, dict[int, float]]:
    """The mean share of points of each learner in each principle they were asked about.

    >>> heat({"ada": {"a": 1.0, "b": 0.5, "c": 0.0}}, {"a": 1, "b": 1, "c": 2})
    {'ada': {1: 0.75, 2: 0.0}}
    """
    found: dict[str, dict[int, float]] = {}
    for learner, mine in shares.items():
        by: dict[int, list[float]] = {}
        for item, share in mine.items():
            by.setdefault(principle[item], []).append(share)
        found[learner] = {number: fmean(some) for number, some in sorted(by.items())}
    return found


def distribution(scores: Iterable[float], bins: int = 10) -> list[int]:
    """How many scores, as shares from 0 to 1, lie in each of equal parts; a full score is in the last.

    >>> distribution([0.0, 0.05, 0.5, 1.0], 4)
    [2, 0, 1, 1]
    """
    counts = Counter(min(int(score * bins + 1e-9), bins - 1) for score in scores)
    return [counts[n] for n in range(bins)]


def gain(before: float, after: float, most: float = 1.0) -> float | None:
    """The normalised gain: what was gained of what there was to gain (Hake 1998, Am. J. Phys. 66, 64).

    None where there was nothing left to gain.

    >>> gain(5, 8, most=10)
    0.6
    """
    return None if before >= most else (after - before) / (most - before)


def class_gain(both: Sequence[tuple[float, float]]) -> Gain:
    """The gain of a class: the gain of its averages, which is Hake's <g>, not the average of gains.

    `both` holds shares before and after, of those who did both tests. Averages of single gains differ
    (Bao 2006, Am. J. Phys. 74, 917): one learner who begins near the top would outweigh the rest.
    """
    if not both:
        return Gain(None, 0, 0.0, 0.0)
    before = fmean(one for one, _ in both)
    after = fmean(two for _, two in both)
    return Gain(gain(before, after), len(both), before, after)
