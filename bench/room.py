"""How a room fares with sixty phones: joining, answering, dropping out, and the server killed in the middle.

python bench/room.py            sixty phones join in 30 s, 500 answers in a minute; 25 browsers open lessons and quizzes
python bench/room.py --quick    twelve phones, 40 answers, a few seconds

Everything is on this machine, which the phones share with the server. A phone here does what a real one does: it
listens to its stream, and sends an answer again, by the same name, until the room has taken it. Some are slow to
read, some lose their stream again and again. Times are from sending an answer to its being on the disk, of the try that
succeeded; those that waited for the server to be back, and then all came at once, are among them.
"""

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
import urllib.parse
import uuid
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import psutil
from playwright.async_api import Browser, async_playwright

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from rooms import CODE, Person, RunningRoom  # noqa: E402

BROWSERS, ARRIVE_IN = 25, 10.0  # people who open a lesson or a quiz, and come in so many seconds
LINES = [
    "Would you like to hear what a new one costs, or shall we leave it at that?",
    "You should order one before winter.",
    "It runs well. What matters most to you?",
    "Don't miss out on the offer.",
    "It is fifteen years old and costs more to run than a new one.",
]


@dataclass
class Phone:
    """One person's phone: its cookies, its stream, and what it measured."""

    room: RunningRoom
    name: str
    slow: bool = False
    drops: bool = False
    cookies: dict[str, str] = field(default_factory=dict)
    xsrf: str = ""
    told: int = 0
    took: list[float] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)

    async def ask(
        self, method: str, path: str, body: bytes = b"", **headers: str
    ) -> tuple[int, str]:
        """Status and text; a connection of its own each time, as on a bad Wi-Fi."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.room.port)
        try:
            writer.write(self._head(method, path, body, headers) + body)
            await writer.drain()
            return self._read(await asyncio.wait_for(reader.read(), 20))
        finally:
            writer.close()

    def _head(self, method: str, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        cookie = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        lines = [f"{method} {path} HTTP/1.1", "Host: room", "Connection: close", f"Cookie: {cookie}", f"Content-Length: {len(body)}"]  # fmt: skip
        lines += [f"{key.replace('_', '-')}: {value}" for key, value in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()

    def _read(self, reply: bytes) -> tuple[int, str]:
        head, _, text = reply.partition(b"\r\n\r\n")
        if not head:
            raise ConnectionError("nothing came back")
        for line in re.findall(rb"(?im)^Set-Cookie: (.*?)\r?$", head):
            for key, morsel in SimpleCookie(line.decode()).items():
                self.cookies[key] = morsel.coded_value
        return int(head.split()[1]), text.decode(errors="replace")

    async def join(self) -> float:
        """Take a seat, open the room's page; seconds until it could be used."""
        start = time.perf_counter()
        _, page = await self.ask("GET", "/join")
        token = re.search(r'name="_xsrf" value="([^"]+)"', page)[1]  # type: ignore[index]
        form = urllib.parse.urlencode({"_xsrf": token, "code": CODE, "name": self.name}).encode()
        status, page = await self.ask("POST", "/join?next=/course/room", form, Content_Type="application/x-www-form-urlencoded")  # fmt: skip
        assert status == 200, page[-600:]
        status, page = await self.ask("GET", "/course/room")
        assert status == 200
        self.xsrf = re.search(r'"xsrf": "([^"]+)"', page)[1]  # type: ignore[index]
        return time.perf_counter() - start

    async def listen(self) -> None:
        """Listen to the stream for as long as the bench goes on, and come back whenever it breaks."""
        while True:
            writer = None
            try:
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", self.room.port, limit=4096
                )
                writer.write(self._head("GET", "/course/room/phone/stream", b"", {}))
                until = time.monotonic() + (random.uniform(1, 4) if self.drops else 1e9)
                while time.monotonic() < until:
                    piece = await asyncio.wait_for(reader.read(200 if self.slow else 65536), 30)
                    if not piece:
                        break
                    self.told += piece.count(b"data: {")
                    await asyncio.sleep(2 if self.slow else 0)
            except (OSError, TimeoutError):
                pass
            finally:
                if writer:
                    writer.close()
            await asyncio.sleep(1.5)

    async def answer(self, text: str, number: int) -> None:
        """Send an answer until the room has taken it."""
        sent = json.dumps({"id": uuid.uuid4().hex, "do": "answer", "round": number, "stage": "first", "value": text}).encode()  # fmt: skip
        while True:
            start = time.perf_counter()
            try:
                status, said = await self.ask("POST", "/course/room/say", sent, Content_Type="application/json", X_XSRFToken=self.xsrf)  # fmt: skip
            except (OSError, TimeoutError):
                self.tries["no answer"] += 1
                await asyncio.sleep(0.5)
                continue
            if status == 200:
                self.took.append(time.perf_counter() - start)
                if random.random() < 0.1:
                    await self.ask("POST", "/course/room/say", sent, Content_Type="application/json", X_XSRFToken=self.xsrf)  # fmt: skip
                return
            assert status == 429, said
            self.tries["asked to wait"] += 1
            await asyncio.sleep(1)


