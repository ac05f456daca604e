"""What a trainer takes home from a room: a table of all answers. Names only where they are asked for."""

import csv
from io import StringIO

from unpushy.quiz.results import safe
from unpushy.room.listening import Listening
from unpushy.room.rounds import FIRST, SECOND, SPOT, Answer, Room, Round

COLUMNS = ("round", "kind", "situation", "line", "person", "try", "answer", "heard", "tactics", "hidden", "at")  # fmt: skip
HEARD = ("pushes", "plain", "invites")


def as_csv(room: Room, listening: Listening, named: bool = False) -> str:
    """One row for each person's answer in each try; people are numbered in the order in which they first answered."""
    everyone = list(dict.fromkeys(who for found in room.rounds for who in found.people))
    called = {who: who if named else f"person {n}" for n, who in enumerate(everyone, 1)}
    out = StringIO()
    write = csv.writer(out)
    write.writerow(COLUMNS)
    for found in room.rounds:
        for stage in (FIRST, SECOND):
            for one in found.said(stage):
                heard = listening.of(found.task, one.text) if one.text else None
                row = (
                    str(found.number), found.task.kind, found.task.situation, found.task.line or " / ".join(found.task.options),
                    called[one.who], stage, _in_words(found, one), HEARD[heard.grade] if heard else "",
                    "; ".join(heard.tactics) if heard else "", "yes" if one.who in found.hidden else "", one.at,
                )  # fmt: skip
                write.writerow([safe(cell) for cell in row])
    return out.getvalue()


def _in_words(found: Round, one: Answer) -> str:
    if isinstance(one.value, str):
        return one.value
    if found.task.kind == SPOT and isinstance(one.value, tuple):
        return " … ".join(found.task.words[place] for place in one.value)
    return found.task.options[one.value] if isinstance(one.value, int) else ""
