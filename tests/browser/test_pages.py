"""The course as a person meets it, in a real browser."""

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import nbformat
import pytest
from conftest import ROOT, Course
from playwright.sync_api import Locator, Page, Route, expect
from test_in_print import ODD

from browser.conftest import DESK, PHONE
from unpushy import course, in_print
from unpushy.ear import INVITES, hear
from unpushy.feedback import unsure
from unpushy.judging import judge
from unpushy.progress import Attempt, Progress
from unpushy.quiz import Quiz
from unpushy.quiz.marking import words_of
from unpushy.server.places import lessons

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
LESSON = "/course/lesson/01-bought-not-sold"
QUIZ = "/course/quiz/01-bought-not-sold"
GOOD = "It's old but fine. What would you like to know about it?"
PAGES = ["/course/", LESSON, QUIZ]


def box(page: Page, item: str = "01-boiler"):  # type: ignore[no-untyped-def]
    return page.locator(f"#up-{item}")


def test_the_first_screen_is_a_pushy_line_and_the_buyer_answers_as_it_changes(
    fresh: Course, visit: Visit
) -> None:
    page = visit(fresh)
    line = box(page, "00-first-line")
    expect(line).to_have_value(
        "You need this in your life. Sign up now and you'll thank me on Thursday."
    )
    expect(line).to_be_in_viewport()
    expect(page.locator(".up-behind mark.push").first).to_be_visible()
    wary = page.locator(".up-says").inner_text()
    line.fill("If you'd like one, I'd be glad to bring it on Thursday; if not, that's fine too.")
    expect(page.locator(".up-behind mark.push")).to_have_count(0)
    expect(page.locator(".up-behind mark.pull").first).to_be_visible()
    expect(page.locator(".up-says")).not_to_have_text(wary)
    page.get_by_role("button", name="What does the buyer hear?").click()
    expect(page.locator(".up-verdict.passed")).to_be_visible()
    expect(page.get_by_role("link", name="See why it works")).to_be_visible()
    assert "Python" not in page.inner_text("body")


def test_no_page_needs_more_width_than_a_phone_has(course_at_home: Course, visit: Visit) -> None:
    for path in (*PAGES, "/course/lesson/06-drop-the-or", "/course/lesson/11-capstone"):
        page = visit(course_at_home, path, viewport=PHONE)
        page.wait_for_selector(".up-editor, .up-quiz")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def _contrast(page: Page, selector: str) -> float:
    return page.evaluate(
        """(selector) => {
            const light = (color) => {
              const [r, g, b] = color.match(/[\\d.]+/g).map(Number).map((c) => (c /= 255) <= .03928 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4);
              return .2126 * r + .7152 * g + .0722 * b;
            };
            const node = document.querySelector(selector);
            let ground = node;
            while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement ?? document.documentElement;
            const [a, b] = [light(getComputedStyle(node).color), light(getComputedStyle(ground).backgroundColor)].sort((x, y) => y - x);
            return (a + .05) / (b + .05);
        }""",
        selector,
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_stand_out_from_their_ground_in_both_themes(
    course_at_home: Course, visit: Visit, scheme: str
) -> None:
    page = visit(course_at_home, "/course/", scheme=scheme)
    page.wait_for_selector(".up-editor")
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground))) > 380) == (scheme == "light")
    for selector in (
        "h1",
        ".up-lead",
        ".up-situation",
        "textarea",
        ".up-says",
        ".up-says small",
        ".up-main",
        ".up-quiet",
    ):
        assert _contrast(page, selector) >= 4.5, selector


def test_the_first_minute_by_keyboard_alone(fresh: Course, visit: Visit) -> None:
    page = visit(fresh)
    page.wait_for_selector(".up-editor")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(box(page, "00-first-line")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("It's £6, every Thursday. Would you like one?")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".up-verdict")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="A hint")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".up-hints li")).to_have_count(1)


def test_a_lesson_reads_before_its_widgets_are_there_and_practises_after(
    fresh: Course, visit: Visit
) -> None:
    page = visit(fresh, LESSON)
    expect(page.get_by_role("heading", name="Bought, not sold", level=1)).to_be_visible()
    line = box(page)
    line.fill("You need to sign today, or the price is gone.")
    expect(page.locator(".up-editor").first.locator(".up-behind mark.push").first).to_be_visible()
    editor = page.locator(".up-editor").first
    for number in range(1, 4):
        editor.get_by_role("button", name=re.compile("hint")).click()
        expect(editor.locator(".up-hints li")).to_have_count(number)
    expect(editor.get_by_role("button", name=re.compile("hint"))).to_have_count(0)
    editor.get_by_role("button", name="What does the buyer hear?").click()
    expect(editor.locator(".up-verdict")).to_contain_text("The buyer hears")
    line.fill(GOOD)
    editor.get_by_role("button", name="What does the buyer hear?").click()
    expect(editor.locator(".up-verdict.passed")).to_be_visible()
    editor.get_by_role("button", name="Other ways to say it").click()
    expect(editor.locator(".up-others blockquote")).to_have_count(3)
    page.goto(fresh.url("/course/"))
    expect(page.locator(".up-lessons")).to_contain_text("1 of 4 lines turned into an invitation")


