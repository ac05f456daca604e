"""The course's own pages: home, lessons, quizzes, review, and the desks in them, for whoever serves them.

Each page is a handler without a seat: who is learning, and where the course's pages are, is said by the `Seat`
that it is put together with: at home a Jupyter Server's, in a class one behind a login.
"""

import asyncio
import json
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from jinja2 import Environment, FileSystemLoader
from tornado import web

from unpushy.course import CourseError
from unpushy.desks import desk
from unpushy.desks.practice import PROUD
from unpushy.progress import Attempt, Progress, StoreError, open_progress
from unpushy.progress.review import schedule, session
from unpushy.progress.standing import best_lines, days, mastery, passed
from unpushy.quiz import Quiz
from unpushy.quiz.results import gain_of
from unpushy.quiz.sitting import quizzes, settled
from unpushy.server.places import Cell, Lesson, course_folder, lessons, read_cells
from unpushy.widgets.talking import script, styles

PAGES = Path(__file__).parent / "templates"
FIRST_LINE = "00-first-line"
MOST_BYTES = 1_000_000
DAYS_SHOWN = 21


def _standing(
    lesson: Lesson, done: frozenset[str], tried: frozenset[str], progress: Progress, who: str
) -> dict[str, Any]:
    """Where a learner stands in a lesson: lines that invite by now, and the best quiz so far."""
    quiz = Quiz(lesson.number)
    best = quiz.best(progress, who) if quiz.bank else None
    open_lines = [line for line in lesson.lines if line not in done]
    begun = best is not None or any(line in tried for line in lesson.lines)
    finished = not open_lines and (best is not None or not quiz.bank)
    afterwards = "done" if best is not None or not quiz.bank else "quiz open"
    size = len(lesson.lines)
    so_far = f"{size - len(open_lines)} of {size} {'line' if size == 1 else 'lines'}"
    return {
        "lesson": lesson,
        "passed": size - len(open_lines),
        "left": so_far if open_lines else afterwards,
        "afterwards": afterwards,
        "quiz": bool(quiz.bank),
        "best": best,
        "next_line": open_lines[0] if open_lines else None,
        "state": "done" if finished else "begun" if begun else "new",
    }


def standings(attempts: list[Attempt], progress: Progress, who: str) -> list[dict[str, Any]]:
    """Where a learner stands in each lesson."""
    done, tried = passed(attempts), frozenset(one.item for one in attempts)
    return [_standing(lesson, done, tried, progress, who) for lesson in lessons()]


