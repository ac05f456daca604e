"""A room as events: what may happen, what counts, and what survives."""

import json
import random
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from unpushy import course
from unpushy.room import Refused, Room, after, views
from unpushy.room.export import as_csv
from unpushy.room.listening import Listening
from unpushy.room.log import Log, LogError
from unpushy.room.plan import plans, standing
from unpushy.room.rounds import FIRST, SECOND, Clock, drawn_pairs, replay

BOILER = {"kind": "rewrite", "line": "You need a new boiler.", "situation": "A boiler is old."}
PUSH, INVITE = "You must sign today.", "Would you like to hear what a new one costs, or not?"


def opened(*tasks: dict[str, Any]) -> Room:
    return replay({"do": "open", "at": "", "task": task} for task in tasks or (BOILER,))


def said(
    room: Room, who: str, value: Any, stage: str = FIRST, ident: str = "", number: int = 0
) -> Room:
    return after(
        room, {"do": "answer", "who": who, "id": ident, "at": "", "round": number or room.on, "stage": stage, "value": value},
    )  # fmt: skip


def to(room: Room, stage: str, number: int = 0) -> Room:
    return after(room, {"do": "stage", "round": number or room.on, "to": stage})


def heard(room: Room) -> Listening:
    listening = Listening()
    listening.listen(listening.missing(room))
    assert not listening.missing(room)
    return listening


def test_a_request_that_comes_twice_is_done_once() -> None:
    room = said(opened(), "Ana", "one", ident="same")
    assert said(room, "Ana", "one", ident="same") is room
    assert said(room, "Bea", "two", ident="same") is not room


def test_of_each_person_one_answer_counts_in_each_try() -> None:
    room = said(said(opened({"kind": "vote", "line": "Buy it."}), "Ana", 0), "Ana", 2)
    assert [one.value for one in room.rounds[0].said(FIRST)] == [2]
    room = said(to(room, SECOND), "Ana", 1, SECOND)
    assert [one.value for one in room.rounds[0].said(FIRST)] == [2]
    assert [one.value for one in room.rounds[0].said(SECOND)] == [1]


@pytest.mark.parametrize("stage", ["talk", "shown"])
def test_nobody_answers_a_closed_round(stage: str) -> None:
    room = to(opened(), stage)
    for given in (FIRST, SECOND, stage):
        with pytest.raises(Refused, match="moved on"):
            said(room, "Ana", "late", given)


def test_a_round_only_goes_forward() -> None:
    room = to(opened(), "shown")
    with pytest.raises(Refused, match="only goes forward"):
        to(room, SECOND)


def test_a_round_is_put_aside_and_taken_up_again_for_its_second_try() -> None:
    room = said(opened({"kind": "own"}), "Ana", PUSH)
    room = after(room, {"do": "open", "at": "", "task": BOILER})
    with pytest.raises(Refused):
        said(room, "Ana", INVITE, SECOND, number=1)
    room = said(to(room, SECOND, number=1), "Ana", INVITE, SECOND)
    assert [one.text for one in room.rounds[0].answers.values()] == [PUSH, INVITE]


@pytest.mark.parametrize(
    ("task", "value"),
    [
        (BOILER, ""), (BOILER, "  \u200b "), (BOILER, "x" * 601), (BOILER, 3), (BOILER, None), (BOILER, ["a"]),
        ({"kind": "vote", "line": "x"}, 3), ({"kind": "vote", "line": "x"}, -1), ({"kind": "vote", "line": "x"}, True),
        ({"kind": "vote", "line": "x"}, "0"), ({"kind": "spot", "line": "a b"}, [2]), ({"kind": "spot", "line": "a b"}, [0.5]),
        ({"kind": "spot", "line": "a b"}, "a"), ({"kind": "choose", "options": ["a", "b"]}, 2),
    ],
)  # fmt: skip
def test_an_answer_that_does_not_fit_its_round_is_refused(task: Any, value: Any) -> None:
    with pytest.raises(Refused):
        said(opened(task), "Ana", value)


@pytest.mark.parametrize(
    "task",
    [None, {}, {"kind": "dance"}, {"kind": "rewrite"}, {"kind": "rewrite", "line": 3}, {"kind": "choose", "options": ["a"]},
     {"kind": "choose", "options": ["a", " "]}, {"kind": "spot", "line": " "}, {"kind": "rewrite", "line": "x" * 1201},
     {"kind": "pair"}],
)  # fmt: skip
def test_a_round_that_asks_nothing_is_refused(task: Any) -> None:
    with pytest.raises(Refused):
        opened(task)


