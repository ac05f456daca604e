"""The whole ear: rules and encoder together, and who decides what.

A rule that is sure of a push always wins. The encoder adds pushes that no rule names, and tells flat
from inviting; it never lifts a rule's push to an invitation. Where the two disagree, confidence drops.
What the encoder hears is explained as well: words are left out, and those that mattered are marked.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from unpushy.ear import INVITES, PLAIN, PUSHES, Hearing
from unpushy.ear.encoder import DIGITS, Encoder, Reading, encoder
from unpushy.ear.patterns import codes
from unpushy.ear.rules import Catch, catch, covered
from unpushy.ear.text import Text, read

LONG = 600  # characters that the encoder takes in at once
WINDOW = 400  # characters of a longer text that it takes in together
RULE_AGAINST_ENCODER = 0.6
ENOUGH_FOR_A_NAMED_MOVE = 0.04

Span = tuple[int, int]


@dataclass
class _Case:
    """A line on its way through the ear."""

    text: Text
    catches: tuple[Catch, ...]
    windows: list[Span]
    bare: str
    readings: list[Reading] = field(default_factory=list)
    reading: Reading | None = None
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
        bare = _without_stock(text, catches) if len(windows) == 1 else text.plain
        cases.append(_Case(text, catches, windows, bare))
    asked = {case.in_window(window) for case in cases for window in case.windows}
    asked |= {case.bare for case in cases if len(case.windows) == 1}
    read_as = _read(ear, asked)
    for case in cases:
        case.readings = [read_as[case.in_window(window)] for window in case.windows]
        if len(case.windows) == 1:
            case.readings = [_sterner(case.readings[0], read_as[case.bare])]
        _decide(case)
    explained = _explained(ear, [case for case in cases if _heard_by_the_encoder_alone(case)])
    return [_hearing(case, explained.get(id(case), [])) for case in cases]


def _read(ear: Encoder, plains: Iterable[str]) -> dict[str, Reading]:
    different = sorted(set(plains))
    return dict(zip(different, ear.read(different), strict=True))


def _windows(plain: str) -> list[Span]:
    """A text as the encoder can take it in: whole, or a long one in runs of sentences."""
    if len(plain) <= LONG:
        return [(0, len(plain))]
    windows: list[Span] = []
    for start, end in _clauses(plain):
        if windows and end - windows[-1][0] <= WINDOW:
            windows[-1] = (windows[-1][0], end)
        else:
            windows.append((start, end))
    return windows


def _without_stock(text: Text, catches: tuple[Catch, ...]) -> str:
    """The plain form without its stock phrases: glued to a push, or to nothing, they lift nothing."""
    plain = text.plain
    cut = len(plain)
    for one in reversed(catches):
        if one.weak and not one.pushes:
            start = bisect_left(text.starts, one.start)
            end = min(bisect_left(text.starts, one.end), cut)  # phrases may overlap
            plain = plain[:start] + plain[end:]
            cut = start
    return re.sub(r"^[\s,.!;:-]+|(?<=[.!?,;])[\s,.!;:-]*(?=[,.!;:])", "", plain).strip() or "."


def _sterner(whole: Reading, bare: Reading) -> Reading:
    """Of a line as it is and without its stock phrases: the likelier push, the less likely invitation."""
    push = max(whole.grades[PUSHES], bare.grades[PUSHES])
    invites = min(whole.grades[INVITES], bare.grades[INVITES], 1 - push)
    return Reading((push, round(1 - push - invites, DIGITS), invites), whole.codes)


def _all_in_all(readings: Sequence[Reading]) -> Reading:
    """Of the windows of a text: it pushes where one pushes, and invites where one invites."""
    if len(readings) == 1:
        return readings[0]
    push = max(reading.grades[PUSHES] for reading in readings)
    invites = min(max(reading.grades[INVITES] for reading in readings), 1 - push)
    codes = {code: max(one.codes[code] for one in readings) for code in readings[0].codes}
    return Reading((push, round(1 - push - invites, DIGITS), round(invites, DIGITS)), codes)


def _decide(case: _Case) -> None:
    """Settle a case's grade from its catches and readings."""
    reading = _all_in_all(case.readings)
    if _is_covered(case.text):
        reading = _without_push(reading)
    likeliest = max((PUSHES, PLAIN, INVITES), key=reading.grades.__getitem__)
    named = any(not one.pushes and not one.weak for one in case.catches)
    named = named and not any(one.pushes for one in case.catches)
    if likeliest == PLAIN and named and reading.grades[INVITES] >= ENOUGH_FOR_A_NAMED_MOVE:
        likeliest = INVITES
    # Words that push in one line and not in another need an invitation around them to be innocent.
    pushed = any(one.pushes and (not one.weak or likeliest != INVITES) for one in case.catches)
    case.grade = PUSHES if pushed else likeliest
    case.reading = reading
    case.catches = tuple(_weighed(one, case.grade) for one in case.catches)


