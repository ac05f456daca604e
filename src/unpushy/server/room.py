"""The room on the web: a trainer's page, a projector's and a phone's, on the locked server of a class.

Pages are told of changes by server-sent events, or ask every other second where those don't pass. Each is only ever
sent the whole of what it may see, so that one that was away is right again with the next message.
"""

import asyncio
import contextlib
import errno
import json
import logging
import os
import random
import re
import socket
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import segno
from nbconvert.filters import markdown2html
from tornado import iostream, web

from unpushy import course
from unpushy.beside import one_core_for_the_ear
from unpushy.course import CourseError
from unpushy.ear import hear_all
from unpushy.progress import StoreError, open_progress
from unpushy.progress.store import data_folder
from unpushy.room import Refused, Room, after, views
from unpushy.room.export import as_csv
from unpushy.room.listening import BATCH, Listening
from unpushy.room.log import Log, LogError
from unpushy.room.plan import Step, plans
from unpushy.room.rounds import (
    FOR_PEOPLE,
    FOR_THE_TRAINER,
    LONGEST_ANSWER,
    PAIR,
    Event,
    drawn_pairs,
)  # fmt: skip
from unpushy.server import locked, network
from unpushy.server.locked import Locked, Seat, TrainerDoor
from unpushy.server.pages import PAGES, Page
from unpushy.server.places import course_folder, lessons
from unpushy.widgets.talking import script

log = logging.getLogger(__name__)

MOST_BYTES = 8_192  # of what a page sends
MOST_HERE = 150  # pages that are told of changes at once
MOST_STREAMS = 4  # of one person
AT_ONCE, A_SECOND = 20, 2.0  # requests that a seat may make at once, and go on making
GATHER = 0.1  # seconds in which changes are gathered into one message
BEAT = 10.0  # seconds after which a page is told that the room is still there
STALLED = 20.0  # seconds that a page may take to receive a message
POLLING = 15.0  # seconds after its last question that a page which asks counts as being here
VIEWS = "phone|wall|trainer"


@dataclass
class Patience:
    """How much each seat may still ask: so much at once, and then so much a second."""

    _left: dict[str, tuple[float, float]] = field(default_factory=dict)

    def allows(self, who: str) -> bool:
        """Whether somebody may ask now; asking uses some of it up."""
        now = time.monotonic()
        left, since = self._left.get(who, (float(AT_ONCE), now))
        left = min(float(AT_ONCE), left + (now - since) * A_SECOND)
        self._left[who] = max(left - 1, 0.0), now
        return left >= 1


class House:
    """A running room: its state, its file, its ear, and who is looking."""

    def __init__(self, data: Path, address: str) -> None:
        self.address = address
        self.plans = plans(course_folder() / "docs" / "teaching.md")
        self.patience = Patience()
        self.listening = Listening()
        self.streams: defaultdict[tuple[str, str], list[Stream]] = defaultdict(list)
        self._polls: dict[str, float] = {}
        self._log = Log(data / "room.jsonl")
        self.room = self._log.room()
        self._pending: list[Event] = []
        self._turn: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._listener: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    async def open(self) -> None:
        """Begin the room where nothing was kept of one, and wake the ear, which takes a second or two."""
        await asyncio.to_thread(hear_all, ["Good morning."])
        if not self.room.name:
            await self.do({"do": "begin", "room": uuid.uuid4().hex})
        self._listen()

    async def do(self, event: Event) -> None:
        """Have something happen; it is on the disk when this returns. Raises Refused or OSError."""
        room = after(self.room, event)
        if room is self.room:  # a page that asks again, perhaps before the first was written
            if self._writer:
                await asyncio.wait({self._writer})
            return
        self.room = room
        self._pending.append(event)
        self._turn = self._turn or asyncio.get_running_loop().create_future()
        turn = self._turn
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await asyncio.shield(turn)

    async def _write(self) -> None:
        """Write what has happened, all that has gathered at once; if it can't be, it has not happened."""
        while self._pending and self._turn:
            batch, turn = self._pending, self._turn
            self._pending, self._turn = [], None
            try:
                await asyncio.to_thread(self._log.add, batch)
            except OSError as error:
                log.error("%s: %s", self._log.path, error.strerror)
                self.room = self._log.room()
                for failed in (turn, self._turn):
                    if failed:
                        failed.set_exception(error)
                        failed.exception()  # whoever has gone needn't be told
                self._pending, self._turn = [], None
            else:
                turn.set_result(None)
            self.tell()
            self._listen()

    def _listen(self) -> None:
        if self._listener is None or self._listener.done():
            self._listener = asyncio.create_task(self._hear())

    async def _hear(self) -> None:
        """Hear whatever hasn't been heard yet, beside everything else."""
        while missing := self.listening.missing(self.room):
            await asyncio.to_thread(self.listening.listen, missing[:BATCH])
            self.tell()

    def tell(self) -> None:
        """Tell all pages that something has changed."""
        self._news.set()
        self._news = asyncio.Event()

    async def news(self) -> None:
        """Wait for a change, or a while."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._news.wait(), BEAT)

    async def delete(self, seats: Any) -> None:
        """Delete everything that people did in the room, and begin anew."""
        if self._writer:
            await asyncio.wait({self._writer})
        names = seats.names
        seats.clear()
        self._log.delete()
        self.room, self.listening = Room(), Listening()
        self._polls.clear()
        await asyncio.to_thread(lambda: [open_progress().forget(name) for name in names])
        await self.open()
        self.tell()

    # Who is here

    def came(self, who: str) -> None:
        """Somebody's page asked how things stand."""
        new = who not in self.here()
        self._polls[who] = time.monotonic()
        if new:
            self.tell()

    def here(self) -> list[str]:
        """Those whose phones are in touch, by name."""
        now = time.monotonic()
        asking = {who for who, at in self._polls.items() if now - at < POLLING}
        listening = {
            who for (view, who), open_ in self.streams.items() if open_ and view == "phone"
        }
        return sorted(asking | listening)

    def crowded(self) -> bool:
        """Whether as many pages are in touch as this machine should carry."""
        return sum(map(len, self.streams.values())) >= MOST_HERE

    def view(self, name: str, who: str) -> dict[str, Any]:
        """What a page shows."""
        if name == "phone":
            return views.phone(self.room, who, self.listening)
        if name == "wall":
            return views.wall(self.room, len(self.here()), self.listening)
        return views.trainer(self.room, self.here(), self.listening, self.plans, time.time())


