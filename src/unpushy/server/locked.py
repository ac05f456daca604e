"""The locked server of a class: the course's pages behind a login, and nothing else.

It starts no kernel, reads no notebook of a learner's and serves no file but the course's own. Who somebody is
comes from a login alone: a signed cookie that is given for the trainer's join code, or a JupyterHub.
"""

import asyncio
import contextlib
import hmac
import logging
import os
import signal
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from tornado import httpserver, web

from unpushy.beside import many_connections, one_core_for_the_ear
from unpushy.course import CourseError
from unpushy.progress import StoreError, open_progress
from unpushy.progress.store import data_folder
from unpushy.server import pages
from unpushy.server.pages import Page
from unpushy.server.seats import SeatError, Seats, kept_secret, new_code

log = logging.getLogger(__name__)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
DAYS = 60  # that a seat's cookie lasts
LEARNER, TRAINER = "unpushy-seat", "unpushy-trainer"
MOST_TRIES, WINDOW = 20, 60.0  # of joining in vain from one address, in seconds
IDLE, SENDING = 75.0, 30.0  # seconds without a request, or for the rest of one
MOST_TAKEN = 120  # seats from one address in that time: a room may well share one


@dataclass
class Tally:
    """How often something was done of late, by address."""

    most: int
    _times: defaultdict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def full(self, address: str) -> bool:
        """Whether it was done as often as it may be."""
        times = self._times[address]
        while times and time.monotonic() - times[0] > WINDOW:
            times.popleft()
        return len(times) >= self.most

    def note(self, address: str) -> None:
        """It was done once more."""
        self._times[address].append(time.monotonic())


@dataclass
class Door:
    """How one gets into a class: its code for learners, its key for the trainer, and who sits where."""

    code: str
    key: str
    seats: Seats
    secret: str
    in_vain: Tally = field(default_factory=lambda: Tally(MOST_TRIES))
    taken: Tally = field(default_factory=lambda: Tally(MOST_TAKEN))

    @classmethod
    def of(cls, data: Path, code: str = "") -> "Door":
        """The door of the class whose data are in this folder, the same after every restart."""
        kept = data / "class-code"
        if code:
            data.mkdir(0o700, parents=True, exist_ok=True)
            kept.write_text(code, "utf-8")
        elif not kept.is_file():
            data.mkdir(0o700, parents=True, exist_ok=True)
            kept.write_text(new_code(), "utf-8")
        return cls(
            code=kept.read_text("utf-8").strip(),
            key=kept_secret(data / "class-trainer", 16),
            seats=Seats(data / "seats.jsonl"),
            secret=kept_secret(data / "class-secret"),
        )

    def opens(self, code: str) -> bool:
        """Whether this is the class's code."""
        return hmac.compare_digest(code.strip().lower().encode(), self.code.lower().encode())


class Locked(web.RequestHandler):
    """What every answer of a locked server has in common."""

    lab_url = ""

    def set_default_headers(self) -> None:
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Referrer-Policy", "same-origin")
        self.clear_header("Server")


class Seat(Locked):
    """The seat of somebody who joined by the class's code."""

    course_url = "/course"

    @property
    def door(self) -> Door:
        return self.application.settings["door"]

    def get_current_user(self) -> str | None:
        given = self.get_signed_cookie(LEARNER, max_age_days=DAYS)
        return self.door.seats.name(given.decode()) if given else None

    def learner(self) -> str:
        return str(self.current_user)

    def is_trainer(self) -> bool:
        """Whether this is the trainer."""
        return self.get_signed_cookie(TRAINER, max_age_days=DAYS) is not None

    def give(self, cookie: str, value: str) -> None:
        """Give somebody a signed cookie."""
        secure = self.request.protocol == "https"
        self.set_signed_cookie(
            cookie, value, expires_days=DAYS, httponly=True, samesite="Lax", secure=secure
        )


class Join(Page, Seat):
    """Where one takes a seat."""

    def get(self) -> None:
        if self.current_user:
            return self.redirect(_inside(self.get_argument("next", "")))
        return self._again(self.get_argument("code", ""), "", "")

    def post(self) -> None:
        if self.current_user:  # a second touch of the button, or a second seat for a second vote
            return self.redirect(_inside(self.get_argument("next", "")))
        code, name = self.get_argument("code", ""), self.get_argument("name", "")
        address = self.request.remote_ip or ""
        if self.door.in_vain.full(address) or self.door.taken.full(address):
            self.set_status(429)
            return self._again(code, name, "That was tried very often. Wait a minute, please.")
        if not self.door.opens(code):
            self.door.in_vain.note(address)
            self.set_status(403)
            return self._again(code, name, "That isn't this class's code.")
        try:
            way_back = self.door.seats.take(name, self.get_argument("way_back", ""))
        except SeatError as error:
            self.door.in_vain.note(address)
            self.set_status(409)
            return self._again(code, name, str(error), taken=self.door.seats.name(name) is not None)
        self.door.taken.note(address)
        self.give(LEARNER, str(self.door.seats.name(name)))
        return self.show(
            "seated.html.j2",
            name=self.door.seats.name(name),
            way_back=way_back,
            onward=_inside(self.get_argument("next", "")),
        )

    def _again(self, code: str, name: str, wrong: str, taken: bool = False) -> None:
        """The form, with what was typed in it."""
        onward = self.get_argument("next", "")
        self.show(
            "join.html.j2", code=code, name=name, taken=taken, wrong=wrong,
            onward=f"?{urlencode({'next': onward})}" if onward else "",
        )  # fmt: skip


