"""Seats in a class: a name that is taken once, and the way back to it after a lost cookie."""

import hashlib
import hmac
import json
import re
import secrets
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

LONGEST_NAME = 40
MOST_SEATS = 1000
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike


class SeatError(ValueError):
    """A seat can't be taken; the message says why, in words for a person."""


def new_code(length: int = 6) -> str:
    """A code that is easily read aloud."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def kept_secret(path: Path, length: int = 32) -> str:
    """The secret in a file that only its owner may read, made if it isn't there."""
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        path.parent.mkdir(0o700, parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(length), "utf-8")
        return path.read_text("utf-8").strip()


def tidy(name: str) -> str:
    """A name as it is shown: without what can't be seen, and not too long.

    >>> tidy("  Ana\\u200b  Müller ")
    'Ana Müller'
    """
    plain = unicodedata.normalize("NFKC", name)
    seen = "".join(c for c in plain if c.isspace() or unicodedata.category(c)[0] != "C")
    return re.sub(r"\s+", " ", seen).strip()[:LONGEST_NAME].strip()


def _same(name: str) -> str:
    """What two names share that nobody could tell apart."""
    return re.sub(r"[\W_]+", "", tidy(name).casefold())


class Seats:
    """The seats of one class, kept in a file to which lines are only added.

    >>> import tempfile
    >>> seats = Seats(Path(tempfile.mkdtemp(), "seats.jsonl"))
    >>> way_back = seats.take("Ana")
    >>> seats.take("ana", way_back) == way_back
    True
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = Lock()
        self._taken: dict[str, tuple[str, str]] = {}
        if path.is_file():
            for line in path.read_text("utf-8").splitlines():
                row = json.loads(line)
                self._taken[_same(row["name"])] = row["name"], row["way_back"]

    def __len__(self) -> int:
        return len(self._taken)

    @property
    def names(self) -> list[str]:
        """All names, in the order in which the seats were taken."""
        return [name for name, _ in self._taken.values()]

    def clear(self) -> None:
        """Have everybody leave, and forget that they were here."""
        with self._lock:
            self._path.unlink(missing_ok=True)
            self._taken.clear()

    def name(self, name: str) -> str | None:
        """A seat's name as it was first given, or None if nobody sits there."""
        found = self._taken.get(_same(name))
        return found[0] if found else None

    def take(self, name: str, way_back: str = "") -> str:
        """Take a seat, or come back to one's own; returns the way back. Raises SeatError."""
        shown, same = tidy(name), _same(name)
        if not same:
            raise SeatError("A name needs a letter or two. Any name will do.")
        with self._lock:
            if same in self._taken:
                if way_back and hmac.compare_digest(_digest(way_back), self._taken[same][1]):
                    return way_back
                raise SeatError(
                    f"There is somebody called {self._taken[same][0]} already. Add a letter, or, if that's you, "
                    "your own code for coming back."
                )
            if len(self._taken) >= MOST_SEATS:
                raise SeatError("All seats are taken. Ask your trainer.")
            way_back = new_code(8)
            row = {
                "name": shown,
                "way_back": _digest(way_back),
                "at": datetime.now(UTC).isoformat(),
            }
            self._path.parent.mkdir(0o700, parents=True, exist_ok=True)
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")
            self._taken[same] = shown, row["way_back"]
        return way_back


def _digest(way_back: str) -> str:
    return hashlib.sha256(way_back.strip().lower().encode()).hexdigest()
