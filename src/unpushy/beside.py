"""What this process finds beside itself: commands of its environment, and how many cores it takes."""

import os
import sys
from pathlib import Path


def commands_on_path() -> None:
    """Let this process, and those that it starts, find the commands of its own environment.

    nbgrader, for one, asks for `alembic` by its name.
    """
    scripts = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", "")
    if scripts not in path.split(os.pathsep):
        os.environ["PATH"] = f"{scripts}{os.pathsep}{path}"


def one_core_for_the_ear() -> None:
    """Let the ear hear on one core, so that a server keeps the others; before numpy is there.

    On a busy machine of two cores a line takes a fraction of the time that it takes threads to wait for each other.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
