"""A running room and what a hostile phone can't do in it; and what is left when it is killed."""

import contextlib
import http.client
import json
import re
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT
from rooms import CODE, Person, RunningRoom

from unpushy.progress import Progress
from unpushy.server import network
from unpushy.server.room import MOST_HERE, MOST_STREAMS

PUSH, INVITE = "You must sign today.", "Would you like to hear what a new one costs, or not?"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[RunningRoom]:
    (tmp_path / "home").mkdir()
    made = RunningRoom(tmp_path / "home").start()
    yield made
    if made.process.poll() is None:
        made.stop()
    assert "Uncaught" not in (tmp_path / "room.log").read_text()


@pytest.fixture
def trainer(room: RunningRoom) -> Person:
    return Person(room).as_trainer()


def eventually(true: Callable[[], Any], seconds: float = 10) -> None:
    """Wait until something is so."""
    until = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < until, "that never came true"
        time.sleep(0.05)


def stream(person: Person, view: str = "phone") -> http.client.HTTPResponse:
    """What a page is sent, as it comes."""
    connection = http.client.HTTPConnection("127.0.0.1", person.room.port, timeout=20)
    cookies = "; ".join(f"{one.name}={one.value}" for one in person.cookies)
    connection.request("GET", f"/course/room/{view}/stream", headers={"Cookie": cookies})
    return connection.getresponse()


def next_told(reply: http.client.HTTPResponse) -> dict[str, Any]:
    """The next message of a stream."""
    while True:
        line = reply.readline()
        assert line, "the stream has ended"
        if line.startswith(b"data: "):
            return json.loads(line[6:])


def test_a_phone_is_sent_a_round_as_soon_as_it_is_open(trainer: Person, room: RunningRoom) -> None:
    told = stream(Person(room).join("Ana"))
    assert next_told(told)["round"] is None
    trainer.open("rewrite", line="Buy it.")
    assert next_told(told)["round"]["line"] == "Buy it."


def test_marks_and_results_come_when_the_trainer_shows_them(
    trainer: Person, room: RunningRoom
) -> None:
    ana = Person(room).join("Ana")
    trainer.open("rewrite", line="Buy it.")
    assert ana.say(PUSH) == 200
    eventually(lambda: trainer.sees("trainer")["round"]["answers"][0]["reading"])
    assert ana.sees()["round"]["heard"] is None
    trainer.do("stage", round=1, to="second")
    assert ana.say(INVITE, stage="second") == 200
    trainer.do("stage", round=1, to="shown")
    eventually(lambda: ana.sees()["round"]["heard"])
    assert ana.sees()["round"]["heard"]["grade"] == 2
    wall = trainer.sees("wall")["round"]
    assert wall["grades"] == {"first": [1, 0, 0], "second": [0, 0, 1]}
    assert wall["answers"][0]["before"] == PUSH


def test_a_line_of_the_course_brings_its_hints_and_a_changed_one_does_not(
    trainer: Person, room: RunningRoom
) -> None:
    from unpushy import course

    ana, line = Person(room).join("Ana"), course.exercise("01-boiler")
    for number, pushy in enumerate((line.pushy, "Something else."), 1):
        trainer.open("rewrite", line=pushy, exercise="01-boiler")
        assert ana.post("say", do="stuck", round=number)[0] == 200
        assert (ana.sees()["round"]["hint"] is not None) == (number == 1)


# A hostile phone


def test_a_phone_gets_none_of_the_trainers_pages(room: RunningRoom) -> None:
    eve = Person(room).join("Eve")
    for path in (
        "trainer", "wall", "trainer/now", "wall/now", "trainer/stream", "wall/stream", "answers.csv", "answers.csv?names=yes",
        "share.html", "paper",
    ):  # fmt: skip
        assert eve.ask(f"/course/room/{path}")[0] == 403
    assert eve.ask("/course/report")[0] == 403
    assert eve.ask("/trainer/00")[0] == 404


