"""What the editor asks, and what it is told."""

import re
from dataclasses import replace
from typing import Any

import pytest

from unpushy import course
from unpushy.course import Exercise
from unpushy.desks.practice import TRIES_BEFORE_OTHERS, Practice
from unpushy.ear import INVITES, PUSHES, hear, hear_all
from unpushy.feedback import IN_FULL, unsure
from unpushy.judging import judge
from unpushy.progress import Progress
from unpushy.reading import marks, reading, reading_as_written

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


def all_lines() -> list[str]:
    """What pushes and what invites in the whole course, as it is typed."""
    return [
        line
        for one in course.exercises().values()
        for line in (one.pushy, *(m.line for m in one.models), *(m.line for m in one.near_misses))
    ]


def test_marks_stand_apart_in_order_and_never_on_punctuation_alone() -> None:
    for hearing in hear_all(all_lines(), quick=True):
        end = 0
        for mark in marks(hearing):
            assert end <= mark["start"] < mark["end"]
            end = mark["end"]
            words = hearing.line.encode("utf-16-le")[2 * mark["start"] : 2 * end].decode(
                "utf-16-le"
            )
            assert any(char.isalnum() for char in words), hearing.line


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        # What invites reaches to the question mark here, and what pushes stops before it.
        ("Third time, Mirela! We both know what that means, so shall I look when the fitters are free?",
         ["We both know what that means, so shall I look when the fitters are free"]),
        ("What is your budget, who approves it, and when will you decide?",
         ["What is your budget", "who approves", "when will you decide"]),
    ],
)  # fmt: skip
def test_a_question_that_pushes_has_one_kind_of_mark(line: str, marked: list[str]) -> None:
    hearing = hear(line)
    found = marks(hearing)
    assert {mark["kind"] for mark in found} == {"push"}
    assert [line[mark["start"] : mark["end"]] for mark in found] == marked


def marked(line: str, found: list[dict[str, Any]]) -> list[str]:
    units = line.encode("utf-16-le")
    return [units[2 * one["start"] : 2 * one["end"]].decode("utf-16-le") for one in found]


@pytest.mark.parametrize("exercise", course.exercises().values(), ids=lambda e: e.id)
def test_a_pushy_line_is_marked_as_its_writer_marked_it(exercise: Exercise) -> None:
    line = f"😀 {exercise.pushy}"
    shown = reading_as_written(replace(exercise, pushy=line))
    assert marked(line, shown["marks"]) == sorted(exercise.words, key=exercise.pushy.index)
    assert {one["kind"] for one in shown["marks"]} == {"push"}
    main = [course.tactics()[code] for code in exercise.tactics[:3]]
    assert [one["name"] for one in shown["points"]] == [tactic.name for tactic in main]
    assert all(one["words"] in exercise.words for one in shown["points"])
    assert shown["buyer"] == main[0].hears
    assert shown["mood"] == "wary"


def test_the_pushy_line_is_marked_alike_wherever_it_stands(practice: Practice) -> None:
    pushy = practice.exercise.pushy
    first = practice.answer({"do": "open"})["pushyReading"]
    assert practice.answer({"do": "hear", "text": pushy}) == first
    assert practice.answer({"do": "hear", "text": pushy, "well": True}) == first
    checked = practice.answer({"do": "check", "text": pushy})
    assert checked["reading"] == first
    assert checked["points"] == first["points"]
    assert not checked["passed"]
    assert practice.answer({"do": "open"})["reading"] == first


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
        practice.answer(
            {"do": "check", "text": f"You have to sign here by {day}, or you'll be sorry!"}
        )["headline"]
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


def a_line_of_which_the_ear_is_not_sure(grade: int) -> tuple[Practice, str]:
    """An exercise and a rewrite of it that the real ear doubts."""
    for exercise in course.exercises().values():
        for other in (*exercise.models, *exercise.near_misses):
            given = judge(hear(other.line, about=exercise), exercise)
            if given.grade == grade and unsure(given):
                return Practice(exercise, "me", Progress("sqlite://")), other.line
    raise AssertionError("The ear is sure of everything.")


