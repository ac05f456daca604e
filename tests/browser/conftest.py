"""A real Chromium that may reach this machine and nothing else."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from conftest import Course, new_course
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect, sync_playwright

expect.set_options(timeout=15_000)
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
QUIET = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for all tests: CHROMIUM, or one on the PATH."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "The browser tests need a Chromium: run `python3 start.py test`, or set CHROMIUM."
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=path, args=QUIET)
        yield made
        made.close()


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Come to a running course as a new visitor. A request to anywhere else, or an error in the page, fails the test."""
    contexts: list[BrowserContext] = []
    wrong: list[str] = []

    def come(
        running: Course,
        path: str = "/course/",
        viewport: dict[str, int] = DESK,
        scheme: str = "light",
    ) -> Page:
        context = browser.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]
        contexts.append(context)

        def only_here(route: Route) -> None:
            url = route.request.url
            if url.startswith((running.url("/"), "data:", "blob:")):
                route.continue_()
            else:
                wrong.append(f"asked {url}")
                route.abort()

        context.route("**/*", only_here)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error {error}"))
        page.goto(running.address)
        if path != "/course/":
            page.goto(running.url(path))
        return page

    yield come
    for context in contexts:
        context.close()
    assert not wrong


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Course]:
    """A course that nobody has used yet."""
    made = new_course(tmp_path / "home")
    made.start()
    yield made
    made.stop()
