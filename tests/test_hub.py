"""A class behind a real JupyterHub: the Hub says who somebody is, and nobody else does."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest

from unpushy.progress import Progress

SETTINGS = """
import sys
c = get_config()
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_port = {hub}
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = "a-password-for-tests"
c.Authenticator.allow_all = True
c.Authenticator.admin_users = {{"ms-osei"}}
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.cookie_secret_file = "{home}/cookie"
c.ConfigurableHTTPProxy.command = ["{proxy}"]
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{api}"
c.JupyterHub.services = [
    {{"name": "course", "url": "http://127.0.0.1:{course}", "oauth_no_confirm": True,
      "command": [sys.executable, "-m", "unpushy", "class"], "environment": {environment}}}
]
c.JupyterHub.load_roles = [
    {{"name": "user", "scopes": ["self", "access:services!service=course"]}},
]
"""


def free(count: int) -> list[int]:
    probes = [socket.socket() for _ in range(count)]
    for probe in probes:
        probe.bind(("127.0.0.1", 0))
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


class Hub:
    """A running JupyterHub with the course as its service."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port, hub, api, self.course = free(4)
        data = home / "data"
        environment = {"UNPUSHY_DATA": str(data), "PYTHONPATH": os.environ.get("PYTHONPATH", "")}
        home.mkdir(exist_ok=True)
        (home / "jupyterhub_config.py").write_text(
            SETTINGS.format(
                port=self.port,
                hub=hub,
                api=api,
                course=self.course,
                home=home,
                proxy=shutil.which("configurable-http-proxy"),
                environment=environment,
            )
        )
        self.log = (home / "log").open("w")
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("JUPYTER", "UNPUSHY"))}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "jupyterhub"],
            cwd=home,
            env=kept,
            stdout=self.log,
            stderr=self.log,
        )
        self.url = f"http://127.0.0.1:{self.port}"
        until = time.monotonic() + 90
        while not self._answers():
            gone = self.process.poll() is not None or time.monotonic() > until
            assert not gone, (home / "log").read_text()[-4000:]
            time.sleep(0.3)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"{self.url}/services/course/course/pulse", timeout=2).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.log.close()

    def kept(self) -> Progress:
        return Progress(f"sqlite:///{self.home / 'data' / 'class' / 'progress.sqlite'}")


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    assert shutil.which("configurable-http-proxy")
    made = Hub(tmp_path_factory.mktemp("hub"))
    yield made
    made.stop()


class Visitor:
    """Somebody with a browser's memory."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))

    def ask(self, path: str, data: bytes | None = None, **headers: str) -> tuple[int, str, str]:
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        request = urllib.request.Request(self.hub.url + path, data, sent)
        try:
            with self.opener.open(request, timeout=30) as reply:
                return reply.status, reply.url, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.url or "", error.read().decode()

    def log_in(self, name: str) -> str:
        """Log in where the course sends a stranger; returns the page one ends at."""
        _, url, page = self.ask("/services/course/course/")
        assert "/hub/login" in url, url
        token = re.search(r'name="_xsrf"[^>]*value="([^"]+)"', page)
        form = {"username": name, "password": "a-password-for-tests", "_xsrf": token[1] if token else ""}  # fmt: skip
        after = urllib.parse.urlsplit(url)
        status, url, page = self.ask(
            f"{after.path}?{after.query}", urllib.parse.urlencode(form).encode()
        )
        assert status == 200, page
        return page

    def keep(self, item: str, text: str) -> tuple[int, str]:
        _, _, page = self.ask("/services/course/course/lesson/01-bought-not-sold")
        token = re.search(r'"xsrf": "([^"]+)"', page)
        assert token, page
        status, _, said = self.ask(
            f"/services/course/course/desk/practise/{item}",
            json.dumps({"do": "keep", "text": text}).encode(),
            Content_Type="application/json", X_XSRFToken=token[1],
        )  # fmt: skip
        return status, said


def test_the_hub_says_who_somebody_is(hub: Hub) -> None:
    ada = Visitor(hub)
    page = ada.log_in("ada")
    assert "People love to buy" in page
    status, said = ada.keep("01-boiler", "Ada's own words")
    assert status == 200, said
    assert hub.kept().draft("ada", "01-boiler") == "Ada's own words"


def test_nobody_else_says_it(hub: Hub) -> None:
    eve = Visitor(hub)
    eve.log_in("eve")
    for header in ("X_Forwarded_User", "Remote_User", "X_JupyterHub_User"):
        eve.ask("/services/course/course/?user=ada", **{header: "ada"})
    eve.keep("01-bowl", "Eve wrote this")
    assert hub.kept().draft("eve", "01-bowl") == "Eve wrote this"
    assert hub.kept().draft("ada", "01-bowl") is None


def test_a_strangers_request_is_refused(hub: Hub) -> None:
    stranger = Visitor(hub)
    status, url, _ = stranger.ask(
        "/services/course/course/desk/practise/01-boiler", b'{"do": "open"}', Content_Type="application/json"
    )  # fmt: skip
    assert status in (403, 405) or "/hub/login" in url
    with pytest.raises(urllib.error.HTTPError):
        urllib.request.urlopen(
            urllib.request.Request(
                f"http://127.0.0.1:{hub.course}/services/course/course/desk/practise/01-boiler",
                b'{"do": "open"}', {"X-Forwarded-User": "ada"},
            )
        )  # fmt: skip


@pytest.mark.parametrize(
    "path",
    ["api/kernels", "api/contents", "api/terminals", "files/x", "lab", "voila/render/quiz.ipynb", "join", "trainer/00"],
)  # fmt: skip
def test_nothing_but_the_pages_is_there_for_a_student(hub: Hub, path: str) -> None:
    student = Visitor(hub)
    student.log_in("finn")
    assert student.ask(f"/services/course/{path}")[0] in (403, 404)
    assert student.ask(f"/services/course/{path}", b"{}")[0] in (403, 404, 405)


def test_the_report_is_for_those_whom_the_hub_calls_its_administrators(hub: Hub) -> None:
    finn = Visitor(hub)
    finn.log_in("finn")
    assert finn.ask("/services/course/course/report")[0] == 403
    teacher = Visitor(hub)
    teacher.log_in("ms-osei")
    status, _, page = teacher.ask("/services/course/course/report")
    assert status == 200, page
    assert "How the class is doing" in page