@pytest.mark.parametrize(("grade", "leans"), [(INVITES, "an invitation"), (PUSHES, "a push")])
def test_an_ear_that_is_not_sure_says_one_thing_and_looks_neutral(grade: int, leans: str) -> None:
    practice, line = a_line_of_which_the_ear_is_not_sure(grade)
    reply = practice.answer({"do": "check", "text": line})
    assert not reply["sure"]
    assert reply["passed"] == (grade == INVITES)
    assert reply["headline"].startswith("I'm not sure about this one.")
    assert leans in reply["headline"]
    assert not re.search("This invites|still push", reply["headline"])
    assert reply["reading"]["mood"] == "neutral"
    assert practice.answer({"do": "hear", "text": line, "well": True})["mood"] == "neutral"


def test_an_ear_that_is_sure_smiles_and_says_so(practice: Practice) -> None:
    reply = practice.answer({"do": "check", "text": GOOD})
    assert reply["sure"]
    assert reply["headline"].startswith("This invites.")
    assert reply["reading"]["mood"] == "open"


def at(ident: str, progress: Progress, line: str) -> dict[str, Any]:
    """What a learner is told of a line at one of the course's exercises."""
    return Practice(course.exercise(ident), "me", progress).answer({"do": "check", "text": line})


def test_a_reason_is_told_twice_and_the_rest_always(progress: Progress) -> None:
    # The same move at line after line, though never in the same words.
    told = [
        at(ident, progress, f"What would you like to use number {nth} for?")["points"][0]
        for nth, ident in enumerate(list(course.exercises())[: IN_FULL + 2])
    ]
    assert len({point["code"] for point in told}) == 1
    assert [bool(point["why"]) for point in told] == [n < IN_FULL for n in range(len(told))]
    assert all(point["hears"] and point["name"] for point in told)


def test_the_same_line_heard_again_is_told_the_same(practice: Practice) -> None:
    told = [practice.answer({"do": "check", "text": GOOD})["points"] for _ in range(4)]
    assert told[0][0]["why"]
    assert told[1:] == told[:-1]


def test_from_line_to_line_the_buyer_thinks_it_in_other_words(progress: Progress) -> None:
    next_to_each_other = list(course.exercises())[3:6]
    replies = [at(ident, progress, GOOD) for ident in next_to_each_other]
    thoughts = [reply["reading"]["buyer"] for reply in replies]
    assert len(set(thoughts)) == 3
    assert thoughts == [reply["points"][0]["hears"] for reply in replies]


def test_the_heaviest_of_many_pushes_are_told_and_the_others_counted(practice: Practice) -> None:
    line = (
        "Buy it now! You'd be crazy to wait. Everyone else in your street has switched. "
        "You don't understand how boilers work. I know you want it."
    )
    reply = practice.answer({"do": "check", "text": line})
    assert [one["code"] for one in reply["points"]] == ["making_wrong", "pressure", "crowd"]
    assert reply["also"] == ("Two more pushes are marked in the text.",)
    marked = sum(mark["kind"] == "push" for mark in reply["reading"]["marks"])
    assert marked == len(reply["points"]) + 2


def test_what_is_certain_comes_before_what_is_heavy(practice: Practice) -> None:
    line = "You need to sign today. You don't understand how boilers work."
    reply = practice.answer({"do": "check", "text": line})
    assert [one["code"] for one in reply["points"]] == ["command", "making_wrong"]
    assert reply["also"] == ()


def test_the_dotted_line_is_explained_twice(progress: Progress) -> None:
    also = [
        at(ident, progress, f"It's up to you. The number is {nth}.")["also"]
        for nth, ident in enumerate(list(course.exercises())[:3])
    ]
    dotted = ("Dotted line: friendly words that change nothing by themselves.",)
    assert also == [dotted, dotted, ()]


def test_a_tip_fits_a_push_on_the_conscience(practice: Practice) -> None:
    told = practice.answer({"do": "check", "text": "We are sad to lose you."})["points"]
    assert [one["code"] for one in told] == ["pressure"]
    assert not re.search(r"\d|price|date", told[0]["instead"])


def test_a_thank_you_for_a_no_isnt_asked_what_it_is_about(progress: Progress) -> None:
    line = "No problem, I understand. The aunts cook. Thank you that you came."
    reply = at("10-aunts", progress, line)
    assert "?" not in reply["reading"]["buyer"]
    assert len(reply["headline"]) < 100
