"""A class behind its door, in a real browser: a quiz that counts on a phone, one by keyboard, and the trainer's report."""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, expect
from rooms import RunningClass

from browser.conftest import DESK, PHONE
from browser.test_access import grave
from browser.test_graded_quiz import answer_somehow, by_keyboard
from unpushy import course

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
QUIZ = "/course/quiz/01-bought-not-sold"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[RunningClass]:
    (tmp_path / "home").mkdir()
    rules = tmp_path / "class.toml"
    rules.write_text("[all]\nattempts = 2\n")
    made = RunningClass(tmp_path / "home").start(UNPUSHY_CLASS=str(rules))
    yield made
    made.stop()


def seated(room: RunningClass, visit: Visit, name: str, viewport: dict[str, int]) -> Page:
    """Somebody who has come in by the code and a name."""
    page = visit(room, viewport=viewport)
    page.get_by_label("A name").fill(name)
    page.get_by_role("button", name="Take a seat").click()
    page.get_by_role("link", name="Go on").click()
    return page


def test_a_quiz_that_counts_on_a_phone_and_what_the_trainer_then_sees(
    room: RunningClass, visit: Visit
) -> None:
    page = seated(room, visit, "Ana", PHONE)
    page.goto(room.url(QUIZ))
    page.get_by_role("button", name="Begin").click()
    for number in range(1, 9):
        expect(page.locator(".up-quiz")).to_have_attribute("aria-label", f"Question {number} of 8")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        answer_somehow(page)
        page.get_by_role("button", name="That's my answer").click()
    page.get_by_role("button", name="Hand in").click()
    expect(page.locator(".up-score")).to_contain_text("of 8")
    expect(page.locator(".up-verdict")).to_have_count(8)
    page.wait_for_timeout(400)  # until colours have settled
    assert grave(page) == []
    (paper,) = [paper for paper in room.kept().papers("Ana") if paper.graded]
    assert paper.handed_in

    for scheme in ("light", "dark"):
        trainer = visit(room, room.door, viewport=DESK, scheme=scheme)
        expect(trainer.get_by_role("heading", name="How the class is doing")).to_be_visible()
        expect(trainer.get_by_text("Ana")).to_have_count(0)
        trainer.get_by_role("link", name="Show names").click()
        expect(trainer.get_by_text("Ana").first).to_be_visible()
        trainer.wait_for_timeout(400)
        assert grave(trainer) == []
    page.goto(room.url("/course/report"))
    expect(page.get_by_text("This page is for the trainer.")).to_be_visible()


def test_a_quiz_that_counts_by_keyboard_alone(room: RunningClass, visit: Visit) -> None:
    page = seated(room, visit, "Bea", DESK)
    page.goto(room.url(QUIZ))
    by_keyboard(page, 8)


def test_no_page_of_a_class_uses_a_kernel_or_carries_a_key(
    room: RunningClass, visit: Visit
) -> None:
    """What comes over the wire until the hand-in says nothing of what is right."""
    page = seated(room, visit, "Cem", DESK)
    asked: list[str] = []
    told: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)
        reply = request.response()
        if reply and "desk/quiz" in request.url:
            told.append(reply.text())

    page.on("requestfinished", note)
    page.goto(room.url(QUIZ))
    told.append(page.content())
    page.get_by_role("button", name="Begin").click()
    for number in range(1, 9):
        expect(page.locator(".up-quiz")).to_have_attribute("aria-label", f"Question {number} of 8")
        answer_somehow(page)
        page.get_by_role("button", name="That's my answer").click()
    expect(page.get_by_role("heading", name="All answered.")).to_be_visible()
    assert len(told) > 8
    said = "".join(told)
    for question in course.questions().values():
        reasons = [one.why for one in (*question.options, *question.pairs)]
        assert not [why for why in (*reasons, question.why) if why and json.dumps(why) in said]
    assert not re.search(r'"(right|whys?|pushing|points)": ', said)
    assert not [url for url in asked if "/api/" in url or "/voila" in url]