def test_a_phone_does_nothing_that_is_the_trainers(trainer: Person, room: RunningRoom) -> None:
    eve = Person(room).join("Eve")
    trainer.open("rewrite", line="Buy it.")
    before = room.events()
    assert eve.do("stage", round=1, to="shown") == 403
    assert eve.post("delete", sure=True)[0] == 403
    for do in ("stage", "open", "pick", "screen", "clock", "begin"):
        assert eve.post("say", do=do, round=1, to="shown", room="x")[0] == 403
    assert room.events() == before
    assert Person(room).ask("/course/room/phone/now")[0] == 403


def test_nobody_posts_as_somebody_else(trainer: Person, room: RunningRoom) -> None:
    Person(room).join("Ana")
    eve = Person(room).join("Eve")
    trainer.open("rewrite", line="Buy it.")
    assert eve.say("Eve's line", who="Ana", seat="Ana", at="1999-01-01") == 200
    (kept,) = [one for one in room.events() if one["do"] == "answer"]
    assert kept["who"] == "Eve"
    assert not kept["at"].startswith("1999")
    eve.ask("/course/room/say", b'{"id": "12345678", "do": "answer"}', Cookie="unpushy-seat=Ana")
    assert len([one for one in room.events() if one["do"] == "answer"]) == 1


def test_nobody_votes_twice(trainer: Person, room: RunningRoom) -> None:
    eve = Person(room).join("Eve")
    trainer.open("vote", line="Buy it.")
    for n in range(6):
        assert eve.say(n % 3) == 200
    assert sum(trainer.sees("trainer")["round"]["tallies"]["first"]) == 1
    trainer.do("stage", round=1, to="talk")
    assert eve.say(0) == 409
    assert eve.say(0, stage="talk") == 409
    assert eve.say(0, stage="second") == 409


def test_a_retry_is_done_once_even_after_the_round_is_closed(
    trainer: Person, room: RunningRoom
) -> None:
    ana = Person(room).join("Ana")
    trainer.open("rewrite", line="Buy it.")
    for _ in range(3):
        assert ana.say("one", id="the-same-request") == 200
    trainer.do("stage", round=1, to="talk")
    assert ana.say("one", id="the-same-request") == 200
    assert len([one for one in room.events() if one["do"] == "answer"]) == 1


def test_a_browser_that_has_a_seat_takes_no_second_one(room: RunningRoom) -> None:
    eve = Person(room).join("Eve")
    assert eve.come("Eve the second")[0] == 200
    names = (room.data / "seats.jsonl").read_text()
    assert '"Eve"' in names
    assert "second" not in names


def test_a_phone_learns_no_name_and_no_result_early(trainer: Person, room: RunningRoom) -> None:
    people = [Person(room).join(name) for name in ("Zebulon", "Quirina", "Eve")]
    trainer.open("choose", options=["a", "b"])
    for n, one in enumerate(people):
        one.say(n % 2)
    seen = next_told(stream(people[2]))
    told = json.dumps(seen) + people[2].ask("/course/room")[1]
    assert "Zebulon" not in told
    assert "Quirina" not in told
    assert "tallies" not in told


def test_html_is_shown_as_text(trainer: Person, room: RunningRoom) -> None:
    bad = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
    eve = Person(room).join(bad[:40])
    trainer.open("rewrite", line=bad)
    assert eve.say(bad) == 200
    trainer.do("stage", round=1, to="second")
    eve.say(bad, stage="second")
    trainer.do("stage", round=1, to="shown")
    for person, path in ((eve, ""), (trainer, "/wall"), (trainer, "/trainer"), (trainer, "/share.html"), (trainer, "/paper")):  # fmt: skip
        page = person.ask(f"/course/room{path}")[1]
        assert "<img src=x" not in page
        assert not re.search(r"<script(?![^>]*(src=|application/json))", page)


