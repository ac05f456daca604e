"""The course's own pages, as a Jupyter Server extension: home, lessons and quizzes, and a small endpoint."""

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from jupyter_server.base.handlers import FileFindHandler, JupyterHandler
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupyter_server.utils import url_path_join
from jupyterlab_server.themes_handler import ThemesHandler
from tornado import web
from voila.configuration import VoilaConfiguration
from voila.paths import collect_static_paths, collect_template_paths
from voila.static_file_handler import MultiStaticFileHandler, TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.utils import get_data_dir, get_voila_labextensions_path

from unpushy import course
from unpushy.course import CourseError
from unpushy.desks.practice import Practice
from unpushy.progress import Progress, StoreError, open_progress
from unpushy.quiz import Quiz
from unpushy.server.places import Lesson, course_folder, lessons
from unpushy.widgets.talking import learner, script, styles

PAGES = Path(__file__).parent / "pages"
FIRST_LINE = "00-first-line"
MOST_BYTES = 1_000_000


def standing(lesson: Lesson, progress: Progress, who: str) -> dict[str, Any]:
    """Where a learner stands in a lesson: lines that invite by now, and the best quiz so far."""
    passed = sum(
        any(a.points == a.out_of for a in progress.attempts(who, line)) for line in lesson.lines
    )
    quiz = Quiz(lesson.number) if Quiz(lesson.number).bank else None
    best = quiz.best(progress, who) if quiz else None
    begun = (
        passed > 0 or best is not None or any(progress.attempts(who, line) for line in lesson.lines)
    )
    done = passed == len(lesson.lines) and (quiz is None or best is not None)
    return {
        "lesson": lesson,
        "passed": passed,
        "quiz": quiz is not None,
        "best": best,
        "state": "done" if done else "begun" if begun else "new",
    }


class Page(JupyterHandler):
    """A page that the server renders by itself, without a kernel."""

    def show(self, template: str, **values: Any) -> None:
        """Render a template of the course."""
        env: Environment = self.settings["unpushy_jinja2_env"]
        base = url_path_join(self.base_url, "course")
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(env.get_template(template).render(base=base, root=self.base_url, **values))

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
    def get(self) -> None:
        progress = open_progress()
        who = learner()
        first = Practice(course.exercise(FIRST_LINE), who, progress)
        rows = [standing(lesson, progress, who) for lesson in lessons()]
        self.show(
            "home.html.j2",
            first=first.answer({"do": "open"}),
            rows=rows,
            following=next((row for row in rows if row["state"] != "done"), None),
            xsrf=self.xsrf_token.decode(),
        )


class FirstLine(JupyterHandler):
    """What the editor on the home page asks."""

    @web.authenticated
    def post(self) -> None:
        if len(self.request.body) > MOST_BYTES:
            raise web.HTTPError(413, "That is more than a page can hold.")
        try:
            request = json.loads(self.request.body)
        except ValueError:
            raise web.HTTPError(400, "not JSON") from None
        if not isinstance(request, dict):
            raise web.HTTPError(400, "not a request")
        practice = Practice(course.exercise(FIRST_LINE), learner(), open_progress())
        try:
            self.finish(practice.answer(request))
        except StoreError as error:
            self.finish({"error": str(error)})


