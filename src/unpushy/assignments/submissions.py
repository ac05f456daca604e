"""What was handed in: files read without trusting them, and copied without following where they lead."""

import os
import stat
from hashlib import sha256
from pathlib import Path
from shutil import copyfileobj

from unpushy.assignments.doctor import LARGEST, Diagnosis, Release, examine
from unpushy.assignments.integrity import odd_answers

MOST_FILES = 100
_PLAIN = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)


class NoPlainFile(OSError):
    """A link, a pipe or a device, which isn't read."""


def _open(path: Path) -> int:
    """Open a regular file; the check is of what was opened, so that nobody can swap it in between."""
    try:
        file = os.open(path, _PLAIN | getattr(os, "O_BINARY", 0))
    except OSError as error:
        if path.is_symlink():
            raise NoPlainFile(f"{path.name} is a link, and isn't followed.") from None
        raise error
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise NoPlainFile(f"{path.name} is no plain file.")
    return file


def read_submission(path: Path) -> bytes:
    """The bytes of a file that was handed in, up to just past the largest that is read; of a link, none."""
    try:
        with os.fdopen(_open(path), "rb") as file:
            return file.read(LARGEST + 1)
    except NoPlainFile as error:
        return f"({error})".encode()


def digest(raw: bytes) -> str:
    """A short name for the contents of a file."""
    return sha256(raw).hexdigest()


def diagnose(raw: bytes, release: Release) -> Diagnosis:
    """What the doctor finds in a file that was handed in, and what is odd about its answers."""
    return odd_answers(examine(raw, release))


def copy_plainly(source: Path, target: Path, largest: int = LARGEST) -> list[str]:
    """Copy the plain files of a folder into a new one; links and devices, large files and all past the
    hundredth are left out. Returns what was left out, in words."""
    left_out: list[str] = []
    if source.is_symlink():
        return [f"{source.name} is a link, and isn't followed."]
    target.mkdir(parents=True)
    for entry in sorted(os.scandir(source), key=lambda one: one.name):
        if len(list(target.iterdir())) >= MOST_FILES:
            left_out.append(f"{source.name} has more than {MOST_FILES} files.")
            break
        if entry.is_dir(follow_symlinks=False):
            left_out.append(f"{entry.name} is a folder.")
            continue
        try:
            with os.fdopen(_open(Path(entry.path)), "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size > largest:
                    left_out.append(f"{entry.name} is too large ({size:,} bytes).")
                    continue
                with (target / entry.name).open("xb") as copy:
                    copyfileobj(file, copy)
        except NoPlainFile as error:
            left_out.append(str(error))
    return left_out