class Leave(Page, Seat):
    """Leaving a seat at a machine that others use."""

    def post(self) -> None:
        self.clear_cookie(LEARNER)
        self.clear_cookie(TRAINER)
        self.redirect("/join")


class TrainerDoor(Page, Seat):
    """The trainer's way in: the address that the terminal printed."""

    onward = "/course/report"

    def get(self, key: str) -> None:
        if not hmac.compare_digest(key.encode(), self.door.key.encode()):
            raise web.HTTPError(404)
        self.give(TRAINER, "trainer")
        self.redirect(self.onward)


class ReportPage(Page):
    """What the trainer may see of the class."""

    async def get(self) -> None:
        if not self.is_trainer():  # type: ignore[attr-defined]
            raise web.HTTPError(403, "This page is for the trainer.")
        from unpushy.quiz.report import report

        named = self.get_argument("names", "") == "yes"
        shown = await asyncio.to_thread(report, None, not named)
        self.show("report.html.j2", report=shown, named=named)


class Nothing(Page, Locked):
    """Everything else is not here."""

    course_url = "/course"

    def prepare(self) -> None:
        raise web.HTTPError(404)


def _inside(address: str) -> str:
    """An address of this server's own pages: where one wanted to go, or home."""
    parts = urlsplit(address)
    inside = not parts.scheme and not parts.netloc and parts.path.startswith("/course/")
    return address if inside and "\\" not in address else "/course/"


def application(
    data: Path, code: str = "", more: Sequence[tuple[Any, ...]] = ()
) -> web.Application:
    """A class that one joins by a code; its data are kept in this folder. `more` are pages that go first."""
    door = Door.of(data, code)
    routes: list[tuple[Any, ...]] = [
        *more,
        *((f"/course{path}", page) for path, page in pages.routes(Seat)),
        (r"/course/(lesson|quiz)/([\w-]+)", pages.seated(pages.NotebookPage, Seat)),
        ("/course/report", pages.seated(ReportPage, Seat)),
        ("/", web.RedirectHandler, {"url": "/course/", "permanent": False}),
        ("/join", Join),
        ("/leave", Leave),
        (r"/trainer/([0-9a-f]+)", TrainerDoor),
    ]
    return web.Application(
        routes,
        default_handler_class=Nothing,
        cookie_secret=door.secret,
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"httponly": True, "samesite": "Lax"},
        login_url="/join",
        compress_response=True,
        log_function=log_refused,
        door=door,
    )


def log_refused(handler: web.RequestHandler) -> None:
    """Say what was refused, and by whom it was asked, without what they wrote."""
    if handler.get_status() in (403, 405, 413, 429, 500):
        log.warning("%s %s: %s", handler.get_status(), handler.request.method, handler.request.path)


def run(port: int, host: str, code: str) -> None:
    """Serve a class until stopped. Whatever prevents it is said in a sentence."""
    try:
        data = data_folder() / "class"
        os.environ["UNPUSHY_DATA"] = str(data)
        one_core_for_the_ear()
        if "JUPYTERHUB_SERVICE_PREFIX" in os.environ:
            from unpushy.server import hub

            listen = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
            app, host, port = hub.application(data), listen.hostname or host, listen.port or port
        else:
            app = application(data, code)
        open_progress()
    except (CourseError, StoreError) as error:
        sys.exit(str(error))
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    asyncio.run(serve(app, host, port, lambda: _greet(app, host, port)))


def _greet(app: web.Application, host: str, port: int) -> None:
    """Say where the class is."""
    if door := app.settings.get("door"):
        at = f"http://{'localhost' if host in ('127.0.0.1', '0.0.0.0', '') else host}:{port}"  # noqa: S104
        print(f"\n  The class is at     {at}/join", flush=True)
        print(f"  Its code is         {door.code}", flush=True)
        print(f"  For you, the trainer: {at}/trainer/{door.key}", flush=True)
        print(f"\n  Answers are kept in {os.environ['UNPUSHY_DATA']}", flush=True)
        print("  To stop, press Ctrl-C here.\n", flush=True)


async def serve(app: web.Application, host: str, port: int, greet: Callable[[], None]) -> None:
    """Serve until stopped; `greet` says where, once it is so."""
    many_connections()
    server = httpserver.HTTPServer(
        app, max_buffer_size=pages.MOST_BYTES + 65_536, idle_connection_timeout=IDLE, body_timeout=SENDING,
    )  # fmt: skip
    try:
        server.listen(port, host)
    except OSError as error:
        sys.exit(f"Port {port} at {host} can't be used: {error.strerror}. Try --port.")
    greet()
    stopped = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):  # Windows
            asyncio.get_running_loop().add_signal_handler(name, stopped.set)
    await stopped.wait()
    server.stop()
