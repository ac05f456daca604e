"""A class behind its door: who somebody is comes from the login alone, and nothing but pages is there."""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from unpushy.progress import Progress
from unpushy.server.seats import SeatError, Seats, tidy


class Class:
    """A running class."""

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    def start(self) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "UNPUSHY"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "unpushy", "class", "--port", str(self.port), "--code", "apple7"],
            env=kept | {"UNPUSHY_DATA": str(self.home), "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout
        self.said = ""
        while "Ctrl-C" not in self.said:
            line = self.process.stdout.readline()
            assert line, f"it did not start: {self.said}"
            self.said += line
        self.trainer = re.search(r"http\S+(/trainer/\S+)", self.said)[1]  # type: ignore[index]

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(10)

    def kept(self) -> Progress:
        return Progress(f"sqlite:///{self.home / 'class' / 'progress.sqlite'}")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class]:
    made = Class(tmp_path_factory.mktemp("class"))
    made.start()
    yield made
    made.stop()


@pytest.fixture(scope="module")
def student(room: Class) -> "Visitor":
    """Somebody who has a seat."""
    made = Visitor(room)
    assert made.join("A student")[0] == 200
    return made


class Visitor:
    """Somebody with a browser's memory."""

    def __init__(self, there: Class) -> None:
        self.there = there
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def ask(
        self, path: str, data: bytes | None = None, method: str | None = None, **headers: str
    ) -> tuple[int, str]:
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.there.port}{path}", data, sent, method=method
        )
        try:
            with self._opener.open(request, timeout=20) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def join(self, name: str, code: str = "apple7", **more: str) -> tuple[int, str]:
        _, page = self.ask("/join")
        given = re.search(r'name="_xsrf" value="([^"]+)"', page)
        assert given
        form = urllib.parse.urlencode({"_xsrf": given[1], "code": code, "name": name, **more})
        return self.ask("/join", form.encode())

    def desk(self, name: str, item: str, **request: object) -> dict[str, object]:
        _, page = self.ask("/course/")
        given = re.search(r'"xsrf": "([^"]+)"', page) or re.search(r'"xsrf": "([^"]+)"', self.ask("/course/lesson/01-bought-not-sold")[1])  # fmt: skip
        assert given, page
        status, said = self.ask(
            f"/course/desk/{name}/{item}", json.dumps(request).encode(),
            Content_Type="application/json", X_XSRFToken=given[1],
        )  # fmt: skip
        assert status == 200, said
        return json.loads(said)


def test_without_a_seat_one_is_led_to_the_door(room: Class) -> None:
    status, page = Visitor(room).ask("/course/lesson/01-bought-not-sold")
    assert status == 200
    assert "Come in" in page
    assert "Bought, not sold</h1>" not in page


def test_a_seat_is_taken_by_the_code_and_a_name(room: Class) -> None:
    ana = Visitor(room)
    assert ana.join("Ana", code="pear1")[0] == 403
    status, page = ana.join("Ana")
    assert status == 200
    assert "Welcome, Ana" in page
    assert "Bought, not sold" in ana.ask("/course/lesson/01-bought-not-sold")[1]
    ana.desk("practise", "01-boiler", do="keep", text="Ana's own words")
    assert room.kept().draft("Ana", "01-boiler") == "Ana's own words"


def test_a_name_is_taken_once_and_come_back_to_with_ones_own_code(room: Class) -> None:
    first = Visitor(room)
    _, page = first.join("Bea")
    way_back = re.search(r'class="up-code">([^<]+)<', page)
    assert way_back
    for alike in ("Bea", "bea", " BEA ", "b\u200bea", "Ｂea"):
        status, page = Visitor(room).join(alike)
        assert status == 409
        assert "Your own code for coming back" in page
    assert Visitor(room).join("Bea", way_back="wrong")[0] == 409
    again = Visitor(room)
    assert again.join("Bea", way_back=way_back[1])[0] == 200
    again.desk("practise", "01-boiler", do="keep", text="from the other device")
    assert room.kept().draft("Bea", "01-boiler") == "from the other device"


def test_nobody_becomes_somebody_else_by_what_they_send(room: Class) -> None:
    Visitor(room).join("Carl")
    eve = Visitor(room)
    eve.join("Eve")
    forged = {"Cookie": "unpushy-seat=Carl", "X_Forwarded_User": "Carl", "Remote_User": "Carl", "X_Learner": "Carl"}  # fmt: skip
    for name, value in forged.items():
        eve.ask("/course/?learner=Carl&user=Carl&unpushy-seat=Carl", **{name: value})
    eve.desk("practise", "01-bowl", do="keep", text="Eve wrote this", learner="Carl", who="Carl")
    assert room.kept().draft("Carl", "01-bowl") is None
    assert room.kept().draft("Eve", "01-bowl") == "Eve wrote this"
    stranger = Visitor(room)
    assert "Come in" in stranger.ask("/course/", Cookie='unpushy-seat="2|1:0|10:1|12:unpushy-seat|4:Q2FybA==|00"')[1]  # fmt: skip


def test_a_request_without_the_pages_token_is_refused(room: Class) -> None:
    dan = Visitor(room)
    dan.join("Dan")
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
def test_nothing_but_the_pages_is_there(student: "Visitor", method: str, path: str) -> None:
    data = b"{}" if method in ("POST", "PUT") else None
    status, said = student.ask(path, data, method)
    assert status in (403, 404, 405)
    assert "grade_id" not in said
    assert "cookie" not in said.lower()


def test_the_report_is_for_the_trainer_alone(room: Class) -> None:
    gil = Visitor(room)
    gil.join("Gil")
    assert gil.ask("/course/report")[0] == 403
    trainer = Visitor(room)
    status, page = trainer.ask(room.trainer)
    assert status == 200
    assert "How the class is doing" in page


def test_a_restart_leaves_everyone_seated(tmp_path: Path) -> None:
    there = Class(tmp_path)
    there.start()
    ana = Visitor(there)
    ana.join("Ana")
    there.stop()
    there.start()
    assert "Come in" not in ana.ask("/course/")[1]
    ana.desk("practise", "01-boiler", do="keep", text="still here")
    assert there.kept().draft("Ana", "01-boiler") == "still here"
    assert Visitor(there).join("Ana")[0] == 409
    there.stop()


def test_too_many_tries_at_the_door_have_to_wait(tmp_path: Path) -> None:
    there = Class(tmp_path)
    there.start()
    visitor = Visitor(there)
    seen = [visitor.join("Ana", code=f"wrong{n}")[0] for n in range(25)]
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


def test_a_name_is_shown_as_text(room: Class) -> None:
    visitor = Visitor(room)
    _, page = visitor.join("<script>alert(1)</script>")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_pages_load_nothing_that_could_run_but_their_own_script(room: Class) -> None:
    visitor = Visitor(room)
    visitor.join("Hal")
    request = urllib.request.Request(f"http://127.0.0.1:{room.port}/join")
    with urllib.request.urlopen(request) as reply:
        policy = reply.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    _, page = visitor.ask("/course/lesson/05-four-invitations")
    assert not re.search(r"<script(?![^>]*(src=|application/json))", page)