def _named_by_a_rule(case: _Case) -> bool:
    return any(one.pushes == (case.grade == PUSHES) and not one.weak for one in case.catches)


def _heard_by_the_encoder_alone(case: _Case) -> bool:
    return case.grade != PLAIN and not _named_by_a_rule(case)


def _hearing(case: _Case, found: Sequence[Catch]) -> Hearing:
    assert case.reading is not None
    confidence = case.reading.grades[case.grade]
    if _named_by_a_rule(case):
        confidence = max(confidence, RULE_AGAINST_ENCODER)
    catches = sorted((*case.catches, *found), key=lambda c: (c.start, c.end, c.code))
    return Hearing(case.text.original, tuple(catches), confidence, case.reading.grades)


def _is_covered(text: Text) -> bool:
    """Whether a push in a text could only be one that is quoted or denied."""
    inside = sum(end - start for start, end in covered(text))
    return inside > 0.3 * len(text.plain)


def _without_push(reading: Reading) -> Reading:
    _, plain, invites = reading.grades
    rest = plain + invites or 1.0
    return Reading((0.0, round(plain / rest, DIGITS), round(invites / rest, DIGITS)), reading.codes)


def _weighed(one: Catch, grade: int) -> Catch:
    """A catch in the light of the whole: words that may push do so in a line that pushes, and words that
    may invite don't in one that is plain."""
    if one.pushes:
        return replace(one, weak=grade != PUSHES)
    return replace(one, weak=one.weak or grade == PLAIN)


_CLAUSE = re.compile(r"[^.!?;:\n]+[.!?;:\n]*\s*")
_PART = re.compile(r"[^,]+,?\s*|,")


def _clauses(plain: str) -> list[Span]:
    """The sentences of a text, or the parts between its commas if it is only one."""
    sentences = [match.span() for match in _CLAUSE.finditer(plain) if match[0].strip()]
    if len(sentences) > 1:
        return sentences
    parts = [match.span() for match in _PART.finditer(plain) if len(match[0].split()) > 1]
    return parts if len(parts) > 1 else sentences


def _explained(ear: Encoder, cases: Sequence[_Case]) -> dict[int, list[Catch]]:
    """For each case, by its id, the words without which the encoder would not have heard it."""
    windows = [
        (case, place)
        for case in cases
        for place, one in enumerate(case.readings)
        if one.grades[case.grade] == max(r.grades[case.grade] for r in case.readings)
        or one.grades[case.grade] > 0.5
    ]
    parts = [
        [(start + case.windows[place][0], end + case.windows[place][0]) for start, end in inside]
        or [case.windows[place]]
        for case, place in windows
        for inside in [_clauses(case.in_window(case.windows[place]))]
    ]
    without = _read(
        ear,
        (
            _left_out(case, case.windows[place], part)
            for (case, place), inside in zip(windows, parts, strict=True)
            if len(inside) > 1
            for part in inside
        ),
    )
    mattered = [
        min(
            inside,
            key=lambda part: (
                without[_left_out(case, case.windows[place], part)].grades[case.grade]
                if len(inside) > 1
                else 0
            ),
        )
        for (case, place), inside in zip(windows, parts, strict=True)
    ]
    alone = _read(
        ear,
        (case.in_window(part) for (case, _), part in zip(windows, mattered, strict=True)),
    )
    found: dict[int, list[Catch]] = {}
    for (case, place), part in zip(windows, mattered, strict=True):
        by_itself = alone[case.in_window(part)]
        found.setdefault(id(case), []).append(_caught(case, part, case.readings[place], by_itself))
    return found


def _left_out(case: _Case, window: Span, part: Span) -> str:
    plain = case.text.plain
    return plain[window[0] : part[0]] + plain[part[1] : window[1]]


def _caught(case: _Case, part: Span, reading: Reading, alone: Reading) -> Catch:
    """What the encoder heard as a catch, with the likeliest code."""
    words = case.in_window(part)
    start = part[0] + len(words) - len(words.lstrip())
    end = part[1] - len(words) + len(words.rstrip())
    pushes = case.grade == PUSHES
    code = max(codes(pushes), key=lambda c: reading.codes[c] + alone.codes[c])
    first, last = case.text.span(start, end)
    return Catch(code, first, last, case.text.original[first:last], pushes)
