"""The front door, started for real."""

import html
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
import websocket
from conftest import ROOT, Course

from unpushy import course
from unpushy.progress import Attempt, Progress
from unpushy.server import places
from unpushy.server.extension import MOST_KERNELS


def test_home_shows_the_first_line_and_the_lessons(own_course: Course) -> None:
    own_course.start()
    status, page = own_course.get("/course/")
    assert status == 200
    assert "You need this in your life." in page
    for lesson in places.lessons():
        assert f"/course/lesson/{lesson.slug}" in page
    assert len(page) < 20_000


def test_home_says_what_is_worth_another_look_pushes_and_invitations_apart(
    own_course: Course,
) -> None:
    own_course.start()
    kept = Progress(f"sqlite:///{own_course.data / 'progress.sqlite'}")
    quizzes = {item: one for item, one in course.questions().items() if not one.form}

    def slip(lesson: int) -> str:
        for item, one in quizzes.items():
            if one.lesson == lesson:
                kept.record(Attempt("me", item, [0], 0.0, 1.0, "v"))
        kept.record(Attempt("me", f"{lesson:02}-boiler", "x", 0.0, 1.0, "v"))
        return own_course.get("/course/")[1]

    assert "worth another look" not in slip(1)
    page = slip(5)
    pushes, invitations = (
        set(re.findall(r"<li>(.*?)</li>", page.partition(title)[2].partition("</ul>")[0]))
        for title in ("Pushes worth another look", "Invitations worth another look")
    )
    assert pushes
    assert pushes <= {html.escape(one.name, quote=False) for one in course.tactics().values()}
    assert invitations
    assert invitations <= {html.escape(one.name, quote=False) for one in course.moves().values()}


def test_the_test_before_the_course_is_offered_before_the_course_alone(own_course: Course) -> None:
    own_course.start()
    kept = Progress(f"sqlite:///{own_course.data / 'progress.sqlite'}")
    kept.record(Attempt("me", "00-second-line", "x", 0.5, 1.0, "v"))
    assert "before you begin" in own_course.get("/course/")[1]
    kept.record(Attempt("me", "02-peel", "x", 0.5, 1.0, "v"))
    assert "before you begin" not in own_course.get("/course/")[1]


def test_all_lessons_say_what_is_left_of_those_begun(own_course: Course) -> None:
    own_course.start()
    kept = Progress(f"sqlite:///{own_course.data / 'progress.sqlite'}")
    first, second = places.lessons()[1:3]
    for line in (*first.lines, second.lines[0]):
        kept.record(Attempt("me", line, "x", 1.0, 1.0, "v"))
    _, page = own_course.get("/course/lesson/04-be-present")
    menu = page.partition("All lessons")[2].partition("</ol>")[0]
    rows = [re.sub(r"<[^>]*>|\s+", " ", row) for row in menu.split("<li")[1:]]
    assert "quiz open" in rows[1]
    assert f"1 of {len(second.lines)} lines" in rows[2]
    assert "lines" not in rows[3]
    assert f"0 of {len(places.lessons()[4].lines)} lines" in rows[4]
    assert "Quiz open" in own_course.get("/course/")[1]


def test_a_stranger_is_asked_who_they_are(course_at_home: Course) -> None:
    for path in ("/course/", "/course/lesson/01-bought-not-sold", "/lab"):
        with urllib.request.urlopen(course_at_home.url(path)) as reply:
            assert "/login" in reply.url


def test_it_listens_on_loopback_alone(course_at_home: Course) -> None:
    others = {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)}
    for address in others - {"127.0.0.1", "127.0.1.1"}:
        with pytest.raises(OSError, match=r"refused|timed out"):
            socket.create_connection((address, course_at_home.port), timeout=2).close()


