"""Marking an answer, from the answer alone."""

import json
import re
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import Any

from unpushy import __version__, course
from unpushy.course import Question
from unpushy.ear import hear
from unpushy.feedback import explain
from unpushy.judging import judge

ENOUGH = 0.75
LONGEST = 5_000  # characters of a rewrite; a seller's line has a few hundred


class AnswerError(ValueError):
    """An answer that isn't one: the wrong shape for its question, or nothing at all."""


@dataclass(frozen=True)
class Mark:
    """Points between 0 and 1, what to say about the answer, and the reason in a line, for a receipt."""

    points: float
    told: dict[str, Any]
    reason: str


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
    if (
        not isinstance(answer, list)
        or len(answer) > below
        or not all(type(one) is int and 0 <= one < below for one in answer)
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
    earns nothing it shouldn't. Matches: the share of lines that are matched as they belong. Marked
    words: those in common over all that either of us marked, with full points from three quarters on.
    """
    match question.kind:
        case "one" | "hears" | "several":
            chosen = _numbers(answer, len(question.options))
            right = frozenset(i for i, option in enumerate(question.options) if option.right)
            if question.kind != "several" and len(chosen) != 1:
                raise AnswerError("Choose one answer.")
            points = max(0.0, (len(chosen & right) - len(chosen - right)) / len(right))
            told: dict[str, Any] = {"options": [asdict(option) for option in question.options]}
            reason = (
                f"{len(chosen & right)} of {len(right)} right, {len(chosen - right)} chosen wrongly"
            )
        case "match":
            given = _matched(answer, question)
            belong = [question.matches.index(pair.match) for pair in question.pairs]
            alike = sum(a == b for a, b in zip(given, belong, strict=True))
            points = alike / len(belong)
            told = {"right": belong, "whys": [pair.why for pair in question.pairs]}
            told["why"] = question.why
            reason = f"{alike} of {len(belong)} matched as they belong"
        case "mark":
            words, pushing = words_of(question.line)
            chosen = _numbers(answer, len(words))
            share = len(chosen & pushing) / len(chosen | pushing)
            points = 1.0 if share >= ENOUGH else share
            told = {"pushing": sorted(pushing), "why": question.why}
            reason = f"{len(chosen & pushing)} of {len(pushing)} pushing words, {len(chosen - pushing)} others"
        case _:
            if not isinstance(answer, str):
                raise AnswerError("That is not an answer to this question.")
            if not answer.strip():
                raise AnswerError("Nothing is written yet.")
            if len(answer) > LONGEST:
                raise AnswerError(
                    f"That is {len(answer):,} characters; a line may have {LONGEST:,} at most."
                )
            exercise = course.exercise(question.exercise)
            grade = judge(hear(answer, about=exercise), exercise)
            feedback = explain(grade)
            points = grade.points(1)
            told = {
                "headline": feedback.headline,
                "heard": [asdict(p) for p in feedback.points],
                "confidence": round(grade.confidence, 2),
            }
            reason = f"the ear, {grade.confidence:.0%} sure: {feedback.headline}"
    return Mark(points, told, reason)


def found(question: Question, answer: Any) -> float:
    """Where nothing is graded: a mark, from 0 to 1, for which one word stands for the words around it that push.

    Each word that doesn't push still counts against it, and no mark is lower than the graded one.
    """
    points = mark(question, answer).points
    if question.kind != "mark":
        return points
    _, pushing = words_of(question.line)
    chosen = frozenset(answer)
    runs: list[set[int]] = []
    for place in sorted(pushing):
        if runs and place - 1 in runs[-1]:
            runs[-1].add(place)
        else:
            runs.append({place})
    met = sum(bool(run & chosen) for run in runs)
    return max(points, met / (len(runs) + len(chosen - pushing)))


def key_of(question: Question) -> str:
    """A short name for all that decides a mark: it changes whenever the key of the question does."""
    key: list[Any] = [question.kind, question.line]
    key += [[option.text, option.right] for option in question.options]
    key += [[pair.line, pair.match] for pair in question.pairs]
    if question.kind == "rewrite":
        exercise = course.exercise(question.exercise)
        key += [exercise.situation, exercise.pushy, __version__, course.version()]
    return sha256(json.dumps(key).encode()).hexdigest()[:12]


def in_words(question: Question, answer: Any) -> Any:
    """An answer in the words that were on the page, so that it can be read, and marked again, later."""
    match question.kind:
        case "one" | "hears" | "several":
            return [question.options[place].text for place in answer]
        case "match":
            return [
                [pair.line, question.matches[place]]
                for pair, place in zip(question.pairs, answer, strict=True)
            ]
        case "mark":
            words, _ = words_of(question.line)
            return [[place, words[place]] for place in answer]
        case _:
            return answer


def from_words(question: Question, words: Any) -> Any:
    """The answer that these words are to the question as it is now; an AnswerError if they are none."""
    try:
        match question.kind:
            case "one" | "hears" | "several":
                texts = [option.text for option in question.options]
                return [texts.index(text) for text in words]
            case "match":
                chosen = dict(words)
                return [question.matches.index(chosen[pair.line]) for pair in question.pairs]
            case "mark":
                now, _ = words_of(question.line)
                if any(now[place] != word for place, word in words):
                    raise ValueError(question.line)
                return [place for place, _ in words]
            case _:
                return words
    except (ValueError, KeyError, IndexError, TypeError):
        raise AnswerError("The question has other words now than when it was answered.") from None
