"""What a teacher may want to look at: odd answers, and answers too alike. A list to look at, never a verdict."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import combinations

from rapidfuzz import fuzz, process

from unpushy.assignments.doctor import ODD, Diagnosis, Finding
from unpushy.judging import speaks_to_the_grader

_CODE = re.compile(
    r"\b(?:import \w+|from \w+ import|__\w+__|eval\(|exec\(|open\(|os\.\w+\(|get_ipython|def \w+\(|lambda\b)|^\s*[%!]\w",
    re.MULTILINE,
)
_HTML = re.compile(r"<\s*/?\s*[a-z!][^>]*>|javascript:|&#\w+;", re.IGNORECASE)
_PATH = re.compile(r"\.\./|\bgradebook\.db\b|/etc/")
NEARLY_THE_SAME = 85.0  # likeness, from 0 to 100, of two answers that differ in a word or two
ALIKE = 0.05  # pairs like this are expected by chance in one class of twenty
FEWEST_SHARED = 2


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
    """Two learners with more answers that are nearly the same than chance explains.

    `shared` are those exercise lines with the likeness of the two answers, from 0 to 100; `answered` is how many
    lines both answered. `expected` is how many such pairs there would be if everybody had worked alone.
    """

    one: str
    other: str
    shared: tuple[tuple[str, float], ...]
    answered: int
    expected: float


def too_alike(answers: Mapping[str, Mapping[str, str]]) -> list[Alike]:
    """Pairs of learners whose answers are too alike, least likely first; `answers` by exercise line and learner.

    Good short rewrites agree by nature, so the class itself is the baseline: how many of all pairs have nearly
    the same answer to this line? From these shares follows how likely it is that two who worked alone agree on so
    many lines, as if one line had nothing to do with another.
    """
    likeness: dict[tuple[str, str], dict[str, float]] = {}
    share: dict[str, float] = {}
    for cell, given in answers.items():
        who = sorted(given)
        words = [_words(given[one]) for one in who]
        table = process.cdist(words, words, scorer=fuzz.ratio)
        pairs = {
            (one, other): float(table[a][b])
            for (a, one), (b, other) in combinations(enumerate(who), 2)
        }
        for pair, value in pairs.items():
            likeness.setdefault(pair, {})[cell] = value
        same = sum(value >= NEARLY_THE_SAME for value in pairs.values())
        share[cell] = max(same, 1) / max(len(pairs), 1)
    found = []
    for (one, other), alike in likeness.items():
        shared = tuple(pair for pair in sorted(alike.items()) if pair[1] >= NEARLY_THE_SAME)
        if len(shared) >= FEWEST_SHARED:
            expected = len(likeness) * _at_least(len(shared), [share[cell] for cell in alike])
            if expected < ALIKE:
                found.append(Alike(one, other, shared, len(alike), expected))
    return sorted(found, key=lambda pair: (pair.expected, pair.one, pair.other))


def _words(answer: str) -> str:
    return " ".join(re.findall(r"\w+", answer.lower()))


def _at_least(many: int, shares: Iterable[float]) -> float:
    """How likely at least so many of independent events are, each with a likelihood of its own."""
    exactly = [1.0]
    for share in shares:
        before, after = [*exactly, 0.0], [0.0, *exactly]
        exactly = [a * (1 - share) + b * share for a, b in zip(before, after, strict=True)]
    return sum(exactly[many:])
