"""What a teacher may want to look at: odd answers, and answers too alike. A list to look at, never a verdict."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from math import prod

from rapidfuzz import fuzz, process

from unpushy.assignments.doctor import ODD, Diagnosis, Finding
from unpushy.judging import speaks_to_the_grader

_CODE = re.compile(
    r"\b(?:import \w+|from \w+ import|__\w+__|eval\(|exec\(|open\(|os\.\w+\(|get_ipython|def \w+\(|lambda\b)|^\s*[%!]\w",
    re.MULTILINE,
)
_HTML = re.compile(r"<\s*/?\s*[a-z!][^>]*>|javascript:|&#\w+;", re.IGNORECASE)
_PATH = re.compile(r"\.\./|\bgradebook\.db\b|/etc/")
ALIKE = 0.05  # pairs as alike as this are expected by chance in one class of twenty
FEWEST_SHARED = 2  # answers that two learners must both have given


def _scripts(word: str) -> set[str]:
    """The scripts of a word's letters."""
    return {unicodedata.name(c, "?").split()[0] for c in word if c.isalpha() and not c.isdigit()}


def _look_alikes(text: str) -> bool:
    return any(
        "LATIN" in scripts and scripts & {"CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE"}
        for scripts in map(_scripts, re.findall(r"\w+", text))
    )


def _invisible(text: str) -> bool:
    # A joiner inside an emoji is no trick; controls that turn or hide text are.
    return any(unicodedata.category(c) == "Cf" and c not in "\u200d\ufeff" for c in text)


def odd_in(answer: str) -> list[str]:
    """What is odd about an answer, in words."""
    found = [
        (bool(_CODE.search(answer)), "It looks like code. It was read as text and never run."),
        (bool(_HTML.search(answer)), "It holds HTML or script. It is shown as plain text."),
        (bool(_PATH.search(answer)), "It names a path or the gradebook. Nothing was opened."),
        (_look_alikes(answer), "It mixes letters of several alphabets that look alike."),
        (_invisible(answer), "It holds invisible characters."),
        (speaks_to_the_grader(answer), "It speaks to whoever marks, not to a buyer."),
        (len(answer) > 5_000, f"It is {len(answer):,} characters long."),
    ]
    return [words for odd, words in found if odd]


def odd_answers(diagnosis: Diagnosis) -> Diagnosis:
    """A diagnosis with what is odd about the answers."""
    odd = tuple(
        Finding(ODD, ident, words)
        for ident, answer in diagnosis.answers.items()
        for words in odd_in(answer)
    )
    return replace(diagnosis, findings=diagnosis.findings + odd) if odd else diagnosis


@dataclass(frozen=True)
class Alike:
    """Two learners whose answers agree more than chance explains.

    `shared` are the exercise lines with the likeness of the two answers, from 0 to 100. `expected` is how many
    pairs as alike as this there would be in the class if everybody had worked alone.
    """

    one: str
    other: str
    shared: tuple[tuple[str, float], ...]
    expected: float


def too_alike(answers: Mapping[str, Mapping[str, str]]) -> list[Alike]:
    """Pairs of learners whose answers are too alike, least likely first; `answers` by exercise line and learner.

    Good short rewrites agree by nature, so likeness is held against the class itself: for each line, how many
    pairs are at least as alike? The shares of all lines are multiplied, as if they were independent.
    """
    likeness: dict[tuple[str, str], dict[str, float]] = {}
    share: dict[str, list[float]] = {}
    learners = sorted({student for given in answers.values() for student in given})
    for cell, given in answers.items():
        who = sorted(given)
        table = process.cdist(
            [_words(given[one]) for one in who],
            [_words(given[one]) for one in who],
            scorer=fuzz.ratio,
        )
        for (a, one), (b, other) in combinations(enumerate(who), 2):
            likeness.setdefault((one, other), {})[cell] = float(table[a][b])
        share[cell] = sorted(float(table[a][b]) for a, b in combinations(range(len(who)), 2))
    pairs = len(learners) * (len(learners) - 1) / 2
    found = []
    for (one, other), alike in likeness.items():
        if len(alike) < FEWEST_SHARED:
            continue
        expected = pairs * _chance([_as_alike(share[cell], value) for cell, value in alike.items()])
        if expected < ALIKE:
            shared = tuple(sorted(alike.items()))
            found.append(Alike(one, other, shared, expected))
    return sorted(found, key=lambda pair: (pair.expected, pair.one, pair.other))


def _words(answer: str) -> str:
    return " ".join(re.findall(r"\w+", answer.lower()))


def _as_alike(ordered: list[float], value: float) -> float:
    """The share of pairs that are at least as alike as this one, itself among them."""
    from bisect import bisect_left

    return (len(ordered) - bisect_left(ordered, value)) / len(ordered)


def _chance(shares: Iterable[float]) -> float:
    """How likely a product of so many shares is to be as small as this one, by chance (Fisher's method)."""
    from math import exp, factorial, log

    shares = list(shares)
    x = -sum(log(one) for one in shares)
    return (
        min(exp(-x) * sum(x**k / factorial(k) for k in range(len(shares))), 1.0)
        if prod(shares)
        else 0.0
    )
