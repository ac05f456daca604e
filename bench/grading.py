"""Grading, measured: stock nbgrader, nbgrader with this course's settings, and `unpushy grade`, side by side.

    make bench

Each grades the same submissions in a folder of its own. They share their answers, so that the ear, which hears each
distinct answer once, hardly counts; what it takes when all answers differ is measured by itself and told beside. The
start of the program isn't counted in what a submission takes. Stock grading takes about a second a submission and is
linear: it is measured on twenty, and reckoned (~) for more unless `--all-of-stock`.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path

import nbformat

from unpushy import course
from unpushy.ear import hear_all

NAME = "01-bought-not-sold"
STOCK = 20  # submissions on which stock nbgrader is measured
SHARED = 1  # sets of answers that the submissions share
START = "# Answers are data"


def run(folder: Path, *command: str) -> tuple[float, float, int]:
    """Seconds by the clock and of computing that a command took, and the most memory it held, in MB."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    code = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], capture_output=True);"
        "used = resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(used.ru_utime + used.ru_stime, used.ru_maxrss // 1024); sys.exit(done.returncode)"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, sys.executable, "-m", *command],
        cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    computing, memory = done.stdout.split()
    return time.perf_counter() - started, float(computing), int(memory)


def different(number: int) -> dict[str, str]:
    """Five answers that nobody else gives."""
    lines = [model.line for one in course.exercises().values() for model in one.models]
    cells = [ident for ident in course.exercises() if course.exercise(ident).assignment]
    mine = [cell for cell in cells if cell.startswith("01-")]
    return {
        cell: f"{lines[(number * 5 + place) % len(lines)]} That would be number {number}."
        for place, cell in enumerate(mine)
    }


def classroom(folder: Path, many: int) -> Path:
    """A class's folder with so many submissions."""
    subprocess.run(
        [sys.executable, "-m", "unpushy", "teach", str(folder)], check=True, capture_output=True
    )
    run(folder, "nbgrader", "generate_assignment", NAME)
    released = nbformat.read(folder / "exercises" / NAME / f"{NAME}.ipynb", 4)
    for number in range(many):
        answers = different(number % SHARED)
        for cell in released.cells:
            if cell.id in answers:
                cell.source = f"%%rewrite {cell.id}\n{answers[cell.id]}"
        path = folder / "submitted" / f"s{number:04}" / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(released, path)
    return folder


def listening(many: int) -> float:
    """Seconds that the ear takes for the answers of so many, by the batch."""
    answers = [line for number in range(many) for line in different(number).values()]
    hear_all(["Would you?"])
    started = time.perf_counter()
    for at in range(0, len(answers), 256):
        hear_all(answers[at : at + 256])
    return time.perf_counter() - started


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("many", nargs="*", type=int, default=[20, 100, 300])
    options.add_argument("--all-of-stock", action="store_true")
    given = options.parse_args()
    row = "{:>11} {:>16} {:>8} {:>11} {:>16} {:>5} {:>29}".format
    heads = ("submissions", "way", "seconds", "ms each", "computing, each", "MB")
    print(row(*heads, "listening, if all differ"))
    stock = (0.0, 0.0)
    with tempfile.TemporaryDirectory() as aside:
        for many in given.many:
            folder = classroom(Path(aside, str(many)), many)
            if many == given.many[0] or given.all_of_stock:
                some = many if given.all_of_stock else min(many, STOCK)
                here = without_ours(folder, Path(aside, f"stock{many}"), some)
                seconds, *stock, memory = measured(here, some, "nbgrader", "autograde", NAME)
                print(
                    row(some, "nbgrader, stock", f"{seconds:.1f}", *whole(stock), memory, "inside"),
                    flush=True,
                )
            else:
                about = f"~{stock[0] * many / 1000:.0f}"
                print(row(many, "nbgrader, stock", about, *whole(stock), "", "inside"))
            heard = f"{listening(many):.1f} s"
            for way, module, command in (
                ("nbgrader, ours", "nbgrader", "autograde"),
                ("unpushy grade", "unpushy", "grade"),
            ):
                here = Path(shutil.copytree(folder, Path(aside, module)))
                seconds, *each, memory = measured(here, many, module, command, NAME)
                print(row(many, way, f"{seconds:.1f}", *whole(each), memory, heard), flush=True)
                shutil.rmtree(here)


def whole(milliseconds: Iterable[float]) -> list[str]:
    """Milliseconds as they are printed."""
    return [f"{one:.1f}" for one in milliseconds]


def measured(folder: Path, many: int, *command: str) -> tuple[float, float, float, int]:
    """Seconds of a command; milliseconds a submission, by the clock and of computing, its start apart; MB."""
    # One submission more or less is not seen beside the start: grade one, then the rest.
    first = sorted((folder / "submitted").iterdir())[0].name
    start, start_computing, _ = run(folder, *command, f"--student={first}")
    seconds, computing, memory = run(folder, *command)
    rest = 1000 / max(many - 1, 1)
    return (
        seconds,
        max(seconds - start, 0.0) * rest,
        max(computing - start_computing, 0.0) * rest,
        memory,
    )


def without_ours(folder: Path, to: Path, some: int) -> Path:
    """A copy of a class's folder with stock nbgrader's way to grade, and so many submissions."""
    shutil.copytree(folder, to)
    settings = (to / "nbgrader_config.py").read_text("utf-8").split(START)[0]
    kept = [line for line in settings.splitlines() if not line.startswith("from unpushy.assign")]
    (to / "nbgrader_config.py").write_text("\n".join(kept), "utf-8")
    for path in sorted((to / "submitted").iterdir())[some:]:
        shutil.rmtree(path)
    return to


if __name__ == "__main__":
    main()