def test_a_flood_is_refused_and_does_no_harm_to_others(trainer: Person, room: RunningRoom) -> None:
    eve, ana = Person(room).join("Eve"), Person(room).join("Ana")
    trainer.open("rewrite", line="Buy it.")
    seen = [eve.say(f"line {n}") for n in range(60)]
    assert seen[0] == 200
    assert seen.count(429) > 25
    assert ana.say(INVITE) == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"x" * 10_000, 413), (b"nonsense", 400), (b"[]", 400), (b"{}", 400), (b'{"id": "short", "do": "answer"}', 400),
     (b'{"id": ["12345678"], "do": "answer"}', 400), (b"[" * 8000, 400), (b"\xff\xfe{", 400), (b'{"id": "12345678", "do": ["answer"]}', 400),
     (b'{"id": "12345678", "do": "answer"}', 409), (b'{"id": "12345678", "do": "answer", "round": "1"}', 409),
     (b'{"id": "12345678", "do": "answer", "round": 1, "stage": {}, "value": {}}', 409)],
)  # fmt: skip
def test_what_no_page_sends_is_refused(
    running: RunningRoom, eve_alone: Person, body: bytes, status: int
) -> None:
    got, _ = eve_alone.ask("/course/room/say", body, X_XSRFToken=eve_alone.xsrf())
    assert got == status
    assert eve_alone.ask("/course/room/say", body)[0] == 403  # without the page's token


def test_half_a_sign_spoils_no_table_and_no_page(trainer: Person, room: RunningRoom) -> None:
    eve = Person(room).join("Eve")
    trainer.open("rewrite", line="Buy \ud83d it.")
    assert eve.say("half an emoji \ud83d") == 200
    trainer.do("stage", round=1, to="shown")
    for path in ("answers.csv", "answers.csv?names=yes", "share.html", "trainer", "wall"):
        assert trainer.ask(f"/course/room/{path}")[0] == 200
    assert "half an emoji ?" in trainer.ask("/course/room/share.html")[1]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_a_phone_that_opens_hundreds_of_connections_keeps_nobody_out(tmp_path: Path) -> None:
    import resource

    few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    (tmp_path / "home").mkdir()
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))  # what a Mac gives to begin with
    try:
        made = RunningRoom(tmp_path / "home").start()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (few, most))
    with contextlib.ExitStack() as idle:
        for _ in range(300):
            idle.enter_context(socket.create_connection(("127.0.0.1", made.port), timeout=5))
        Person(made).join("Ana")
    made.stop()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningRoom]:
    home = tmp_path_factory.mktemp("room") / "home"
    home.mkdir()
    made = RunningRoom(home).start()
    yield made
    made.stop()
    assert "Uncaught" not in (home.parent / "room.log").read_text()


@pytest.fixture
def eve_alone(running: RunningRoom) -> Person:
    return Person(running).join(f"Eve {uuid.uuid4().hex}")


@pytest.mark.parametrize(
    "path",
    ["/course/room/../../room.jsonl", "/course/room/room.jsonl", "/room.jsonl", "/seats.jsonl", "/api/kernels", "/lab",
     "/course/room/phone", "/course/room/%2e%2e/seats.jsonl", "/course/room/room.000000000000.jsonl", "/files/room.jsonl"],
)  # fmt: skip
def test_nothing_but_the_room_and_the_course_is_there(
    running: RunningRoom, eve_alone: Person, path: str
) -> None:
    assert eve_alone.ask(path)[0] == 404


def test_a_code_cannot_be_guessed_and_a_room_behind_one_address_gets_in(room: RunningRoom) -> None:
    for n in range(40):
        Person(room).join(f"Person {n}")
    eve = Person(room)
    form = urllib.parse.urlencode({"_xsrf": eve.xsrf(), "code": "wrong", "name": "Eve"}).encode()
    assert [eve.ask("/join", form)[0] for _ in range(21)][-1] == 429


