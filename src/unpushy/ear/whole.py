"""The whole ear: rules and encoder together, and who decides what.

A rule that is sure of a push always wins. The encoder adds pushes that no rule names, and tells flat
from inviting; it never lifts a rule's push to an invitation. Where the two disagree, confidence drops.
What the encoder hears is explained as well: words are left out, and those that mattered are marked.
"""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace

from unpushy.ear import INVITES, PLAIN, PUSHES, Hearing
from unpushy.ear.encoder import DIGITS, Encoder, Reading, encoder
from unpushy.ear.patterns import codes
from unpushy.ear.rules import Catch, catch, covered
from unpushy.ear.text import Text, read

RULE_AGAINST_ENCODER = 0.6
ENOUGH_FOR_A_NAMED_MOVE = 0.04


def hear_whole(lines: Sequence[str]) -> list[Hearing]:
    """Hear lines by rules and encoder; a line's company makes no difference to it."""
    texts = [read(line) for line in lines]
    caught = [catch(text) for text in texts]
    bare = [_without_stock(text, catches) for text, catches in zip(texts, caught, strict=True)]
    ear = encoder()
    asked = [text.plain for text in texts]
    asked += [one for text, one in zip(texts, bare, strict=True) if one != text.plain]
    read_as = dict(zip(asked, ear.read(asked), strict=True))
    return [
        _together(text, catches, _sterner(read_as[text.plain], read_as[one]), ear)
        for text, catches, one in zip(texts, caught, bare, strict=True)
    ]


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


def _together(text: Text, catches: tuple[Catch, ...], reading: Reading, ear: Encoder) -> Hearing:
    if _is_covered(text):
        reading = _without_push(reading)
    likeliest = max((PUSHES, PLAIN, INVITES), key=reading.grades.__getitem__)
    named = any(not one.pushes and not one.weak for one in catches)
    named = named and not any(one.pushes for one in catches)
    if likeliest == PLAIN and named and reading.grades[INVITES] >= ENOUGH_FOR_A_NAMED_MOVE:
        likeliest = INVITES
    # Words that push in one line and not in another need an invitation around them to be innocent.
    pushed = any(one.pushes and (not one.weak or likeliest != INVITES) for one in catches)
    grade = PUSHES if pushed else likeliest
    catches = tuple(_weighed(one, grade) for one in catches)
    confidence = reading.grades[grade]
    if any(one.pushes == (grade == PUSHES) and not one.weak for one in catches):
        confidence = max(confidence, RULE_AGAINST_ENCODER)
    elif grade != PLAIN:
        found = (*catches, _found(text, grade, reading, ear))
        catches = tuple(sorted(found, key=lambda c: (c.start, c.end, c.code)))
    return Hearing(text.original, catches, confidence, reading.grades)


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


def _clauses(plain: str) -> list[tuple[int, int]]:
    """The sentences of a text, or the parts between its commas if it is only one."""
    sentences = [match.span() for match in _CLAUSE.finditer(plain) if match[0].strip()]
    if len(sentences) > 1:
        return sentences
    parts = [match.span() for match in _PART.finditer(plain) if len(match[0].split()) > 1]
    return parts if len(parts) > 1 else sentences


def _found(text: Text, grade: int, reading: Reading, ear: Encoder) -> Catch:
    """The words without which the encoder would not have heard it, and the likeliest code."""
    plain = text.plain
    clauses = _clauses(plain) or [(0, len(plain))]
    if len(clauses) > 1:
        without = ear.read([plain[:start] + plain[end:] for start, end in clauses])
        start, end = min(
            zip(without, clauses, strict=True), key=lambda pair: pair[0].grades[grade]
        )[1]
    else:
        start, end = clauses[0]
    words = plain[start:end]
    start += len(words) - len(words.lstrip())
    end -= len(words) - len(words.rstrip())
    alone = ear.read([plain[start:end]])[0] if len(clauses) > 1 else reading
    pushes = grade == PUSHES
    among = codes(pushes)
    code = max(among, key=lambda c: reading.codes[c] + alone.codes[c])
    first, last = text.span(start, end)
    return Catch(code, first, last, text.original[first:last], pushes)
