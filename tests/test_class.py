"""A class behind its door: who somebody is comes from the login alone, and nothing but pages is there."""

import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from rooms import Person, RunningClass

from unpushy.server.seats import SeatError, Seats, tidy


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningClass]:
    made = RunningClass(tmp_path_factory.mktemp("class"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def student(room: RunningClass) -> Person:
    """Somebody who has a seat."""
    made = Person(room)
    assert made.come("A student")[0] == 200
    return made


def test_without_a_seat_one_is_led_to_the_door(room: RunningClass) -> None:
    status, page = Person(room).ask("/course/lesson/01-bought-not-sold")
    assert status == 200
    assert "Come in" in page
    assert "Bought, not sold</h1>" not in page


def test_a_seat_is_taken_by_the_code_and_a_name(room: RunningClass) -> None:
    ana = Person(room)
    assert ana.come("Ana", code="pear1")[0] == 403
    status, page = ana.come("Ana")
    assert status == 200
    assert "Welcome, Ana" in page
    assert "Bought, not sold" in ana.ask("/course/lesson/01-bought-not-sold")[1]
    ana.desk("practise", "01-boiler", do="keep", text="Ana's own words")
    assert room.kept().draft("Ana", "01-boiler") == "Ana's own words"


def test_a_name_is_taken_once_and_come_back_to_with_ones_own_code(room: RunningClass) -> None:
    first = Person(room)
    _, page = first.come("Bea")
    way_back = re.search(r'class="up-code">([^<]+)<', page)
    assert way_back
    for alike in ("Bea", "bea", " BEA ", "b\u200bea", "Ｂea"):
        status, page = Person(room).come(alike)
        assert status == 409
        assert "Your own code for coming back" in page
    assert Person(room).come("Bea", way_back="wrong")[0] == 409
    again = Person(room)
    assert again.come("Bea", way_back=way_back[1])[0] == 200
    again.desk("practise", "01-boiler", do="keep", text="from the other device")
    assert room.kept().draft("Bea", "01-boiler") == "from the other device"


def test_nobody_becomes_somebody_else_by_what_they_send(room: RunningClass) -> None:
    Person(room).come("Carl")
    eve = Person(room)
    eve.come("Eve")
    forged = {"Cookie": "unpushy-seat=Carl", "X_Forwarded_User": "Carl", "Remote_User": "Carl", "X_Learner": "Carl"}  # fmt: skip
    for name, value in forged.items():
        eve.ask("/course/?learner=Carl&user=Carl&unpushy-seat=Carl", **{name: value})
    eve.desk("practise", "01-bowl", do="keep", text="Eve wrote this", learner="Carl", who="Carl")
    assert room.kept().draft("Carl", "01-bowl") is None
    assert room.kept().draft("Eve", "01-bowl") == "Eve wrote this"
    stranger = Person(room)
    assert "Come in" in stranger.ask("/course/", Cookie='unpushy-seat="2|1:0|10:1|12:unpushy-seat|4:Q2FybA==|00"')[1]  # fmt: skip


def test_a_request_without_the_pages_token_is_refused(room: RunningClass) -> None:
    dan = Person(room)
    dan.come("Dan")
    status, _ = dan.ask("/course/desk/practise/01-boiler", b'{"do": "keep", "text": "x"}')
    assert status == 403
    assert room.kept().draft("Dan", "01-boiler") is None


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/contents"), ("GET", "/api/kernels"), ("POST", "/api/kernels"),
        ("GET", "/api/kernels/x/channels"), ("GET", "/api/sessions"), ("GET", "/api/terminals"),
        ("POST", "/api/terminals"), ("GET", "/files/progress.sqlite"), ("GET", "/files/../seats.jsonl"),
        ("GET", "/lab"), ("GET", "/tree"), ("GET", "/voila/render/quiz.ipynb"), ("GET", "/nbconvert/html/x"),
        ("GET", "/course/lesson/../../solutions/01-bought-not-sold/01-bought-not-sold.ipynb"),
        ("GET", "/course/lesson/%2e%2e%2fsolutions"), ("GET", "/course/lesson/drawings/..%2f..%2fREADME.md"),
        ("GET", "/course/lesson/drawings/%2e%2e/%2e%2e/pyproject.toml"), ("GET", "/static/x"),
        ("GET", "/trainer/00"), ("GET", "/seats.jsonl"), ("DELETE", "/course/"), ("PUT", "/course/desk/practise/01-boiler"),
    ],
)  # fmt: skip
def test_nothing_but_the_pages_is_there(student: Person, method: str, path: str) -> None:
    data = b"{}" if method in ("POST", "PUT") else None
    status, said = student.ask(path, data, method)
    assert status in (403, 404, 405)
    assert "grade_id" not in said
    assert "cookie" not in said.lower()


def test_the_report_is_for_the_trainer_alone(room: RunningClass) -> None:
    gil = Person(room)
    gil.come("Gil")
    assert gil.ask("/course/report")[0] == 403
    trainer = Person(room)
    status, page = trainer.ask(room.door)
    assert status == 200
    assert "How the class is doing" in page


def test_a_restart_leaves_everyone_seated(tmp_path: Path) -> None:
    there = RunningClass(tmp_path)
    there.start()
    ana = Person(there)
    ana.come("Ana")
    there.stop()
    there.start()
    assert "Come in" not in ana.ask("/course/")[1]
    ana.desk("practise", "01-boiler", do="keep", text="still here")
    assert there.kept().draft("Ana", "01-boiler") == "still here"
    assert Person(there).come("Ana")[0] == 409
    there.stop()


def test_too_many_tries_at_the_door_have_to_wait(tmp_path: Path) -> None:
    there = RunningClass(tmp_path)
    there.start()
    visitor = Person(there)
    seen = [visitor.come("Ana", code=f"wrong{n}")[0] for n in range(25)]
    assert seen[0] == 403
    assert seen[-1] == 429
    there.stop()


def test_names_are_tidied_and_empty_ones_refused(tmp_path: Path) -> None:
    assert tidy("<b>Ana</b>\n\u202e") == "<b>Ana</b>"
    assert len(tidy("a" * 99)) == 40
    seats = Seats(tmp_path / "seats.jsonl")
    for nothing in ("", "  ", "\u200b", "!?"):
        with pytest.raises(SeatError):
            seats.take(nothing)


def test_a_name_is_shown_as_text(room: RunningClass) -> None:
    visitor = Person(room)
    _, page = visitor.come("<script>alert(1)</script>")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_pages_load_nothing_that_could_run_but_their_own_script(room: RunningClass) -> None:
    visitor = Person(room)
    visitor.come("Hal")
    request = urllib.request.Request(f"http://127.0.0.1:{room.port}/join")
    with urllib.request.urlopen(request) as reply:
        policy = reply.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    _, page = visitor.ask("/course/lesson/05-four-invitations")
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)
