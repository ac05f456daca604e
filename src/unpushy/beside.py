"""What this process finds beside itself: commands of its environment, and how much of the machine it takes."""

import contextlib
import os
import sys
from pathlib import Path

MOST_OPEN = 10_000  # files and connections


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


def many_connections() -> None:
    """Have this process open as many connections as it may, where it's given few at first: 256 on a Mac."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource  # there is none on Windows, nor such a limit

        few, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = MOST_OPEN if most == resource.RLIM_INFINITY else min(MOST_OPEN, most)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(few, wanted), most))
