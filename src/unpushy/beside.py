"""Commands that stand beside this Python, such as `alembic`, which nbgrader asks for by its name."""

import os
import sys
from pathlib import Path


def commands_on_path() -> None:
    """Let this process, and those that it starts, find the commands of its own environment."""
    scripts = str(Path(sys.executable).parent)
    path = os.environ.get("PATH", "")
    if scripts not in path.split(os.pathsep):
        os.environ["PATH"] = f"{scripts}{os.pathsep}{path}"