class RoomSeat(Seat):
    """Whoever looks at a room: somebody on a seat, or the trainer."""

    @property
    def house(self) -> House:
        return self.application.settings["house"]

    def only_the_trainer(self) -> None:
        """Refuse everybody else."""
        if not self.is_trainer():
            raise web.HTTPError(403, "This page is for the trainer.")

    def looker(self, view: str) -> str:
        """The name of whoever may look at this view; nobody in particular where it is the trainer's."""
        if view == "phone":
            if not self.current_user:
                gone = self.get_signed_cookie(locked.LEARNER, max_age_days=locked.DAYS) is not None
                raise web.HTTPError(410 if gone else 403, "Your seat is gone. Join again, please.")
            return self.learner()
        self.only_the_trainer()
        return ""

    def told(self, status: int, **values: Any) -> None:
        """A short reply to a page's script."""
        self.set_status(status)
        self.set_header("Cache-Control", "no-store")
        self.finish(values)

    def asked(self) -> dict[str, Any]:
        """What a page sent."""
        if len(self.request.body) > MOST_BYTES:
            raise web.HTTPError(413, "That is more than a line.")
        try:
            sent = json.loads(self.request.body)
        except (ValueError, RecursionError):
            sent = None
        if not isinstance(sent, dict) or not re.fullmatch(r"[\w-]{8,64}", str(sent.get("id"))):
            raise web.HTTPError(400, "That can't be read.")
        if not isinstance(sent.get("do", ""), str):
            raise web.HTTPError(400, "That can't be read.")
        return sent

    async def done(self, event: dict[str, Any]) -> None:
        """Have it happen, and say how that went."""
        try:
            await self.house.do(event | {"at": datetime.now(UTC).isoformat(timespec="seconds")})
        except Refused as error:
            return self.told(409, refused=str(error))
        except OSError:
            return self.told(503, refused="The laptop couldn't keep that. Is its disk full?")
        return self.told(200, done=True)


class RoomPage(Page, RoomSeat):
    """One of the three views, as a page that its script fills."""

    async def get(self, view: str) -> None:
        view = view or "phone"
        if view == "phone" and not self.current_user:
            return self.redirect("/join?next=/course/room")
        self.looker(view)
        if view == "phone" and self.house.crowded():
            self.set_status(503)
            self.set_header("Refresh", "5")
            return self.show("moment.html.j2")
        told = {"view": view, "xsrf": self.xsrf_token.decode(), "longest": LONGEST_ANSWER}
        if view == "phone":
            told["name"] = self.learner()
        else:
            told |= invitation(self.house.address, self.door.code)
        if view == "trainer":
            told |= await asyncio.to_thread(_materials, self.house.plans)
        title = {"phone": "The room", "wall": "The big screen", "trainer": "The trainer"}[view]
        return self.show(
            "room.html.j2", view=view, title=title, told=told, room_look=room_asset("css")[1], room_script=room_asset("js")[1],
        )  # fmt: skip


