"""Making exercises/ from solutions/ with nbgrader, aside, so that a failed run leaves the old release as it was."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path


class ReleaseError(RuntimeError):
    """nbgrader could not make a release; the message holds what it said."""


def assignments(course_folder: Path) -> list[str]:
    """The names of all assignments: the folders of solutions/."""
    return sorted(path.name for path in (course_folder / "solutions").iterdir() if path.is_dir())


def generate(course_folder: Path, into: Path) -> None:
    """Generate the release of every assignment into a folder that is made anew."""
    with tempfile.TemporaryDirectory() as aside:
        release = Path(aside, "release")
        for name in assignments(course_folder):
            done = subprocess.run(
                [
                    sys.executable, "-m", "nbgrader", "generate_assignment", "--no-db", name,
                    f"--CourseDirectory.root={course_folder}",
                    f"--CourseDirectory.release_directory={release}",
                ],
                cwd=course_folder, capture_output=True, text=True,
                env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
            )  # fmt: skip
            if done.returncode:
                raise ReleaseError(f"{name}: {done.stderr.strip() or done.stdout.strip()}")
        if into.exists():
            shutil.rmtree(into)
        shutil.move(release, into)
