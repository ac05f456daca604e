"""From a hearing and a grade to words for a person: which words, what the buyer hears, what to try."""

from collections.abc import Mapping
from dataclasses import dataclass

from unpushy import course
from unpushy.ear import INVITES, PLAIN, PUSHES, Catch, Hearing
from unpushy.ear.rules import in_one_sentence
from unpushy.judging import ANSWER, COPY, ELSEWHERE, EMPTY, NO_ANSWER, Grade

MOST_POINTS = 3
IN_FULL = 2  # times that a tactic or a move is explained with its reason
LESSON_ON_NO = 10
SURE = 0.8


@dataclass(frozen=True)
class Point:
    """One thing to say about some words of a line. `why` is empty once it has been told often enough."""

    words: str
    pushes: bool
    name: str
    hears: str
    why: str
    instead: str
    code: str


@dataclass(frozen=True)
class Feedback:
    """What a person reads: one headline, at most three points, what the buyer might answer, and quiet lines below.

    `told` are the codes of all that is explained in it. Where the ear isn't `sure`, nothing should look like
    a verdict.
    """

    headline: str
    points: tuple[Point, ...]
    buyer: str
    sure: bool = True
    also: tuple[str, ...] = ()
    told: tuple[str, ...] = ()


# What is said of words that may be either of two kinds: why, what to try, code.
_PUSHES = (
    "I can't tell which of the two it is, and I may be mistaken.",
    "Imagine you want to say no. Which of these words make that harder? Say it without them.",
    "some_push",
)
_INVITES = ("It leaves the buyer freer to make up their own mind.", "", "some_invitation")


def _weight(catch: Catch) -> tuple[bool, bool, int, int]:
    """Sorts catches: pushes first, of them the certain ones, then the heaviest; the rest as they stand."""
    heavy = course.tactics()[catch.code].weight if catch.pushes and catch.clear else 0
    return not catch.pushes, not catch.certain, -heavy, catch.start


def _point(catch: Catch, nth: int, told: Mapping[str, int]) -> Point:
    signs = course.tactics() if catch.pushes else course.moves()
    sign = signs[catch.code]
    name, why, instead, code = sign.name, sign.why, sign.instead, sign.code
    if not catch.clear:
        name = f"{name}, or {signs[catch.other].name.lower()}"
        why, instead, code = _PUSHES if catch.pushes else _INVITES
    why = why if told.get(code, 0) < IN_FULL else ""
    return Point(catch.words, catch.pushes, name, sign.heard(nth), why, instead, code)


def tellable(hearing: Hearing) -> list[Catch]:
    """What is worth telling of a hearing: a push that may be either of two only where its sentence has none that is clear."""
    clear = [
        (one.start, one.end) for one in hearing.catches if one.pushes and one.clear and not one.weak
    ]

    def is_told(one: Catch) -> bool:
        return not any(in_one_sentence(hearing.line, span, (one.start, one.end)) for span in clear)

    return [one for one in hearing.catches if one.clear or not one.pushes or is_told(one)]


def _worth_a_point(hearing: Hearing) -> list[Catch]:
    """What could be told of a hearing, in the order of its weight, no words twice."""
    found: list[Catch] = []
    for catch in sorted(tellable(hearing), key=_weight):
        if not catch.weak and not any(_same_words(one, catch) for one in found):
            found.append(catch)
    return found


def _chosen(found: list[Catch]) -> list[Catch]:
    """At most three, each tactic and move once."""
    kinds: dict[tuple[bool, str], Catch] = {}
    for catch in found:
        kinds.setdefault((catch.pushes, catch.code), catch)
    return list(kinds.values())[:MOST_POINTS]


def points(
    hearing: Hearing, nth: int = 0, told: Mapping[str, int] | None = None
) -> tuple[Point, ...]:
    """At most three points: pushes first, the heaviest before the others, then what invites.

    `nth` turns to other words for what the buyer hears; `told` says how often each code was explained before.
    """
    return tuple(_point(catch, nth, told or {}) for catch in _chosen(_worth_a_point(hearing)))


def _same_words(one: Catch, other: Catch) -> bool:
    """Whether two catches share more than half of the shorter one's words."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    return 2 * shared > min(one.end - one.start, other.end - other.start)


_NUMBERS = ("no", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


def _more(hearing: Hearing) -> tuple[str, ...]:
    """How many pushes are marked that no point speaks of."""
    found = _worth_a_point(hearing)
    left = sum(one.pushes for one in found) - sum(one.pushes for one in _chosen(found))
    if not left:
        return ()
    number = _NUMBERS[left] if left < len(_NUMBERS) else str(left)
    return (f"{number} more {'push is' if left == 1 else 'pushes are'} marked in the text.",)


STOCK = "stock"
_DOTTED = "Dotted line: friendly words that change nothing by themselves."


def _has_stock(hearing: Hearing) -> bool:
    return any(catch.weak and not catch.pushes for catch in hearing.catches)


def buyer_answers(hearing: Hearing, nth: int = 0, sure: bool = True) -> str:
    """What goes through the buyer's mind at this line; `nth` turns to other words for it."""
    found = points(hearing, nth)
    if found and not sure:
        return _UNSURE_HOW[nth % len(_UNSURE_HOW)]
    if found:
        return found[0].hears
    if not hearing.line.strip():
        return "…"
    said = _ASKED if "?" in hearing.line else _FRIENDLY if _has_stock(hearing) else _PLAIN
    return said[nth % len(said)]


