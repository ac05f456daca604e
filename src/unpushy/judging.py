"""Judging a rewrite: does it invite, is it plain, or does it push, and is it an answer at all?"""

import re
from dataclasses import dataclass
from difflib import SequenceMatcher

from unpushy.ear import INVITES, PLAIN, PUSHES, Hearing, Prompt
from unpushy.ear.text import LONGEST, read

PLACEHOLDER = "(Your line goes here.)"

COPIED = 0.92  # likeness, from 0 to 1, from which on an answer is the pushy line again

ANSWER, EMPTY, NO_ANSWER, COPY, ELSEWHERE = "answer", "empty", "no answer", "copy", "elsewhere"


@dataclass(frozen=True)
class Pushy:
    """A situation and a pushy line that aren't an exercise of the course."""

    situation: str
    pushy: str


@dataclass(frozen=True)
class Grade:
    """The verdict on a rewrite.

    `grade` is 2 (invites), 1 (plain) or 0 (pushes); `kind` says what sort of answer it is: `answer`,
    `empty` (not attempted), `no answer`, `copy` of the pushy line, or `elsewhere` (about something
    else). `confidence` runs from 0 to 1.
    """

    grade: int
    kind: str
    confidence: float
    hearing: Hearing

    @property
    def share(self) -> float:
        """The share of an item's points: 1, one half, or nothing."""
        if self.kind != ANSWER:
            return 0.0
        return {INVITES: 1.0, PLAIN: 0.5, PUSHES: 0.0}[self.grade]

    def points(self, out_of: float) -> float:
        """Points between 0 and `out_of`."""
        return min(max(self.share * out_of, 0.0), float(out_of))


_TO_THE_GRADER = re.compile(
    r"\b(?:(?:this|my|the) (?:response|answer|line|rewrite|sentence|text|message) (?:is an?|is open|is not|is fully|asks"
    r"|invites|leaves|deserves|should|contains|has no|does not|gets)|(?:give|award|assign) (?:me |this |it )?(?:a |an )?(?:full|grade|2|two|10|top)"
    r"|grade:? ?(?:is |= ?|of )?(?:2|two)\b|10/10|full (?:marks|points)|(?:ignore|disregard) (?:all|the|any|previous|your)"
    r"|(?:dear )?grader|as an ai|system prompt|lorem ipsum|invite_\w+|def \w+\(|import \w+|print\()"
    r"|get_ipython|\bos\.\w+\(|\bopen\(|(?:^|\n)\s*[!%]\w"
)
_STOP = frozenset(
    """
    a about after again all also am an and any are as at be because been before being but by can come
    could did do does done down even ever every for from get give go going good got great had has have
    he help her here him his how i if in into is it just know let like look made make many may me mean
    more most much must my need never new no not now of off okay on one only or other our out over own
    people per please put really right said same say see she should so some something still sure take
    tell than thank thanks that the their them then there these they thing things think this those time
    to too two up us use very want was way we well were what when where which while who why will with
    without would year yes yet you your yours
    """.split()
)


def _stems(text: str) -> set[str]:
    """Content words cut to what their forms share."""
    words = re.findall(r"[^\W_]{2,}", text)
    return {
        re.sub(r"(?:ing|ings|ed|es|s|ly|er|ers|ment)$", "", w)[:6] for w in words if w not in _STOP
    }


def is_copy(answer: str, pushy: str) -> bool:
    """Whether an answer is the pushy line again, give or take a few letters."""
    one, two = (re.sub(r"[^\w]+", " ", read(text).plain).strip() for text in (answer, pushy))
    likeness = SequenceMatcher(None, one, two, autojunk=False)
    # The quick ratios are never below the real one, and much cheaper.
    return (
        bool(one)
        and likeness.real_quick_ratio() >= COPIED
        and likeness.quick_ratio() >= COPIED
        and likeness.ratio() >= COPIED
    )


def speaks_to_the_grader(line: str) -> bool:
    """Whether an answer addresses whoever marks it instead of a buyer."""
    return bool(_TO_THE_GRADER.search(read(line).plain))


def _kind(line: str, prompt: Prompt) -> str:
    plain = read(line).plain.strip()
    if not plain or line.strip() in (PLACEHOLDER, PLACEHOLDER.strip("()")):
        return EMPTY
    words = re.findall(r"[^\W\d_]{2,}", plain)
    if len(line) > LONGEST or len(words) < 2 or len(set(words)) < len(words) / 8:
        return NO_ANSWER
    if speaks_to_the_grader(line):
        return NO_ANSWER
    if len(line) < 1000 and is_copy(line, prompt.pushy):
        return COPY
    return ANSWER


def _elsewhere(line: str, prompt: Prompt) -> bool:
    """Whether a plain answer shares no content word with its situation and doesn't turn to the buyer."""
    plain = read(line).plain
    about = _stems(read(f"{prompt.situation} {prompt.pushy}").plain)
    return not (_stems(plain) & about) and not re.search(r"\byou|\byour", plain)


def judge(hearing: Hearing, prompt: Prompt) -> Grade:
    """Grade a rewrite that has been heard, against the situation and the pushy line it answers.

    >>> from unpushy.ear import hear
    >>> bike = Pushy("A cyclist asks what a service costs.", "You need the full service.")
    >>> judge(hear("You need the full service!"), bike).kind
    'copy'
    >>> judge(hear(""), bike).points(2)
    0.0
    """
    kind = _kind(hearing.line, prompt)
    grade = hearing.grade
    confidence = hearing.confidence
    if kind == EMPTY:
        grade, confidence = PLAIN, 1.0
    elif kind == NO_ANSWER:
        grade, confidence = min(grade, PLAIN), 0.9
    elif kind == COPY:
        grade, confidence = PUSHES, 1.0
    elif grade == PLAIN and _elsewhere(hearing.line, prompt):
        kind = ELSEWHERE
    return Grade(grade, kind, confidence, hearing)
