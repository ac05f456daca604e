"""A workshop in a room: rounds that a trainer opens, and what everyone may see of them. Knows nothing of the web."""

from unpushy.room.rounds import Answer, Refused, Room, Round, Task, after

__all__ = ["Answer", "Refused", "Room", "Round", "Task", "after"]