@pytest.mark.parametrize(
    "text",
    [
        "<script>document.title='hacked'</script><b>you must</b>",
        "היי, את חייבת 😀 you must",
        "a b\u2028c",
    ],
)
def test_text_stays_text(course_at_home: Course, visit: Visit, text: str) -> None:
    page = visit(course_at_home, LESSON)
    box(page).fill(text)
    page.locator(".up-editor").first.get_by_role("button", name="What does the buyer hear?").click()
    expect(page.locator(".up-verdict")).to_be_visible()
    assert page.title() != "hacked"
    assert page.locator(".up-editor b b, .up-behind b, .up-verdict script").count() == 0
    assert page.locator(".up-behind").first.inner_text().strip("\u200b\n") == box(
        page
    ).input_value().strip("\n")


def test_where_the_ear_is_not_sure_nothing_looks_like_a_yes(fresh: Course, visit: Visit) -> None:
    boiler = course.exercise("01-boiler")
    models = (model.line for one in course.exercises().values() for model in one.models)
    heard = (judge(hear(line, about=boiler), boiler) for line in models)
    line = next(one.hearing.line for one in heard if one.grade == INVITES and unsure(one))
    page = visit(fresh, LESSON)
    box(page).fill(line)
    editor = page.locator(".up-editor").first
    editor.get_by_role("button", name="What does the buyer hear?").click()
    expect(editor.locator(".up-verdict.unsure")).to_contain_text("I'm not sure about this one.")
    expect(editor.locator(".up-verdict.passed")).to_have_count(0)
    expect(editor.locator(".up-face.neutral")).to_be_visible()
    expect(editor.locator(".up-verdict")).to_contain_text("The buyer may hear")
    expect(editor.get_by_role("button", name="Other ways to say it")).to_be_visible()


def test_what_was_typed_survives_a_reload(fresh: Course, visit: Visit) -> None:
    page = visit(fresh, LESSON)
    box(page).fill("half a thought, and then")
    page.locator("#up-01-told-to-buy").fill("A vacuum cleaner.")
    page.reload()
    expect(box(page)).to_have_value("half a thought, and then")
    expect(page.locator("#up-01-told-to-buy")).to_have_value("A vacuum cleaner.")


def kernel_processes(running: Course) -> list[int]:
    found = subprocess.run(
        ["pgrep", "-f", f"ipykernel_launcher.*{running.data}"], capture_output=True, text=True
    )
    return [int(pid) for pid in found.stdout.split()]


OWN_CELL = """
import ipywidgets
from unpushy import widgets
count = ipywidgets.IntSlider(value=3, max=9, description="Doubts")
told = ipywidgets.Label("3 doubts")
count.observe(lambda change: setattr(told, "value", f"{change.new} doubts"), "value")
ipywidgets.VBox([count, told, widgets.practise("01-boiler")])
"""


def test_a_notebook_with_code_of_its_own_runs_in_the_same_frame(
    own_course: Course, visit: Visit
) -> None:
    slug = own_course.write_lesson(
        12, OWN_CELL, 'from unpushy.widgets import practise\npractise("01-studio")'
    )
    own_course.start()
    page = visit(own_course, f"/course/lesson/{slug}")
    expect(page.get_by_role("heading", name="Of my own", level=1)).to_be_visible()
    box(page, "01-studio").fill("There before any kernel.")
    handle = page.locator(".noUi-handle, [role=slider]").first
    handle.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("4 doubts")).to_be_visible()
    box(page).fill("You really must order it.")
    expect(page.locator(".up-behind mark.push").first).to_be_visible()
    page.close()
    until = time.monotonic() + 60
    while kernel_processes(own_course):
        assert time.monotonic() < until, "the page is closed and its kernel runs on"
        time.sleep(0.2)


