"""What is kept, and what happens when it can't be."""

import multiprocessing
import sqlite3
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from conftest import ROOT

from unpushy.desks.quiz import QuizDesk
from unpushy.progress import Attempt, Marking, Paper, Progress, StoreError
from unpushy.progress.store import MIGRATIONS, NEWEST, data_folder
from unpushy.quiz import Quiz


def made(answer: object = "a line", **other: object) -> Attempt:
    given = {"learner": "me", "item": "x", "points": 1.0, "out_of": 2.0, "version": "v"} | other
    return Attempt(answer=answer, **given)  # type: ignore[arg-type]


def test_attempts_come_back_as_they_were_given_oldest_first(store: Progress) -> None:
    attempts = [made(answer) for answer in ("one", ["two"], {"three": 3})]
    for attempt in attempts:
        store.record(attempt)
    assert store.attempts("me") == attempts
    assert store.attempts("me", "x") == attempts
    assert store.attempts("me", "y") == store.attempts("you") == []


def test_recording_the_same_attempt_again_changes_nothing(store: Progress) -> None:
    first = made("first", id="same")
    store.record(first)
    store.record(made("second", id="same"))
    assert store.attempts("me") == [first]


def test_a_draft_replaces_the_one_before(store: Progress) -> None:
    for text in ("a", "", "c" * 100_000, "עברית 😀 <b>"):
        store.keep_draft("me", "x", text)
        assert store.draft("me", "x") == text
    assert store.draft("me", "y") is None


def test_what_no_database_takes_is_shown_as_such(store: Progress) -> None:
    store.keep_draft("me", "x", "a\0b\ud83d")
    assert store.draft("me", "x") == "a\ufffdb\ufffd"
    store.record(made("a\0b"))
    assert store.attempts("me")[0].answer == "a\ufffdb"


def paper(learner: str = "me", ident: str = "quiz-01-1", **other: Any) -> Paper:
    given = {"quiz": "quiz-01", "number": 1, "graded": True, "drawn": (("x", (1, 0)),)} | other
    return Paper(learner, ident, at=datetime(2026, 3, 2, 9, tzinfo=UTC), **given)


def test_a_paper_is_handed_out_once_and_comes_back_once(store: Progress) -> None:
    first = store.hand_out(paper())
    assert first == paper()
    assert store.hand_out(paper(drawn=(("y", (0, 1)),))) == first
    at = datetime(2026, 3, 2, 9, 20, tzinfo=UTC)
    assert store.hand_in("me", "quiz-01-1", at)
    assert not store.hand_in("me", "quiz-01-1", datetime.now(UTC))
    (kept,) = store.papers("me")
    assert kept.handed_in == at


def test_an_answer_to_a_paper_that_is_handed_in_is_not_kept(store: Progress) -> None:
    store.hand_out(paper())
    assert store.record(made(sitting="quiz-01-1"))
    store.hand_in("me", "quiz-01-1", datetime.now(UTC))
    assert not store.record(made(sitting="quiz-01-1", item="y"))
    assert [a.item for a in store.attempts(quiz="quiz-01")] == ["x"]


def test_later_marks_count_a_teacher_before_a_key_and_nothing_is_written_over(
    store: Progress,
) -> None:
    attempt = made(points=0.0)
    store.record(attempt)
    for points, overrules in ((0.5, False), (1.0, True), (0.25, False)):
        store.mark_anew([Marking("me", attempt.id, points, "why", "who", overrules=overrules)])
    (kept,) = store.attempts("me")
    assert (kept.first, kept.points) == (0.0, 1.0)
    assert [mark.points for mark in kept.later] == [0.5, 1.0, 0.25]


def test_all_that_is_kept_of_a_learner_can_be_read_and_then_deleted(
    store: Progress, database: str
) -> None:
    for who in ("me", "you"):
        store.hand_out(paper(who))
        attempt = made(f"a secret of {who}", learner=who)
        store.record(attempt)
        store.mark_anew([Marking(who, attempt.id, 1.0, "why", "teacher")])
        store.keep_draft(who, "x", f"a secret draft of {who}")
        store.hand_in(who, "quiz-01-1", datetime.now(UTC))
    assert {name: len(rows) for name, rows in store.everything("me").items()} == {
        "attempts": 1, "drafts": 1, "hand_ins": 1, "marks": 1, "papers": 1,
    }  # fmt: skip
    assert store.forget("me") == 5
    assert not any(store.everything("me").values())
    assert all(len(rows) == 1 for rows in store.everything("you").values())
    if database.startswith("sqlite"):
        folder = Path(database.removeprefix("sqlite:///")).parent
        bytes_left = b"".join(file.read_bytes() for file in folder.iterdir())
        assert b"of you" in bytes_left
        assert b"of me" not in bytes_left


def _write(url: str, who: int) -> None:
    progress = Progress(url)
    for number in range(10):
        progress.record(made(f"{who}-{number}"))
        progress.record(made("the same for all", id=f"shared-{number}"))
        progress.keep_draft("me", "x", f"{who}-{number}")
        progress.hand_out(paper(ident=f"quiz-01-{number}", drawn=((str(who), (0,)),)))
    if progress.hand_in("me", "quiz-01-0", datetime.now(UTC)):
        progress.record(made("handed in by me", id="hand-in"))


