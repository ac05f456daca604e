"""Each tactic and each move is heard where its file says so, and not in its look-alikes."""

import re

import pytest

from unpushy import course
from unpushy.ear import hear
from unpushy.ear.patterns import compiled, needs, searched_for

RUBRIC = {
    "tactics": "command making_wrong convincing overriding controlling qualifying if_then pressure crowd "
    "pitching presuming leveraging",
    "moves": "invite_view invite_purchase invite_questions invite_concerns open_question facilitate reflect "
    "honour permission candour buyer_leads",
}
EXAMPLES = {
    code: examples
    for folder in RUBRIC
    for code, examples in course.load_examples(course.CONTENT / folder).items()
}
SIGNS = {**course.tactics(), **course.moves()}
PUSHES = course.tactics()
FEWEST = 25


def test_all_twenty_three_signs_of_the_rubric_have_a_file() -> None:
    assert list(course.tactics()) == sorted(RUBRIC["tactics"].split())
    assert list(course.moves()) == sorted(RUBRIC["moves"].split())


@pytest.mark.parametrize("code", SIGNS)
def test_it_is_heard_in_its_hits(code: str) -> None:
    deaf = [line for line in EXAMPLES[code].hits if code not in _codes(line, weak=code in PUSHES)]
    assert not deaf


@pytest.mark.parametrize("code", SIGNS)
def test_it_is_not_heard_in_its_near_misses(code: str) -> None:
    loud = [line for line in EXAMPLES[code].near_misses if code in _codes(line)]
    assert not loud


@pytest.mark.parametrize("code", SIGNS)
def test_it_has_enough_examples_that_are_all_different(code: str) -> None:
    examples = EXAMPLES[code]
    assert len(examples.hits) >= FEWEST
    assert len(examples.near_misses) >= FEWEST
    plain = [re.sub(r"\W+", " ", line.lower()) for line in (*examples.hits, *examples.near_misses)]
    assert len(set(plain)) == len(plain)


@pytest.mark.parametrize("code", SIGNS)
def test_each_of_its_patterns_stands_behind_a_word(code: str) -> None:
    assert not [pattern.find for pattern in SIGNS[code].patterns if not needs(pattern.find)]


@pytest.mark.parametrize("code", SIGNS)
def test_each_of_its_patterns_is_a_regular_expression(code: str) -> None:
    for pattern in SIGNS[code].patterns:
        compiled(searched_for(pattern.find))
        compiled(searched_for(pattern.unless))


def test_what_a_move_calls_a_hit_does_not_push() -> None:
    pushing = {
        line: hear(line, quick=True).push
        for code in course.moves()
        for line in EXAMPLES[code].hits
        if hear(line, quick=True).push
    }
    assert not pushing


def _codes(line: str, weak: bool = False) -> set[str]:
    """The codes heard in a line, with or without what is not enough by itself."""
    return {catch.code for catch in hear(line, quick=True).catches if weak or not catch.weak}
