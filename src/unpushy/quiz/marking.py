"""Marking an answer, from the answer alone."""

import re
from dataclasses import asdict, dataclass
from typing import Any

from unpushy import course
from unpushy.course import Question
from unpushy.ear import hear
from unpushy.feedback import explain
from unpushy.judging import judge

ENOUGH = 0.75


class AnswerError(ValueError):
    """An answer that isn't one: the wrong shape for its question, or nothing at all."""


@dataclass(frozen=True)
class Mark:
    """Points between 0 and 1, and what to say about the answer."""

    points: float
    told: dict[str, Any]


def words_of(line: str) -> tuple[list[str], frozenset[int]]:
    """The words of a line with [[pushing words]], and which of them push.

    >>> words_of("I'd [[sign today]], Ana.")
    (["I'd", 'sign', 'today,', 'Ana.'], frozenset({1, 2}))
    """
    words: list[str] = []
    pushing: set[int] = set()
    inside = False
    for piece in re.sub(r"\[\[|\]\]", lambda bracket: f"\0{bracket[0]}\0", line).split():
        word = ""
        marked = inside
        for part in piece.split("\0"):
            if part in ("[[", "]]"):
                inside = part == "[["
            else:
                word += part
                marked = marked or (inside and bool(part))
        if marked:
            pushing.add(len(words))
        words.append(word)
    return words, frozenset(pushing)


def _numbers(answer: Any, below: int) -> frozenset[int]:
    if not isinstance(answer, list) or not all(
        type(one) is int and 0 <= one < below for one in answer
    ):
        raise AnswerError("That is not an answer to this question.")
    if not answer:
        raise AnswerError("Nothing is chosen yet.")
    return frozenset(answer)


def _matched(answer: Any, question: Question) -> list[int]:
    """For each line of a `match` question the place of what it was matched with."""
    if not isinstance(answer, list) or len(answer) != len(question.pairs):
        raise AnswerError("That is not an answer to this question.")
    if any(one is None for one in answer):
        raise AnswerError("Some lines have no match yet.")
    if not all(type(one) is int and 0 <= one < len(question.pairs) for one in answer):
        raise AnswerError("That is not an answer to this question.")
    return answer


def mark(question: Question, answer: Any) -> Mark:
    """Mark an answer: places of options or words for a choice or marked words, text for a rewrite.

    Several choices: right ones less wrong ones, over all right ones, so that ticking everything
    earns nothing it shouldn't. Matches: the share of lines that are matched as they belong. Marked words: those in common over all that either of us marked, with
    full points from three quarters on.
    """
    match question.kind:
        case "one" | "hears" | "several":
            chosen = _numbers(answer, len(question.options))
            right = frozenset(i for i, option in enumerate(question.options) if option.right)
            if question.kind != "several" and len(chosen) != 1:
                raise AnswerError("Choose one answer.")
            points = max(0.0, (len(chosen & right) - len(chosen - right)) / len(right))
            return Mark(points, {"options": [asdict(option) for option in question.options]})
        case "match":
            given = _matched(answer, question)
            belong = [question.matches.index(pair.match) for pair in question.pairs]
            points = sum(a == b for a, b in zip(given, belong, strict=True)) / len(belong)
            told = {"right": belong, "whys": [pair.why for pair in question.pairs]}
            return Mark(points, told | {"why": question.why})
        case "mark":
            words, pushing = words_of(question.line)
            chosen = _numbers(answer, len(words))
            alike = len(chosen & pushing) / len(chosen | pushing)
            told = {"pushing": sorted(pushing), "why": question.why}
            return Mark(1.0 if alike >= ENOUGH else alike, told)
        case _:
            if not isinstance(answer, str):
                raise AnswerError("That is not an answer to this question.")
            if not answer.strip():
                raise AnswerError("Nothing is written yet.")
            grade = judge(hear(answer), course.exercise(question.exercise))
            feedback = explain(grade)
            return Mark(
                grade.points(1),
                {"headline": feedback.headline, "heard": [asdict(p) for p in feedback.points]},
            )