class Stream(RoomSeat):
    """What a page may see, sent again whenever it changes."""

    mine: "list[Stream] | None" = (
        None  # the streams of the same page and person, this one among them
    )

    async def get(self, view: str) -> None:
        who, house = self.looker(view), self.house
        if house.crowded() and view == "phone":
            return self.told(429, refused="One moment.")
        for name, value in {
            "Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no",
            "Content-Encoding": "identity",  # packed, each stream would hold a quarter of a megabyte
        }.items():  # fmt: skip
            self.set_header(name, value)
        self.mine = house.streams[view, who]
        for old in self.mine[: 1 - MOST_STREAMS]:  # a phone that lost its network left some behind
            old.stop()
        self.mine.append(self)
        house.tell()
        sent = ""
        self.write("retry: 1500\n\n")
        with contextlib.suppress(iostream.StreamClosedError, TimeoutError, asyncio.CancelledError):
            while self.mine is not None and self._seated(view):
                news = asyncio.create_task(house.news())
                told = json.dumps(house.view(view, who))
                self.write(f"data: {told}\n\n" if told != sent else "event: beat\ndata:\n\n")
                sent = told
                await asyncio.wait_for(self.flush(), STALLED)
                await news
                await asyncio.sleep(GATHER)
        self.stop()
        return None

    def _seated(self, view: str) -> bool:
        """Whether somebody's seat is still theirs."""
        return view != "phone" or self.door.seats.name(self.learner()) is not None

    def stop(self) -> None:
        """Let go of the page."""
        connection: Any = self.request.connection
        connection.close()
        self.on_connection_close()

    def on_connection_close(self) -> None:
        if self.mine is not None:
            self.mine.remove(self)
            self.mine = None
            self.house.tell()


class Now(RoomSeat):
    """What a page may see at this moment, for those that have to ask."""

    def get(self, view: str) -> None:
        who = self.looker(view)
        if who:
            if not self.house.patience.allows(f"{who} asking"):
                return self.told(429, refused="One moment.")
            self.house.came(who)
        return self.told(200, **self.house.view(view, who))


class Say(RoomSeat):
    """What people do on their phones."""

    async def post(self) -> None:
        who = self.looker("phone")
        if not self.house.patience.allows(who):
            return self.told(429, refused="That was a lot at once. Wait a moment, please.")
        sent = self.asked()
        if sent.get("do") not in FOR_PEOPLE:
            raise web.HTTPError(403, "That is for the trainer.")
        kept = {key: sent.get(key) for key in ("do", "id", "round", "stage", "value")}
        return await self.done(kept | {"who": who})


class Do(RoomSeat):
    """What the trainer does."""

    async def post(self) -> None:
        self.only_the_trainer()
        sent = self.asked()
        if sent.get("do") not in FOR_THE_TRAINER:
            raise web.HTTPError(400, "There is no such thing to do.")
        keys = ("do", "id", "task", "round", "to", "whose", "what", "yes", "plan", "step")
        event = {key: sent[key] for key in keys if key in sent}
        if event["do"] in ("clock", "step"):
            event["since"] = time.time()
        if event["do"] == "open":
            event |= _opening(self.house.room, event.get("task"))
        return await self.done(event)


def _opening(room: Room, task: Any) -> dict[str, Any]:
    """A task with what the course, or an earlier round, has to say to it; and who is paired with whom."""
    if not isinstance(task, dict):
        return {}
    known = course.exercises().get(str(task.get("exercise")))
    if known and known.pushy != task.get("line"):
        task = task | {"exercise": ""}  # the trainer changed the line: its hints may not fit
    if task.get("kind") != PAIR:
        return {"task": task}
    written = [
        one for one in room.rounds if one.task.kind in ("rewrite", "own") and len(one.people) > 1
    ]
    if not written:
        return {"task": task}
    of = next((one for one in written if one.number == task.get("of")), written[-1])
    copied = {"line": of.task.line, "situation": of.task.situation, "exercise": of.task.exercise}
    return {
        "task": task | copied | {"of": of.number},
        "pairs": drawn_pairs(of, random.SystemRandom()),
    }