def test_a_killed_kernel_is_announced_and_nothing_typed_is_lost(
    own_course: Course, visit: Visit
) -> None:
    slug = own_course.write_lesson(12, OWN_CELL)
    own_course.start()
    page = visit(own_course, f"/course/lesson/{slug}")
    box(page).fill("before the accident")
    page.wait_for_timeout(800)
    (pid,) = kernel_processes(own_course)
    subprocess.run(["kill", f"-{signal.SIGKILL.value}", str(pid)], check=True)
    expect(page.get_by_role("alert")).to_contain_text("stopped answering", timeout=6500)
    box(page).fill("after the accident")
    page.get_by_role("button", name="Reload the page").click()
    # A new kernel starts with the page: twenty seconds were seen where others used the processor.
    expect(box(page)).to_have_value("after the accident", timeout=60_000)
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("path", [LESSON, "/course/"])
def test_a_stopped_server_is_announced_within_five_seconds_and_nothing_typed_is_lost(
    fresh: Course, visit: Visit, path: str
) -> None:
    page = visit(fresh, path)
    line = box(page, "01-boiler" if path == LESSON else "00-first-line")
    line.fill("before the power cut")
    page.wait_for_timeout(800)
    fresh.stop()
    gone = time.monotonic()
    page.wait_for_selector(".up-gone", timeout=10_000)
    assert time.monotonic() - gone < 5.5
    line.fill("in the dark")
    page.wait_for_timeout(300)
    fresh.start()
    expect(page.locator(".up-gone")).to_have_count(0)
    item = str(line.get_attribute("id")).removeprefix("up-")
    until_kept(fresh, page, item, "in the dark")
    page.reload()
    if path == LESSON:
        expect(line).to_have_value("in the dark")


def until_kept(running: Course, page: Page, item: str, text: str) -> None:
    kept = Progress(f"sqlite:///{running.data / 'progress.sqlite'}")
    until = time.monotonic() + 10
    while kept.draft("me", item) != text:
        assert time.monotonic() < until, f"kept: {kept.draft('me', item)!r}"
        page.wait_for_timeout(100)


def at_a_rewrite(page: Page) -> Locator:
    """The box of the first question of a quiz that asks for a rewrite; those before it are answered anyhow."""
    while shown(page)["kind"] != "rewrite":
        for pick in page.locator(".up-quiz select").all():
            pick.select_option(index=1)
        for button in page.locator(".up-words button, .up-option input").all()[:1]:
            button.click()
        page.get_by_role("button", name="That's my answer").click()
        expect(page.locator(".up-verdict")).to_be_visible()
        page.locator(".up-actions .up-main").click()
    return page.locator(".up-quiz textarea")


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("/course/", lambda page: box(page, "00-first-line")),
        (LESSON, lambda page: box(page, "01-told-to-buy")),
        (QUIZ, at_a_rewrite),
    ],
    ids=["a box that listens", "one's own words", "a question of a quiz"],
)
def test_words_that_the_course_could_not_keep_at_first_are_sent_again(
    fresh: Course, visit: Visit, path: str, where: Callable[[Page], Locator]
) -> None:
    page = visit(fresh, path)
    page.wait_for_selector(".up-quiz, .up-editor, textarea")
    line = where(page)
    answered = []

    def refuse_once(route: Route) -> None:
        if '"keep"' not in (route.request.post_data or ""):
            route.continue_()
        elif not answered:
            answered.append("no")
            route.fulfill(status=500)
        else:
            reply = route.fetch()
            answered.append(reply.text())
            route.fulfill(response=reply)

    page.route("**/*", refuse_once)
    line.fill("said once")
    until = time.monotonic() + 10
    while len(answered) < 2:
        assert time.monotonic() < until, "the words weren't sent again"
        page.wait_for_timeout(100)
    page.wait_for_timeout(3000)
    assert [json.loads(reply) for reply in answered[1:]] == [{"kept": True}]
    assert page.evaluate("Object.keys(localStorage).filter(key => key.includes('unsaved'))") == []


def test_offline_and_back_what_was_typed_is_saved_and_heard(fresh: Course, visit: Visit) -> None:
    page = visit(fresh, LESSON)
    box(page).fill("on the train")
    page.context.set_offline(True)
    expect(page.locator(".up-gone")).to_be_visible(timeout=5500)
    box(page).fill(GOOD)
    editor = page.locator(".up-editor").first
    editor.get_by_role("button", name="What does the buyer hear?").click()
    expect(editor.locator("[role=status]")).to_contain_text("safe here")
    page.context.set_offline(False)
    expect(page.locator(".up-gone")).to_have_count(0)
    expect(editor.locator(".up-verdict.passed")).to_be_visible()
    until_kept(fresh, page, "01-boiler", GOOD)