class Assets(JupyterHandler):
    """The look and the scripts of the course's own pages."""

    FILES = {  # noqa: RUF012
        "look.css": (
            "text/css",
            lambda: styles("editor", "quiz") + (PAGES / "page.css").read_text("utf-8"),
        ),
        "editor.js": ("text/javascript", lambda: script("listening", "editor")),
        "icon.svg": ("image/svg+xml", lambda: (PAGES / "icon.svg").read_text("utf-8")),
    }

    def get(self, name: str) -> None:
        kind, text = self.FILES[name]
        self.set_header("Content-Type", f"{kind}; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.finish(text())


class Drawing(JupyterHandler):
    """A drawing of a lesson."""

    @web.authenticated
    def get(self, name: str) -> None:
        path = course_folder() / "lessons" / "drawings" / name
        if not path.is_file():
            raise web.HTTPError(404, f"There is no drawing '{name}'.")
        self.set_header("Content-Type", "image/svg+xml; charset=utf-8")
        self.set_header("Cache-Control", "no-cache")
        self.finish(path.read_bytes())


class NotebookPage(TornadoVoilaHandler):
    """A lesson or the quiz as a page, rendered by Voilà from the course's own notebooks."""

    @cached_property
    def _notebooks(self) -> LargeFileManager:
        # Voilà's Markdown looks for images without awaiting, so the manager can't be an async one.
        return LargeFileManager(root_dir=str(course_folder()), parent=self.settings["unpushy_app"])

    @property
    def contents_manager(self) -> LargeFileManager:
        return self._notebooks

    @web.authenticated
    async def get(self, kind: str, name: str) -> None:
        by_slug = {lesson.slug: lesson for lesson in lessons()}
        if name not in by_slug:
            raise web.HTTPError(404, f"There is no {kind} '{name}'.")
        lesson = by_slug[name]
        if kind == "quiz" and not Quiz(lesson.number).bank:
            raise web.HTTPError(404, f"There is no quiz for '{name}' yet.")
        self.about = {"kind": kind, "lesson": lesson}
        notebook = f"lessons/{lesson.notebook.name}" if kind == "lesson" else "quizzes/quiz.ipynb"
        await super().get(notebook)

    about: dict[str, Any]
    write_error = Page.write_error
    show = Page.show


def describe(page: NotebookPage, notebook: Any, cwd: str) -> None:
    """Give the template what it shows around the notebook: where I am, what comes before and after."""
    course_lessons = lessons()
    at = course_lessons.index(page.about["lesson"])
    notebook.metadata["course"] = {
        **page.about,
        "base": url_path_join(page.base_url, "course"),
        "root": page.base_url,
        "quiz": bool(Quiz(page.about["lesson"].number).bank),
        "before": course_lessons[at - 1] if at else None,
        "after": course_lessons[at + 1] if at + 1 < len(course_lessons) else None,
    }


def _without_mathjax(page_config: dict[str, Any], **_: Any) -> dict[str, Any]:
    """The course has no formulas, and MathJax would be asked of another machine."""
    stub = "window.MathJax={Hub:{Config(){},Configured(){},Queue(){},Register:{StartupHook(){}}}}"
    return {**page_config, "fullMathjaxUrl": f"data:text/javascript,{stub}//"}


class LeavePage(JupyterHandler):
    """A page that is closed lets its kernel go. The browser's farewell can't carry a token."""

    def check_xsrf_cookie(self) -> None:
        """Ending a kernel whose unguessable id one knows needs no more proof than being logged in."""

    @web.authenticated
    async def post(self, kernel_id: str) -> None:
        if kernel_id in self.kernel_manager:
            await self.kernel_manager.shutdown_kernel(kernel_id, now=True)
        self.set_status(204)
        self.finish()


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "unpushy.server.extension"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    web_app = app.web_app
    configuration = VoilaConfiguration(
        parent=app,
        strip_sources=True,
        show_tracebacks=False,
        allow_template_override="NO",
        allow_theme_override="NO",
        attempt_fix_notebook=True,
        http_keep_alive_timeout=10,
        prelaunch_hook=describe,
        page_config_hook=_without_mathjax,
        extension_allowlist=[
            "@voila-dashboards/widgets-manager8",
            "@jupyter-widgets/jupyterlab-manager",
            "anywidget",
        ],
    )
    templates = [str(PAGES / "voila"), *collect_template_paths(["voila", "nbconvert"], "lab")]
    web_app.settings["voila_jinja2_env"] = Environment(
        loader=FileSystemLoader(templates), extensions=["jinja2.ext.i18n"], autoescape=True
    )
    web_app.settings["unpushy_jinja2_env"] = Environment(
        loader=FileSystemLoader(PAGES), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    web_app.settings["unpushy_app"] = app
    labextensions = get_voila_labextensions_path(configuration.extra_labextensions_path)
    voila = {
        "config": app.config,
        "template_paths": templates,
        "voila_configuration": configuration,
    }
    handlers: list[tuple[Any, ...]] = [
        ("course/?", HomePage),
        ("course/first-line", FirstLine),
        (r"course/(look\.css|editor\.js|icon\.svg)", Assets),
        (r"course/lesson/drawings/([\w-]+\.svg)", Drawing),
        (r"course/(lesson|quiz)/([\w-]+)", NotebookPage, voila),
        (r"course/leave/([\w-]+)", LeavePage),
        # What Voilà's pages load; its own pages and files stay closed, so that
        # assignments are only ever opened in JupyterLab.
        ("voila/templates/(.*)", TemplateStaticFileHandler),
        (
            "voila/static/(.*)",
            MultiStaticFileHandler,
            {"paths": collect_static_paths(["voila", "nbconvert"], "lab")},
        ),
        (
            "voila/api/themes/(.*)",
            ThemesHandler,
            {
                "themes_url": "/voila/api/themes",
                "path": str(Path(get_data_dir(), "themes")),
                "labextensions_path": labextensions,
                "no_cache_paths": ["/"],
            },
        ),
        (
            "voila/labextensions/(.*)",
            FileFindHandler,
            {"path": labextensions, "no_cache_paths": ["/"]},
        ),
    ]
    web_app.add_handlers(".*$", [(url_path_join(app.base_url, h[0]), *h[1:]) for h in handlers])
