"""Where a learner stands, and when to meet something again: worked out from the attempts alone."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from unpushy import course
from unpushy.progress import Attempt
from unpushy.progress.review import rating, schedule, session
from unpushy.progress.standing import Day, best_lines, days, mastery, passed

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def tried(item: str, points: float, day: int = 0, minute: int = 0, answer: object = "x") -> Attempt:
    at = NOON + timedelta(days=day, minutes=minute)
    return Attempt("me", item, answer, points, 1.0, "v", at=at)


def test_an_item_is_passed_once_it_was_right_in_full() -> None:
    attempts = [tried("01-boiler", 0.5), tried("01-boiler", 1), tried("01-boiler", 0), tried("01-bowl", 0.5)]  # fmt: skip
    assert passed(attempts) == {"01-boiler"}


def test_days_count_rewrites_and_nothing_else() -> None:
    attempts = [
        tried("01-boiler", 0), tried("01-boiler", 0.5), tried("01-bowl", 1), tried("01-q-order", 1),
        tried("01-bowl", 1, day=3),
    ]  # fmt: skip
    assert days(attempts, UTC) == [
        Day(NOON.date(), pushed=1, plain=1, invited=1),
        Day(NOON.date() + timedelta(days=3), pushed=0, plain=0, invited=1),
    ]


def test_mastery_looks_at_the_latest_answer_to_each_item() -> None:
    once = {one.code: one for one in mastery([tried("05-kitchen", 0), tried("05-kitchen", 1)])}
    assert once
    assert all(one.share == 1 and one.items == 1 and not one.steady for one in once.values())


def test_the_shakiest_comes_first() -> None:
    found = mastery([tried("01-boiler", 0), tried("10-aunts", 1)])
    assert [one.share for one in found] == sorted(one.share for one in found)


def test_nothing_is_called_shaky_after_a_single_lesson_or_a_single_slip() -> None:
    def shaky(*items: str, points: float = 0) -> set[str]:
        return {one.code for one in mastery(tried(item, points) for item in items) if one.shaky}

    first = [
        item
        for item, one in course.exercises().items()
        if "command" in one.tactics and one.lesson == 1
    ]
    later = [item for item, one in course.exercises().items() if "command" in one.tactics and one.lesson == 3]  # fmt: skip
    assert len(first) >= 3
    assert "command" not in shaky(*first)
    assert "command" not in shaky(first[0], later[0])
    assert "command" in shaky(*first[:2], later[0])
    assert "command" not in shaky(*first[:2], later[0], points=1)


def test_ways_of_pushing_are_told_from_ways_of_inviting() -> None:
    kinds = {one.code: one.pushes for one in mastery(tried(item, 0) for item in course.questions())}
    assert kinds["command"]
    assert not kinds["reflect"]


def test_lines_to_be_proud_of_come_before_the_latest_that_invite() -> None:
    attempts = [tried("01-boiler", 1, answer="first"), tried("01-bowl", 1, 1, answer="second"),
                tried("05-kitchen", 0, 2, answer="a push")]  # fmt: skip
    assert [line.after for line in best_lines(attempts, {"01-boiler": "first", "01-bowl": ""})] == [
        "first",
        "second",
    ]


def test_what_was_remembered_waits_longer_each_time() -> None:
    waits = []
    attempts: list[Attempt] = []
    day = 0
    for _ in range(4):
        attempts.append(tried("01-boiler", 1, day))
        (due,) = schedule(attempts)
        waits.append((due.at - attempts[-1].at).days)
        day += waits[-1]
    assert waits == sorted(waits)
    assert waits[0] >= 1
    assert waits[-1] > 3 * waits[0]


def test_what_was_forgotten_comes_back_sooner() -> None:
    known = schedule([tried("01-boiler", 1)])[0].at
    missed = schedule([tried("01-boiler", 0)])[0].at
    assert missed < known


def test_the_first_try_of_a_day_counts_and_a_later_success_softens_it() -> None:
    again, hard, good = (
        rating([tried("01-boiler", points) for points in tries])
        for tries in ([0, 0], [0, 0, 1], [1, 0])
    )
    assert again < hard < good


def test_tests_and_assignments_are_never_reviewed() -> None:
    assert schedule([tried("01-tuner", 1), tried("pre-01", 1), tried("no-such-thing", 1)]) == []


def test_a_session_is_short_mixed_and_due() -> None:
    lines = ["01-boiler", "01-studio", "01-chain", "02-peel", "03-bike"]
    questions = ["01-q-order", "01-q-right", "02-c-worked", "03-c-which", "05-c-worked"]
    attempts = [tried(item, 1) for item in (*lines, *questions)]
    later = NOON + timedelta(days=40)
    chosen = session(attempts, later)
    assert len(chosen) == 5
    assert sum(item in lines for item in chosen) <= 2
    assert all(one[:2] != other[:2] for one, other in pairwise(chosen))
    assert session(attempts, NOON) == []
