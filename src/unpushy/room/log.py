"""The events of a room in a file to which lines are only added: a room that is killed goes on where it was."""

import contextlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

from unpushy.room.rounds import Event, Refused, Room, after


class Log:
    """The file of a room's events.

    >>> import tempfile
    >>> log = Log(Path(tempfile.mkdtemp(), "room.jsonl"))
    >>> log.add([{"do": "begin", "room": "x"}])
    >>> log.room().name
    'x'
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = Lock()

    def add(self, events: Sequence[Event]) -> None:
        """Write events, and see that they are on the disk. Raises OSError, and then nothing was added."""
        written = "".join(
            json.dumps(dict(one), ensure_ascii=True) + "\n" for one in events
        ).encode()
        with self._lock:
            self.path.parent.mkdir(0o700, parents=True, exist_ok=True)
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                before = os.fstat(file).st_size
                try:
                    while written:
                        written = written[os.write(file, written) :]
                    os.fsync(file)
                except OSError:
                    with contextlib.suppress(OSError):  # what was written before went wrong
                        os.ftruncate(file, before)
                    raise
            finally:
                os.close(file)

    def room(self) -> Room:
        """The room after all that was written. Half a line at the end was never answered for: it is cut off."""
        if not self.path.is_file():
            return Room()
        kept = self.path.read_bytes()
        whole = kept.rfind(b"\n") + 1
        if whole < len(kept):
            os.truncate(self.path, whole)
        room = Room()
        for number, line in enumerate(kept[:whole].splitlines(), 1):
            try:
                event: dict[str, Any] = json.loads(line)
                room = after(room, event)
            except (ValueError, KeyError, TypeError, Refused) as error:
                raise LogError(
                    f"{self.path}, line {number}: this can't be read ({error}). To begin a new room: unpushy room --new"
                ) from None
        return room

    def delete(self) -> None:
        """Delete everything."""
        with self._lock:
            self.path.unlink(missing_ok=True)


class LogError(RuntimeError):
    """What is kept of a room can't be read; the message says where and what to do."""
