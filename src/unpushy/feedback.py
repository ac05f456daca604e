"""From a hearing and a grade to words for a person: which words, what the buyer hears, what to try."""

from dataclasses import dataclass

from unpushy import course
from unpushy.ear import INVITES, PLAIN, PUSHES, Catch, Hearing
from unpushy.judging import ANSWER, COPY, ELSEWHERE, EMPTY, NO_ANSWER, Grade

MOST_POINTS = 3
SURE = 0.8


@dataclass(frozen=True)
class Point:
    """One thing to say about some words of a line."""

    words: str
    pushes: bool
    name: str
    hears: str
    why: str
    instead: str


@dataclass(frozen=True)
class Feedback:
    """What a person reads: one headline, at most three points, and what the buyer might answer."""

    headline: str
    points: tuple[Point, ...]
    buyer: str


def _point(catch: Catch) -> Point:
    sign = (course.tactics() if catch.pushes else course.moves())[catch.code]
    return Point(
        words=catch.words,
        pushes=catch.pushes,
        name=sign.name,
        hears=sign.hears,
        why=sign.why,
        instead=sign.instead,
    )


def points(hearing: Hearing) -> tuple[Point, ...]:
    """At most three points: pushes first, then what invites; each tactic, move and word once."""
    said: list[Catch] = []
    for catch in sorted(hearing.catches, key=lambda c: (not c.pushes, c.start)):
        known = any(
            one.pushes == catch.pushes and (one.code == catch.code or _same_words(one, catch))
            for one in said
        )
        if not catch.weak and not known:
            said.append(catch)
    return tuple(_point(catch) for catch in said[:MOST_POINTS])


def _same_words(one: Catch, other: Catch) -> bool:
    """Whether two catches share more than half of the shorter one's words."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    return 2 * shared > min(one.end - one.start, other.end - other.start)


def buyer_answers(hearing: Hearing) -> str:
    """What goes through the buyer's mind at this line."""
    found = points(hearing)
    if found:
        return found[0].hears
    if not hearing.line.strip():
        return "…"
    if any(catch.weak and not catch.pushes for catch in hearing.catches):
        return "That's friendly. But what would you like me to think about?"
    return "Fine. And where do I come in?"


_KINDS = {
    EMPTY: "Nothing here yet. Any first try will do; it's only between us.",
    NO_ANSWER: "I can't read this as something you'd say to this buyer. What would you tell them, in your own words?",
    COPY: "That's the pushy line again. How would you say it to a friend who may well say no?",
    ELSEWHERE: "Nothing pushes here, but the matter itself has gone missing. What is it about, and where does the buyer come in?",
}
# What is said at a first, a second, and any further try.
_GRADES = {
    PUSHES: (
        "Some of it still pushes.",
        "A push is still in it. What if only the words below went, and the rest stayed?",
        "It still pushes. Suppose you'd be just as content with a no: how would you say it then?",
    ),
    PLAIN: (
        "Nothing pushes. Nothing invites either: it's a plain line, and often that's quite right at work. What could the buyer say, ask or choose here?",
        "Free of pushing, and still a closed door. What don't you know about this buyer that you could ask?",
        "Plain again, and honest. One question, or one offer they may leave lying, would make it an invitation.",
    ),
    INVITES: ("This invites. The decision stays with the buyer.",),
}
UNSURE = " I'm not sure about this one, though. Compare it with how others said it, and trust your own ear."


def unsure(grade: Grade) -> bool:
    """Whether the ear would rather have somebody else judge."""
    return grade.kind == ANSWER and grade.confidence < SURE


def explain(grade: Grade, tries: int = 1) -> Feedback:
    """The feedback on a graded rewrite, which is the learner's first, second, third … try at this line.

    >>> from unpushy.ear import hear
    >>> from unpushy.judging import Pushy, judge
    >>> explain(judge(hear(""), Pushy("A shop.", "Buy it."))).headline
    "Nothing here yet. Any first try will do; it's only between us."
    """
    if grade.kind == ANSWER:
        said = _GRADES[grade.grade]
        headline = said[min(tries, len(said)) - 1]
        if unsure(grade):
            headline += UNSURE
    else:
        headline = _KINDS[grade.kind]
    return Feedback(headline, points(grade.hearing), buyer_answers(grade.hearing))