@pytest.mark.parametrize("size", range(2, 12))
def test_everyone_in_a_pair_improves_one_line_that_is_not_their_own(size: int) -> None:
    room = opened()
    for n in range(size):
        room = said(room, f"p{n}", f"line {n}")
    pairs = drawn_pairs(room.rounds[0], random.Random(size))
    assert sorted(pairs) == sorted(pairs.values()) == sorted(f"p{n}" for n in range(size))
    assert all(one != other for one, other in pairs.items())
    assert sum(pairs[pairs[one]] != one for one in pairs) in (0, 3)


def test_a_pair_gets_its_own_line_back_improved() -> None:
    room = said(said(opened(), "Ana", "Ana's line"), "Bea", "Bea's line")
    room = after(room, {"do": "open", "at": "", "task": BOILER | {"kind": "pair", "of": 1}, "pairs": {"Ana": "Bea", "Bea": "Ana"}})  # fmt: skip
    listening = Listening()
    assert views.phone(room, "Ana", listening)["round"]["theirs"] == "Bea's line"
    assert views.phone(room, "Carl", listening)["round"]["theirs"] is None
    with pytest.raises(Refused, match="no line for you"):
        said(room, "Carl", "me too")
    room = to(said(room, "Bea", "Ana's line, improved"), SECOND)
    told = views.phone(room, "Ana", listening)["round"]
    assert (told["own"], told["offered"]) == ("Ana's line", ["Ana's line, improved"])


def everything(told: Any) -> str:
    return json.dumps(told)


def test_a_phone_is_told_nobodys_name_and_nobody_elses_answer() -> None:
    room = said(said(opened(), "Ana Name", "Ana's own words"), "Bea Name", "Bea's own words")
    for stage in (FIRST, "talk", SECOND, "shown"):
        room = to(room, stage)
        told = everything(views.phone(room, "Ana Name", heard(room)))
        assert "Bea" not in told
        assert "Name" not in told


def test_the_big_screen_is_told_no_name_and_no_mark_before_its_time() -> None:
    room = said(said(opened(), "Ana Name", PUSH), "Bea Name", INVITE)
    for stage in (FIRST, "talk"):
        room = to(room, stage)
        told = everything(views.wall(room, 2, heard(room)))
        assert PUSH in told
        assert "grade" not in told
        assert "Name" not in told
    told = views.wall(to(room, "shown"), 2, heard(room))
    assert told["round"]["grades"][FIRST] == [1, 0, 1]
    assert "Name" not in everything(told)


@pytest.mark.parametrize("view", ["phone", "wall"])
def test_a_vote_is_told_when_it_is_shown_and_not_before(view: str) -> None:
    room = said(opened({"kind": "choose", "options": ["a", "b"]}), "Ana", 1)
    for stage in (FIRST, "talk", SECOND, "shown"):
        room = to(room, stage)
        told = views.phone(room, "Bea", Listening()) if view == "phone" else views.wall(room, 1, Listening())  # fmt: skip
        assert ("tallies" in told["round"]) == (stage == "shown")


def test_marks_are_shown_at_once_only_where_the_trainer_wants_it() -> None:
    for marks in (False, True):
        room = said(opened(BOILER | {"marks": marks}), "Ana", PUSH)
        told = views.phone(room, "Ana", heard(room))["round"]["heard"]
        assert (told is not None) == marks


def test_a_hidden_answer_is_gone_from_the_big_screen_and_stays_so_when_it_is_sent_anew() -> None:
    room = said(said(opened(), "Ana", "rude"), "Bea", "kind")
    room = after(room, {"do": "pick", "round": 1, "whose": "Ana", "what": "hidden", "yes": True})
    room = said(room, "Ana", "rude again")
    for stage in (FIRST, SECOND, "shown"):
        room = to(room, stage)
        assert "rude" not in everything(views.wall(room, 2, heard(room)))
    trainer = views.trainer(room, [], heard(room), {}, 0)
    assert "rude again" in everything(trainer)


def test_words_that_push_are_found_by_their_places() -> None:
    room = said(opened({"kind": "spot", "line": "Well 🙂 you must sign today"}), "Ana", [3, 4, 3])
    room = to(room, "shown")
    told = views.wall(room, 1, heard(room))["round"]
    assert told["tallies"][FIRST] == [0, 0, 0, 1, 1, 0]
    assert 3 in told["pushing"]
    assert not {0, 1} & set(told["pushing"])