def test_a_closed_lid_loses_nothing(fresh: Course, visit: Visit) -> None:
    page = visit(fresh, LESSON)
    box(page).fill("before the lid closed")
    page.wait_for_timeout(800)
    asleep = page.context.new_cdp_session(page)
    asleep.send("Page.setWebLifecycleState", {"state": "frozen"})
    fresh.stop()
    time.sleep(3)
    fresh.start()
    asleep.send("Page.setWebLifecycleState", {"state": "active"})
    box(page).fill("after it opened")
    until_kept(fresh, page, "01-boiler", "after it opened")


def test_two_tabs_on_one_line_follow_each_other_and_forget_nothing(
    fresh: Course, visit: Visit
) -> None:
    one = visit(fresh, LESSON)
    box(one).fill("what I said in the first tab")
    one.wait_for_timeout(800)
    other = one.context.new_page()
    other.goto(fresh.url(LESSON))
    expect(box(other)).to_have_value("what I said in the first tab")
    other.wait_for_timeout(1500)
    box(other).fill("another thought, in the second")
    expect(box(one)).to_have_value("another thought, in the second")
    editor = one.locator(".up-editor").first
    editor.get_by_role("button", name="What I said before").click()
    editor.locator(".up-earlier button", has_text="in the first tab").click()
    expect(box(one)).to_have_value("what I said in the first tab")
    until_kept(fresh, one, "01-boiler", "what I said in the first tab")


def test_leaving_a_line_is_answered_once_and_earlier_words_come_back(
    fresh: Course, visit: Visit
) -> None:
    page = visit(fresh, LESSON)
    editor = page.locator(".up-editor").first
    box(page).fill("You need to order the new one today.")
    page.locator("#up-01-told-to-buy").focus()
    expect(editor.locator(".up-verdict")).to_be_visible()
    assert editor.locator(".up-verdict .up-heard > li").count() <= 3
    box(page).fill(GOOD)
    expect(editor.locator(".up-verdict.up-former")).to_contain_text("About what you had before")
    page.locator("#up-01-told-to-buy").focus()
    expect(editor.locator(".up-verdict.passed")).to_be_visible()
    box(page).focus()
    page.locator("#up-01-told-to-buy").focus()
    page.wait_for_timeout(500)
    kept = Progress(f"sqlite:///{fresh.data / 'progress.sqlite'}")
    assert len(kept.attempts("me", "01-boiler")) == 2
    page.reload()
    editor.get_by_role("button", name="What I said before").click()
    editor.locator(".up-earlier button").click()
    expect(box(page)).to_have_value("You need to order the new one today.")


def test_a_line_to_be_proud_of_stands_on_the_home_page(fresh: Course, visit: Visit) -> None:
    page = visit(fresh, LESSON)
    editor = page.locator(".up-editor").first
    box(page).fill(GOOD)
    editor.get_by_role("button", name="What does the buyer hear?").click()
    proud = editor.get_by_role("button", name="I'm proud of this one")
    proud.click()
    expect(proud).to_have_attribute("aria-pressed", "true")
    page.goto(fresh.url("/course/"))
    expect(page.get_by_role("heading", name="Good to see you.")).to_be_visible()
    expect(page.locator(".up-made .up-is")).to_have_text(GOOD)
    expect(page.locator(".up-days")).to_have_attribute("aria-label", re.compile("1 invited"))
    page.get_by_role("link", name="Go on", exact=True).first.click()
    expect(box(page, "01-studio")).to_be_in_viewport()


def test_a_review_asks_anew_what_is_due(fresh: Course, visit: Visit) -> None:
    kept = Progress(f"sqlite:///{fresh.data / 'progress.sqlite'}")
    long_ago = datetime.now(UTC) - timedelta(days=30)
    kept.record(Attempt("me", "05-c-worked", [0], 0.0, 1.0, "v", at=long_ago))
    kept.record(Attempt("me", "01-boiler", GOOD, 1.0, 1.0, "v", at=long_ago))
    kept.keep_draft("me", "01-boiler", GOOD)
    page = visit(fresh)
    page.get_by_role("link", name="Review", exact=True).click()
    for number in (1, 2):
        expect(page.locator(".up-of")).to_have_text(f"{number} of 2")
        page.wait_for_selector(".up-editor, .up-check")
        if page.locator("textarea").count():
            expect(box(page)).to_have_value("")
            expect(page.locator(".up-verdict")).to_have_count(0)
            box(page).fill(GOOD)
            page.get_by_role("button", name="What does the buyer hear?").click()
        else:
            expect(page.locator("input:checked")).to_have_count(0)
            page.locator(".up-option input").first.check()
            page.get_by_role("button", name="That's my answer").click()
        page.get_by_role("button", name=re.compile("^(Next|That's it)")).click()
    expect(page.get_by_role("heading", name="That's it for today")).to_be_focused()
    page.goto(fresh.url("/course/review"))
    expect(page.locator("main")).to_contain_text("Nothing to review today")


