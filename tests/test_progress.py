"""What is kept, and what happens when it can't be."""

import multiprocessing
from pathlib import Path

import pytest

from unpushy.progress import Attempt, Progress, StoreError
from unpushy.progress.store import data_folder


def made(answer: object = "a line", **other: object) -> Attempt:
    given = {"learner": "me", "item": "x", "points": 1.0, "out_of": 2.0, "version": "v"} | other
    return Attempt(answer=answer, **given)  # type: ignore[arg-type]


def test_attempts_come_back_as_they_were_given_oldest_first(progress: Progress) -> None:
    attempts = [made(answer) for answer in ("one", ["two"], {"three": 3})]
    for attempt in attempts:
        progress.record(attempt)
    assert progress.attempts("me") == attempts
    assert progress.attempts("me", "x") == attempts
    assert progress.attempts("me", "y") == progress.attempts("you") == []


def test_recording_the_same_attempt_again_changes_nothing(progress: Progress) -> None:
    first = made("first", id="same")
    progress.record(first)
    progress.record(made("second", id="same"))
    assert progress.attempts("me") == [first]


def test_a_draft_replaces_the_one_before(progress: Progress) -> None:
    for text in ("a", "", "c" * 100_000, "עברית 😀 <b>"):
        progress.keep_draft("me", "x", text)
        assert progress.draft("me", "x") == text
    assert progress.draft("me", "y") is None


def test_what_no_database_takes_is_shown_as_such(progress: Progress) -> None:
    progress.keep_draft("me", "x", "a\0b\ud83d")
    assert progress.draft("me", "x") == "a\ufffdb\ufffd"
    progress.record(made("a\0b"))
    assert progress.attempts("me")[0].answer == "a\ufffdb"


def _write(path: str, who: int) -> None:
    progress = Progress(f"sqlite:///{path}")
    for number in range(20):
        progress.record(made(f"{who}-{number}"))
        progress.keep_draft("me", "x", f"{who}-{number}")


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    path = str(tmp_path / "shared.sqlite")
    Progress(f"sqlite:///{path}")
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_write, args=(path, who)) for who in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    assert len(Progress(f"sqlite:///{path}").attempts("me")) == 80


def test_a_folder_that_cannot_be_written_to_gives_way_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNPUSHY_DATA", raising=False)
    no_folder = tmp_path / "a-file"
    no_folder.touch()
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA", "APPDATA"):
        monkeypatch.setenv(name, str(no_folder))
    assert data_folder(tmp_path / "work") == tmp_path / "work" / ".progress"


def test_where_nothing_can_be_written_it_says_what_was_tried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a-file").touch()
    monkeypatch.setenv("UNPUSHY_DATA", str(tmp_path / "a-file" / "data"))
    with pytest.raises(StoreError, match="Set UNPUSHY_DATA"):
        data_folder()


def test_a_database_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"this is no database, it is a text" * 100)
    with pytest.raises(StoreError, match=r"broken\.sqlite"):
        Progress(f"sqlite:///{broken}")
