"""Everybody can use it: axe finds nothing serious, in both themes, and text grows without breaking the page."""

from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from conftest import Course
from playwright.sync_api import Page, expect

from browser.conftest import DESK, PHONE

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
LESSON = "/course/lesson/05-four-invitations"
PAGES = ["/course/", "/course/lesson/00-welcome", LESSON, "/course/lesson/11-capstone",
         "/course/quiz/05-four-invitations", "/course/review", "/course/lesson/none"]  # fmt: skip
GRAVE = ("serious", "critical")


def grave(page: Page) -> list[str]:
    """What axe finds serious or critical, with the elements it means."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found
        if one["impact"] in GRAVE
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(
    course_at_home: Course, visit: Visit, scheme: str
) -> None:
    page = visit(course_at_home, scheme=scheme)
    for path in PAGES:
        page.goto(course_at_home.url(path))
        page.wait_for_selector("main")
        page.wait_for_timeout(300)
        assert grave(page) == [], path


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_what_a_page_answers(
    fresh: Course, visit: Visit, scheme: str
) -> None:
    page = visit(fresh, LESSON, scheme=scheme)
    page.get_by_text("All lessons").click()
    check = page.locator(".up-check").first
    check.locator("input").first.check()
    check.get_by_role("button", name="That's my answer").click()
    editor = page.locator(".up-editor").first
    editor.locator("textarea").fill("You must sign today. What would you like to know?")
    editor.get_by_role("button", name="What does the buyer hear?").click()
    editor.get_by_role("button", name="A hint").click()
    expect(editor.locator(".up-hints li")).to_be_visible()
    expect(editor.locator(".up-verdict .up-heard li").first).to_be_visible()
    page.wait_for_timeout(400)
    assert grave(page) == []
    page.goto(fresh.url("/course/"))
    assert grave(page) == []


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_text_twice_as_large_breaks_no_page(
    course_at_home: Course, visit: Visit, viewport: dict[str, int]
) -> None:
    page = visit(course_at_home, viewport=viewport)
    for path in PAGES:
        page.goto(course_at_home.url(path))
        page.add_style_tag(content="html { font-size: 200% !important; }")
        page.wait_for_timeout(100)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= viewport["width"], path


def test_on_a_phone_every_target_is_as_tall_as_a_thumb(
    course_at_home: Course, visit: Visit
) -> None:
    page = visit(course_at_home, viewport=PHONE)
    for path in PAGES:
        page.goto(course_at_home.url(path))
        page.wait_for_timeout(300)
        low = page.evaluate("""() => [...document.querySelectorAll("a, button, summary, input, select, textarea")]
            .filter((one) => one.checkVisibility() && !one.closest(".up-prose p, .up-prose li, .up-next, .up-skip"))
            .map((one) => [one.textContent, (one.closest("label, .up-lessons h3") ? one.closest("label, li") : one).getBoundingClientRect().height])
            .filter(([, height]) => height < 40)""")
        assert low == [], path


def test_nothing_moves_while_a_lesson_opens(course_at_home: Course, visit: Visit) -> None:
    page = visit(course_at_home, viewport=PHONE)
    page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => list.getEntries().forEach((e) => { moved += e.value; }))"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    for path in PAGES:
        page.goto(course_at_home.url(path))
        page.wait_for_timeout(500)
        assert page.evaluate("window.moved") < 0.01, path


@pytest.mark.parametrize("path", [*PAGES, "/course/mine", "/course/quiz/pre-test"])
def test_every_page_is_walked_by_keyboard_with_the_focus_in_sight(
    course_at_home: Course, visit: Visit, path: str
) -> None:
    page = visit(course_at_home, path)
    page.wait_for_timeout(400)
    # Radio buttons of one group, and words to mark, are one stop each.
    stops = page.evaluate(
        """() => {
            const seen = new Set();
            return [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")]
                .filter((n) => n.tabIndex >= 0 && !n.disabled && n.checkVisibility() && n.type !== "hidden")
                .filter((n) => n.type !== "radio" || (!seen.has(n.name) && seen.add(n.name))).length;
        }"""
    )
    for stop in range(stops):
        page.keyboard.press("Tab")
        tag, ring = page.evaluate(
            """() => { const at = document.activeElement;
                return [at.tagName, getComputedStyle(at.closest(".up-option, .up-field") ?? at).outlineStyle]; }"""
        )
        assert tag != "BODY", f"{stop} of {stops} reached"
        assert ring != "none", f"no focus to be seen at stop {stop + 1}"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "BODY"


def test_a_lesson_by_keyboard_alone(fresh: Course, visit: Visit) -> None:
    page = visit(fresh, LESSON)
    page.wait_for_selector(".up-editor")
    reached: list[str] = []
    for _ in range(120):
        page.keyboard.press("Tab")
        told = page.evaluate(
            """() => { const at = document.activeElement; const box = at.getBoundingClientRect();
                const ring = getComputedStyle(at.closest('.up-option, .up-field') ?? at);
                return [at.tagName, (at.textContent || at.id || '').trim().slice(0, 30), ring.outlineStyle, box.width * box.height > 0]; }"""
        )
        if told[0] == "BODY":
            break
        assert told[2] != "none", f"no focus to be seen at {told}"
        reached.append(told[1])
    assert reached.count("What does the buyer hear?") == 4
    assert any("Next:" in one for one in reached)