def answer_for(question: dict[str, object]) -> object:
    """The best answer to a question as the page shows it, found in the bank by its prompt."""
    found = next(q for q in Quiz(1).bank if q.prompt == question["prompt"] and q.kind in str(question["kind"])
                 and (not q.line or words_of(q.line)[0] == question.get("words"))
                 and (not q.exercise or course.exercise(q.exercise).pushy == question.get("pushy")))  # fmt: skip
    if found.kind == "mark":
        return sorted(words_of(found.line)[1])
    if found.kind == "match":
        return {pair.line: pair.match for pair in found.pairs}
    if found.kind == "rewrite":
        return course.exercise(found.exercise).models[0].line
    return [option.text for option in found.options if option.right]


def shown(page: Page) -> dict[str, object]:
    quiz = page.locator(".up-quiz")
    kind = (
        "one or hears" if quiz.locator("input[type=radio]").count()
        else "match" if quiz.locator("select").count()
        else "several" if quiz.locator("input[type=checkbox]").count()
        else "mark" if quiz.locator(".up-words").count() else "rewrite"
    )  # fmt: skip
    asked: dict[str, object] = {"kind": kind, "prompt": quiz.locator(".up-asked").inner_text()}
    if kind == "mark":
        asked["words"] = quiz.locator(".up-words button").all_inner_texts()
    if kind == "rewrite":
        asked["pushy"] = quiz.locator(".up-pushy").inner_text().strip()
    return asked


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_a_quiz_from_the_first_question_to_the_score(
    fresh: Course, visit: Visit, viewport: dict[str, int]
) -> None:
    page = visit(fresh, QUIZ, viewport=viewport)
    size = Quiz(1).size
    for number in range(size):
        expect(page.locator(".up-quiz")).to_have_attribute(
            "aria-label", f"Question {number + 1} of {size}"
        )
        asked = shown(page)
        best = answer_for(asked)
        if asked["kind"] == "rewrite":
            page.locator(".up-quiz textarea").fill(str(best))
        elif asked["kind"] == "mark":
            for place in best:  # type: ignore[attr-defined]
                page.locator(".up-words button").nth(place).click()
        elif asked["kind"] == "match":
            for line, match in best.items():  # type: ignore[attr-defined]
                page.get_by_label(line, exact=True).select_option(match)
        else:
            for text in best:  # type: ignore[attr-defined]
                page.locator(".up-option", has_text=text).click()
        page.get_by_role("button", name="That's my answer").click()
        expect(page.locator(".up-verdict")).to_contain_text("Yes.")
        page.locator(".up-actions .up-main").click()
    expect(page.locator(".up-score")).to_have_text(f"{size} of {size}")
    page.goto(fresh.url("/course/"))
    expect(page.locator(".up-lessons")).to_contain_text(f"best quiz {size} of {size}")


def test_a_quiz_by_keyboard_alone(fresh: Course, visit: Visit) -> None:
    page = visit(fresh, QUIZ)
    page.wait_for_selector(".up-quiz")
    size = Quiz(1).size
    for _ in range(size):
        kind = shown(page)["kind"]
        page.locator(".up-asked").focus()
        if kind == "rewrite":
            page.locator(".up-quiz textarea").focus()
            page.keyboard.type("What would you like to know about it?")
        elif kind == "match":
            for _ in range(page.locator(".up-quiz select").count()):
                page.keyboard.press("Tab")
                page.keyboard.press("ArrowDown")
        else:
            page.keyboard.press("Tab")
            page.keyboard.press("Space")
        button = page.get_by_role("button", name="That's my answer")
        for _ in range(30):
            if button.evaluate("b => b === document.activeElement"):
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.locator(".up-verdict h4")).to_be_focused()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    expect(page.locator(".up-score")).to_contain_text(f"of {size}")


def test_a_quiz_goes_on_after_a_reload(fresh: Course, visit: Visit) -> None:
    page = visit(fresh, QUIZ)
    page.wait_for_selector(".up-quiz")
    first = shown(page)
    if first["kind"] == "match":
        for pick in page.locator(".up-quiz select").all():
            pick.select_option(index=1)
    else:
        page.locator(".up-option input").first.check()
    page.get_by_role("button", name="That's my answer").click()
    expect(page.locator(".up-verdict")).to_be_visible()
    page.reload()
    expect(page.locator(".up-quiz")).to_have_attribute(
        "aria-label", f"Question 2 of {Quiz(1).size}"
    )
    assert shown(page) != first


