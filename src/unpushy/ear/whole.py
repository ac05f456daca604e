"""The whole ear: rules and encoder together, and who decides what.

A rule that is certain of a push wins. One that hears a push wins, unless the encoder is all but certain of an invitation, also where it reads that sentence
by itself: on novices' lines that neither had seen, such a rule was wrong nearly as often as right. Words that push in one line and not in another (`weak`) lose
against a likely invitation. The encoder adds pushes that no rule names, and tells flat from inviting. Where the
two disagree, confidence drops.
What the encoder hears is explained as well: it was taught which words readers marked, and shows those that weigh most.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from unpushy import course
from unpushy.ear import INVITES, PLAIN, PUSHES, Hearing
from unpushy.ear.encoder import DIGITS, Encoder, Reading, encoder
from unpushy.ear.rules import Catch, catch, covered
from unpushy.ear.text import Text, read

LONG = 600  # characters that the encoder takes in at once
WINDOW = 400  # characters of a longer text that it takes in together
RULE = 0.9  # the likelihood of an invitation up to which a rule that hears a push wins
WEAK_RULE = 0.6  # and a weak one
BY_ITSELF = 0.5  # the likelihood of a push, in its sentence by itself, from which a rule wins against all the rest
RULE_AGAINST_ENCODER = 0.6
RULE_SPEAKS_FOR_IT = 4.0  # times that the odds of a push rise where a rule hears it too
ENOUGH_FOR_A_NAMED_MOVE = 0.04

Span = tuple[int, int]
Grades = tuple[float, float, float]


@dataclass
class _Case:
    """A line on its way through the ear."""

    text: Text
    catches: tuple[Catch, ...]
    windows: list[Span]
    bare: tuple[str, ...]
    alone: dict[Catch, str]  # the sentences in which a rule is sure of a push
    readings: list[Reading] = field(default_factory=list)
    grades: Grades = (0.0, 1.0, 0.0)
    grade: int = PLAIN

    def in_window(self, window: Span) -> str:
        return self.text.plain[slice(*window)]


def hear_whole(lines: Sequence[str]) -> list[Hearing]:
    """Hear lines by rules and encoder; a line's company makes no difference to it."""
    ear = encoder()
    cases = []
    for line in lines:
        text = read(line)
        catches = catch(text)
        windows = _windows(text.plain)
        bare = _bare(text, catches) if len(windows) == 1 else ()
        alone = {one: _sentence_of(text, one) for one in catches if one.pushes and not one.weak}
        cases.append(_Case(text, catches, windows, bare, alone))
    asked = {case.in_window(window) for case in cases for window in case.windows}
    asked |= {bare for case in cases for bare in case.bare}
    asked |= {sentence for case in cases for sentence in case.alone.values()}
    read_as = _read(ear, asked)
    for case in cases:
        case.readings = [read_as[case.in_window(window)] for window in case.windows]
        for without in case.bare:
            case.readings = [_sterner(case.readings[0], read_as[without])]
        _decide(case, {one: read_as[sentence].grades for one, sentence in case.alone.items()})
    return [_hearing(case) for case in cases]


def _read(ear: Encoder, plains: Iterable[str]) -> dict[str, Reading]:
    different = sorted(set(plains))
    return dict(zip(different, ear.read(different), strict=True))


def _windows(plain: str) -> list[Span]:
    """A text as the encoder can take it in: whole, or a long one in runs of sentences."""
    if len(plain) <= LONG:
        return [(0, len(plain))]
    windows: list[Span] = []
    for sentence in _SENTENCE.finditer(plain):
        start, end = sentence.span()
        if windows and end - windows[-1][0] <= WINDOW:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
    return windows or [(0, len(plain))]


@cache
def _stock() -> re.Pattern[str]:
    """Sentences that are stock phrases and no more."""
    return re.compile(
        r"(?:^|(?<=[^\w\s,'] )|(?<=\n))(?:(?:and|so|but|please|really|honestly|of course),? )*"
        rf"{course.vocabulary()['stock']}(?:,? of course| though)?(?: ?[.!]+ ?|$|(?= [^\w\s,']))"
    )


def _bare(text: Text, catches: tuple[Catch, ...]) -> tuple[str, ...]:
    """The plain form without sentences that are stock phrases and no more, and without any stock phrase:
    glued to a push, or to nothing, they lift nothing."""
    sentences = [match.span() for match in _stock().finditer(text.plain)]
    phrases = [
        (bisect_left(text.starts, one.start), bisect_left(text.starts, one.end))
        for one in catches
        if one.weak and not one.pushes
    ]
    return _without(text.plain, sentences), _without(text.plain, [*sentences, *phrases])


def _without(plain: str, spans: Iterable[Span]) -> str:
    """A plain form without some of its parts, which may overlap, and without the commas they leave behind."""
    kept, at = [], 0
    for start, end in sorted(spans):
        kept.append(plain[at : max(at, start)])
        at = max(at, end)
    left = "".join([*kept, plain[at:]])
    if left == plain:
        return plain
    return re.sub(r"^[\s,.!;:-]+|(?<=[.!?,;])[\s,.!;:-]*(?=[,.!;:])", "", left).strip() or "."