class Table(RoomSeat):
    """All answers as a table, to keep."""

    async def get(self) -> None:
        self.only_the_trainer()
        named = self.get_argument("names", "") == "yes"
        text = await asyncio.to_thread(as_csv, self.house.room, self.house.listening, named)
        self.set_header("Content-Type", "text/csv; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="room.csv"')
        self.set_header("Cache-Control", "no-store")
        self.finish("\ufeff" + text)  # a spreadsheet takes it for UTF-8 only so


class Share(Page, RoomSeat):
    """The room before and after, as a page of its own, without names."""

    def get(self) -> None:
        self.only_the_trainer()
        told = views.finale(self.house.room, self.house.listening)
        shown = [views.wall_round(one, self.house.listening) for one in self.house.room.rounds]
        self.set_header("Content-Disposition", 'attachment; filename="room.html"')
        self.show("share.html.j2", finale=told, rounds=shown, on=datetime.now().astimezone().date())


class Paper(Page, RoomSeat):
    """Lines and cards to be printed, for when nothing else works."""

    async def get(self) -> None:
        self.only_the_trainer()
        self.show(
            "paper.html.j2",
            **await asyncio.to_thread(paper, self.house.plans, self.get_argument("plan", "")),
        )


class Delete(RoomSeat):
    """The button that deletes everything."""

    async def post(self) -> None:
        self.only_the_trainer()
        if self.asked().get("sure") is not True:
            return self.told(409, refused="Say that you're sure.")
        await self.house.delete(self.door.seats)
        return self.told(200, done=True)


class RoomAssets(Locked):
    """The look and the script of the room."""

    def get(self, digest: str, kind: str) -> None:
        text, name = room_asset(kind)
        mime = {"css": "text/css", "js": "text/javascript"}[kind]
        self.set_header("Content-Type", f"{mime}; charset=utf-8")
        current = name == f"room.{digest}.{kind}"
        self.set_header("Cache-Control", "public, max-age=31536000, immutable" if current else "no-store")  # fmt: skip
        self.finish(text)


class RoomDoor(TrainerDoor):
    """The trainer's way into a room."""

    onward = "/course/room/trainer"


@cache
def room_asset(kind: str) -> tuple[str, str]:
    """The text of the room's style sheet or script, and a name that changes with it."""
    text = script("room") if kind == "js" else (PAGES / "room.css").read_text("utf-8")
    return text, f"room.{sha256(text.encode()).hexdigest()[:12]}.{kind}"


def invitation(address: str, code: str) -> dict[str, str]:
    """Where phones go: to be read, and to be scanned."""
    url = f"{address}/join?code={code}&next=/course/room"
    drawn = segno.make(url, error="m", micro=False)
    return {"address": address.removeprefix("http://"), "code": code, "url": url,
            "qr": drawn.svg_data_uri(scale=8, border=2, dark="#25211c", light="#fffdf9")}  # fmt: skip


def _materials(known: dict[str, tuple[Step, ...]]) -> dict[str, Any]:
    """What the trainer chooses from: the course's lines, and the plans."""
    titles = {one.number: one.title for one in lessons()}
    return {
        "exercises": [
            {"id": one.id, "lesson": f"{one.lesson}. {titles.get(one.lesson, '')}", "situation": one.situation, "pushy": one.pushy,
             "models": [model.line for model in one.models]}
            for one in course.exercises().values()
            if not one.assignment
        ],
        "planNames": list(known),
        "plans": {name: [asdict(step) for step in steps] for name, steps in known.items()},
        "lessons": [{"title": one.title, "slug": one.slug, "minutes": one.minutes} for one in lessons()],
    }  # fmt: skip


def paper(known: dict[str, tuple[Step, ...]], wanted: str) -> dict[str, Any]:
    """What is printed: a plan, its lines with room to write, and the role cards of the guide."""
    name = wanted if wanted in known else next(iter(known), "")
    steps = known.get(name, ())
    ids = list(dict.fromkeys(one for step in steps for one in step.exercises))
    found = [course.exercises()[one] for one in ids if one in course.exercises()]
    guide = course_folder() / "docs" / "teaching.md"
    text = guide.read_text("utf-8") if guide.is_file() else ""
    part = re.search(r"(?ms)^## \d+\. Role cards$(.*?)(?=^## |\Z)", text)
    cards = re.split(r"(?m)^### ", part[1])[1:] if part else []
    return {
        "plan": name, "others": [one for one in known if one != name], "steps": steps, "exercises": found,
        "cards": [_card(one) for one in cards],
    }  # fmt: skip


def _card(text: str) -> str:
    """A role card as HTML."""
    made = str(markdown2html("### " + text.strip().removesuffix("---").strip()))
    return re.sub(r'<a class="anchor-link".*?</a>', "", made)


def routes() -> list[tuple[Any, ...]]:
    """The room's pages, which go before those of a class."""
    return [
        ("/", web.RedirectHandler, {"url": "/course/room", "permanent": False}),
        (r"/trainer/([0-9a-f]+)", RoomDoor),
        (r"/course/room(?:/(wall|trainer))?", RoomPage),
        (rf"/course/room/({VIEWS})/stream", Stream),
        (rf"/course/room/({VIEWS})/now", Now),
        ("/course/room/say", Say),
        ("/course/room/do", Do),
        ("/course/room/delete", Delete),
        (r"/course/room/answers\.csv", Table),
        (r"/course/room/share\.html", Share),
        ("/course/room/paper", Paper),
        (r"/course/room/room\.([0-9a-f]{12})\.(css|js)", RoomAssets),
    ]


def application(data: Path, address: str, code: str = "") -> web.Application:
    """A class with a room in it."""
    app = locked.application(data, code, routes())
    app.settings["house"] = House(data, address)
    return app


def run(port: int, host: str, code: str, new: bool) -> None:
    """Serve a room until stopped. Whatever prevents it is said in a sentence."""
    try:
        data = data_folder() / "room"
        if new and data.exists():
            data.rename(data.with_name(f"room-until-{datetime.now():%Y-%m-%d-%H%M%S}"))
        os.environ["UNPUSHY_DATA"] = str(data)
        one_core_for_the_ear()
        addresses = [host] if not _anywhere(host) else network.local_addresses()
        at = addresses[0] if addresses else "127.0.0.1"
        _see_that_it_is_free(host, port)
        app = application(data, f"http://{at}:{port}", code)
        open_progress()
    except (CourseError, StoreError, LogError) as error:
        sys.exit(str(error))
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    asyncio.run(_serve(app, host, port, addresses))


def _anywhere(host: str) -> bool:
    return host in ("", "0.0.0.0")  # noqa: S104


def _see_that_it_is_free(host: str, port: int) -> None:
    """Say it where the port is taken. No other one is tried: phones would look for the room at the old one."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRNOTAVAIL:
                own = ", ".join(network.local_addresses()) or "127.0.0.1"
                sys.exit(f"This machine hasn't the address {host}. Try --host with one of its own: {own}.")  # fmt: skip
            sys.exit(
                f"Port {port} at {host or 'this machine'} can't be used: {error.strerror}. Perhaps the room is running already in "
                "another window; if not, try --port 8768, and have everybody scan the new code."
            )


async def _serve(app: web.Application, host: str, port: int, addresses: list[str]) -> None:
    house: House = app.settings["house"]
    await house.open()
    await locked.serve(app, host, port, lambda: _greet(app, port, addresses))


def _greet(app: web.Application, port: int, addresses: list[str]) -> None:
    """Say where the room is, and what the trainer should know."""
    house: House = app.settings["house"]
    door = app.settings["door"]
    told = invitation(house.address, door.code)
    for line in _said(house, door, port, addresses, told):
        print(line)
    segno.make(told["url"], error="l", micro=False).terminal(compact=True, border=2)
    print("  To stop, press Ctrl-C here. Start it again the same way, and everyone is still seated.\n", flush=True)  # fmt: skip


def _said(
    house: House, door: Any, port: int, addresses: list[str], told: dict[str, str]
) -> Iterator[str]:
    mine = f"http://localhost:{port}" if "127.0.0.1" not in addresses else house.address
    yield f"\n  For you, the trainer:   {mine}/trainer/{door.key}"
    yield f"  For the big screen:     {mine}/course/room/wall  (in the same browser, after the address above)"
    yield f"  For phones:             {told['address']}   code {told['code']}"
    if not addresses:
        yield "\n  This machine is in no network, so no phone can find it yet. Join a Wi-Fi or open a hotspot on a phone;"
        yield "  it needs no internet. Then start this again."
    elif len(addresses) > 1:
        yield f"\n  If phones can't open that, try --host with another address of this machine: {', '.join(addresses[1:])}"
    elif addresses != ["127.0.0.1"]:
        yield "\n  Everyone in this network can reach the page where one joins, since that's what it is for; nobody else can."
    if short := network.short_of_memory():
        yield f"\n  {short}"
    if house.room.rounds:
        yield f"\n  The last room goes on, and {len(door.seats)} seats are taken. For a new one, start it with --new."
    yield f"\n  Answers are kept in {os.environ['UNPUSHY_DATA']}"
