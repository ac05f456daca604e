"""A running class or room, and people who come in by its door, for tests and for the bench."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
import uuid
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any, Self

from unpushy.progress import Progress

CODE = "apple7"


class RunningClass:
    """A class in a process of its own, at 127.0.0.1."""

    kind = "class"

    def __init__(self, home: Path) -> None:
        self.home = home
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]

    @property
    def data(self) -> Path:
        return self.home / self.kind

    @property
    def address(self) -> str:
        """Where somebody arrives who was given the code."""
        return self.url(f"/join?code={CODE}")

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def start(self, *more: str, **environment: str) -> Self:
        """Start it, and wait until it says where it is."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "UNPUSHY"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "unpushy", self.kind, "--port", str(self.port), "--code", CODE, "--host", "127.0.0.1", *more],
            env=kept | {"UNPUSHY_DATA": str(self.home), "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"} | environment,
            stdout=subprocess.PIPE, stderr=(self.home.parent / f"{self.kind}.log").open("a"), encoding="utf-8",
        )  # fmt: skip
        assert self.process.stdout
        self.said = ""
        while "Ctrl-C" not in self.said:
            line = self.process.stdout.readline()
            assert line, f"it did not start: {self.said}"
            self.said += line
        self.door = re.search(r"http\S+?(/trainer/\w+)", self.said)[1]  # type: ignore[index]
        return self

    def stop(self) -> None:
        """Stop it as Ctrl-C would."""
        self.process.terminate()
        self.process.wait(10)

    def kept(self) -> Progress:
        """What it keeps of everyone's progress."""
        return Progress(f"sqlite:///{self.data / 'progress.sqlite'}")


class RunningRoom(RunningClass):
    """A room in a process of its own, at 127.0.0.1."""

    kind = "room"

    @property
    def address(self) -> str:
        """Where a phone that scanned the code arrives."""
        return self.url(f"/join?code={CODE}&next=/course/room")

    def kill(self) -> None:
        """Kill it, as a power cut would."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def events(self) -> list[dict[str, Any]]:
        """All that has happened, as it is kept."""
        return [json.loads(line) for line in (self.data / "room.jsonl").read_text().splitlines()]


class Person:
    """Somebody with a browser's memory."""

    def __init__(self, room: RunningClass) -> None:
        self.room = room
        self.cookies = CookieJar()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        self._xsrf = ""
        self._page = "/course/room" if room.kind == "room" else "/course/lesson/01-bought-not-sold"

    def ask(
        self, path: str, data: bytes | None = None, method: str | None = None, **headers: str
    ) -> tuple[int, str]:
        """Status and text of the answer."""
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        request = urllib.request.Request(self.room.url(path), data, sent, method=method)
        try:
            with self._opener.open(request, timeout=20) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def come(self, name: str, code: str = CODE, **more: str) -> tuple[int, str]:
        """Ask for a seat; status and page."""
        form = {"_xsrf": self.xsrf(), "code": code, "name": name, **more}
        return self.ask(
            f"/join?next={self._page if self.room.kind == 'room' else '/course/'}",
            urllib.parse.urlencode(form).encode(),
        )

    def join(self, name: str) -> Self:
        """Take a seat."""
        status, page = self.come(name)
        assert status == 200, page
        return self

    def as_trainer(self) -> Self:
        """Come in by the trainer's address."""
        assert self.ask(self.room.door)[0] == 200
        return self

    def xsrf(self) -> str:
        """The token of a page."""
        if not self._xsrf:
            page = self.ask("/join")[1] + self.ask(self._page)[1]
            self._xsrf = re.search(r'(?:name="_xsrf" value=|"xsrf": )"([^"]+)"', page)[1]  # type: ignore[index]
        return self._xsrf

    def post(self, path: str, **request: Any) -> tuple[int, dict[str, Any]]:
        """Send something with the page's token; status and reply."""
        sent = {"id": uuid.uuid4().hex} | request
        status, said = self.ask(
            f"/course/room/{path}", json.dumps(sent).encode(), Content_Type="application/json", X_XSRFToken=self.xsrf(),
        )  # fmt: skip
        return status, json.loads(said) if said.startswith("{") else {"page": said}

    def say(self, value: Any, round: int = 1, stage: str = "first", **more: Any) -> int:
        """Answer; the status of the reply."""
        return self.post("say", do="answer", round=round, stage=stage, value=value, **more)[0]

    def do(self, do: str, **more: Any) -> int:
        """Do something that the trainer does; the status of the reply."""
        return self.post("do", do=do, **more)[0]

    def open(self, kind: str, **task: Any) -> int:
        """Open a round."""
        return self.do("open", task={"kind": kind, **task})

    def sees(self, view: str = "phone") -> dict[str, Any]:
        """What a page is told."""
        status, said = self.ask(f"/course/room/{view}/now")
        assert status == 200, said
        return json.loads(said)

    def desk(self, name: str, item: str, **request: object) -> dict[str, Any]:
        """Ask something at a desk, as a page just opened does."""
        self._xsrf = ""
        status, said = self.ask(
            f"/course/desk/{name}/{item}", json.dumps(request).encode(), Content_Type="application/json", X_XSRFToken=self.xsrf(),
        )  # fmt: skip
        assert status == 200, said
        return json.loads(said)
