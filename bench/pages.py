"""How quick the course's pages are: stock Voilà and the course's own server, side by side in one run.

python bench/pages.py

Times are those of one Chromium on this machine, which shares its cores with the servers; medians in milliseconds.
"""

import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
import psutil
from nbclient import NotebookClient
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from conftest import Course, new_course  # noqa: E402

LESSONS = ["05-four-invitations", "06-drop-the-or", "07-trust-first", "04-be-present"]
ROUNDS = 5
VISITORS = 10
KEYS = 40
BOX = ".up-editor textarea"
Address = Callable[[str], str]


@contextmanager
def stock(folder: Path) -> Iterator[Address]:
    """Voilà as it comes, over the same notebooks."""
    port = 18700
    environment = os.environ | {"UNPUSHY_DATA": str(folder / "data"), "HOME": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "voila", str(ROOT / "lessons"), "--no-browser", f"--port={port}"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _until_there(f"http://localhost:{port}/")
        yield lambda slug: f"http://localhost:{port}/voila/render/{slug}.ipynb"
    finally:
        process.terminate()
        process.wait()


@contextmanager
def ours(folder: Path) -> Iterator[tuple[Course, Address]]:
    """The course as a learner starts it."""
    running = new_course(folder)
    running.start()
    try:
        yield running, lambda slug: running.url(f"/course/lesson/{slug}")
    finally:
        running.stop()


def _until_there(url: str) -> None:
    for _ in range(200):
        try:
            return urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing came up at {url}")


def opened(page: Page, url: str) -> tuple[float, float]:
    """Milliseconds until the prose can be read, and until the first box can be typed in."""
    start = time.perf_counter()
    page.goto(url, wait_until="commit")
    page.wait_for_selector("h1, h2", timeout=60_000)
    prose = time.perf_counter() - start
    page.wait_for_selector(BOX, timeout=60_000)
    return 1000 * prose, 1000 * (time.perf_counter() - start)


def visits(browser: Browser, address: Address, login: str) -> dict[str, float]:
    """Medians over fresh visitors: the first page, and the next one of the same visit."""
    prose, first, following = [], [], []
    for round_ in range(ROUNDS):
        context = browser.new_context()
        page = context.new_page()
        if login:
            page.goto(login)
        there = [LESSONS[(round_ + step) % len(LESSONS)] for step in (0, 1)]
        read, usable = opened(page, address(there[0]))
        prose.append(read)
        first.append(usable)
        following.append(opened(page, address(there[1]))[1])
        context.close()
    return {
        "prose of a lesson readable": statistics.median(prose),
        "page to first usable widget": statistics.median(first),
        "the next page of a visit": statistics.median(following),
    }


def at_once(browser: Browser, address: Address, login: str) -> float:
    """Milliseconds until the last of ten visitors who come at once can type."""
    contexts = [browser.new_context() for _ in range(VISITORS)]
    pages = [context.new_page() for context in contexts]
    if login:
        for page in pages:
            page.goto(login)
    start = time.perf_counter()
    for page in pages:
        page.evaluate(
            "(url) => { setTimeout(() => { location.href = url; }, 0); }", address(LESSONS[0])
        )
    for page in pages:
        page.wait_for_selector(BOX, timeout=120_000)
    took = 1000 * (time.perf_counter() - start)
    for context in contexts:
        context.close()
    return took


def weight(browser: Browser, url: str, login: str) -> float:
    """Kilobytes that come over the wire for a page, by a browser that has nothing yet."""
    page = browser.new_context().new_page()
    if login:
        page.goto(login)
        page.context.new_cdp_session(page).send("Network.clearBrowserCache")
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    got: list[float] = []
    session.on("Network.loadingFinished", lambda told: got.append(told["encodedDataLength"]))
    opened(page, url)
    page.wait_for_timeout(1500)
    page.context.close()
    return sum(got) / 1000


def private(pid: int) -> float:
    """Megabytes that a process and its children have for themselves."""
    found = psutil.Process(pid)
    return sum(one.memory_full_info().uss for one in (found, *found.children(recursive=True))) / 1e6


def keystrokes(page: Page, box: str) -> list[float]:
    """Milliseconds from each keystroke to the marks that it brings, as the page paints them."""
    return page.evaluate(
        """async ([selector, keys]) => {
            const box = document.querySelector(selector);
            const behind = box.parentElement.querySelector(".up-behind");
            const took = [];
            for (let n = 0; n < keys; n++) {
                box.value = "You must sign now" + "!".repeat(n % 3 + 1);
                const start = performance.now();
                box.dispatchEvent(new Event("input", { bubbles: true }));
                await new Promise((done) => {
                    const painted = () => behind.querySelector("mark") && (seen.disconnect(), requestAnimationFrame(() => done()));
                    const seen = new MutationObserver(painted);
                    seen.observe(behind, { childList: true });
                });
                took.push(performance.now() - start);
                box.value = "";
                box.dispatchEvent(new Event("input", { bubbles: true }));
                await new Promise((done) => setTimeout(done, 120));
            }
            return took;
        }""",
        [box, KEYS],
    )


def notebooks() -> tuple[float, str]:
    """Seconds that the slowest notebook takes from top to bottom, kernel start included, and which it is."""
    took = []
    for path in sorted(
        found
        for folder in ("lessons", "quizzes", "solutions")
        for found in (ROOT / folder).rglob("*.ipynb")
    ):
        start = time.perf_counter()
        NotebookClient(nbformat.read(path, 4), kernel_name="python3").execute()
        took.append((time.perf_counter() - start, path.name))
    return max(took)


def said(took: list[float]) -> str:
    """Median and 95th percentile."""
    return f"{statistics.median(took):.0f} / {statistics.quantiles(took, n=20)[-1]:.0f}"


def main() -> None:
    """Measure and print."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with (
        tempfile.TemporaryDirectory() as folder,
        sync_playwright() as playwright,
        stock(Path(folder, "stock")) as theirs,
        ours(Path(folder, "ours")) as (running, address),
    ):
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        login = running.address
        print(f"{'milliseconds, medians':44}{'stock':>10}{'ours':>10}")
        visits(browser, theirs, "")
        visits(browser, address, login)  # both warm
        one, two = visits(browser, theirs, ""), visits(browser, address, login)
        for name in one:
            print(f"{name:44}{one[name]:10.0f}{two[name]:10.0f}")
        print(
            f"{f'{VISITORS} people at once, the last one usable':44}{at_once(browser, theirs, ''):10.0f}",
            end="",
        )
        before = private(running.process.pid)  # type: ignore[union-attr]
        print(f"{at_once(browser, address, login):10.0f}")
        after = private(running.process.pid)  # type: ignore[union-attr]
        sizes = weight(browser, theirs(LESSONS[0]), ""), weight(browser, address(LESSONS[0]), login)
        print(f"{'a lesson over the wire, kB':44}{sizes[0]:10.0f}{sizes[1]:10.0f}")
        print(
            f"{'home over the wire, kB':44}{'':10}{weight(browser, running.url('/course/'), login):10.0f}"
        )
        print(f"{'private memory of a visitor, MB':44}{'':10}{(after - before) / VISITORS:10.1f}")
        page = browser.new_page()
        page.goto(login)
        page.goto(address(LESSONS[0]))
        page.wait_for_selector(BOX)
        page.wait_for_timeout(1000)
        print(f"{'keystroke to marks, median / p95':44}{'':10}{said(keystrokes(page, BOX)):>10}")
        page.goto(running.url(f"/lab/tree/lessons/{LESSONS[0]}.ipynb"))
        page.get_by_text(re.compile(r"Python 3 .* \| Idle")).wait_for(timeout=60_000)
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        page.wait_for_selector(BOX, timeout=60_000, state="attached")
        page.wait_for_timeout(3000)
        print(f"{'  the same in JupyterLab':44}{'':10}{said(keystrokes(page, BOX)):>10}")
        browser.close()
        os.environ["UNPUSHY_DATA"] = folder
        slowest, which = notebooks()
        print(f"{'slowest notebook, top to bottom, s':44}{'':10}{slowest:10.1f}  {which}")


if __name__ == "__main__":
    main()
