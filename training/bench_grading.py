"""Grading, measured: stock nbgrader, nbgrader with this course's settings, and `unpushy grade`, side by side.

    make bench

Each grades the same submissions, every answer of which is different, in a folder of its own. Stock grading takes about a
second a submission and is linear: it is measured on twenty, and reckoned (~) for more unless `--all-of-stock`. The ear's
own time is measured by itself and told beside; the start of the program isn't counted in what a submission takes.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nbformat

from unpushy import course
from unpushy.ear import hear_all

NAME = "01-bought-not-sold"
STOCK = 20  # submissions on which stock nbgrader is measured
START = "# Answers are data"


def run(folder: Path, *command: str) -> tuple[float, int]:
    """Seconds that a command took, and the most memory it held, in MB."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    code = (
        "import resource, subprocess, sys; done = subprocess.run(sys.argv[1:], capture_output=True);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss); sys.exit(done.returncode)"
    )
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", code, sys.executable, "-m", *command],
        cwd=folder, env=os.environ | {"PATH": path}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return time.perf_counter() - started, int(done.stdout) // 1024


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
        answers = different(number)
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
    row = "{:>11} {:>22} {:>9} {:>11} {:>20} {:>6}".format
    print(row("submissions", "way", "seconds", "listening", "ms each, ear apart", "MB"))
    stock_each = 0.0
    with tempfile.TemporaryDirectory() as aside:
        for many in given.many:
            folder = classroom(Path(aside, str(many)), many)
            if many == given.many[0] or given.all_of_stock:
                some = many if given.all_of_stock else min(many, STOCK)
                here = without_ours(folder, Path(aside, "stock"), some)
                seconds, memory, each = measured(here, some, 0.0, "nbgrader", "autograde", NAME)
                stock_each = each
                print(
                    row(some, "nbgrader, stock", f"{seconds:.1f}", "inside", f"{each:.1f}", memory),
                    flush=True,
                )
            else:
                about = f"~{stock_each * many / 1000:.0f}"
                print(row(many, "nbgrader, stock", about, "inside", f"{stock_each:.1f}", ""))
            heard = listening(many)
            for way, module, command in (
                ("nbgrader, ours", "nbgrader", "autograde"),
                ("unpushy grade", "unpushy", "grade"),
            ):
                here = Path(shutil.copytree(folder, Path(aside, module)))
                seconds, memory, each = measured(here, many, heard, module, command, NAME)
                print(
                    row(many, way, f"{seconds:.1f}", f"{heard:.1f}", f"{each:.1f}", memory),
                    flush=True,
                )
                shutil.rmtree(here)


def measured(folder: Path, many: int, heard: float, *command: str) -> tuple[float, int, float]:
    """Seconds and memory of a command, and its milliseconds a submission, its start and the ear apart."""
    start, _ = run(folder, command[0], "--version")
    seconds, memory = run(folder, *command)
    return seconds, memory, 1000 * max(seconds - start - heard, 0.0) / many


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
