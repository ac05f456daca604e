"""What is known of other answers to the same pushy line, and what it may and may not do."""

import numpy as np
import pytest

from unpushy import course
from unpushy.ear import INVITES, PUSHES, hear, hear_all
from unpushy.ear.answers import NUMBERS, Answers, answers, digest
from unpushy.judging import Pushy, judge

TEA = Pushy("A tea stall.", "Buy the tin, you'll thank me.")
RENT = Pushy("A letting office.", "Sign today.")


def made_up(votes: list[list[int]], prompts: list[Pushy]) -> Answers:
    """Answers that stand apart, each in a direction of its own."""
    places = np.eye(len(votes), NUMBERS, dtype=np.float32)
    return Answers(
        np.zeros(NUMBERS, np.float32),
        np.eye(NUMBERS, dtype=np.float32),
        [digest(prompt) for prompt in prompts],
        places,
        np.array(votes, np.float32),
    )


def direction(number: int) -> np.ndarray:
    return np.eye(NUMBERS, dtype=np.float32)[number]


def test_an_answer_is_likelier_to_be_what_those_that_resemble_it_were() -> None:
    known = made_up([[10, 0, 0], [0, 0, 10], [0, 10, 0]], [TEA, TEA, TEA])
    like_a_push, like_an_invitation, like_a_plain_one = (
        known.odds(TEA, direction(number)) for number in range(3)
    )
    assert like_a_push
    assert like_an_invitation
    assert like_a_plain_one
    assert like_a_push[0] > 0 > like_an_invitation[0]
    assert like_a_plain_one[1] > 0 > like_an_invitation[1]


def test_answers_to_another_prompt_say_nothing() -> None:
    known = made_up([[10, 0, 0], [0, 0, 10]], [TEA, RENT])
    alone = made_up([[10, 0, 0], [10, 0, 0]], [TEA, RENT])
    assert known.odds(Pushy(TEA.situation, "Buy it."), direction(0)) is None
    (tea, _), (same, _) = (one.odds(TEA, direction(0)) or (0, 0) for one in (known, alone))
    assert tea > 0
    assert same > 0


def test_those_that_are_left_out_do_not_count() -> None:
    known = made_up([[10, 0, 0], [0, 0, 10]], [TEA, TEA])
    without = known.odds(TEA, direction(0), np.array([0, 1], np.float32))
    assert without
    assert without[0] < 0


def test_hardly_an_exercise_of_the_course_has_no_answers() -> None:
    place = np.ones(len(answers()._middle), np.float32)
    lines = course.exercises().values()
    known = sum(answers().odds(line, place) is not None for line in lines)
    assert known >= 0.9 * len(lines), (
        "After changing exercise lines: python training/fit.py --finish"
    )


def test_company_makes_no_difference_to_answers_either() -> None:
    exercises = [one for one in course.exercises().values() if one.models][:24]
    lines = [exercise.models[0].line for exercise in exercises]
    together = hear_all(lines, about=exercises)
    alone = [hear(line, about=one) for line, one in zip(lines, exercises, strict=True)]
    assert [one.probabilities for one in together] == [one.probabilities for one in alone]


def test_other_answers_are_heard_too() -> None:
    exercises = [one for one in course.exercises().values() if one.models][:24]
    lines = [exercise.models[0].line for exercise in exercises]
    about, alone = hear_all(lines, about=exercises), hear_all(lines)
    assert sum(a.probabilities != b.probabilities for a, b in zip(about, alone, strict=True)) > 12


def test_what_no_answer_is_known_of_is_heard_alone() -> None:
    line = "Would it help to see both before you choose?"
    assert hear(line, about=TEA) == hear(line)


@pytest.mark.parametrize("exercise", list(course.exercises().values())[::9], ids=lambda e: e.id)
def test_answers_lift_no_blunt_push_and_no_words_in_no_order(exercise: course.Exercise) -> None:
    push = "You need to sign today, or the price is gone."
    salad = "of at come write ones can't the maybe two welcome asked then"
    assert judge(hear(push, about=exercise), exercise).grade == PUSHES
    assert judge(hear(salad, about=exercise), exercise).grade < INVITES
