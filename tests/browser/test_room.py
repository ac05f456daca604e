"""A trainer, a projector and three phones at once, in a real browser."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from rooms import Person, RunningRoom

from browser.conftest import PHONE

pytestmark = pytest.mark.browser

Visit = Callable[..., Page]
TRAINER, PROJECTOR = {"width": 1280, "height": 800}, {"width": 1920, "height": 1080}
PUSH = "You must order a new one now."
INVITE = "It runs well. Would you like to hear what a new one would cost, or shall we leave it?"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[RunningRoom]:
    (tmp_path / "home").mkdir()
    made = RunningRoom(tmp_path / "home").start()
    yield made
    made.stop()


@pytest.fixture
def trainer(room: RunningRoom, visit: Visit) -> Page:
    return visit(room, room.door, viewport=TRAINER)


@pytest.fixture
def wall(room: RunningRoom, visit: Visit) -> Page:
    page = visit(room, room.door, viewport=PROJECTOR)
    page.goto(room.url("/course/room/wall"))
    return page


def phone(room: RunningRoom, visit: Visit, name: str) -> Page:
    """Somebody's phone, from the scanned code to the room."""
    page = visit(room, viewport=PHONE)
    page.get_by_label("A name").fill(name)
    page.get_by_role("button", name="Take a seat").click()
    page.get_by_role("link", name="Go on").click()
    expect(page.get_by_role("heading", name=f"You're in, {name}.")).to_be_visible()
    return page


def write(page: Page, text: str) -> None:
    page.get_by_role("textbox", name="Your line").fill(text)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_text("It's in. You can still change it.")).to_be_visible()


def open_round(trainer: Page, kind: str, exercise: str = "") -> None:
    trainer.get_by_label("What people do").select_option(kind)
    if exercise:
        trainer.get_by_label("A line of the course").select_option(exercise)
    trainer.get_by_role("button", name="Open it").click()


def fits(page: Page) -> bool:
    """Whether nothing has to be scrolled sideways, or, on the big screen, at all."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth && (!document.querySelector(".wall-middle")
        || document.querySelector(".wall-middle").scrollHeight <= document.querySelector(".wall-middle").clientHeight + 2)"""
    )


def test_a_room_goes_through_two_whole_rounds(
    room: RunningRoom, trainer: Page, wall: Page, visit: Visit
) -> None:
    expect(wall.get_by_role("img", name="Code to scan")).to_be_visible()
    ana, bea, carl = (phone(room, visit, name) for name in ("Ana", "Bea", "Carl"))
    expect(wall.get_by_text("3 people are here")).to_be_visible()

    open_round(trainer, "rewrite", "01-boiler")
    for page in (ana, bea, carl):
        expect(page.get_by_text("You need a new boiler, Mrs Okafor.")).to_be_visible()
    write(ana, PUSH)
    write(bea, "It runs well.")
    carl.get_by_role("button", name="I'm stuck").click()
    expect(carl.get_by_text("She asked how it is doing.")).to_be_visible()
    expect(trainer.locator(".room-figures")).to_contain_text("Stuck: Carl")
    write(carl, "<b>Rude</b> words")
    expect(wall.locator(".wall-card")).to_have_count(3)
    expect(wall.locator(".wall-card").first).to_have_text("<b>Rude</b> words")
    expect(wall.locator("mark")).to_have_count(0)
    expect(trainer.locator(".room-answer").filter(has_text="Ana")).to_contain_text("pushes")
    trainer.locator(".room-answer").filter(has_text="Carl").get_by_role("button", name="Hide").click()  # fmt: skip
    expect(wall.locator(".wall-card")).to_have_count(2)

    trainer.get_by_role("button", name="Close, and talk about it").click()
    expect(ana.get_by_text("Turn to somebody near you.")).to_be_visible()
    expect(ana.get_by_role("textbox")).to_have_count(0)
    trainer.get_by_role("button", name="Second try", exact=True).click()
    expect(ana.get_by_role("textbox", name="Your line")).to_have_value(PUSH)
    write(ana, INVITE)
    expect(ana.locator("mark")).to_have_count(0)
    trainer.get_by_role("button", name="Show what it came to").click()
    expect(ana.locator(".room-mine")).to_contain_text("invites")
    expect(wall.locator(".wall-card").filter(has_text="leave it?")).to_contain_text("invites")
    expect(wall.get_by_text("Rude")).to_have_count(0)
    for page in (wall, ana, bea):
        assert "Carl" not in page.content()

    trainer.locator(".room-answer").filter(has_text="Ana").get_by_role("button", name="As A").click()  # fmt: skip
    trainer.get_by_label("Line B").fill("Order it now.")
    open_round(trainer, "choose")
    for page in (ana, bea, carl):
        page.get_by_role("button", name="Order it now.").click()
    ana.get_by_role("button", name=INVITE).click()
    expect(wall.locator(".wall-count")).to_have_text("3 of 3")
    expect(wall.locator(".room-bar")).to_have_count(0)
    trainer.get_by_role("button", name="Close, and talk about it").click()
    trainer.get_by_role("button", name="Second try", exact=True).click()
    for page in (ana, bea, carl):
        page.get_by_role("button", name=INVITE).click()
    expect(wall.locator(".wall-count")).to_have_text("3 of 3")
    trainer.get_by_role("button", name="Show what it came to").click()
    for page in (wall, bea):
        expect(page.locator(".room-bar b")).to_have_text(["1", "3", "2", "0"])
    expect(wall.get_by_text("How the course's ear hears it: A invites · B pushes")).to_be_visible()

    trainer.get_by_role("button", name="Before and after, on the big screen").click()
    expect(wall.locator(".wall-finale li")).to_contain_text([PUSH])
    expect(ana.get_by_role("heading", name="That was it. Thank you.")).to_be_visible()
    for page in (trainer, wall, ana, bea, carl):
        assert fits(page)


