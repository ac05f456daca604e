"""The widgets: they answer numbered questions, and carry nothing else between page and kernel."""

from functools import partial
from typing import Any

import pytest

from unpushy.progress import Progress, open_progress
from unpushy.widgets import ask, before_and_after, own_words, practise, quiz
from unpushy.widgets.talking import Talking

STOCK = {"_anywidget_id", "_css", "_esm"}


@pytest.fixture(autouse=True)
def _own_progress(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setenv("UNPUSHY_DATA", str(tmp_path))
    open_progress.cache_clear()


def widgets() -> list[Talking]:
    return [
        practise("01-boiler"),
        quiz(1),
        own_words("note", "What happened?"),
        before_and_after("mine"),
        ask("01-q-order"),
    ]


def test_no_trait_of_ours_is_synced() -> None:
    for widget in widgets():
        ours = {
            name
            for name in widget.traits(sync=True)
            if not name.startswith(("_model", "_view", "layout", "tabbable", "tooltip", "_dom"))
        }
        assert ours <= STOCK


def test_setting_a_trait_from_the_page_is_no_way_to_a_score(progress: Progress) -> None:
    sheet = quiz(1)
    for forged in ("score", "points", "_answer", "told"):
        sheet.set_state({forged: 5})
    assert sheet.reply({"do": "open"})["score"] is None


def _keep(sent: list[Any], content: Any, buffers: Any = None) -> None:
    sent.append(content)


def test_each_widget_feels_its_pulse_and_answers_in_numbers(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for widget in widgets():
        sent: list[Any] = []
        monkeypatch.setattr(type(widget), "send", partial(_keep, sent))
        widget._handle_custom_msg({"do": "pulse", "turn": 7}, [])
        widget._handle_custom_msg({"do": "open", "turn": 8}, [])
        widget._handle_custom_msg({"do": "open"}, [])
        widget._handle_custom_msg("nonsense", [])
        assert [reply["turn"] for reply in sent] == [7, 8]
        assert "error" not in sent[1]


def test_what_goes_wrong_is_said_in_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    editor = practise("01-boiler")
    monkeypatch.setattr(
        Progress, "keep_draft", lambda *_: (_ for _ in ()).throw(OSError("disk full"))
    )
    assert editor.reply({"do": "keep", "text": "a"}) == {"error": "disk full"}


def test_words_of_ones_own_are_heard_side_by_side_and_kept() -> None:
    mine = {
        "before": "You need to sign today, everybody has.",
        "after": "What would you like to do?",
    }
    reply = before_and_after("mine").reply({"do": "check", **mine})
    assert reply["passed"]
    assert [point["pushes"] for point in reply["before"]["points"]][:1] == [True]
    assert not any(point["pushes"] for point in reply["after"]["points"])
    fields = before_and_after("mine").reply({"do": "open"})["fields"]
    assert {name: field["text"] for name, field in fields.items()} == mine


def test_what_was_heard_carefully_is_marked_the_same_after_a_reload() -> None:
    mine = {
        "before": "Shall I do the soles and the heels by Friday, or is Monday soon enough for you?",
        "after": "Forgotten, you say. Does it sound like play to you, or like one more thing?",
    }
    told = before_and_after("mine").reply({"do": "check", **mine})
    fields = before_and_after("mine").reply({"do": "open"})["fields"]
    for side, field in fields.items():
        assert field["reading"] == told[side]["reading"]


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        ("", "What would you like?", "still empty"),
        ("You need this now.", "you need this  now!", "the same text again"),
        ("You need this now.", "", "How would you say it"),
    ],
)
def test_an_unfinished_pair_gets_a_kind_word(before: str, after: str, says: str) -> None:
    reply = before_and_after("mine").reply({"do": "check", "before": before, "after": after})
    assert says in reply.get("error", "") + reply.get("headline", "")
    assert not reply.get("passed")