def test_neither_page_nor_websocket_carries_what_is_right_before_the_answer(
    fresh: Course, visit: Visit
) -> None:
    frames: list[str] = []
    page = visit(fresh)
    page.on(
        "websocket",
        lambda socket: socket.on("framereceived", lambda frame: frames.append(str(frame))),
    )
    page.on(
        "response", lambda reply: frames.append(reply.text()) if "/desk/" in reply.url else None
    )
    page.goto(fresh.url(QUIZ))
    page.wait_for_selector(".up-quiz")
    page.wait_for_timeout(500)
    carried = page.content() + "".join(frames)
    assert page.locator(".up-asked").inner_text() in carried
    for question in Quiz(1).bank:
        for secret in (question.why, *(option.why for option in question.options)):
            assert not secret or json.dumps(secret)[1:-1] not in carried
            assert not secret or secret not in carried


def test_an_assignment_is_opened_in_jupyterlab_and_marks_itself(
    fresh: Course, visit: Visit
) -> None:
    page = visit(fresh, LESSON)
    href = page.get_by_role("link", name="The exercise notebook").get_attribute("href")
    page.goto(fresh.url(str(href)))
    cell = page.locator(".jp-CodeCell", has_text="%%rewrite 01-tuner")
    expect(cell).to_be_visible(timeout=60_000)
    assert "jp-mod-lineWrap" in page.content() or cell.locator(".cm-lineWrapping").count()
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.type("%%rewrite 01-tuner\nYou need to get it tuned, believe me!")
    page.keyboard.press("Control+Enter")
    expect(cell.locator(".jp-OutputArea-output")).to_contain_text(
        "Some of it still pushes.", timeout=30_000
    )


def test_a_lesson_works_in_jupyterlab_too(fresh: Course, visit: Visit) -> None:
    page = visit(fresh, "/lab/tree/lessons/01-bought-not-sold.ipynb")
    expect(page.locator(".jp-MarkdownCell", has_text="Hanna").first).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    line = box(page)
    line.scroll_into_view_if_needed(timeout=30_000)
    line.fill("You must buy it dd")
    expect(page.locator(".up-behind mark.push").first).to_be_attached()
    line.press("d")
    line.press("d")
    expect(line).to_have_value(re.compile("You must buy it dd"))


def test_a_lesson_can_be_read_in_jupyterlab_before_it_runs_and_nothing_is_doubled_when_it_does(
    fresh: Course, visit: Visit
) -> None:
    page = visit(fresh, "/lab/tree/lessons/11-capstone.ipynb")
    printed = page.locator(".jp-OutputArea .jp-RenderedMarkdown")
    expect(printed.first).to_be_visible(timeout=60_000)
    expect(printed.first).to_contain_text(course.exercise("11-harbour").situation)
    expect(printed.first.locator("blockquote")).to_have_text(course.exercise("11-harbour").pushy)
    expect(page.get_by_text("Python 3 (ipykernel) | Idle")).to_be_visible(timeout=60_000)
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_text("Run All Cells", exact=True).click()
    for item in ("11-harbour", "11-mine-before", "11-plan"):
        cell = page.locator(".jp-CodeCell", has=page.locator(f"#up-{item}"))
        cell.scroll_into_view_if_needed(timeout=30_000)
        expect(cell.locator(".up-editor")).to_have_count(1)
        expect(cell.locator(".jp-RenderedMarkdown")).to_have_count(0)