def test_beyond_what_the_machine_carries_a_phone_is_asked_for_a_moment(room: RunningRoom) -> None:
    people = [Person(room).join(f"Person {n}") for n in range(MOST_HERE // MOST_STREAMS + 1)]
    open_ = [stream(one) for one in people for _ in range(MOST_STREAMS)]
    status, page = people[0].ask("/course/room")
    assert status == 503
    assert "One moment" in page
    for one in open_:
        one.close()
    eventually(lambda: people[0].ask("/course/room")[0] == 200, 30)


def test_a_phone_that_lost_its_network_often_is_sent_things_all_the_same(
    trainer: Person, room: RunningRoom
) -> None:
    ana = Person(room).join("Ana")
    streams = [stream(ana) for _ in range(3 * MOST_STREAMS)]
    assert next_told(streams[-1])["screen"] == "start"
    trainer.open("rewrite", line="Buy it.")
    assert next_told(streams[-1])["round"]["line"] == "Buy it."
    assert trainer.sees("trainer")["here"] == ["Ana"]


# What stays, and what goes


def test_killed_in_the_middle_it_goes_on_with_everybody_seated(
    trainer: Person, room: RunningRoom
) -> None:
    people = [Person(room).join(f"Person {n}") for n in range(5)]
    trainer.open("rewrite", line="Buy it.")
    for one in people:
        assert one.say(INVITE) == 200
    room.kill()
    room.start()
    for one in people:
        assert one.sees()["round"]["mine"] == INVITE
    trainer.do("stage", round=1, to="shown")
    eventually(lambda: sum(trainer.sees("wall")["round"]["grades"]["first"]) == 5)


def test_a_file_that_is_full_is_said_and_nothing_counts(trainer: Person, room: RunningRoom) -> None:
    ana = Person(room).join("Ana")
    trainer.open("rewrite", line="Buy it.")
    kept = room.data / "room.jsonl"
    kept.rename(room.data / "aside")
    kept.symlink_to("/dev/full")
    assert ana.say("lost") in (500, 503)
    kept.unlink()
    (room.data / "aside").rename(kept)


def test_the_table_and_the_page_to_share_hold_the_room_without_names(
    trainer: Person, room: RunningRoom
) -> None:
    ana = Person(room).join("Zebulon")
    trainer.open("rewrite", line="Buy it.")
    ana.say(PUSH)
    trainer.do("stage", round=1, to="second")
    ana.say(INVITE, stage="second")
    eventually(lambda: trainer.sees("trainer")["round"]["answers"][0]["reading"])
    table, page = (trainer.ask(f"/course/room/{one}")[1] for one in ("answers.csv", "share.html"))
    for text in (table, page):
        assert INVITE in text
        assert PUSH in text
        assert "Zebulon" not in text
    assert "Zebulon" in trainer.ask("/course/room/answers.csv?names=yes")[1]


def test_deleting_takes_a_yes_and_then_nothing_is_left(trainer: Person, room: RunningRoom) -> None:
    ana = Person(room).join("Zebulon")
    trainer.open("rewrite", line="Buy it.")
    ana.say("Zebulon's own words")
    page = ana.ask("/course/lesson/01-bought-not-sold")[1]
    token = re.search(r'"xsrf": "([^"]+)"', page)[1]  # type: ignore[index]
    ana.ask("/course/desk/practise/01-boiler", b'{"do": "keep", "text": "kept words"}', X_XSRFToken=token)  # fmt: skip
    store = Progress(f"sqlite:///{room.data / 'progress.sqlite'}")
    assert store.draft("Zebulon", "01-boiler") == "kept words"
    assert trainer.post("delete")[0] == 409
    assert ana.sees()["round"]["mine"]
    assert trainer.post("delete", sure=True)[0] == 200
    assert ana.ask("/course/room/phone/now")[0] == 410
    assert store.draft("Zebulon", "01-boiler") is None
    left = b"".join(path.read_bytes() for path in room.data.rglob("*") if path.is_file())
    assert b"own words" not in left
    assert b"Zebulon" not in left
    assert Person(room).join("Zebulon").sees()["round"] is None


def test_paper_has_the_lines_of_the_plan_and_the_cards(trainer: Person) -> None:
    page = trainer.ask("/course/room/paper?plan=Two+hours")[1]
    assert "You need a new boiler, Mrs Okafor" in page
    assert "Anand Rao" in page
    assert page.count('class="card"') == 8


def test_a_class_goes_on_as_before_in_the_same_server(room: RunningRoom) -> None:
    ana = Person(room).join("Ana")
    assert ana.ask("/course/lesson/05-four-invitations")[0] == 200
    assert "Come in" in Person(room).ask("/course/room")[1]


def test_25_people_who_come_at_once_can_all_use_a_lesson_or_a_quiz(room: RunningRoom) -> None:
    def reads(number: int) -> float:
        start = time.monotonic()
        one = Person(room).join(f"Reader {number}")
        for path in ("lesson/05-four-invitations", "quiz/quiz-01"):
            page = one.ask(f"/course/{path}")[1]
            for found in re.findall(r'(?:src|href)="(/course/(?:page|look)\.\w+\.\w+)"', page):
                assert one.ask(found)[0] == 200
        assert "error" not in one.desk("practise", "05-floor", do="hear", text=PUSH)
        assert one.desk("quiz", "quiz-01", do="begin", mode="practice")["questions"]
        return time.monotonic() - start

    with ThreadPoolExecutor(25) as pool:
        assert max(pool.map(reads, range(25))) < 15


def test_little_memory_is_said_before_a_room_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(network, "ENOUGH_MEMORY", 0)
    assert network.short_of_memory() == ""
    monkeypatch.setattr(network, "ENOUGH_MEMORY", 1 << 60)
    assert "Close other programs" in network.short_of_memory()


def test_a_second_room_at_the_same_port_says_what_to_do(room: RunningRoom, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "unpushy", "room", "--host", "127.0.0.1", "--port", str(room.port)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "--port" in done.stderr
    assert CODE in room.said
    assert "▀" in room.said  # the code to scan


def test_an_address_that_the_machine_has_not_is_said_and_its_own_are_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "unpushy", "room", "--host", "192.0.2.77", "--port", "18799"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert "hasn't the address 192.0.2.77" in done.stderr
    assert "--host" in done.stderr


def test_a_kill_under_load_loses_nothing_and_doubles_nothing() -> None:
    sys.path.insert(0, str(ROOT / "bench"))
    from room import measured  # type: ignore[import-not-found]

    # in a thread of its own: where a browser test ran before, Playwright's loop still runs in this one
    with ThreadPoolExecutor(1) as aside:
        seen = aside.submit(measured, quick=True).result()
    assert (seen["joined"], seen["answers"]) == (12, 40)
    assert seen["again"] > 0  # the kill was felt
    assert (seen["lost"], seen["doubled"], seen["wrong"], seen["unheard"]) == (0, 0, 0, 0)
    assert seen["told"] > 0
    assert seen["median"] < 300


def test_addresses_for_phones_are_ones_that_others_can_reach() -> None:
    for one in network.local_addresses():
        assert not one.startswith(("127.", "169.254."))


def test_a_new_room_puts_the_last_one_aside(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    made = RunningRoom(tmp_path / "home").start()
    Person(made).join("Ana")
    Person(made).as_trainer().open("rewrite", line="Buy it.")
    made.stop()
    assert "The last room goes on" in made.start().said
    made.stop()
    made.start("--new")
    assert "The last room goes on" not in made.said
    assert Person(made).join("Ana").sees()["round"] is None
    made.stop()
    assert len(list(made.home.glob("room-until-*"))) == 1