_UNSURE_HOW = (
    "I'm not sure how they mean this.",
    "How do they mean that?",
    "Is that kind, or not?",
)
_ASKED = ("Let me think.", "Hm. What do I say to that?", "I'd have to think.")
_FRIENDLY = ("That's kind.", "That's friendly.", "That's nice of them.")
_PLAIN = ("I see.", "All right.", "Okay.")

_KINDS = {
    EMPTY: "Nothing here yet. Any first try will do.",
    NO_ANSWER: "This doesn't read like something said to the buyer. What would you tell them, in your own words?",
    COPY: "That's the pushy line again. How would you say it to a friend who may well say no?",
    ELSEWHERE: "Nothing pushes, but it no longer says what it is about. Which fact, or which question, belongs in it?",
}
# What is said at a first, a second, and any further try.
_TRIES = {
    PUSHES: (
        "Some of it still pushes.",
        "There is still a push in it. What if you left out the words below, and kept the rest?",
        "It still pushes. Suppose a no were fine with you: how would you say it then?",
    ),
    PLAIN: (
        "Nothing pushes, and nothing invites. At work that is often just right. Here: what could the buyer say, ask or choose?",
        "No push in it, and fine to send. To make it an invitation: what would you like to know from this buyer?",
        "A plain line. A question they'd be glad to answer would make it an invitation, or an offer they may turn down.",
    ),
}
# An invitation is told in turns, from line to line.
_THIS_INVITES = (
    "This invites. The decision stays with the buyer.",
    "This invites. The buyer may answer as they like.",
    "This invites. The buyer is free to decide.",
)
# A plain line that asks something already needs no telling to ask; nor does one that answers a no.
_PLAIN_QUESTION = (
    "Nothing pushes. A question invites when any answer to it is welcome. Is that so here?"
)
_PLAIN_AFTER_A_NO = "Nothing pushes. To invite, say that you've heard them, and that a no is fine."
_LEANS = {
    PUSHES: "It sounds a little like a push",
    PLAIN: "I hear no push and no invitation",
    INVITES: "It sounds more like an invitation than not",
}


def unsure(grade: Grade) -> bool:
    """Whether the ear would rather have somebody else judge."""
    return grade.kind == ANSWER and grade.confidence < SURE


def doubtful(hearing: Hearing) -> bool:
    """Whether the whole ear doubts what it heard; the rules alone never say."""
    return hearing.probabilities is not None and hearing.confidence < SURE


def _headline(grade: Grade, tries: int, lesson: int, nth: int) -> str:
    if grade.kind != ANSWER:
        return _KINDS[grade.kind]
    if unsure(grade):
        leans = _LEANS[grade.grade]
        return f"I'm not sure about this one. {leans}; compare it with other ways to say it."
    if grade.grade == INVITES:
        return _THIS_INVITES[nth % len(_THIS_INVITES)]
    if grade.grade == PLAIN and "?" in grade.hearing.line:
        return _PLAIN_QUESTION
    if grade.grade == PLAIN and lesson == LESSON_ON_NO:
        return _PLAIN_AFTER_A_NO
    said = _TRIES[grade.grade]
    return said[min(tries, len(said)) - 1]


def explain(
    grade: Grade,
    tries: int = 1,
    lesson: int = 0,
    nth: int = 0,
    told: Mapping[str, int] | None = None,
) -> Feedback:
    """The feedback on a graded rewrite, which is the learner's first, second, third … try at a line of a lesson.

    `nth` turns to other words for the same, and `told` says how often each code was explained to them before.

    >>> from unpushy.ear import hear
    >>> from unpushy.judging import Pushy, judge
    >>> explain(judge(hear(""), Pushy("A shop.", "Buy it."))).headline
    'Nothing here yet. Any first try will do.'
    """
    told = told or {}
    hearing, sure = grade.hearing, not unsure(grade)
    said = points(hearing, nth, told)
    codes = [point.code for point in said]
    also = _more(hearing)
    if _has_stock(hearing) and told.get(STOCK, 0) < IN_FULL:
        also += (_DOTTED,)
        codes.append(STOCK)
    headline = _headline(grade, tries, lesson, nth)
    return Feedback(headline, said, buyer_answers(hearing, nth, sure), sure, also, tuple(codes))