def _following(rows: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The lesson to go on with: one that is begun, or else the first new one after those done."""
    for state in ("begun", "new"):
        for row in rows:
            if row["state"] == state:
                return row
    return None


def _tests(progress: Progress, who: str) -> dict[str, bool]:
    """Whether the test before the course, and the one after it, were taken; by the names of those there are."""
    return {one.name: bool(one.scores(progress, who, graded=True)) for one in quizzes() if one.form}


def _opened(cell: Cell, who: str, progress: Progress, place: str, **more: Any) -> dict[str, Any]:
    """A desk as the page's script needs it: where it stands, and what it says at first."""
    opening = desk(cell.desk, cell.args, who, progress)({"do": "open"})
    return {"place": place, "name": cell.desk, "item": cell.item, "opening": opening, **more}


@cache
def asset(name: str) -> tuple[str, str]:
    """The text of the pages' style sheet or script, and a name that changes with it."""
    if name == "look.css":
        text = styles("editor", "quiz") + (PAGES / "page.css").read_text("utf-8")
    else:
        parts = ("listening", "editor", "questions", "ask", "own_words", "workshop", "quiz")
        text = script(*parts, "review", "page")
    stem, kind = name.split(".")
    return text, f"{stem}.{sha256(text.encode()).hexdigest()[:12]}.{kind}"


@cache
def templates() -> Environment:
    """The course's templates, compiled once."""
    made = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    made.policies["json.dumps_kwargs"] = {}  # keys keep their order: "before" stands before "after"
    return made


class Seat(Protocol):
    """Who sits before a page, and where."""

    course_url: str
    lab_url: str  # JupyterLab's address, or nothing where there is none

    def learner(self) -> str:
        """The name under which this learner's progress is kept."""


class Page(web.RequestHandler):
    """A page that the server renders by itself, without a kernel."""

    def about(self, **values: Any) -> dict[str, Any]:
        """What every page of the course shows around its middle."""
        seat: Seat = self  # type: ignore[assignment]
        return {
            "base": seat.course_url,
            "lab": seat.lab_url,
            "look": asset("look.css")[1],
            "script": asset("page.js")[1],
            "xsrf": self.xsrf_token.decode(),
            **values,
        }

    def who(self) -> str:
        """The learner."""
        seat: Seat = self  # type: ignore[assignment]
        return seat.learner()

    def show(self, template: str, **values: Any) -> None:
        """Render a template of the course."""
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(templates().get_template(template).render(course=Page.about(self, **values)))

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Say what went wrong in words for a person."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        told = isinstance(error, CourseError | StoreError)
        words = str(error) if told else getattr(error, "log_message", None) or ""
        try:
            self.show("error.html.j2", status=status_code, words=words)
        except Exception:
            super().write_error(status_code, **kwargs)


class HomePage(Page):
    """The first screen, and where I stand."""

    @web.authenticated
    async def get(self) -> None:
        self.show("home.html.j2", **await asyncio.to_thread(self._state, self.who()))

    def _state(self, who: str) -> dict[str, Any]:
        progress = open_progress()
        attempts = settled(progress, who)
        rows = standings(attempts, progress, who)
        proud = {
            item.removeprefix(PROUD): text
            for item, text in progress.drafts(who).items()
            if item.startswith(PROUD)
        }
        returning = any(row["state"] != "new" for row in rows)
        desks = []
        if not returning:
            cell = Cell(desk="practise", args=(FIRST_LINE,))
            opened = _opened(cell, who, progress, "first-line")
            more = {"prefill": opened["opening"]["pushy"], "label": "Change it until it invites"}
            desks.append(opened | more | {"lone": True})
        met = mastery(attempts)
        return {
            "desks": desks,
            "rows": rows,
            "returning": returning,
            "following": _following(rows),
            "due": len(session(attempts, datetime.now(UTC))),
            "lines": best_lines(attempts, proud),
            "days": days(attempts)[-DAYS_SHOWN:],
            "gain": gain_of(progress, who),
            "tests": _tests(progress, who),
            "steady": [one for one in met if one.steady],
            "worth_a_look": {
                "Pushes worth another look": [m for m in met if m.shaky and m.pushes][:3],
                "Invitations worth another look": [m for m in met if m.shaky and not m.pushes][:3],
            },
        }


class ReviewPage(Page):
    """A few minutes with what is due today."""

    @web.authenticated
    async def get(self) -> None:
        cell = Cell(desk="review", args=("today",))
        opened = await asyncio.to_thread(_opened, cell, self.who(), open_progress(), "review")
        self.show("review.html.j2", desks=[opened] if opened["opening"]["items"] else [],
                  next=opened["opening"]["next"])  # fmt: skip


class MinePage(Page):
    """What is kept of a learner: how much it is, and the way to have it or be rid of it."""

    @web.authenticated
    async def get(self) -> None:
        kept = await asyncio.to_thread(open_progress().everything, self.who())
        counts = {name.replace("_", " "): len(rows) for name, rows in kept.items() if rows}
        self.show("mine.html.j2", counts=counts, gone=False)

    @web.authenticated
    async def post(self) -> None:
        if not self.about()["lab"]:
            raise web.HTTPError(403, "In a class, your teacher deletes what is kept of you.")
        await asyncio.to_thread(open_progress().forget, self.who())
        self.show("mine.html.j2", counts={}, gone=True)


class MineFile(Page):
    """All that is kept of a learner, as a file."""

    @web.authenticated
    async def get(self) -> None:
        text = await asyncio.to_thread(open_progress().as_json, self.who())
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.set_header("Content-Disposition", 'attachment; filename="bought-not-sold.json"')
        self.set_header("Cache-Control", "no-store")
        self.finish(text)


def _cell_for(name: str, item: str, who: str, progress: Progress) -> Cell | None:
    """The cell that a page may sit down at: one of the course's, or what the learner has met and may review."""
    if name == "review" or (name, item) == ("practise", FIRST_LINE):
        return Cell(desk=name, args=(item,))
    if name == "quiz":
        return Cell(desk=name, args=(item,)) if item in {one.name for one in quizzes()} else None
    for lesson in lessons():
        for cell in lesson.cells:
            if cell.desk == name and cell.item == item:
                return cell
    met = {one.item for one in schedule(settled(progress, who))}
    return Cell(desk=name, args=(item,)) if name in ("practise", "ask") and item in met else None


class DeskHandler(Page):
    """What a page asks at one of its desks."""

    @web.authenticated
    async def post(self, name: str, item: str) -> None:
        if len(self.request.body) > MOST_BYTES:
            raise web.HTTPError(413, "That is more than a page can hold.")
        try:
            request = json.loads(self.request.body)
        except (ValueError, RecursionError):
            raise web.HTTPError(400, "not JSON") from None
        if not isinstance(request, dict):
            raise web.HTTPError(400, "not a request")
        self.finish(await asyncio.to_thread(self._reply, name, item, request, self.who()))

    def _reply(self, name: str, item: str, request: dict[str, Any], who: str) -> dict[str, Any]:
        try:
            progress = open_progress()
            cell = _cell_for(name, item, who, progress)
            if cell is None:
                return {"error": f"There is nothing called '{item}' to do here."}
            return desk(cell.desk, cell.args, who, progress)(request)
        except StoreError as error:
            return {"error": str(error)}


class Pulse(Page):
    """Whether the course is there."""

    def get(self) -> None:
        self.set_status(204)
        self.finish()


class Assets(Page):
    """The look and the script of the course's own pages; their names change when they do."""

    def get(self, stem: str, _digest: str, kind: str) -> None:
        text, name = asset(f"{stem}.{kind}")
        mime = {"css": "text/css", "js": "text/javascript"}[kind]
        self.set_header("Content-Type", f"{mime}; charset=utf-8")
        current = name == f"{stem}.{_digest}.{kind}"
        self.set_header(
            "Cache-Control", "public, max-age=31536000, immutable" if current else "no-store"
        )
        self.finish(text)


class Icon(Page):
    """The course's sign."""

    def get(self) -> None:
        self.set_header("Content-Type", "image/svg+xml; charset=utf-8")
        self.set_header("Cache-Control", "public, max-age=86400")
        self.finish((PAGES / "icon.svg").read_bytes())


class Drawing(Page):
    """A drawing of a lesson."""

    @web.authenticated
    def get(self, name: str) -> None:
        path = course_folder() / "lessons" / "drawings" / name
        if not path.is_file():
            raise web.HTTPError(404, f"There is no drawing '{name}'.")
        self.set_header("Content-Type", "image/svg+xml; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.finish(path.read_bytes())


class NotebookPage(Page):
    """A lesson or the quiz as a page, from the course's own notebooks.

    What the course's own desks do is answered by the server, so such a page needs no kernel.
    """

    @web.authenticated
    async def get(self, kind: str, name: str) -> None:
        values = await asyncio.to_thread(notebook_state, kind, name, self.who())
        if any(cell.code for cell in values["cells"]):
            await self.run(values)
        else:
            self.show("notebook.html.j2", **values)

    async def run(self, values: dict[str, Any]) -> None:
        """Show a notebook that has other code in it, where that can't be run: without."""
        self.show("notebook.html.j2", **values)


def notebook_state(kind: str, name: str, who: str) -> dict[str, Any]:
    """What a page shows of a lesson, a quiz or a test to a learner. Raises HTTPError if there is none."""
    progress = open_progress()
    rows = standings(progress.attempts(who), progress, who)
    at = next((place for place, row in enumerate(rows) if row["lesson"].slug == name), None)
    row = rows[at] if at is not None else None
    if kind == "lesson":
        quiz = None
        cells = row["lesson"].cells if row else ()
    else:
        wanted = Quiz(row["lesson"].number).name if row else name
        quiz = next((one for one in quizzes() if one.name == wanted), None)
        read = read_cells(course_folder() / "quizzes" / "quiz.ipynb") if quiz else ()
        cells = tuple(
            Cell(desk="quiz", args=(wanted,)) if cell.desk == "quiz" else cell for cell in read
        )
    if not cells:
        raise web.HTTPError(404, f"There is no {kind} '{name}'.")
    desks = [
        _opened(cell, who, progress, f"cell-{place}")
        for place, cell in enumerate(cells, 1)
        if cell.desk
    ]
    return {
        "kind": kind,
        "title": row["lesson"].title if row else quiz.title if quiz else "",
        "lesson": row["lesson"] if row else None,
        "cells": cells,
        "desks": desks,
        "rows": rows,
        "row": row,
        "before": rows[at - 1] if at else None,
        "after": rows[at + 1] if at is not None and at + 1 < len(rows) else None,
    }


def seated(page: type, seat: type) -> type:
    """A page put together with the seat of those who look at it."""
    return type(page.__name__, (page, seat), {"__doc__": page.__doc__})


def routes(seat: type) -> list[tuple[str, type]]:
    """The pages below the course's address, for those who sit at such a seat."""

    return [
        ("/?", seated(HomePage, seat)),
        ("/review", seated(ReviewPage, seat)),
        (r"/desk/([a-z_]+)/([\w-]+)", seated(DeskHandler, seat)),
        ("/mine", seated(MinePage, seat)),
        (r"/mine\.json", seated(MineFile, seat)),
        ("/pulse", seated(Pulse, seat)),
        (r"/(look|page)\.([0-9a-f]{12})\.(css|js)", seated(Assets, seat)),
        (r"/icon\.svg", seated(Icon, seat)),
        (r"/lesson/drawings/([\w-]+\.svg)", seated(Drawing, seat)),
    ]