@pytest.mark.parametrize(
    "path",
    [
        "/course/lesson/01-bought-not-sold.ipynb",
        "/course/lesson/99-nothing",
        "/course/lesson/..%2f..%2fexercises",
        "/course/quiz/nothing",
        "/voila/render/exercises/01-bought-not-sold/01-bought-not-sold.ipynb",
        "/voila/render/lessons/01-bought-not-sold.ipynb",
        "/voila/tree",
        "/voila/files/exercises/01-bought-not-sold/01-bought-not-sold.ipynb",
    ],
)
def test_what_is_no_page_of_the_course_is_not_shown(course_at_home: Course, path: str) -> None:
    status, page = course_at_home.get(path)
    assert status in (400, 404)
    assert "%%rewrite" not in page


def test_a_page_that_is_not_there_leads_back_home(course_at_home: Course) -> None:
    _, page = course_at_home.get("/course/lesson/99-nothing")
    assert "There is no such page" in page
    assert 'href="/course/"' in page


def test_every_page_forbids_the_browser_to_ask_others(course_at_home: Course) -> None:
    for path in ("/course/", "/course/lesson/01-bought-not-sold", "/lab"):
        request = urllib.request.Request(
            course_at_home.url(path), headers={"Authorization": f"token {token(course_at_home)}"}
        )
        with urllib.request.urlopen(request) as reply:
            policy = reply.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy
            assert "http" not in policy


def token(running: Course) -> str:
    return running.address.rpartition("=")[2]


def ask(
    running: Course, body: bytes, at: str = "practise/00-first-line"
) -> tuple[int, dict[str, object]]:
    request = urllib.request.Request(
        running.url(f"/course/desk/{at}"),
        data=body,
        headers={"Authorization": f"token {token(running)}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, {}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a" * 100_000,
        "🙂🙂 you need to sign",
        "שלום, you must",
        "<script>alert(1)</script>",
        "a\0b",
    ],
    ids=range(6),
)
def test_whatever_is_typed_is_answered_and_kept(course_at_home: Course, text: str) -> None:
    for do in ("hear", "keep", "check"):
        status, reply = ask(course_at_home, json.dumps({"do": do, "text": text}).encode())
        assert status == 200
        assert "error" not in reply
    _, opening = ask(course_at_home, b'{"do": "open"}')
    assert opening["draft"] == text.replace("\0", "\ufffd")
    _, page = course_at_home.get("/course/")
    assert "<script>alert" not in page


def test_what_is_no_request_is_refused(course_at_home: Course) -> None:
    assert ask(course_at_home, b"{")[0] == 400
    assert ask(course_at_home, b"[]")[0] == 400
    assert ask(course_at_home, b'{"do": "keep", "text": "' + b"a" * 1_000_001 + b'"}')[0] == 413


def test_a_taken_port_is_said_and_another_one_used(own_course: Course) -> None:
    with socket.create_server(("127.0.0.1", own_course.port)):
        wanted = own_course.port
        own_course.start()
    assert own_course.port != wanted
    assert f"Port {wanted} is taken" in own_course.said
    assert own_course.get("/course/")[0] == 200