def test_people_improve_each_others_lines_and_mark_what_pushes(
    room: RunningRoom, trainer: Page, wall: Page, visit: Visit
) -> None:
    ana, bea = (phone(room, visit, name) for name in ("Ana", "Bea"))
    open_round(trainer, "rewrite", "01-boiler")
    write(ana, "A line of Ana's")
    write(bea, "A line of Bea's")
    open_round(trainer, "pair")
    expect(ana.get_by_role("textbox", name="Your line")).to_have_value("A line of Bea's")
    write(ana, "Bea's line, made better")
    trainer.get_by_role("button", name="Straight to the second try").click()
    expect(bea.get_by_role("textbox", name="Your line")).to_have_value("Bea's line, made better")
    open_round(trainer, "spot", "01-studio")
    ana.get_by_role("button", name="obviously").click()
    ana.get_by_role("button", name="just").click()
    ana.get_by_role("button", name="Send").click()
    expect(ana.get_by_text("It's in.")).to_be_visible()
    trainer.get_by_role("button", name="Show what it came to").click()
    expect(wall.locator(".room-word sup")).to_have_text(["1", "1"])


def test_words_typed_while_the_server_is_gone_arrive_when_it_is_back(
    room: RunningRoom, trainer: Page, visit: Visit
) -> None:
    ana = phone(room, visit, "Ana")
    open_round(trainer, "rewrite", "01-boiler")
    box = ana.get_by_role("textbox", name="Your line")
    box.fill("typed before")
    room.kill()
    box.fill(INVITE)
    ana.get_by_role("button", name="Send").click()
    expect(ana.get_by_text("On its way…")).to_be_visible()
    expect(ana.get_by_text("Looking for the room.")).to_be_visible()
    banner, bar = ana.locator(".up-gone").bounding_box(), ana.locator(".room-actions").bounding_box()  # fmt: skip
    assert banner
    assert bar
    assert banner["y"] + banner["height"] <= bar["y"]  # it doesn't lie over the button
    ana.wait_for_timeout(1500)
    room.start()
    expect(ana.get_by_text("It's in. You can still change it.")).to_be_visible()
    expect(ana.get_by_text("Looking for the room.")).to_be_hidden()
    assert [one["value"] for one in room.events() if one["do"] == "answer"] == [INVITE]
    expect(trainer.locator(".room-answer")).to_contain_text(["leave it?"])


def test_a_half_written_line_outlives_a_reload(
    room: RunningRoom, trainer: Page, visit: Visit
) -> None:
    ana = phone(room, visit, "Ana")
    open_round(trainer, "rewrite", "01-boiler")
    ana.get_by_role("textbox", name="Your line").fill("half a li")
    ana.reload()
    expect(ana.get_by_role("textbox", name="Your line")).to_have_value("half a li")


def test_somebody_stuck_sees_the_hint_on_a_small_phone(
    room: RunningRoom, trainer: Page, visit: Visit
) -> None:
    ana = phone(room, visit, "Ana")
    ana.set_viewport_size({"width": 320, "height": 640})
    open_round(trainer, "rewrite", "01-boiler")
    ana.get_by_role("button", name="I'm stuck").click()
    hint, bar = ana.locator(".room-hint"), ana.locator(".room-actions")
    expect(hint).to_be_in_viewport(ratio=1)
    found, above = hint.bounding_box(), bar.bounding_box()
    assert found
    assert above
    assert found["y"] + found["height"] <= above["y"]


