"""The whole ear: rules and encoder together, and who decides what.

Both are heard as evidence, and how much each has to say was fitted to lines that neither had seen (`training/fit.py`): a
rule that hears a push makes one likelier, a weak one less so, a rule that hears an invitation makes a flat line less
likely. Where that leaves it open, a rule that hears a push wins; one that is certain of it always does. Stock phrases
lift nothing: a line is judged without them too, and what pushes or is flat then isn't saved by them.
What the encoder hears is explained as well: it was taught which words readers marked, and shows those that weigh most.
"""

import math
import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from unpushy import course
from unpushy.ear import INVITES, PLAIN, PUSHES, Hearing, Prompt
from unpushy.ear.answers import Odds, answers
from unpushy.ear.encoder import DIGITS, Encoder, Reading, Words, encoder
from unpushy.ear.rules import ENDS, Catch, catch, covered, in_one_sentence, sentence_around
from unpushy.ear.text import Text, read

LONG = 600  # characters that the encoder takes in at once
WINDOW = 400  # characters of a longer text that it takes in together
MORE = 1.2  # the power of the number of its windows by which a text must push the likelier
ALONE = 0.4  # the likelihood from which a sentence by itself says what the whole does, and its words are shown
RULE = 0.6  # the likelihood of an invitation up to which a rule that hears a push wins
AT_LEAST = 0.8  # how sure the ear is of a push of which a rule is certain: of 18,000 rewrites that push nobody, none was taken for one
FLAT = 0.8  # the likelihood from which a line without its stock phrases is taken to say nothing
CERTAIN = 0.95  # the likelihood of a grade from which a line has it whatever it answers: an open invitation, a blunt push, words in no order
MOST = 2  # catches of a kind that count
MOST_WORDS = 100  # that count; hardly a rewrite has more
SMALLEST = 0.001  # of a probability
EVIDENCE = (
    "encoder: pushes or invites",
    "encoder: plain or invites",
    "rules that push",
    "weak rules that push",
    "rules that invite",
    "weak rules that invite",
    "length",
)
ANSWERED = (*EVIDENCE, "answers: push or invite", "answers: plain or invite")

Span = tuple[int, int]
Grades = tuple[float, float, float]
Voices = tuple[tuple[float, ...], ...]


@dataclass
class _Window:
    """What the encoder takes in at once: a line, or some sentences of a longer text; with the catches in it."""

    plain: str
    catches: tuple[Catch, ...]
    offset: int = 0
    grades: Grades = (0.0, 1.0, 0.0)
    grade: int = PLAIN

    @property
    def named(self) -> list[Catch]:
        """What rules name in it, of the kind that its grade is of."""
        pushes = self.grade == PUSHES
        return [one for one in self.catches if one.pushes == pushes and not one.weak]


@dataclass
class _Case:
    """A line on its way through the ear."""

    text: Text
    windows: list[_Window]
    bare: tuple[str, ...]
    about: Prompt | None = None
    readings: list[Reading] = field(default_factory=list)

    @property
    def grade(self) -> int:
        """A push where one of its windows pushes, and else an invitation where one invites."""
        graded = {window.grade for window in self.windows}
        return next(one for one in (PUSHES, INVITES, PLAIN) if one in graded)


def hear_whole(lines: Sequence[str], about: Sequence[Prompt | None]) -> list[Hearing]:
    """Hear lines by rules and encoder, and by what is known of answers to the same prompt; a line's company makes no difference to it."""
    ear = encoder()
    cases = []
    for line, prompt in zip(lines, about, strict=True):
        text = read(line)
        catches = catch(text)
        windows = _windows(text, catches)
        bare = _bare(text, catches) if len(windows) == 1 else ()
        cases.append(_Case(text, windows, bare, prompt))
    asked = {window.plain for case in cases for window in case.windows}
    asked |= {bare for case in cases for bare in case.bare}
    read_as = _read(ear, asked)
    for case in cases:
        case.readings = [read_as[window.plain] for window in case.windows]
        _decide(case, [read_as[bare] for bare in case.bare], ear)
    alone = _read(ear, (sentence for case in cases for _, _, sentence in _spoken(case) if sentence))
    return [_hearing(case, alone) for case in cases]


def evidence(
    plain: str, catches: Sequence[Catch], grades: Grades, odds: Odds | None = None
) -> list[float]:
    """What speaks for each grade of a line, in the order of `ANSWERED`: the logarithms of the encoder's odds, how
    many catches there are of each kind, the logarithm of the number of words, and where answers to the same prompt are known, their odds."""
    push, flat, invites = (math.log(max(grade, SMALLEST)) for grade in grades)

    def many(pushes: bool, weak: bool) -> int:
        return min(sum(one.pushes == pushes and one.weak == weak for one in catches), MOST)

    return [
        push - invites,
        flat - invites,
        many(pushes=True, weak=False),
        many(pushes=True, weak=True),
        many(pushes=False, weak=False),
        many(pushes=False, weak=True),
        math.log(1 + min(len(plain.split()), MOST_WORDS)),
        *(odds or ()),
    ]


