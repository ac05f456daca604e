"""A class behind a JupyterHub: the locked server as a service of the Hub, which says who somebody is.

A Hub starts it as a managed service, with `unpushy class` as its command and access given by a role; see
docs/grading.md. Everything that a service needs to know comes from the Hub in JUPYTERHUB_… variables.
"""

import os
from pathlib import Path
from typing import Any

from jupyterhub.services.auth import HubOAuthCallbackHandler, HubOAuthenticated
from jupyterhub.utils import url_path_join
from tornado import web

from unpushy.quiz.rules import our_class
from unpushy.server import pages
from unpushy.server.locked import Locked, Nothing, ReportPage, log_refused
from unpushy.server.seats import kept_secret

PREFIX = "JUPYTERHUB_SERVICE_PREFIX"


class HubSeat(HubOAuthenticated, Locked):
    """The seat of somebody whom the Hub knows, under the name by which the Hub knows them."""

    @property
    def course_url(self) -> str:
        return url_path_join(os.environ[PREFIX], "course")

    def learner(self) -> str:
        return str(self.current_user["name"])

    def is_trainer(self) -> bool:
        """Whether the class file, or else the Hub's administrators, name this person a teacher."""
        here = our_class()
        if here and here.teachers:
            return self.learner() in here.teachers
        return bool(self.current_user.get("admin"))


class Callback(HubOAuthCallbackHandler):
    """Where the Hub sends somebody back to who has logged in."""


def application(data: Path) -> web.Application:
    """A class as a service of the Hub that started this process."""
    prefix = os.environ[PREFIX].rstrip("/")
    routes: list[tuple[Any, ...]] = [
        *((f"{prefix}/course{path}", page) for path, page in pages.routes(HubSeat)),
        (rf"{prefix}/course/(lesson|quiz)/([\w-]+)", pages.seated(pages.NotebookPage, HubSeat)),
        (f"{prefix}/course/report", pages.seated(ReportPage, HubSeat)),
        (f"{prefix}/oauth_callback", Callback),
        (f"{prefix}/?", web.RedirectHandler, {"url": f"{prefix}/course/", "permanent": False}),
    ]
    return web.Application(
        routes,
        default_handler_class=Nothing,
        cookie_secret=kept_secret(data / "class-secret"),
        xsrf_cookies=True,
        xsrf_cookie_kwargs={"httponly": True, "samesite": "Lax", "path": prefix},
        compress_response=True,
        log_function=log_refused,
    )
