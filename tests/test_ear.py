"""The ear as a whole."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unpushy.ear import INVITES, PLAIN, PUSHES, hear


def test_a_quoted_push_is_not_a_push() -> None:
    assert not hear('My old boss used to shout "you need to sign today" at people.').push


def test_a_denied_push_is_not_a_push() -> None:
    assert not hear("I won't tell you that you need this.").push


def test_a_denial_does_not_cover_what_comes_after_its_turn() -> None:
    assert hear("I won't tell you what to do, but you need to sign this today.").grade == PUSHES


def test_an_answer_in_quotation_marks_is_said_all_the_same() -> None:
    assert hear('"You need to sign this today."').grade == PUSHES


@pytest.mark.parametrize(
    "line",
    [
        "I need to check the stock before I can say.",
        "What do you need to know before you decide?",
        "Take your time, and let me know either way.",
        "The office must close at five, by law.",
        "We open at nine.",
    ],
)
def test_innocent_words_do_not_push(line: str) -> None:
    assert not hear(line).push


@pytest.mark.parametrize(
    "line",
    [
        "You need to sign today.",
        "If it's okay with you, sign here.",
        "It's up to you, but you'd be crazy to wait.",
        "Would Monday or Tuesday suit you better for the installation?",
        "No pressure! Everyone else in your street has already switched.",
    ],
)
def test_a_push_pushes_whatever_stands_around_it(line: str) -> None:
    assert hear(line).grade == PUSHES


def test_stock_phrases_are_marked_and_do_not_invite() -> None:
    hearing = hear("No pressure!")
    assert hearing.grade == PLAIN
    assert [catch.words for catch in hearing.catches] == ["No pressure"]
    assert hearing.pull == ()


def test_an_invitation_invites() -> None:
    line = "If you'd like one, I'd be glad to set it up; if not, that's fine too."
    assert hear(line).grade == INVITES


@given(st.text(max_size=200))
def test_whatever_is_typed_the_words_caught_are_words_of_the_line(line: str) -> None:
    for catch in hear(line, quick=True).catches:
        assert line[catch.start : catch.end] == catch.words


@pytest.mark.parametrize(
    "line",
    [
        "you need to " * 9000,
        "a" * 100_000,
        "sign, " * 17_000,
        "would you like " * 7000,
        "if you " * 15_000 + "?",
        "'" * 100_000,
        "\0 \0" * 1000,
        "היי, האם תרצה? " * 100,
        "most people " * 8000,
    ],
    ids=range(9),
)
def test_no_text_brings_the_rules_to_their_knees(line: str) -> None:
    # A process of its own, so that a pattern that blows up ends as a failure and not as a hang.
    code = (
        "import sys; from unpushy.ear import hear; print(hear(sys.stdin.read(), quick=True).grade)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=line, capture_output=True, text=True, timeout=20
    )
    assert done.stdout.strip() in ("0", "1", "2"), done.stderr


def test_the_quick_ear_needs_the_standard_library_only() -> None:
    code = (
        "import sys, json; from unpushy.ear import hear; hear('You need to sign.', quick=True);"
        "print(json.dumps([m for m in sys.modules if m.split('.')[0] not in sys.stdlib_module_names]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    outside = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert {m for m in outside if not m.startswith(("_", "unpushy"))} <= {
        "sitecustomize",
        "distutils-precedence",
    }