def test_two_touches_of_the_button_take_one_seat(room: RunningRoom, visit: Visit) -> None:
    ana = visit(room, viewport=PHONE)
    ana.get_by_label("A name").fill("Ana")
    ana.get_by_role("button", name="Take a seat").dblclick()
    ana.wait_for_load_state("networkidle")
    if ana.get_by_role("link", name="Go on").count():
        ana.get_by_role("link", name="Go on").click()
    expect(ana.get_by_role("heading", name="You're in, Ana.")).to_be_visible()


def test_where_nothing_can_be_sent_by_itself_a_phone_asks(
    room: RunningRoom, trainer: Page, visit: Visit
) -> None:
    ana = visit(room, viewport=PHONE)
    ana.route("**/stream", lambda route: route.abort())
    ana.get_by_label("A name").fill("Ana")
    ana.get_by_role("button", name="Take a seat").click()
    ana.get_by_role("link", name="Go on").click()
    expect(ana.get_by_role("heading", name="You're in, Ana.")).to_be_visible()
    open_round(trainer, "rewrite", "01-boiler")
    write(ana, INVITE)
    expect(trainer.locator(".room-figures")).to_contain_text("1 of 1 answered")


def test_an_older_phone_can_answer_as_well(room: RunningRoom, trainer: Page, visit: Visit) -> None:
    ana = visit(room, viewport=PHONE)
    ana.add_init_script("delete AbortSignal.timeout")  # a phone of 2021 knows none
    ana.get_by_label("A name").fill("Ana")
    ana.get_by_role("button", name="Take a seat").click()
    ana.get_by_role("link", name="Go on").click()
    open_round(trainer, "rewrite", "01-boiler")
    write(ana, INVITE)


def test_the_clock_says_where_the_plan_stands(room: RunningRoom, trainer: Page) -> None:
    trainer.get_by_label("Plan").select_option("Two hours")
    trainer.get_by_role("button", name="Start the clock").click()
    expect(trainer.locator(".plan-now")).to_contain_text("Arriving")
    trainer.get_by_role("button", name="Next", exact=True).click()
    expect(trainer.locator(".plan-now")).to_contain_text("The first line, together")
    expect(trainer.locator(".plan-next")).to_contain_text("5 minutes to spare")


def test_deleting_asks_first_and_then_sends_everyone_to_the_door(
    room: RunningRoom, trainer: Page, visit: Visit
) -> None:
    ana = phone(room, visit, "Ana")
    open_round(trainer, "rewrite", "01-boiler")
    write(ana, INVITE)
    trainer.get_by_role("button", name="Delete everything…").click()
    trainer.get_by_role("button", name="Keep it").click()
    expect(trainer.locator(".room-answer")).to_have_count(1)
    trainer.get_by_role("button", name="Delete everything…").click()
    trainer.get_by_role("button", name="Delete it all").click()
    expect(trainer.get_by_text("Everything is deleted.")).to_be_visible()
    expect(ana.get_by_role("heading", name="Come in")).to_be_visible()
    assert ana.evaluate("localStorage.length") == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_views_can_be_used_by_everyone(room: RunningRoom, visit: Visit, scheme: str) -> None:
    trainer = Person(room).as_trainer()
    people = [Person(room).join(f"Person {n}") for n in range(6)]
    pages = [visit(room, room.door, viewport=TRAINER, scheme=scheme), visit(room, room.door, viewport=PROJECTOR, scheme=scheme)]  # fmt: skip
    pages[1].goto(room.url("/course/room/wall"))
    mine = visit(room, viewport=PHONE, scheme=scheme)
    mine.get_by_label("A name").fill("Ana")
    mine.get_by_role("button", name="Take a seat").click()
    mine.goto(room.url("/course/room"))
    pages.append(mine)
    long = "A very long line that goes on and on without ever coming to its point. " * 8

    def look(at: str) -> None:
        for page in pages:
            expect(page.locator("h1")).to_be_visible()
            page.wait_for_timeout(600)
            found = Axe().run(page, options={"rules": {"region": {"enabled": False}}})
            assert not found.response["violations"], f"{at}: {found.generate_report()}"
            assert fits(page), at

    look("start")
    trainer.open("rewrite", line="You need a new boiler.", situation="A boiler is old.")
    for n, one in enumerate(people):
        one.say([PUSH, INVITE, long[:590]][n % 3])
    look("rewrite")
    trainer.do("stage", round=1, to="shown")
    look("rewrite shown")
    trainer.open("spot", line="You really should sign today.")
    look("spot")
    trainer.open("choose", options=[PUSH, INVITE, "W" * 300])
    people[0].say(1, round=3)
    trainer.do("stage", round=3, to="shown")
    look("choose shown")
    trainer.do("screen", to="finale")
    look("finale")