def memory(room: RunningRoom) -> float:
    """Megabytes that the server has for itself."""
    return psutil.Process(room.process.pid).memory_full_info().uss / 1e6


async def load(
    room: RunningRoom, people: int, join_in: float, answers: int, within: float
) -> dict[str, Any]:
    """Have people join, answer and drop out, kill the server in the middle; what was seen."""
    trainer = Person(room).as_trainer()
    phones = [
        Phone(room, f"Person {n}", slow=n % 10 == 3, drops=n % 10 == 7) for n in range(people)
    ]

    async def arrive(phone: Phone, after: float) -> float:
        await asyncio.sleep(after)
        took = await phone.join()
        listening.append(asyncio.create_task(phone.listen()))
        return took

    listening: list[asyncio.Task[None]] = []
    joined = await asyncio.gather(
        *(arrive(one, join_in * n / people) for n, one in enumerate(phones))
    )
    await asyncio.to_thread(trainer.open, "rewrite", line="You need a new boiler.")
    used = [memory(room)]

    async def say(n: int) -> tuple[str, str]:
        await asyncio.sleep(within * n / answers)
        phone, text = phones[n % people], f"{LINES[n % len(LINES)]} ({n})"
        await phone.answer(text, 1)
        return phone.name, text

    saying = [asyncio.create_task(say(n)) for n in range(answers)]
    await asyncio.sleep(within / 2)
    used.append(memory(room))
    room.kill()
    down = time.perf_counter()
    await asyncio.to_thread(room.start)
    down = time.perf_counter() - down
    await asyncio.sleep(5)  # until the phones are back
    used.append(memory(room))
    taken = await asyncio.gather(*saying)
    await asyncio.sleep(4)
    kept = Counter((one["who"], one["value"]) for one in room.events() if one["do"] == "answer")
    newest = dict(taken)  # of each person the last one counts
    shown = {one["who"]: one["value"] for one in (await asyncio.to_thread(trainer.sees, "trainer"))["round"]["answers"]}  # fmt: skip
    heard = [one["reading"] is not None for one in (await asyncio.to_thread(trainer.sees, "trainer"))["round"]["answers"]]  # fmt: skip
    used.append(memory(room))
    for one in listening:
        one.cancel()
    took = sorted(one for phone in phones for one in phone.took)
    return {
        "joined": len(joined), "join": 1000 * max(joined), "answers": len(taken),
        "median": 1000 * statistics.median(took), "p95": 1000 * statistics.quantiles(took, n=20)[-1], "worst": 1000 * took[-1],
        "lost": len(set(taken) - set(kept)), "doubled": sum(count - 1 for count in kept.values()),
        "wrong": sum(shown.get(who) not in {text for name, text in taken if name == who} for who in newest),
        "unheard": heard.count(False), "down": down, "used": used,
        "again": sum(phone.tries["no answer"] for phone in phones), "told": min(phone.told for phone in phones),
    }  # fmt: skip