def _sterner(whole: Reading, bare: Reading) -> Reading:
    """Of a line as it is and without its stock phrases: the likelier push, the less likely invitation."""
    push = max(whole.grades[PUSHES], bare.grades[PUSHES])
    invites = min(whole.grades[INVITES], bare.grades[INVITES], 1 - push)
    return replace(whole, grades=(push, round(1 - push - invites, DIGITS), invites))


def _all_in_all(grades: Sequence[Grades]) -> Grades:
    """Of the windows of a text: it pushes where one pushes, and invites where one invites."""
    push = max(one[PUSHES] for one in grades)
    invites = min(max(one[INVITES] for one in grades), 1 - push)
    return push, round(1 - push - invites, DIGITS), round(invites, DIGITS)


def _sentence_of(text: Text, one: Catch) -> str:
    """The sentence of the plain form in which a catch stands."""
    start = bisect_left(text.starts, one.start)
    found = [match for match in _SENTENCE.finditer(text.plain) if match.start() <= start]
    return found[-1][0].strip() if found else text.plain


def _decide(case: _Case, alone: Mapping[Catch, Grades]) -> None:
    """Settle a case's grade from its catches and readings; `alone` are those of single sentences."""
    grades = _all_in_all([reading.grades for reading in case.readings])
    if not any(char.isalnum() for char in case.text.plain):
        grades = 0.0, 1.0, 0.0
    elif _is_covered(case.text):
        grades = _without_push(grades)
    likeliest = max((PUSHES, PLAIN, INVITES), key=grades.__getitem__)
    named = any(not one.pushes and not one.weak for one in case.catches)
    named = named and not any(one.pushes for one in case.catches)
    if likeliest == PLAIN and named and grades[INVITES] >= ENOUGH_FOR_A_NAMED_MOVE:
        likeliest = INVITES
    pushed = any(
        one.pushes
        and (
            one.certain
            or grades[INVITES] < (WEAK_RULE if one.weak else RULE)
            or (one in alone and alone[one][PUSHES] > BY_ITSELF)
        )
        for one in case.catches
    )
    case.grade = PUSHES if pushed else likeliest
    case.grades = grades
    case.catches = tuple(_weighed(one, case.grade) for one in case.catches)


def _named_by_a_rule(case: _Case) -> bool:
    return any(one.pushes == (case.grade == PUSHES) and not one.weak for one in case.catches)


def _hearing(case: _Case) -> Hearing:
    confidence = case.grades[case.grade]
    catches = list(case.catches)
    named = {one.code for one in case.catches if not one.weak}
    by_rule = _named_by_a_rule(case)
    if by_rule and case.grade == PUSHES:
        confidence = max(_agreed(confidence), RULE_AGAINST_ENCODER)
    elif by_rule:
        confidence = max(confidence, RULE_AGAINST_ENCODER)
    if case.grade == PUSHES or (case.grade == INVITES and not by_rule):
        catches += (one for one in _found(case) if one.code not in named)
        catches.sort(key=lambda c: (c.start, c.end, c.code))
    return Hearing(case.text.original, tuple(catches), confidence, case.grades)


def _agreed(likely: float) -> float:
    """How likely a push is that a rule hears as well as the encoder, which finds it `likely`."""
    if likely < 0.5:
        return likely
    return round(RULE_SPEAKS_FOR_IT * likely / (RULE_SPEAKS_FOR_IT * likely + 1 - likely), DIGITS)


def _found(case: _Case) -> Iterator[Catch]:
    """What the encoder alone heard, in each window that weighs: the words, and the likeliest code."""
    loudest = max(reading.grades[case.grade] for reading in case.readings)
    for (offset, _), reading in zip(case.windows, case.readings, strict=True):
        if reading.grades[case.grade] < (0.5 if _named_by_a_rule(case) else min(loudest, 0.5)):
            continue
        words = reading.pushing if case.grade == PUSHES else reading.inviting
        first, last = case.text.span(offset + words.start, offset + words.end)
        marked = case.text.original[first:last]
        yield Catch(words.code, first, last, marked, case.grade == PUSHES, clear=words.clear)


def _is_covered(text: Text) -> bool:
    """Whether a push in a text could only be one that is quoted or denied."""
    inside = sum(end - start for start, end in covered(text))
    return inside > 0.3 * len(text.plain)


def _without_push(grades: Grades) -> Grades:
    _, plain, invites = grades
    rest = plain + invites or 1.0
    return 0.0, round(plain / rest, DIGITS), round(invites / rest, DIGITS)


def _weighed(one: Catch, grade: int) -> Catch:
    """A catch in the light of the whole: words that may push do so in a line that pushes, and words that
    may invite don't in one that is plain."""
    if one.pushes:
        return replace(one, weak=grade != PUSHES)
    return replace(one, weak=one.weak or grade == PLAIN)


_SENTENCE = re.compile(r"[^.!?;:\n]+[.!?;:\n]*\s*")
