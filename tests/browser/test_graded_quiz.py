"""A quiz that counts, in a real browser: begin, answer, hand in, and read the reasons."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Course
from playwright.sync_api import Page, expect

from browser.conftest import PHONE
from unpushy.progress import Progress

pytestmark = pytest.mark.browser

QUIZ = "/course/quiz/01-bought-not-sold"
Visit = Callable[..., Page]


@pytest.fixture
def class_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return tmp_path / "class.toml"


def answer_somehow(page: Page) -> None:
    quiz = page.locator(".up-quiz")
    if quiz.locator("textarea").count():
        quiz.locator("textarea").fill("What would you like to know about it?")
    elif quiz.locator("select").count():
        for pick in quiz.locator("select").all():
            pick.select_option(index=1)
    elif quiz.locator(".up-words").count():
        quiz.locator(".up-words button").first.click()
    else:
        quiz.locator(".up-option input").first.check()


def store(course: Course) -> Progress:
    return Progress(f"sqlite:///{course.data / 'progress.sqlite'}")


def test_a_test_at_home_tells_its_reasons_after_the_hand_in(
    own_course: Course, visit: Visit
) -> None:
    own_course.start()
    page = visit(own_course, QUIZ, viewport=PHONE)
    page.get_by_role("button", name="Take it as a test").click()
    expect(page.locator(".up-quiz")).to_contain_text("The reasons come after you have handed in")
    page.get_by_role("button", name="Begin").click()
    page.get_by_role("button", name="Leave it for later").click()
    expect(page.locator(".up-quiz")).to_have_attribute("aria-label", "Question 2 of 8")
    for number in (2, 3, 4):
        expect(page.locator(".up-quiz")).to_have_attribute("aria-label", f"Question {number} of 8")
        answer_somehow(page)
        page.get_by_role("button", name="That's my answer").click()
    expect(page.locator(".up-quiz")).to_have_attribute("aria-label", "Question 5 of 8")
    assert page.locator(".up-verdict").count() == 0

    page.reload()
    expect(page.locator(".up-quiz")).to_have_attribute("aria-label", "Question 1 of 8")
    page.get_by_role("button", name="Hand in").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hand in now?")).to_be_focused()
    expect(page.locator(".up-quiz")).to_contain_text("5 of 8 aren't answered")
    page.get_by_role("button", name="Hand in").dblclick()
    expect(page.locator(".up-score")).to_contain_text("of 8")
    expect(page.locator(".up-verdict")).to_have_count(3)
    expect(page.get_by_text("You left this one out.")).to_have_count(5)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    (paper,) = [paper for paper in store(own_course).papers("me") if paper.graded]
    assert paper.handed_in


def by_keyboard(page: Page, many: int) -> None:
    """A quiz of so many questions from beginning to end, without a mouse."""

    def press(name: str) -> None:
        button = page.get_by_role("button", name=name, exact=True)
        for _ in range(60):
            if button.count() and button.evaluate("b => b === document.activeElement"):
                return page.keyboard.press("Enter")
            page.keyboard.press("Tab")
        raise AssertionError(f"'{name}' can't be reached by the Tab key")

    press("Begin")
    for number in range(1, many + 1):
        quiz = page.locator(".up-quiz")
        expect(quiz).to_have_attribute("aria-label", f"Question {number} of {many}")
        expect(quiz.locator(".up-asked")).to_be_focused()
        page.keyboard.press("Tab")
        if quiz.locator("textarea").count():
            page.keyboard.type("What would you like to know about it?")
        elif quiz.locator("select").count():
            for _ in range(quiz.locator("select").count() - 1):
                page.keyboard.press("ArrowDown")
                page.keyboard.press("Tab")
            page.keyboard.press("ArrowDown")
        else:
            page.keyboard.press("Space")
        press("That's my answer")
    expect(page.get_by_role("heading", name="All answered.")).to_be_focused()
    press("Hand in")
    expect(page.locator(".up-score")).to_contain_text(f"of {many}")
    expect(page.get_by_role("heading", name="Your score")).to_be_focused()


def test_a_test_from_beginning_to_end_by_keyboard_alone(own_course: Course, visit: Visit) -> None:
    own_course.start()
    by_keyboard(visit(own_course, "/course/quiz/pre-test"), 15)


def test_a_class_sets_the_clock_and_asks_how_sure_one_is_and_time_may_be_added(
    own_course: Course, visit: Visit, class_file: Path
) -> None:
    class_file.write_text("[all]\nminutes = 1\nsure = true\n")
    own_course.start(UNPUSHY_CLASS=str(class_file))
    page = visit(own_course, QUIZ)
    expect(page.locator(".up-quiz")).to_contain_text("You have one minute once you begin")
    page.get_by_role("button", name="Begin").click()
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^0:[45]\d minutes left"))
    answer_somehow(page)
    page.get_by_role("button", name="That's my answer").click()
    expect(page.locator(".up-quiz")).to_contain_text("Any of the three is fine")
    page.get_by_role("button", name="very sure").click()
    page.get_by_role("button", name="That's my answer").click()
    expect(page.locator(".up-quiz")).to_have_attribute("aria-label", "Question 2 of 8")
    assert [attempt.sure for attempt in store(own_course).attempts("me")] == [3]

    class_file.write_text(
        '[all]\nminutes = 1\nsure = true\n[[extension]]\nlearner = "me"\nminutes = 10\n'
    )
    expect(page.get_by_text("There is more time now.")).to_be_visible(timeout=25_000)
    expect(page.get_by_role("timer")).to_have_text(re.compile(r"^\d+ minutes left"))
    class_file.write_text("[all]\nminutes = 1\nsure = true\ndue = 2026-01-01T00:00:00Z\n")
    expect(page.get_by_text("The time is up.")).to_be_visible(timeout=25_000)
    expect(page.locator(".up-score")).to_contain_text("of 8")
