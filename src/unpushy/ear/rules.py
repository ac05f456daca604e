"""Rules: patterns that name what pushes and what invites, with the standard library alone.

They stand behind an index of words (see `patterns`): one is tried only on lines that hold words
which every match of it contains, so that the cost of a line hardly grows with their number.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass, replace

from unpushy.ear.patterns import Rule, compiled, index
from unpushy.ear.text import Text


@dataclass(frozen=True)
class Catch:
    """One thing heard: its code, the words of the original line from `start` to `end`, whether they push.

    A weak catch is not enough by itself: a stock phrase, or words that push in one line and not in
    another. A certain one pushes whatever stands around it. One that isn't clear pushes or invites in one of two ways: its code names the likelier, `other` the next.
    """

    code: str
    start: int
    end: int
    words: str
    pushes: bool
    weak: bool = False
    other: str = ""
    certain: bool = False

    @property
    def clear(self) -> bool:
        """Whether its code stands out among the others."""
        return not self.other


_QUOTED = re.compile(r'"[^"]{2,}"|(?<![\w.!?,])\'[^\']*(?:\w\'\w[^\']*)*\'(?!\w)')
_DENIAL = re.compile(
    r"""\b(?:(?:i|we) (?:really |honestly |certainly |just )?(?:will not|would not|do not|did not|am not|are not"""
    r"""|can not|could not|would never|will never|never) (?:be |going to |want to |here to |like to |trying to |try to """
    r"""|mean to |wish to |about to |able to )*(?:tell|telling|say|saying|claim|claiming|pretend|pretending|promise"""
    r"""|promising|suggest|suggesting|convince|convincing|persuade|persuading|argue|arguing|push|pushing|pressure"""
    r"""|pressuring|insist|insisting|force|forcing|make|making|sell|selling|scare|scaring|rush|rushing|talk|talking"""
    r"""|assume|assuming|ask|asking|believe|think)|no one (?:is going to|will|can) (?:tell|make|force|push|rush))"""
    r"""[^,.;:!?\n-]{0,60}"""
)
_ENDS_DENIAL = re.compile(r" (?:but|because|so|and|yet|only|though|although|except|when|if|since) ")


def covered(text: Text) -> list[tuple[int, int]]:
    """Parts of the plain form in which a push is only quoted or denied."""
    found = []
    for match in _QUOTED.finditer(text.plain):
        # Someone who puts the whole answer in quotation marks is saying it.
        if match.end() - match.start() < 0.8 * len(text.plain.strip()):
            found.append(match.span())
    for match in _DENIAL.finditer(text.plain):
        turn = _ENDS_DENIAL.search(match[0])
        found.append((match.start(), match.start() + turn.start() if turn else match.end()))
    return found


_SENTENCE_END = re.compile(r"(?<=[.!?])['\")]*\s+|\n")


ENDS = re.compile(r"[.!?;](?!\w)|\n")  # where a sentence, or a part that could be one, ends


def in_one_sentence(line: str, one: tuple[int, int], other: tuple[int, int]) -> bool:
    """Whether no sentence ends between two parts of a line."""
    return not ENDS.search(line, min(one[1], other[1]), max(one[0], other[0]))


def sentence_around(plain: str, ends: list[int], start: int, end: int) -> str:
    """The sentence, or sentences, that plain[start:end] is part of, where sentences end at these places."""
    before = bisect_right(ends, start)
    after = bisect_left(ends, end)
    return plain[ends[before - 1] if before else 0 : ends[after] if after < len(ends) else None]


_WORD = re.compile(r"[a-z0-9_']+")


def _places(plain: str) -> dict[str, list[int]]:
    """Where each word of a text begins, and each two words that follow each other, without quotation marks around them."""
    places: dict[str, list[int]] = {}
    before, began = "", 0
    for match in _WORD.finditer(plain):
        word, begins = match[0], match.start()
        places.setdefault(word, []).append(begins)
        word = word.strip("'")
        places.setdefault(f"{before} {word}", []).append(began)
        before, began = word, begins
    return places


def _likely(present: Set[str]) -> Iterable[Rule]:
    """The rules whose needs a text with these words fulfils, each once."""
    by_word, always = index()
    looked_at: set[int] = set()
    rules = list(always)
    for word in present & by_word.keys():
        for rule in by_word[word]:
            if id(rule) in looked_at:
                continue
            looked_at.add(id(rule))
            for need in rule.needs[1:]:
                if need.isdisjoint(present):
                    break
            else:
                rules.append(rule)
    return rules


def _matches(
    rule: Rule, plain: str, places: dict[str, list[int]], present: Set[str]
) -> Iterable[re.Match[str]]:
    """The matches of a rule, tried only where the words stand that it can begin with."""
    if not rule.opening:
        return compiled(rule.find).finditer(plain)
    begins = rule.opening & present
    if not begins:
        return ()
    if len(begins) == 1:
        (word,) = begins
        tried = places[word]
    else:
        tried = sorted([place for word in begins for place in places[word]])
    match = compiled(rule.find).match
    found = [one for place in tried if (one := match(plain, place))]
    return _apart(found) if len(found) > 1 else found


def _apart(found: list[re.Match[str]]) -> Iterator[re.Match[str]]:
    """Of matches in order those that begin where the last one has ended."""
    end = 0
    for one in found:
        if one.start() >= end:
            end = one.end()
            yield one


def catch(text: Text) -> tuple[Catch, ...]:
    """Everything that the rules hear in a text, in the order of the words."""
    plain = text.plain
    ends = [match.end() for match in _SENTENCE_END.finditer(plain)]
    spans: list[tuple[int, int]] | None = None
    found: list[Catch] = []
    places = _places(plain)
    present = frozenset(places)
    for rule in _likely(present):
        for match in _matches(rule, plain, places, present):
            words = match[0]
            start = match.start() + len(words) - len(words.lstrip())
            end = match.end() - len(words) + len(words.rstrip())
            if start >= end:
                continue
            if rule.unless and compiled(rule.unless).search(
                sentence_around(plain, ends, start, end)
            ):
                continue
            if rule.pushes:
                if spans is None:
                    spans = covered(text)
                if any(a <= start and end <= b + 1 for a, b in spans):
                    continue
            first, last = text.span(start, end)
            words = text.original[first:last]
            found.append(
                Catch(rule.code, first, last, words, rule.pushes, rule.weak, certain=rule.certain)
            )
    return _without_overlaps(found)


def settled(catches: tuple[Catch, ...]) -> tuple[Catch, ...]:
    """For rules alone: words that push in one line and not in another push where nothing invites."""
    if any(one.pushes is False and not one.weak for one in catches):
        return catches
    return tuple(replace(one, weak=False) if one.pushes else one for one in catches)


def _without_overlaps(catches: Iterable[Catch]) -> tuple[Catch, ...]:
    """Of the catches of one code that overlap the strong before the weak, then the first, then the longest."""
    kept: dict[str, list[Catch]] = {}
    for one in sorted(catches, key=lambda c: (c.weak, c.start, -c.end)):
        others = kept.setdefault(one.code, [])
        if not any(other.start < one.end and one.start < other.end for other in others[-8:]):
            others.append(one)
    found = (one for others in kept.values() for one in others)
    return tuple(sorted(found, key=lambda c: (c.start, c.end, c.code)))
