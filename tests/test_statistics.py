"""The figures of a report, each against a published worked example. Only the numbers are taken over."""

from pathlib import Path

import pytest

from unpushy.quiz import statistics
from unpushy.quiz.statistics import (
    class_gain,
    distribution,
    gain,
    heat,
    items,
    reliability,
    unpicked,
)

# Section 6 of the Law School Admission Test, 1000 takers by pattern of answers (Bock & Lieberman 1970,
# Psychometrika 35, 179-197), and its figures as printed by Rizopoulos 2006, J. Stat. Softw. 17(5).
LSAT = {
    "00000": 3, "00001": 6, "00010": 2, "00011": 11, "00100": 1, "00101": 1, "00110": 3, "00111": 4,
    "01000": 1, "01001": 8, "01011": 16, "01101": 3, "01110": 2, "01111": 15,
    "10000": 10, "10001": 29, "10010": 14, "10011": 81, "10100": 3, "10101": 28, "10110": 15,
    "10111": 80, "11000": 16, "11001": 56, "11010": 21, "11011": 173, "11100": 11, "11101": 61,
    "11110": 28, "11111": 298,
}  # fmt: skip
PROPORTIONS = [0.924, 0.709, 0.553, 0.763, 0.870]
EXCLUDED = [0.1128, 0.1532, 0.1728, 0.1444, 0.1216]

# Ten takers of a ten-item quiz: K. L. Wuensch, "The Kuder-Richardson 20", East Carolina University.
WUENSCH = [
    "1111110110", "1011011101", "1111011001", "0010001000", "0000010010",
    "1110111111", "1101110111", "1111111101", "0101111101", "1101101110",
]  # fmt: skip


def takers(rows: list[str]) -> dict[str, dict[str, float]]:
    return {
        f"taker {n:04}": {f"item {i}": float(sign) for i, sign in enumerate(row)}
        for n, row in enumerate(rows)
    }


LSAT_TAKERS = takers([pattern for pattern, times in LSAT.items() for _ in range(times)])


def test_difficulty_and_corrected_discrimination_are_those_printed_for_the_lsat() -> None:
    found = items(LSAT_TAKERS)
    assert [one.n for one in found] == [1000] * 5
    assert [one.difficulty for one in found] == pytest.approx(PROPORTIONS)
    assert [one.discrimination for one in found] == pytest.approx(EXCLUDED, abs=5e-5)


def test_alpha_is_that_printed_for_the_lsat() -> None:
    found = reliability(LSAT_TAKERS)
    assert found.alpha == pytest.approx(0.2950, abs=5e-5)
    assert found.n == 1000


def test_kr20_is_that_of_the_worked_example() -> None:
    found = reliability(takers(WUENSCH), enough=10)
    # sum of pq 2.18, variance of the totals 5.84, as printed there
    assert found.alpha == pytest.approx(10 / 9 * (1 - 2.18 / 5.84))


def test_reliability_is_silent_under_thirty_takers_and_says_why() -> None:
    few = reliability(dict(list(LSAT_TAKERS.items())[:29]))
    assert few.alpha is None
    assert "29 of at least 30" in few.why
    assert reliability(takers(["11"] * 40)).why == "everybody has the same score"
    halves = takers(["1100"] * 20) | {"x": {"item 0": 1.0}}
    assert reliability(halves).n == 20


def test_a_class_gains_as_in_the_worked_example() -> None:
    # Twenty points at most, a mean gain of 11.1 points that is 225.8 % of the mean before; the class's
    # normalised gain is given as 0.73 (BMC Medical Education 2021, 21:210, table 1).
    before = 11.1 / 2.258
    assert gain(before, before + 11.1, most=20) == pytest.approx(0.73, abs=0.006)


def test_the_gain_of_a_class_is_that_of_its_averages() -> None:
    found = class_gain([(0.9, 1.0), (0.1, 0.2)])
    assert (found.before, found.after, found.n) == (0.5, pytest.approx(0.6), 2)
    assert found.gain == pytest.approx(0.2)  # the average of the two gains would be 0.56
    assert gain(1.0, 1.0) is None
    assert gain(0.5, 0.25) == -0.5
    assert class_gain([]).gain is None


def test_what_says_nothing_is_none() -> None:
    same = takers(["10", "10", "10", "10"])
    assert [one.discrimination for one in items(same)] == [None, None]
    assert items({"ada": {"a": 1.0}})[0].discrimination is None
    assert items({}) == []


def test_distractors_that_nobody_picks_are_named_once_a_question_was_answered() -> None:
    assert unpicked({"right": 3, "b": 1}, ["a", "b"]) == ["a"]
    assert unpicked({}, ["a", "b"]) == []


def test_a_full_score_lies_in_the_last_part() -> None:
    assert distribution([n / 10 for n in range(11)]) == [1] * 9 + [2]
    assert distribution([0.3, 0.7]) == [0, 0, 0, 1, 0, 0, 0, 1, 0, 0]


def test_heat_leaves_out_what_a_learner_was_not_asked() -> None:
    found = heat({"ada": {"a": 1.0}, "bob": {"b": 0.5}}, {"a": 1, "b": 2})
    assert found == {"ada": {1: 1.0}, "bob": {2: 0.5}}


def test_the_statistics_know_nothing_of_databases_and_widgets() -> None:
    text = Path(str(statistics.__file__)).read_text("utf-8")
    assert "unpushy" not in text.replace("unpushy.quiz.statistics", "")
