"""The course at home, as a Jupyter Server extension: its pages, with JupyterLab beside them."""

from functools import cached_property
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from jupyter_server.base.handlers import FileFindHandler, JupyterHandler
from jupyter_server.serverapp import ServerApp
from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from jupyter_server.utils import url_path_join
from jupyterlab_server.themes_handler import ThemesHandler
from tornado import web
from voila.configuration import VoilaConfiguration
from voila.paths import collect_static_paths, collect_template_paths
from voila.static_file_handler import MultiStaticFileHandler, TemplateStaticFileHandler
from voila.tornado.handler import TornadoVoilaHandler
from voila.utils import get_data_dir, get_voila_labextensions_path

from unpushy.server import pages
from unpushy.server.pages import PAGES, Page
from unpushy.server.places import course_folder
from unpushy.widgets.talking import learner

MOST_KERNELS = 12  # live at once; beyond, a page that needs one asks for a moment's patience


class Desk(JupyterHandler):
    """The seat at home: one person on their own machine."""

    @property
    def course_url(self) -> str:
        return url_path_join(self.base_url, "course")

    @property
    def lab_url(self) -> str:
        return url_path_join(self.base_url, "lab")

    def learner(self) -> str:
        return learner()


class NotebookPage(pages.NotebookPage, TornadoVoilaHandler, Desk):  # type: ignore[misc]
    """A lesson or the quiz; a notebook with other code than the course's own is run by Voilà, in the same frame."""

    page: dict[str, Any]

    @cached_property
    def _notebooks(self) -> LargeFileManager:
        # Voilà's Markdown looks for images without awaiting, so the manager can't be an async one.
        return LargeFileManager(root_dir=str(course_folder()), parent=self.settings["unpushy_app"])

    @property
    def contents_manager(self) -> LargeFileManager:
        return self._notebooks

    async def run(self, values: dict[str, Any]) -> None:
        if len(self.kernel_manager.list_kernel_ids()) >= MOST_KERNELS:
            self.set_status(503)
            self.set_header("Refresh", "5")
            return self.show("moment.html.j2")
        self.page = Page.about(self, **values)
        name = values["lesson"].notebook.name
        notebook = f"lessons/{name}" if values["kind"] == "lesson" else "quizzes/quiz.ipynb"
        return await TornadoVoilaHandler.get(self, notebook)


def describe(page: NotebookPage, notebook: Any, cwd: str) -> None:
    """Give Voilà's template what it shows around the notebook's outputs."""
    notebook.metadata["course"] = page.page


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


class PromptConnection(ZMQChannelsWebsocketConnection):
    """A kernel's channel to the browser that sends each message at once.

    Otherwise a small message waits until the browser's side has acknowledged the one before, which it
    does after some 40 ms: Nagle's algorithm and delayed acknowledgements, one waiting for the other.
    """

    def connect(self) -> Any:
        self.websocket_handler.set_nodelay(True)
        return super().connect()


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "unpushy.server.extension"}]


def _load_jupyter_server_extension(app: ServerApp) -> None:
    web_app = app.web_app
    if web_app.settings["kernel_websocket_connection_class"] is ZMQChannelsWebsocketConnection:
        web_app.settings["kernel_websocket_connection_class"] = PromptConnection
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
    templates = [
        *(str(folder) for folder in (PAGES / "voila", PAGES)),
        *collect_template_paths(["voila", "nbconvert"], "lab"),
    ]
    web_app.settings["voila_jinja2_env"] = Environment(
        loader=FileSystemLoader(templates), extensions=["jinja2.ext.i18n"], autoescape=True
    )
    web_app.settings["unpushy_app"] = app
    labextensions = get_voila_labextensions_path(configuration.extra_labextensions_path)
    voila = {
        "config": app.config,
        "template_paths": templates,
        "voila_configuration": configuration,
    }
    handlers: list[tuple[Any, ...]] = [
        *((f"course{path}", page) for path, page in pages.routes(Desk)),
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