@pytest.mark.parametrize("kind", ["spot", "vote", "choose"])
def test_a_line_of_the_course_is_marked_in_the_room_as_its_writer_marked_it(kind: str) -> None:
    line = course.exercise("10-crossing")
    asked = {"options": [line.pushy, "x"]} if kind == "choose" else {"line": line.pushy}
    room = to(opened({"kind": kind, "situation": line.situation} | asked), "shown")
    told = views.wall(room, 2, heard(room))["round"]
    if kind == "spot":
        words = line.pushy.split()
        assert [words[place] for place in told["pushing"]] == " ".join(
            ["You're scared of nothing, Mehwish, there wasn't even a train!", "Get straight back in, or you'll never drive."]
        ).split()  # fmt: skip
    else:
        shown = told["readings"][0]
        assert [line.pushy[m["start"] : m["end"]] for m in shown["marks"]] == list(line.words)
        assert (shown["grade"], shown["sure"]) == (0, True)


def test_somebody_who_is_stuck_gets_the_first_hint_of_the_courses_line() -> None:
    room = opened(BOILER | {"exercise": "01-boiler"})
    assert views.phone(room, "Ana", Listening())["round"]["hint"] is None
    room = after(room, {"do": "stuck", "who": "Ana", "round": 1})
    assert "She asked how it is doing" in views.phone(room, "Ana", Listening())["round"]["hint"]
    assert views.trainer(room, ["Ana"], Listening(), {}, 0)["round"]["stuck"] == ["Ana"]
    assert views.phone(room, "Bea", Listening())["round"]["hint"] is None


def test_before_and_after_holds_those_who_tried_twice() -> None:
    room = to(said(said(opened(), "Ana", PUSH), "Bea", PUSH), SECOND)
    room = said(room, "Ana", INVITE, SECOND)
    told = views.finale(room, heard(room))
    assert told["counts"] == {"before": [1, 0, 0], "after": [0, 0, 1]}
    assert [(one["before"], one["after"]) for one in told["lines"]] == [(PUSH, INVITE)]


def test_the_table_has_a_row_for_each_try_and_names_only_if_asked() -> None:
    room = said(to(said(opened(), "Ana", "=1+1 or so"), SECOND), "Ana", INVITE, SECOND)
    table = as_csv(room, heard(room))
    assert "Ana" not in table
    assert "person 1,first,'=1+1 or so" in table
    assert "invites" in table
    assert "Ana" in as_csv(room, heard(room), named=True)


def test_half_a_line_that_a_kill_left_behind_is_cut_off(tmp_path: Path) -> None:
    log = Log(tmp_path / "room.jsonl")
    log.add([{"do": "open", "at": "", "task": BOILER}])
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + b'{"do": "answer", "who": "Ana"')
    assert len(log.room().rounds) == 1
    log.add([{"do": "answer", "who": "Ana", "id": "1", "at": "", "round": 1, "stage": FIRST, "value": "x"}])  # fmt: skip
    assert len(log.room().rounds[0].answers) == 1


def test_a_file_that_cannot_be_read_names_its_line(tmp_path: Path) -> None:
    path = tmp_path / "room.jsonl"
    path.write_text('{"do": "begin", "room": "x"}\nnonsense\n')
    with pytest.raises(LogError, match="line 2"):
        Log(path).room()


def test_what_cannot_be_written_has_not_happened(tmp_path: Path) -> None:
    log = Log(tmp_path / "room.jsonl")
    log.add([{"do": "begin", "room": "x"}])
    with pytest.raises(OSError, match="No space"):
        Log(Path("/dev/full")).add([{"do": "begin", "room": "y"}])
    assert log.room().name == "x"


def test_the_plans_of_the_guide_add_up() -> None:
    found = plans(ROOT / "docs" / "teaching.md")
    assert {"Two hours", "Half a day"} <= set(found)
    for steps in found.values():
        assert all(a.start + a.minutes == b.start for a, b in pairwise(steps))
        assert any(step.optional for step in steps)
    assert found["Two hours"][-1].start + found["Two hours"][-1].minutes == 120
    assert "05-floor" in [one for step in found["Two hours"] for one in step.exercises]


def test_ten_minutes_behind_the_plan_names_what_can_go_and_leaving_it_out_helps() -> None:
    steps = plans(ROOT / "docs" / "teaching.md")["Two hours"]
    clock = Clock("Two hours", 0, 2, 23 * 60)
    late = standing(steps, clock, 30 * 60)
    assert late.behind == pytest.approx(10)
    assert late.leave_out is not None
    assert steps[late.leave_out].optional
    left = Clock("Two hours", 0, 2, 23 * 60, frozenset({late.leave_out}))
    assert standing(steps, left, 30 * 60).behind == pytest.approx(0)
    assert standing(steps, Clock("Two hours", 0), 60).leave_out is None