def _together(
    plain: str, catches: Sequence[Catch], reading: Reading, about: Prompt | None, ear: Encoder
) -> Grades:
    """The likelihoods of the grades by encoder and rules together, and by answers to the same prompt if some are known."""
    alone = _weighed_together(evidence(plain, catches, reading.grades), catches, ear.together)
    odds = answers().odds(about, reading.vector) if about else None
    if odds is None or max(alone) >= CERTAIN:
        return alone
    heard = evidence(plain, catches, reading.grades, odds)
    return _weighed_together(heard, catches, ear.answered)


def _weighed_together(heard: Sequence[float], catches: Sequence[Catch], voices: Voices) -> Grades:
    """The likelihoods of the grades by all the evidence."""
    heard = [*heard, 1.0]
    logits = [
        *(sum(w * x for w, x in zip(weights, heard, strict=True)) for weights in voices),
        0.0,
    ]
    shares = [math.exp(logit - max(logits)) for logit in logits]
    push, _, invites = (round(share / sum(shares), DIGITS) for share in shares)
    if any(one.pushes for one in catches):
        push = round(1 - invites, DIGITS)  # what a rule hears a push in isn't flat
    return push, max(0.0, round(1 - push - invites, DIGITS)), invites


def _read(ear: Encoder, plains: Iterable[str]) -> dict[str, Reading]:
    different = sorted(set(plains))
    return dict(zip(different, ear.read(different), strict=True))


def _windows(text: Text, catches: tuple[Catch, ...]) -> list[_Window]:
    """A text as the encoder can take it in: whole, or a long one in runs of sentences."""
    plain = text.plain
    if len(plain) <= LONG:
        return [_Window(plain, catches)]
    spans: list[Span] = []
    for sentence in _SENTENCE.finditer(plain):
        start, end = sentence.span()
        if spans and end - spans[-1][0] <= WINDOW:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    begins = [bisect_left(text.starts, one.start) for one in catches]
    return [
        _Window(
            plain[start:end],
            tuple(one for one, at in zip(catches, begins, strict=True) if start <= at < end),
            start,
        )
        for start, end in spans
    ] or [_Window(plain, catches)]


_GOES_ON = (
    r"(?:to|with|about|on|in|for|of|at|from|by|than|if|whether|that|what|which|who|why|how|when|where"
    r"|while|till|until|is|was|are)\b"
)
_AFTER = re.compile(r" *(?:$|[^\w\s']|\n)| (?:and|but|so|or|then|because|though|just|please)\b")


@cache
def _stock() -> re.Pattern[str]:
    """Stock phrases that a sentence doesn't go on with: it ends with them, or another one begins."""
    return re.compile(
        r"(?<![\w'])(?:(?:and|so|but|please|really|honestly|of course),? )*"
        rf"{course.vocabulary()['stock']}(?:,? of course| though)?"
        rf"(?:(?P<ends> ?[.!]+ ?|$|(?=\n))|,|(?= [^\w\s,'])|(?= (?!{_GOES_ON})\w))"
    )


def _bare(text: Text, catches: tuple[Catch, ...]) -> tuple[str, ...]:
    """The plain form without stock phrases that stand apart, and also without those inside sentences: glued to a push, or
    to nothing, they lift nothing. What its sentence goes on with stays ("if you like the first one", "let me know when")."""
    sentences = [
        match.span()
        for match in _stock().finditer(text.plain)
        if match["ends"] is not None or _begins(text, match.start())
    ]
    weak = [
        (bisect_left(text.starts, one.start), bisect_left(text.starts, one.end))
        for one in catches
        if one.weak and not one.pushes
    ]
    phrases = [
        (start, end)
        for start, end in weak
        if _AFTER.match(text.plain, end) or _begins(text, end + 1)
    ]
    bare = _without(text.plain, sentences), _without(text.plain, [*sentences, *phrases])
    return tuple(one for one in dict.fromkeys(bare) if one != text.plain)


def _begins(text: Text, at: int) -> bool:
    """Whether a sentence may begin at a place: after a full stop or the like, or with a capital letter where it was forgotten."""
    before = text.plain[:at].rstrip(" ")
    if not before or not before[-1].isalnum():
        return True
    first = text.original[text.starts[at]]
    return first.isupper() and not re.match(r"i\b", text.plain[at:])


def _without(plain: str, spans: Iterable[Span]) -> str:
    """A plain form without some of its parts, which may overlap, and without the commas they leave behind."""
    kept, at = [], 0
    for start, end in sorted(spans):
        kept.append(plain[at : max(at, start)])
        at = max(at, end)
    left = "".join([*kept, plain[at:]])
    if left == plain:
        return plain
    return re.sub(r"^[\s,.!;:-]+|(?<=[.!?,;])[\s,.!;:-]*(?=[,.!;:])|[\s,;:-]+$", "", left) or "."