def test_forty_processes_open_an_empty_database_and_write_at_once(database: str) -> None:
    fork = multiprocessing.get_context("forkserver")
    fork.set_forkserver_preload(["unpushy.progress.store", "alembic.command"])
    writers = [fork.Process(target=_write, args=(database, who)) for who in range(40)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
        assert writer.exitcode == 0
    store = Progress(database)
    answers = [attempt.answer for attempt in store.attempts("me")]
    assert len(answers) == 40 * 10 + 10 + 1
    assert len(set(map(str, answers))) == 40 * 10 + 1 + 1
    assert len(store.papers("me")) == 10
    assert sum(1 for one in store.papers("me") if one.handed_in) == 1
    assert store.draft("me", "x") in {f"{who}-9" for who in range(40)}


def test_several_threads_may_share_one_store(store: Progress) -> None:
    def write(who: int) -> None:
        for number in range(20):
            store.record(made(f"{who}-{number}"))

    threads = [threading.Thread(target=write, args=(who,)) for who in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(store.attempts("me")) == 160


def test_a_database_that_goes_away_is_said_and_nothing_is_lost_or_doubled_when_it_is_back(
    postgres: Any,
) -> None:
    store = Progress(postgres.get_uri())
    who = f"learner-{time.time_ns()}"
    store.record(made("before", learner=who))
    during = made("during", learner=who)
    postgres.stop()
    for tried in (
        lambda: store.record(during),
        lambda: store.attempts(who),
        lambda: store.keep_draft(who, "x", "typed"),
        lambda: Progress(postgres.get_uri()),
    ):
        with pytest.raises(StoreError) as said:
            tried()
        assert "INSERT" not in str(said.value)
        assert "SELECT" not in str(said.value)
    with pytest.raises(StoreError, match="try once more in a minute"):
        store.record(during)
    postgres.ensure_postgres_running()
    assert store.record(during)
    assert not store.record(during)
    assert [attempt.answer for attempt in store.attempts(who)] == ["before", "during"]


def test_a_file_of_the_first_courses_is_brought_up_with_its_rows_intact(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "progress.sqlite")
    old.executescript((ROOT / "tests/stores/first.sql").read_text("utf-8"))
    columns = "id, learner, item, sitting, answer, points, out_of, version, at"
    before = old.execute(f"SELECT {columns} FROM attempts").fetchall()
    words = old.execute("SELECT * FROM drafts WHERE item NOT LIKE 'paper:%'").fetchall()
    old.close()

    store = Progress(f"sqlite:///{tmp_path / 'progress.sqlite'}")
    now = sqlite3.connect(tmp_path / "progress.sqlite")
    assert now.execute(f"SELECT {columns} FROM attempts").fetchall() == before
    assert now.execute("SELECT * FROM drafts").fetchall() == words
    assert len(before) == 12
    assert len(words) == 2
    assert [(p.id, p.number, len(p.drawn)) for p in store.papers("me", "quiz-01")] == [
        ("quiz-01-1", 1, 8),
        ("quiz-01-2", 2, 8),
    ]
    assert [len(store.attempts("me", sitting=f"quiz-01-{n}")) for n in (1, 2)] == [8, 3]


def test_a_learner_of_the_first_courses_goes_on_where_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNPUSHY_CLASS", raising=False)
    old = sqlite3.connect(tmp_path / "progress.sqlite")
    old.executescript((ROOT / "tests/stores/first.sql").read_text("utf-8"))
    old.close()
    store = Progress(f"sqlite:///{tmp_path / 'progress.sqlite'}")
    state = QuizDesk(Quiz(1), "me", store).answer({"do": "open"})
    assert state["sitting"] == "quiz-01-2"
    assert sum(bool(told) for told in state["told"]) >= 3
    best = Quiz(1).best(store, "me")
    assert best is not None
    assert best.points == 8


def test_a_missing_driver_is_said_with_the_command_that_brings_it(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from unpushy.progress import Progress\n"
        "Progress('postgresql://nobody@localhost/nothing')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "pip install 'unpushy[postgresql]'" in done.stderr


def test_the_version_that_is_checked_at_opening_is_the_last_migration() -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    assert ScriptDirectory.from_config(config).get_heads() == [NEWEST]


def test_the_migrations_make_the_tables_that_the_store_uses(store: Progress) -> None:
    import sqlalchemy as sa

    from unpushy.progress.store import _metadata

    found = sa.inspect(store._engine)
    for table in _metadata.sorted_tables:
        assert {c["name"] for c in found.get_columns(table.name)} == set(table.columns.keys())


def test_what_a_newer_course_has_kept_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'progress.sqlite'}"
    Progress(url).record(made())
    with sqlite3.connect(tmp_path / "progress.sqlite") as newer:
        newer.execute("UPDATE unpushy_version SET version_num = '99'")
    newer.close()
    with pytest.raises(StoreError, match="newer version of the course"):
        Progress(url)


def test_a_folder_that_cannot_be_written_to_gives_way_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UNPUSHY_DATA", raising=False)
    no_folder = tmp_path / "a-file"
    no_folder.touch()
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA", "APPDATA"):
        monkeypatch.setenv(name, str(no_folder))
    assert data_folder(tmp_path / "work") == tmp_path / "work" / ".progress"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps a user's folders by other means")
def test_nobody_else_on_the_machine_reads_what_is_kept(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("UNPUSHY_DATA", str(tmp_path / "new" / "data"))
    assert data_folder().stat().st_mode & 0o077 == 0


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
