"""What the editor asks, and what it is told."""

from dataclasses import replace

import pytest

from unpushy import course
from unpushy.desks.practice import TRIES_BEFORE_OTHERS, Practice
from unpushy.ear import hear
from unpushy.judging import judge
from unpushy.progress import Progress
from unpushy.reading import marks, reading

GOOD = "It's old but fine. What would you like to know about it?"


@pytest.fixture
def practice(progress: Progress) -> Practice:
    return Practice(course.exercise("01-boiler"), "me", progress)


def test_an_editor_opens_with_the_line_and_no_answers(practice: Practice) -> None:
    opening = practice.answer({"do": "open"})
    assert opening["pushy"] == practice.exercise.pushy
    assert opening["pushyReading"]["marks"]
    said = str(opening)
    for hidden in (*practice.exercise.hints, *(m.line for m in practice.exercise.models)):
        assert hidden not in said


def test_words_are_kept_and_found_again(practice: Practice, progress: Progress) -> None:
    practice.answer({"do": "keep", "text": "half a tho"})
    again = Practice(practice.exercise, "me", progress)
    assert again.answer({"do": "open"})["draft"] == "half a tho"


HEARD_BETTER = "Shall I do the soles and the heels by Friday, or is Monday soon enough for you?"


def test_who_comes_back_to_words_that_were_judged_finds_the_verdict_again(
    progress: Progress,
) -> None:
    exercise = course.exercise("00-second-line")
    assert reading(hear(HEARD_BETTER, quick=True)) != reading(hear(HEARD_BETTER))
    practice = Practice(exercise, "me", progress)
    practice.answer({"do": "check", "text": "You have to do both."})
    told = practice.answer({"do": "check", "text": HEARD_BETTER})
    opening = Practice(exercise, "me", progress).answer({"do": "open"})
    assert opening["verdict"] == told
    assert opening["reading"] == told["reading"]
    assert len(progress.attempts("me")) == 2


def test_words_that_were_changed_since_have_no_verdict_yet(practice: Practice) -> None:
    assert practice.answer({"do": "open"})["verdict"] is None
    practice.answer({"do": "check", "text": GOOD})
    practice.answer({"do": "keep", "text": GOOD + " I"})
    assert practice.answer({"do": "open"})["verdict"] is None


def test_marks_are_counted_as_a_browser_counts() -> None:
    line = "😀😀 You need to sign"
    mark = marks(hear(line))[0]
    units = line.encode("utf-16-le")
    assert (
        units[2 * mark["start"] : 2 * mark["end"]].decode("utf-16-le")
        == "You need to sign"[: mark["end"] - mark["start"]]
    )


def test_how_others_said_it_is_shown_once_passed(practice: Practice) -> None:
    assert practice.answer({"do": "others"})["models"] == []
    reply = practice.answer({"do": "check", "text": GOOD})
    assert reply["passed"]
    assert reply["others"]
    assert len(practice.answer({"do": "others"})["models"]) >= 3


def with_confidence(monkeypatch: pytest.MonkeyPatch, confidence: float) -> None:
    monkeypatch.setattr(
        "unpushy.desks.practice.judge", lambda *given: replace(judge(*given), confidence=confidence)
    )


def test_how_others_said_it_is_shown_after_three_honest_tries(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_confidence(monkeypatch, 0.9)
    for number in range(TRIES_BEFORE_OTHERS):
        assert not practice.answer({"do": "open"})["others"]
        practice.answer({"do": "check", "text": f"You need a new boiler, number {number}."})
    assert practice.answer({"do": "open"})["others"]


def test_an_empty_check_is_no_attempt(practice: Practice, progress: Progress) -> None:
    reply = practice.answer({"do": "check", "text": "  "})
    assert not reply["passed"]
    assert progress.attempts("me") == []


def test_hints_go_from_nudge_to_model(practice: Practice) -> None:
    assert [practice.answer({"do": "hint", "number": n})["hint"] for n in range(3)] == list(
        practice.exercise.hints
    )


@pytest.mark.parametrize(
    "request_",
    [{}, {"do": 3}, {"do": "hint", "number": 9}, {"do": "hint", "number": "0"}, {"do": "hint"}],
)
def test_a_request_that_is_none_is_told_so(practice: Practice, request_: dict[str, object]) -> None:
    assert "error" in practice.answer(request_)


@pytest.mark.parametrize(
    "text", ["", "\0", "<script>alert(1)</script>", "🙂" * 5000, "שלום", 3, None]
)
def test_whatever_is_typed_gets_a_reading(practice: Practice, text: object) -> None:
    for do in ("hear", "check"):
        assert "error" not in practice.answer({"do": do, "text": text})


def test_a_second_and_a_third_try_hear_something_new(practice: Practice) -> None:
    told = [
        practice.answer({"do": "check", "text": f"You need to order the new one by {day}!"})[
            "headline"
        ]
        for day in ("Monday", "Tuesday", "Friday")
    ]
    assert len({headline.split(".")[0] for headline in told}) == 3


def test_an_ear_that_is_not_sure_says_so_and_shows_how_others_said_it(
    practice: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_confidence(monkeypatch, 0.5)
    reply = practice.answer({"do": "check", "text": "It runs well and it's old."})
    assert "not sure" in reply["headline"]
    assert reply["others"]
    assert practice.answer({"do": "others"})["models"]