def _ruled(catches: Sequence[Catch], grades: Grades) -> bool:
    """Whether a rule decides that it pushes."""
    pushes = any(one.pushes and not one.weak for one in catches)
    return any(one.certain for one in catches) or (pushes and grades[INVITES] < RULE)


def _says_less(bare: Grades) -> bool:
    """Whether a line pushes without its stock phrases, or is flat all but certainly."""
    return bare[PUSHES] == max(bare) or bare[PLAIN] >= FLAT


def _sterner(whole: Grades, bare: Grades) -> Grades:
    """Of a line as it is and without its stock phrases: the likelier push and the less likely invitation."""
    push = max(whole[PUSHES], bare[PUSHES])
    invites = min(whole[INVITES], bare[INVITES], 1 - push)
    return push, round(1 - push - invites, DIGITS), round(invites, DIGITS)


def _among(many: int, grades: Grades) -> Grades:
    """The likelihoods of a window among so many: where there are many, one or the other sounds like a push that isn't."""
    if many == 1:
        return grades
    push, plain, invites = grades
    odds = many**MORE
    total = push + odds * (plain + invites)
    push, invites = (round(share / total, DIGITS) for share in (push, odds * invites))
    return push, round(1 - push - invites, DIGITS), invites


def _all_in_all(grades: Sequence[Grades]) -> Grades:
    """Of the windows of a text: it pushes where one pushes, and invites where one invites."""
    push = max(one[PUSHES] for one in grades)
    invites = min(max(one[INVITES] for one in grades), 1 - push)
    return push, round(1 - push - invites, DIGITS), round(invites, DIGITS)


def _decide(case: _Case, bare: Sequence[Reading], ear: Encoder) -> None:
    """Settle the grade of each window from its catches and readings, and from those of the line without its stock phrases."""
    catches = [one for window in case.windows for one in window.catches]
    harmless = _is_covered(case.text) and not any(one.pushes for one in catches)
    about = case.about if len(case.windows) == 1 else None
    for window, reading in zip(case.windows, case.readings, strict=True):
        grades = _together(window.plain, window.catches, reading, about, ear)
        for left, without in zip(case.bare, bare, strict=True):
            left_catches = catch(read(left))
            left_grades = _together(left, left_catches, without, about, ear)
            if _ruled(left_catches, left_grades) or _says_less(left_grades):
                grades = _sterner(grades, left_grades)
        if not any(char.isalnum() for char in window.plain):
            grades = 0.0, 1.0, 0.0
        elif harmless:
            grades = _without_push(grades)
        window.grades = _among(len(case.windows), grades)
        window.grade = max((PUSHES, PLAIN, INVITES), key=window.grades.__getitem__)
        if _ruled(window.catches, window.grades):
            window.grade = PUSHES
        window.catches = tuple(_weighed(one, window.grade) for one in window.catches)


def _hearing(case: _Case, alone: Mapping[str, Reading]) -> Hearing:
    """What is heard in all the windows together."""
    windows = case.windows
    grade = case.grade
    grades = _all_in_all([window.grades for window in windows])
    catches = [one for window in windows for one in window.catches]
    confidence = grades[grade]
    if any(one.certain for one in catches):
        confidence = max(confidence, AT_LEAST)
    catches += _found(case, alone)
    catches.sort(key=lambda c: (c.start, c.end, c.code))
    return Hearing(case.text.original, tuple(catches), confidence, grades)


def _spoken(case: _Case) -> Iterator[tuple[_Window, Words, str]]:
    """Words by which the encoder may explain the grade, in each window of that grade: those that weigh most, and
    those of other sentences; with these the sentence, which must say the same by itself."""
    for window, reading in zip(case.windows, case.readings, strict=True):
        named = window.named
        if window.grade != case.grade or case.grade == PLAIN:
            continue
        if named and (case.grade == INVITES or reading.grades[PUSHES] < 0.5):
            continue
        first, *others = reading.pushing if case.grade == PUSHES else reading.inviting
        yield window, first, ""
        ends = [end.end() for end in ENDS.finditer(window.plain)]
        for words in others:
            sentence = sentence_around(window.plain, ends, words.start, words.end)
            yield window, words, sentence.strip()


def _found(case: _Case, alone: Mapping[str, Reading]) -> Iterator[Catch]:
    """What the encoder alone heard: the words, and their likeliest code; what a rule has named needs no second name, but
    the loudest words may have one."""
    original = case.text.original
    for window, words, sentence in _spoken(case):
        if sentence and alone[sentence].grades[case.grade] < ALONE:
            continue
        span = case.text.span(window.offset + words.start, window.offset + words.end)
        if not any(
            (sentence or one.code == words.code)
            and in_one_sentence(original, (one.start, one.end), span)
            for one in window.named
        ):
            marked = original[slice(*span)]
            yield Catch(words.code, *span, marked, case.grade == PUSHES, other=words.other)


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


_SENTENCE = re.compile(r"(?:[^.!?;:\n]|[.:](?=\d))+[.!?;:\n]*\s*")