def test_odd_lines_show_as_typed_in_jupyterlab(
    own_course: Course, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    slug = own_course.write_lesson(12, *map(repr, ODD))
    path = own_course.home / "course" / "lessons" / f"{slug}.ipynb"
    notebook = nbformat.read(path, 4)
    notebook.cells[0].source = "Here is $x$."
    for cell, text in zip(notebook.cells[1:], ODD, strict=True):
        line = replace(course.exercise("01-boiler"), pushy=text)
        monkeypatch.setattr(course, "exercise", lambda _, line=line: line)
        cell.outputs = [in_print.shown("practise", 0, line.id)]
    nbformat.write(notebook, path)
    own_course.start()
    page = visit(own_course, f"/lab/tree/lessons/{slug}.ipynb")
    expect(page.locator("mjx-container")).to_have_count(1, timeout=60_000)  # where it is meant
    for cell, text in zip(page.locator(".jp-CodeCell").all(), ODD, strict=True):
        cell.scroll_into_view_if_needed()
        quote = cell.locator(".jp-RenderedMarkdown blockquote")
        expect(quote).to_be_visible()
        assert quote.inner_text().split() == text.split()
        expect(cell.locator("mjx-container")).to_have_count(0)


def test_a_question_in_a_lesson_is_explained_and_asked_again(fresh: Course, visit: Visit) -> None:
    page = visit(fresh, "/course/lesson/05-four-invitations")
    drawing = page.locator("img[src$='05-four-invitations.svg']")
    expect(drawing).to_have_attribute("alt", re.compile(r".{60}"))
    assert drawing.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    check = page.locator(".up-check").first
    check.get_by_role("button", name="That's my answer").click()
    expect(check).to_contain_text("Nothing is chosen yet.")
    question = course.question("05-c-worked")
    right = next(option for option in question.options if option.right)
    check.get_by_text(right.text).click()
    check.get_by_role("button", name="That's my answer").click()
    expect(check.locator(".up-verdict h4")).to_be_focused()
    expect(check).to_contain_text(right.why)
    check.get_by_role("button", name="Ask me again").click()
    expect(check.locator("input:checked")).to_have_count(0)


def test_a_reason_is_said_once_and_a_hint_comes_up_next_to_its_button(
    fresh: Course, visit: Visit
) -> None:
    page = visit(fresh, "/course/lesson/01-bought-not-sold")
    editor = page.locator(".up-editor").first
    editor.locator("textarea").fill("You must sign today.")
    expect(editor.locator("> .up-heard li").first).to_be_visible()
    editor.get_by_role("button", name="What does the buyer hear?").click()
    expect(editor.locator(".up-verdict .up-heard li").first).to_be_visible()
    page.wait_for_timeout(1000)  # until typing has rested and the ear has listened once more
    expect(editor.locator("> .up-heard li")).to_have_count(0)
    editor.get_by_role("button", name="A hint").click()
    expect(editor.locator(".up-hints li")).to_be_visible()
    assert gap(editor.get_by_role("button", name="Another hint"), editor.locator(".up-hints")) < 40


def gap(above: Locator, below: Locator) -> float:
    """The pixels between two parts of a page, of which one stands above the other."""
    one, other = above.bounding_box(), below.bounding_box()
    assert one
    assert other
    assert other["y"] >= one["y"] + one["height"]
    return other["y"] - one["y"] - one["height"]


def test_on_a_phone_the_verdict_comes_right_under_its_button_whatever_was_opened(
    fresh: Course, visit: Visit
) -> None:
    page = visit(fresh, LESSON, viewport=PHONE)
    editor = page.locator(".up-editor").first
    check = editor.get_by_role("button", name="What does the buyer hear?")
    box(page).fill(GOOD)
    check.click()
    verdict = editor.locator(".up-verdict")
    expect(verdict).to_be_visible()
    for _ in range(3):
        editor.get_by_role("button", name=re.compile("hint")).click()
    editor.get_by_role("button", name="Other ways to say it").click()
    expect(editor.locator(".up-others blockquote")).to_have_count(3)
    assert gap(check, verdict) < 30
    box(page).fill("You need to order the new one today.")
    check.click()
    expect(verdict).to_contain_text("push")
    assert gap(check, verdict) < 30


def test_the_verdict_is_there_again_after_a_reload_and_is_no_new_try(
    fresh: Course, visit: Visit
) -> None:
    page = visit(fresh, "/course/lesson/00-welcome")
    editor = page.locator(".up-editor", has=page.locator("#up-00-second-line"))
    line = "Shall I do the soles and the heels by Friday, or is Monday soon enough for you?"
    box(page, "00-second-line").fill(line)
    editor.get_by_role("button", name="What does the buyer hear?").click()
    expect(editor.locator(".up-verdict")).to_be_visible()

    def told() -> list[list[str]]:
        return [
            editor.locator(part).all_inner_texts()
            for part in (".up-verdict", ".up-behind mark", ".up-says")
        ]

    before = told()
    page.reload()
    expect(editor.locator(".up-verdict")).to_be_visible()
    assert told() == before
    box(page, "00-second-line").focus()
    page.locator(".up-brand").focus()
    page.wait_for_timeout(500)
    kept = Progress(f"sqlite:///{fresh.data / 'progress.sqlite'}")
    assert len(kept.attempts("me", "00-second-line")) == 1
    box(page, "00-second-line").fill(line + " Or")
    expect(editor.locator(".up-verdict.up-former")).to_contain_text("About what you had before")


def test_a_lesson_counts_its_lines_as_they_turn_into_invitations(
    fresh: Course, visit: Visit
) -> None:
    kept = Progress(f"sqlite:///{fresh.data / 'progress.sqlite'}")
    first, *others = next(one.lines for one in lessons() if one.number == 1)
    for line in others:
        kept.record(Attempt("me", line, "x", 1.0, 1.0, "v"))
    page = visit(fresh, LESSON)
    counted = page.locator(".up-here [role=status]")
    here = page.locator(".up-glance a[aria-current] small")
    size = len(others) + 1
    expect(counted).to_have_text(f"{size - 1} of {size} lines turned into an invitation")
    page.get_by_text("All lessons").click()
    expect(here).to_have_text(f"{size - 1} of {size} lines")
    assert first == "01-boiler"
    box(page).fill(GOOD)
    page.locator(".up-editor").first.get_by_role("button", name="What does the buyer hear?").click()
    expect(counted).to_have_text(f"{size} of {size} lines turned into an invitation")
    expect(here).to_have_text("quiz open")


def test_a_check_speaks_in_words_and_a_quiz_says_what_its_points_are_for(
    fresh: Course, visit: Visit
) -> None:
    page = visit(fresh, "/course/lesson/00-welcome")
    check = page.locator(".up-check", has=page.locator(".up-words"))
    for words, answer in (
        (["happy"], "Not this time."),
        (["heartbroken", "happy"], "You've found part of it."),
        (["heartbroken"], "Yes, that's it."),
    ):
        for word in words:
            check.locator(".up-words button", has_text=word).click()
        check.get_by_role("button", name="That's my answer").click()
        expect(check.locator(".up-verdict h4")).to_have_text(answer)
        edges = check.locator(".up-words [aria-pressed=true]").evaluate_all(
            "all => all.map((one) => [one.firstChild.textContent, getComputedStyle(one).borderTopStyle])"
        )
        assert sorted(edges) == sorted([w, "dashed" if w == "happy" else "solid"] for w in words)
        check.get_by_role("button", name="Ask me again").click()
    page.goto(fresh.url(QUIZ))
    said = page.evaluate(
        """async () => { const { verdict } = await import(document.querySelector("script[type=module][src]").src);
            return [verdict({ points: 1 / 7, outOf: 1, answer: [2], pushing: [1, 2, 3, 4, 5, 6, 7] }),
                    verdict({ points: .5, outOf: 1, answer: [0] })].map((one) => one.textContent); }"""
    )
    assert said == [
        "Partly: 1 of the 7 words that push, 0.14 of 1 point.",
        "Partly: 0.5 of 1 point.",
    ]


def test_on_a_phone_a_gap_in_a_table_says_what_is_asked(
    course_at_home: Course, visit: Visit
) -> None:
    page = visit(course_at_home, "/course/lesson/00-welcome", viewport=PHONE)
    gaps = page.locator(".up-prose td", has_text=re.compile(r"^\s*…\s*$"))
    named = gaps.evaluate_all("all => all.map((one) => getComputedStyle(one, '::before').content)")
    assert named
    assert set(named) <= {'"what they do: "', '"what Odile hears: "'}


def test_on_a_phone_the_letters_of_drawings_can_be_read(
    course_at_home: Course, visit: Visit
) -> None:
    page = visit(course_at_home, viewport=PHONE)
    for lesson in lessons():
        page.goto(course_at_home.url(f"/course/lesson/{lesson.slug}"))
        drawing = page.locator("img[src^='drawings/']")
        source = (ROOT / "lessons" / str(drawing.get_attribute("src"))).read_text("utf-8")
        small = min(map(float, re.findall(r'font-size="([\d.]+)', source)))
        wide = drawing.evaluate("one => one.getBoundingClientRect().width")
        shown = wide / float(str(drawing.get_attribute("width")))
        assert small * shown >= 9.5, lesson.slug
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_words_of_ones_own_stand_side_by_side_and_are_kept(fresh: Course, visit: Visit) -> None:
    page = visit(fresh, "/course/lesson/11-capstone")
    before, after = (
        page.get_by_label(name) for name in ("As you said or wrote it", "As you'd say it now")
    )
    expect(page.locator(".up-workshop label")).to_have_text(
        ["As you said or wrote it", "As you'd say it now"]
    )
    before.fill("Hi Ana! You really need this, so sign today.")
    after.fill("Hi Ana! How did you get on with it?")
    page.get_by_role("button", name="What does my buyer hear?").click()
    verdict = page.locator(".up-workshop .up-verdict")
    expect(verdict).to_contain_text("Before")
    expect(verdict.locator("li.push").first).to_be_visible()
    expect(page.locator(".up-workshop mark.push").first).to_be_visible()
    # Only what invites has the colour of an invitation.
    washes = [
        verdict.locator(".up-sides > div")
        .nth(side)
        .evaluate("side => getComputedStyle(side).backgroundColor")
        for side in (0, 1)
    ] + [verdict.evaluate("all => getComputedStyle(all).backgroundColor")]
    assert [wash == "rgb(217, 240, 227)" for wash in washes] == [False, True, False]
    page.reload()
    expect(before).to_have_value("Hi Ana! You really need this, so sign today.")
    expect(after).to_have_value("Hi Ana! How did you get on with it?")