def test_a_second_instance_points_to_the_first(own_course: Course) -> None:
    own_course.start()
    second = subprocess.run(
        [sys.executable, "-m", "unpushy", "course", "--no-browser"],
        env=own_course.environment, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert second.returncode == 0
    assert "already running" in second.stdout
    assert own_course.address in second.stdout


def test_a_home_that_cannot_be_written_to_is_no_hindrance(own_course: Course) -> None:
    own_course.home.mkdir()
    nowhere = own_course.home / "a-file"
    nowhere.touch()
    own_course.start(HOME=str(nowhere), XDG_DATA_HOME=str(nowhere), UNPUSHY_DATA="")
    assert own_course.get("/course/")[0] == 200
    assert (own_course.home / "work" / ".progress" / "progress.sqlite").exists()


def test_where_nothing_can_be_kept_it_says_so_and_ends(own_course: Course) -> None:
    own_course.home.mkdir()
    (own_course.home / "data").touch()
    with pytest.raises(AssertionError, match="no folder to keep your progress in"):
        own_course.start()


def test_my_work_is_copied_once_and_never_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course_folder, work = tmp_path / "course", tmp_path / "work"
    lesson = course_folder / "lessons" / "01-a.ipynb"
    other = course_folder / "lessons" / "02-b.ipynb"
    lesson.parent.mkdir(parents=True)
    (course_folder / "exercises").mkdir()
    lesson.write_text("1")
    other.write_text("1")
    monkeypatch.setenv("UNPUSHY_COURSE", str(course_folder))
    monkeypatch.setenv("UNPUSHY_WORK", str(work))
    mine, untouched = work / "lessons" / "01-a.ipynb", work / "lessons" / "02-b.ipynb"

    assert places.copy_for_the_learner() == []
    mine.write_text("my own words")
    lesson.write_text("2")
    other.write_text("2")
    assert places.copy_for_the_learner() == ["lessons/01-a.ipynb"]
    assert mine.read_text() == "my own words"
    assert untouched.read_text() == "2"

    mine.unlink()
    assert places.copy_for_the_learner() == []
    assert mine.read_text() == "2"


def test_solutions_never_reach_the_learners_folder(course_at_home: Course) -> None:
    names = {path.name for path in (course_at_home.home / "work").iterdir()}
    assert names == {"lessons", "exercises", ".copied.json"}


def test_a_page_that_is_left_lets_its_kernel_go(own_course: Course) -> None:
    slug = own_course.write_lesson(12, "import ipywidgets\nipywidgets.IntSlider()")
    own_course.start()
    _, page = own_course.get(f"/course/lesson/{slug}")
    kernel = re.search(r"/course/leave/([\w-]+)", page)
    assert kernel
    assert json.loads(own_course.get("/api/kernels")[1])
    request = urllib.request.Request(
        own_course.url(kernel[0]), data=b"", headers={"Authorization": f"token {token(own_course)}"}
    )
    urllib.request.urlopen(request).close()
    until = time.monotonic() + 10
    while json.loads(own_course.get("/api/kernels")[1]):
        assert time.monotonic() < until
        time.sleep(0.1)


def test_pages_of_the_course_need_no_kernel(course_at_home: Course) -> None:
    for path in ("", "lesson/01-bought-not-sold", "quiz/01-bought-not-sold", "review"):
        assert course_at_home.get(f"/course/{path}")[0] == 200
    assert json.loads(course_at_home.get("/api/kernels")[1]) == []


def test_beyond_what_the_machine_carries_a_page_asks_for_a_moment(own_course: Course) -> None:
    slug = own_course.write_lesson(12, "import ipywidgets\nipywidgets.IntSlider()")
    own_course.start()
    headers = {"Authorization": f"token {token(own_course)}"}
    for _ in range(MOST_KERNELS):
        request = urllib.request.Request(own_course.url("/api/kernels"), b"{}", headers)
        urllib.request.urlopen(request).close()
    status, page = own_course.get(f"/course/lesson/{slug}")
    assert status == 503
    assert "One moment" in page
    assert own_course.get("/course/lesson/01-bought-not-sold")[0] == 200


@pytest.mark.parametrize(
    "at",
    ["practise/01-tuner", "practise/none", "ask/01-q-order", "ask/pre-1", "quiz/quiz-99", "quiz/1"],
)
def test_only_what_stands_on_a_page_is_answered(course_at_home: Course, at: str) -> None:
    status, reply = ask(course_at_home, b'{"do": "open"}', at)
    assert status == 200
    assert list(reply) == ["error"]


def test_what_was_met_may_be_asked_again(own_course: Course) -> None:
    own_course.start()
    _, paper = ask(own_course, b'{"do": "open"}', "quiz/quiz-01")
    assert paper["questions"]
    ask(
        own_course, b'{"do": "check", "text": "What would you like to know?"}', "practise/01-boiler"
    )
    assert ask(own_course, b'{"do": "open"}', "review/today")[1]["items"] == []


def test_what_is_kept_can_be_had_and_deleted(own_course: Course) -> None:
    own_course.start()
    ask(own_course, b'{"do": "check", "text": "Would you like one?"}')
    assert "Would you like one?" in own_course.get("/course/mine.json")[1]
    _, page = own_course.get("/course/mine")
    assert "1 attempts" in page
    form = urllib.parse.urlencode({"_xsrf": re.search(r'name="_xsrf" value="([^"]+)"', page)[1]})  # type: ignore[index]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(own_course.cookies))
    with pytest.raises(urllib.error.HTTPError):
        opener.open(own_course.url("/course/mine"), b"")
    with opener.open(own_course.url("/course/mine"), form.encode()) as reply:
        assert "all deleted" in reply.read().decode()
    assert json.loads(own_course.get("/course/mine.json")[1])["attempts"] == []


def test_the_pages_own_files_are_kept_by_the_browser_until_they_change(
    course_at_home: Course,
) -> None:
    _, page = course_at_home.get("/course/lesson/01-bought-not-sold")
    names = set(re.findall(r"/course/((?:look|page)\.[0-9a-f]{12}\.(?:css|js))", page))
    assert len(names) == 2
    for name in names:
        with urllib.request.urlopen(course_at_home.url(f"/course/{name}")) as reply:
            assert "immutable" in reply.headers["Cache-Control"]
    other = re.sub(r"[0-9a-f]{12}", "0" * 12, names.pop())
    with urllib.request.urlopen(course_at_home.url(f"/course/{other}")) as reply:
        assert reply.headers["Cache-Control"] == "no-store"


def test_progress_is_where_it_is_said_to_be(course_at_home: Course) -> None:
    ask(course_at_home, b'{"do": "keep", "text": "kept here"}')
    kept = Progress(f"sqlite:///{course_at_home.data / 'progress.sqlite'}")
    assert kept.draft("me", "00-first-line") == "kept here"


def test_the_course_starts_from_any_folder(tmp_path: Path) -> None:
    code = "from unpushy.server.places import course_folder; print(course_folder())"
    environment = {k: v for k, v in os.environ.items() if k != "UNPUSHY_COURSE"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True
    )
    assert Path(done.stdout.strip()) == ROOT


def test_small_messages_of_a_kernel_do_not_wait_for_each_other(own_course: Course) -> None:
    """A reply that waits for the browser to acknowledge the message before it takes 40 ms more, as every second one
    did: three times 40 ms in any six. A busy machine is slow at times, but not in all sixty."""
    own_course.start()
    secret = token(own_course)
    made = urllib.request.Request(
        own_course.url("/api/kernels"), b"{}", {"Authorization": f"token {secret}"}
    )
    with urllib.request.urlopen(made) as reply:
        kernel = json.load(reply)["id"]
    address = own_course.url(f"/api/kernels/{kernel}/channels?token={secret}").replace("http", "ws")
    took = []
    with closing(websocket.create_connection(address, timeout=30)) as line:
        for number in range(60):
            header = {"msg_id": str(number), "msg_type": "kernel_info_request", "session": "a", "username": "", "version": "5.3"}  # fmt: skip
            asked = {"header": header, "parent_header": {}, "metadata": {}, "content": {}, "channel": "shell"}  # fmt: skip
            began = time.perf_counter()
            line.send(json.dumps(asked))
            while True:
                told = json.loads(line.recv())
                mine = told["parent_header"].get("msg_id") == str(number)
                if mine and told["msg_type"] == "kernel_info_reply":
                    break
            took.append(time.perf_counter() - began)
    assert min(sum(took[first : first + 6]) for first in range(55)) < 0.1
