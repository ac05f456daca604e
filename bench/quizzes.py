"""How quickly a quiz of a class answers: each click in a browser, and a whole class that answers at once.

python bench/quizzes.py

Times are those of one Chromium on this machine, which shares its cores with the server.
"""

import json
import os
import random
import shutil
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from browser.test_graded_quiz import answer_somehow
from rooms import Person, RunningClass

from unpushy.server.places import lessons

SITTINGS = 5  # quizzes that one learner takes from beginning to end
LEARNERS = 25  # who answer at once
PAUSE = 2.0  # seconds that each of them looks at a question
LINE = "It runs well for its age. What would you like to know about a new one?"


def click(page: Page, name: str) -> float:
    """Milliseconds from a click on a button until what it brings is painted."""
    return page.evaluate(
        """async (name) => {
            const quiz = document.querySelector(".up-quiz");
            const button = [...quiz.querySelectorAll("button")].find((one) => one.textContent.trim() === name);
            const asked = quiz.getAttribute("aria-label") + quiz.querySelector("h2, h3, .up-asked")?.textContent;
            const start = performance.now();
            button.click();
            await new Promise((done) => {
                const look = () => {
                    const now = document.querySelector(".up-quiz");
                    const shown = now && now.getAttribute("aria-label") + now.querySelector("h2, h3, .up-asked")?.textContent;
                    shown && shown !== asked ? requestAnimationFrame(() => done()) : requestAnimationFrame(look);
                };
                look();
            });
            return performance.now() - start;
        }""",
        name,
    )


def in_a_browser(room: RunningClass) -> dict[str, list[float]]:
    """Milliseconds of each click in a learner's quizzes, by what was clicked; and until each page could be used."""
    took: dict[str, list[float]] = {"open": [], "Begin": [], "That's my answer": [], "Hand in": []}
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(room.address)
        page.get_by_label("A name").fill("Ana")
        page.get_by_role("button", name="Take a seat").click()
        page.get_by_role("link", name="Go on").click()
        for quiz in [lesson.slug for lesson in lessons() if lesson.slug > "01"][:SITTINGS]:
            start = time.perf_counter()
            page.goto(room.url(f"/course/quiz/{quiz}"))
            page.get_by_role("button", name="Begin").wait_for()
            took["open"].append(1000 * (time.perf_counter() - start))
            took["Begin"].append(click(page, "Begin"))
            many = int(page.locator(".up-quiz").get_attribute("aria-label").split(" of ")[1])
            for _ in range(many):
                answer_somehow(page)
                took["That's my answer"].append(click(page, "That's my answer"))
            took["Hand in"].append(click(page, "Hand in"))
        browser.close()
    return took


def answered(learner: Person, xsrf: str, quiz: str) -> list[float]:
    """Milliseconds of each answer of a learner who takes a quiz, by the clock of a phone beside the server."""

    def ask(**request: object) -> dict[str, Any]:
        status, said = learner.ask(
            f"/course/desk/quiz/{quiz}", json.dumps(request).encode(), Content_Type="application/json", X_XSRFToken=xsrf
        )  # fmt: skip
        assert status == 200, said
        return json.loads(said)

    sheet = ask(do="begin", mode="graded")
    took = []
    for place, question in enumerate(sheet["questions"]):
        time.sleep(random.uniform(0, 2 * PAUSE))
        given: object = [0]
        if question["kind"] == "rewrite":
            given = f"{LINE} {random.random()}"
        elif question["kind"] == "match":
            given = list(range(len(question["lines"])))
        start = time.perf_counter()
        reply = ask(do="answer", sitting=sheet["sitting"], version=sheet["version"], question=place, answer=given)  # fmt: skip
        took.append(1000 * (time.perf_counter() - start))
        assert "error" not in reply, reply
    start = time.perf_counter()
    assert ask(do="hand in", sitting=sheet["sitting"], version=sheet["version"])["stage"] == "done"
    return [*took, 1000 * (time.perf_counter() - start)]


def at_once(room: RunningClass) -> list[float]:
    """Milliseconds of each answer of a whole class that takes the same quiz at the same time."""
    learners = [Person(room).join(f"Learner {number}") for number in range(LEARNERS)]
    tokens = [one.xsrf() for one in learners]
    with ThreadPoolExecutor(LEARNERS) as pool:
        done = pool.map(answered, learners, tokens, ["quiz-01"] * LEARNERS)
        return [one for took in done for one in took]


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        rules = Path(folder, "class.toml")
        rules.write_text("[all]\nattempts = 1\n")
        room = RunningClass(Path(folder)).start(UNPUSHY_CLASS=str(rules))
        try:
            took = in_a_browser(room)
            print(f"{'milliseconds':44}{'n':>5}{'median':>8}{'p95':>8}{'worst':>8}")
            for name, each in took.items():
                show(f"{name!r} to what it brings" if name != "open" else "a quiz's page, until it can be used", each)  # fmt: skip
            show("all clicks", [one for name, each in took.items() if name != "open" for one in each])  # fmt: skip
            show(f"{LEARNERS} learners at once, the server's answers", at_once(room))
        finally:
            room.stop()


def show(name: str, took: list[float]) -> None:
    """One row of the table."""
    p95 = statistics.quantiles(took, n=20, method="inclusive")[-1]
    print(f"{name:44}{len(took):5}{statistics.median(took):8.0f}{p95:8.0f}{max(took):8.0f}")


if __name__ == "__main__":
    main()
