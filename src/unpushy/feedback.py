"""From a hearing and a grade to words for a person: which words, what the buyer hears, what to try."""

from dataclasses import dataclass

from unpushy import course
from unpushy.ear import INVITES, PLAIN, PUSHES, Catch, Hearing
from unpushy.judging import ANSWER, COPY, ELSEWHERE, EMPTY, NO_ANSWER, Grade

MOST_POINTS = 3
LESSON_ON_NO = 10
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


# What is said of words whose kind can't be told: name, what the buyer hears, why, what to try.
_PUSHES = (
    "Something in this pushes",
    "Something is wanted of me here.",
    "I hear a push, but couldn't say of which kind; I may be wrong about it.",
    "say it to a friend who may just as well say no, and see which words go.",
)
_INVITES = (
    "Something in this invites",
    "There's room for me here.",
    "It leaves the buyer freer to make up their own mind.",
    "",
)


def _point(catch: Catch) -> Point:
    if not catch.clear:
        return Point(catch.words, catch.pushes, *(_PUSHES if catch.pushes else _INVITES))
    sign = (course.tactics() if catch.pushes else course.moves())[catch.code]
    return Point(
        words=catch.words,
        pushes=catch.pushes,
        name=sign.name,
        hears=sign.hears,
        why=sign.why,
        instead=sign.instead,
    )


def tellable(hearing: Hearing) -> list[Catch]:
    """What is worth telling of a hearing: a push that can't be named only where there is none that can."""
    named = any(one.pushes and one.clear and not one.weak for one in hearing.catches)
    return [one for one in hearing.catches if one.clear or not (one.pushes and named)]


def points(hearing: Hearing) -> tuple[Point, ...]:
    """At most three points: pushes first, then what invites; each tactic, move and word once."""
    said: list[Catch] = []
    for catch in sorted(tellable(hearing), key=lambda c: (not c.pushes, c.start)):
        known = any(
            _same_words(one, catch) or (one.pushes, one.code) == (catch.pushes, catch.code)
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
        "Free of pushing, and fine to send. If you'd like to hear more from this buyer: what don't you know about them that you could ask?",
        "Plain again. One question they'd be glad to answer, or one offer they may leave lying, would make it an invitation.",
    ),
    INVITES: ("This invites. The decision stays with the buyer.",),
}
# A plain line that asks something already needs no telling to ask; nor does one that takes a no.
_PLAIN_QUESTION = "Nothing pushes. I can't tell whether it invites: is it a question they'd be glad to answer, whatever the answer is?"
_PLAIN_GOODBYE = "Nothing pushes, and a no that is taken like this may well be the end of it. An invitation would leave the door ajar: that the no is fine, or, by their leave, the one question whose answer you'd use anyway."
_MAYBE = (
    "Some of it may still push.",
    "A push may still be in it. Which of these words could you do without?",
    "It may push, it may not. How would you hear it, if you had the money and somebody else the offer?",
)
UNSURE = " I'm not sure about this one, though. Compare it with other ways to say it, and trust your own ear."


def unsure(grade: Grade) -> bool:
    """Whether the ear would rather have somebody else judge."""
    return grade.kind == ANSWER and grade.confidence < SURE


def explain(grade: Grade, tries: int = 1, lesson: int = 0) -> Feedback:
    """The feedback on a graded rewrite, which is the learner's first, second, third … try at a line of a lesson.

    >>> from unpushy.ear import hear
    >>> from unpushy.judging import Pushy, judge
    >>> explain(judge(hear(""), Pushy("A shop.", "Buy it."))).headline
    "Nothing here yet. Any first try will do; it's only between us."
    """
    if grade.kind == ANSWER:
        said = _GRADES[grade.grade]
        headline = said[min(tries, len(said)) - 1]
        if grade.grade == PLAIN and "?" in grade.hearing.line:
            headline = _PLAIN_QUESTION
        elif grade.grade == PLAIN and lesson == LESSON_ON_NO:
            headline = _PLAIN_GOODBYE
        if unsure(grade):
            maybe = _MAYBE[min(tries, len(_MAYBE)) - 1]
            headline = (maybe if grade.grade == PUSHES else headline) + UNSURE
    else:
        headline = _KINDS[grade.kind]
    return Feedback(headline, points(grade.hearing), buyer_answers(grade.hearing))