async def reads(browser: Browser, room: RunningRoom, number: int) -> tuple[float, float]:
    """Join as a person does, open a lesson or a quiz, use it; seconds until it was on the screen, and until it answered."""
    await asyncio.sleep(ARRIVE_IN * number / BROWSERS)
    context = await browser.new_context(viewport={"width": 390, "height": 844})
    page = await context.new_page()
    what = "quiz/quiz-01" if number % 2 else "lesson/05-four-invitations"
    start = time.perf_counter()
    await page.goto(room.url(f"/join?code={CODE}&next=/course/{what}"))
    await page.get_by_label("A name").fill(f"Reader {number}")
    await page.get_by_role("button", name="Take a seat").click()
    await page.get_by_role("link", name="Go on").click()
    if number % 2:
        answer = page.get_by_role("button", name="That's my answer")
        await answer.wait_for()
        there = time.perf_counter() - start
        await page.get_by_role("button", name="Take it as a test").click()
        await page.get_by_role("button", name="Begin").click()
        await page.get_by_role("button", name="Leave it for later").wait_for()
    else:
        box = page.locator(".up-editor textarea").first
        await box.wait_for()
        there = time.perf_counter() - start
        await box.fill(LINES[1])
        await page.locator(".up-editor mark").first.wait_for()
    used = time.perf_counter() - start
    await context.close()
    return there, used


def fetches(room: RunningRoom, number: int) -> tuple[float, float]:
    """The same without a browser: what the server alone takes until all of a page is there, and until it answered."""
    time.sleep(ARRIVE_IN * number / BROWSERS)
    start = time.perf_counter()
    one = Person(room).join(f"Fetcher {number}")
    _, page = one.ask(f"/course/{'quiz/quiz-01' if number % 2 else 'lesson/05-four-invitations'}")
    for part in re.findall(r'(?:src|href)="(/course/(?:page|look)\.\w+\.\w+)"', page):
        assert one.ask(part)[0] == 200
    there = time.perf_counter() - start
    if number % 2:
        one.desk("quiz", "quiz-01", do="begin", mode="practice")
    else:
        one.desk("practise", "05-floor", do="hear", text=LINES[1])
    return there, time.perf_counter() - start


async def readers(room: RunningRoom) -> list[tuple[float, float]]:
    """What 25 people see who come within ten seconds, each with a browser, all of them on this machine."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        return await asyncio.gather(*(reads(browser, room, number) for number in range(BROWSERS)))


def read() -> dict[str, list[tuple[float, float]]]:
    """Start a room, have people read in it, stop it; what they saw by the server alone, and in browsers."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        room = RunningRoom(home).start()
        try:
            with ThreadPoolExecutor(BROWSERS) as pool:
                alone = list(pool.map(fetches, [room] * BROWSERS, range(BROWSERS)))
            return {"by the server alone": alone, "in browsers, all on this machine": asyncio.run(readers(room))}  # fmt: skip
        finally:
            room.stop()


def measured(quick: bool) -> dict[str, Any]:
    """Start a room, load it, stop it."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        room = RunningRoom(home).start()
        try:
            return asyncio.run(load(room, 12, 1, 40, 6) if quick else load(room, 60, 30, 500, 60))
        finally:
            room.stop()


def main() -> None:
    """Measure and print."""
    reader = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    reader.add_argument("--quick", action="store_true", help="twelve phones, a few seconds")
    quick = reader.parse_args().quick
    seen = measured(quick)
    print(
        f"{seen['joined']} phones joined; the slowest was in the room after {seen['join']:.0f} ms"
    )
    print(f"{seen['answers']} answers: median {seen['median']:.0f} ms, 95th percentile {seen['p95']:.0f} ms, worst {seen['worst']:.0f} ms")  # fmt: skip
    print(f"killed and back after {seen['down']:.1f} s; {seen['again']} answers were sent again because of it")  # fmt: skip
    print(f"lost {seen['lost']}, doubled {seen['doubled']}, shown wrongly {seen['wrong']}, not heard {seen['unheard']}")  # fmt: skip
    print("server's own memory, in MB: {:.0f} before the answers, {:.0f} when it was killed; {:.0f} after its restart, {:.0f} at the end".format(*seen["used"]))  # fmt: skip
    if not quick:
        print(
            f"{BROWSERS} people join within {ARRIVE_IN:.0f} s and open a lesson or a quiz; seconds to the page, and to its first answer:"
        )
        for how, seen_by in read().items():
            there, used = zip(*seen_by, strict=True)
            print(f"  {how}: median {statistics.median(there):.1f} and {statistics.median(used):.1f}, at most {max(there):.1f} and {max(used):.1f}")  # fmt: skip


if __name__ == "__main__":
    main()
