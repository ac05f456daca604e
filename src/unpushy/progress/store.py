"""What is kept of a learner, in a database: SQLite in the data folder, or any database by its URL.

Everything is only ever added: attempts, papers, hand-ins and marks. Drafts alone are written over.
"""

import json
import logging
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from platformdirs import user_data_path
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

log = logging.getLogger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
NEWEST = "2"  # the last of migrations/versions
VERSION_TABLE = "unpushy_version"

_metadata = sa.MetaData()
_attempts = sa.Table(
    "attempts",
    _metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("learner", sa.String(200), nullable=False),
    sa.Column("item", sa.String(200), nullable=False),
    sa.Column("sitting", sa.String(32), nullable=False),
    sa.Column("answer", sa.JSON, nullable=False),
    sa.Column("points", sa.Float, nullable=False),
    sa.Column("out_of", sa.Float, nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("words", sa.JSON(none_as_null=True)),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("sure", sa.Integer),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)
_marks = sa.Table(
    "marks",
    _metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("learner", sa.String(200), nullable=False),
    sa.Column("attempt", sa.String(32), nullable=False),
    sa.Column("points", sa.Float, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("version", sa.String(64), nullable=False),
    sa.Column("by", sa.String(200), nullable=False),
    sa.Column("overrules", sa.Boolean, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)
_papers = sa.Table(
    "papers",
    _metadata,
    sa.Column("learner", sa.String(200), primary_key=True),
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("quiz", sa.String(32), nullable=False),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("graded", sa.Boolean, nullable=False),
    sa.Column("drawn", sa.JSON, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)
_hand_ins = sa.Table(
    "hand_ins",
    _metadata,
    sa.Column("learner", sa.String(200), primary_key=True),
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)
_drafts = sa.Table(
    "drafts",
    _metadata,
    sa.Column("learner", sa.String(200), primary_key=True),
    sa.Column("item", sa.String(200), primary_key=True),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)


class StoreError(RuntimeError):
    """What was done could not be kept; the message says where and why, in words for a person."""


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return uuid.uuid4().hex


@dataclass(frozen=True)
class Marking:
    """A mark given to an attempt after its first: by a changed key, or by a teacher who overrules."""

    learner: str
    attempt: str
    points: float
    reason: str
    by: str
    key: str = ""
    version: str = ""
    overrules: bool = False
    at: datetime = field(default_factory=_now)
    id: str = field(default_factory=_new_id)


@dataclass(frozen=True)
class Attempt:
    """One answer as it was given. `sitting` groups the answers of one paper; `at` is in UTC.

    `points` are those that count now; `first` are those of the day, where `later` marks changed them.
    `words` says the answer in the words that were on the page, `key` which key marked it and `reason`
    why; `sure` is how sure the learner was, from 1 to 3, where that was asked.
    """

    learner: str
    item: str
    answer: object
    points: float
    out_of: float
    version: str
    sitting: str = ""
    at: datetime = field(default_factory=_now)
    id: str = field(default_factory=_new_id)
    key: str = ""
    words: object = None
    reason: str = ""
    sure: int | None = None
    first: float | None = None
    later: tuple[Marking, ...] = ()

    def with_marks(self, later: list[Marking]) -> "Attempt":
        """The attempt with the points that count: a teacher's word before a key's, the latest of each."""
        if not later:
            return self
        ruling = [mark for mark in later if mark.overrules] or later
        return replace(self, points=ruling[-1].points, first=self.points, later=tuple(later))


@dataclass(frozen=True)
class Paper:
    """A paper handed out to a learner: `drawn` lists questions and the order of their options.

    `at` is when it was handed out, `handed_in` when it came back, both by the clock of the course.
    """

    learner: str
    id: str
    quiz: str
    number: int
    graded: bool
    drawn: tuple[tuple[str, tuple[int, ...]], ...]
    at: datetime
    handed_in: datetime | None = None


class Progress:
    """What all learners of one database have done.

    >>> progress = Progress("sqlite://")
    >>> progress.keep_draft("me", "a-line", "Would you like")
    >>> progress.draft("me", "a-line")
    'Would you like'
    """

    def __init__(self, url: str) -> None:
        try:
            self._engine = sa.create_engine(_with_driver(url), pool_pre_ping=True)
            if self._engine.dialect.name == "sqlite":
                sa.event.listen(self._engine, "connect", _set_up_sqlite)
                sa.event.listen(self._engine, "begin", _begin)
            self._writing = self._engine.execution_options(writes=True)
            self._bring_up_to_date()
        except ModuleNotFoundError as error:
            raise StoreError(
                f"The database needs the package '{error.name}': pip install 'unpushy[postgresql]'."
            ) from error
        except (SQLAlchemyError, OSError) as error:
            where = sa.make_url(url) if "://" in url else url
            raise StoreError(f"Your progress can't be kept at {where}: {_cause(error)}") from error

    def _version(self, connection: sa.Connection) -> str | None:
        if not sa.inspect(connection).has_table(VERSION_TABLE):
            return None
        table = sa.table(VERSION_TABLE, sa.column("version_num"))
        return connection.execute(sa.select(table.c.version_num)).scalar()

    def _bring_up_to_date(self) -> None:
        """Make or change the tables, once, whoever else opens the same database at this moment."""
        with self._engine.connect() as connection:
            if self._version(connection) == NEWEST:
                return
        with self._writing.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(sa.text("SELECT pg_advisory_xact_lock(8278827)"))
            found = self._version(connection)
            if found == NEWEST:
                return
            if found is not None and int(found) > int(NEWEST):
                raise StoreError(
                    "Your progress was last kept by a newer version of the course. "
                    "Please update the course; nothing was changed."
                )
            from alembic import command
            from alembic.config import Config

            config = Config()
            config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
            config.set_main_option("path_separator", "os")
            config.attributes |= {"connection": connection, "version_table": VERSION_TABLE}
            command.upgrade(config, "head")

    @contextmanager
    def _write(self, what: str) -> Iterator[sa.Connection]:
        with _told(f"{what} could not be kept"), self._writing.begin() as connection:
            yield connection

    @contextmanager
    def _read(self) -> Iterator[sa.Connection]:
        with _told("What is kept of you can't be read"), self._engine.connect() as connection:
            yield connection

    def record(self, attempt: Attempt) -> bool:
        """Add an attempt, and say whether it is new.

        Recording the same one again changes nothing, nor does one for a paper that is handed in.
        """
        row = _row(attempt, _attempts)
        with self._write("Your answer") as connection:
            if attempt.sitting and self._is_handed_in(connection, attempt.learner, attempt.sitting):
                return False
            return _add(connection, _attempts, row)

    def _is_handed_in(self, connection: sa.Connection, learner: str, paper: str) -> bool:
        mine = (_papers.c.learner == learner) & (_papers.c.id == paper)
        connection.execute(sa.select(_papers.c.id).where(mine).with_for_update())
        done = (_hand_ins.c.learner == learner) & (_hand_ins.c.id == paper)
        return connection.execute(sa.select(_hand_ins.c.id).where(done)).first() is not None

    def attempts(
        self,
        learner: str | None = None,
        item: str | None = None,
        sitting: str | None = None,
        quiz: str | None = None,
    ) -> list[Attempt]:
        """Attempts, oldest first: of a learner, at an item, in a sitting, on graded papers of a quiz."""
        query = sa.select(_attempts)
        if learner is not None:
            query = query.where(_attempts.c.learner == learner)
        if item is not None:
            query = query.where(_attempts.c.item == item)
        if sitting is not None:
            query = query.where(_attempts.c.sitting == sitting)
        if quiz is not None:
            same = (_papers.c.learner == _attempts.c.learner) & (
                _papers.c.id == _attempts.c.sitting
            )
            query = query.join(_papers, same).where(_papers.c.quiz == quiz, _papers.c.graded)
        marks = sa.select(_marks).order_by(_marks.c.at, _marks.c.id)
        if learner is not None:
            marks = marks.where(_marks.c.learner == learner)
        with self._read() as connection:
            later: dict[str, list[Marking]] = {}
            for row in connection.execute(marks).mappings():
                later.setdefault(row["attempt"], []).append(
                    Marking(**{**row, "at": _utc(row["at"])})
                )
            rows = connection.execute(query.order_by(_attempts.c.at, _attempts.c.id)).mappings()
            return [
                Attempt(**{**row, "at": _utc(row["at"])}).with_marks(later.get(row["id"], []))
                for row in rows
            ]

    def mark_anew(self, markings: list[Marking]) -> None:
        """Add marks to those there are, all or none."""
        with self._write("The marks") as connection:
            for marking in markings:
                _add(connection, _marks, _row(marking, _marks))

    def hand_out(self, paper: Paper) -> Paper:
        """Keep a paper; if another page was quicker, the paper that was handed out first."""
        with self._write("Your paper") as connection:
            _add(connection, _papers, _row(paper, _papers))
        (kept,) = self.papers(paper.learner, ident=paper.id)
        return kept

    def papers(
        self, learner: str | None = None, quiz: str | None = None, ident: str | None = None
    ) -> list[Paper]:
        """Papers in the order in which they were handed out: of a learner, of a quiz, or one by its id."""
        same = (_hand_ins.c.learner == _papers.c.learner) & (_hand_ins.c.id == _papers.c.id)
        query = sa.select(_papers, _hand_ins.c.at.label("handed_in")).join_from(
            _papers, _hand_ins, same, isouter=True
        )
        for column, wanted in (
            (_papers.c.learner, learner),
            (_papers.c.quiz, quiz),
            (_papers.c.id, ident),
        ):
            if wanted is not None:
                query = query.where(column == wanted)
        with self._read() as connection:
            rows = connection.execute(
                query.order_by(_papers.c.learner, _papers.c.at, _papers.c.number)
            ).mappings()
            return [
                Paper(
                    **{
                        **row,
                        "at": _utc(row["at"]),
                        "handed_in": row["handed_in"] and _utc(row["handed_in"]),
                        "drawn": tuple((item, tuple(order)) for item, order in row["drawn"]),
                    }
                )
                for row in rows
            ]

    def hand_in(self, learner: str, paper: str, at: datetime) -> bool:
        """Note that a paper came back, and say whether it is new: it comes back once."""
        with self._write("Your hand-in") as connection:
            if self._is_handed_in(connection, learner, paper):
                return False
            return _add(connection, _hand_ins, {"learner": learner, "id": paper, "at": at})

    def keep_draft(self, learner: str, item: str, text: str) -> None:
        """Keep the words typed so far, in place of those kept before."""
        values = {"text": _storable(text), "at": _now()}
        where = (_drafts.c.learner == learner) & (_drafts.c.item == item)
        with self._write("What you typed") as connection:
            change = _drafts.update().where(where).values(values)
            if not connection.execute(change).rowcount:
                row = {"learner": learner, "item": item, **values}
                if not _add(connection, _drafts, row):  # another page was quicker
                    connection.execute(change)

    def draft(self, learner: str, item: str) -> str | None:
        """The words last kept for an item, or None."""
        where = (_drafts.c.learner == learner) & (_drafts.c.item == item)
        with self._read() as connection:
            return connection.execute(sa.select(_drafts.c.text).where(where)).scalar()

    def drafts(self, learner: str) -> dict[str, str]:
        """All words kept for a learner, by item."""
        query = sa.select(_drafts.c.item, _drafts.c.text).where(_drafts.c.learner == learner)
        with self._read() as connection:
            return {row.item: row.text for row in connection.execute(query)}

    def everything(self, learner: str) -> dict[str, list[dict[str, Any]]]:
        """All rows that are kept of a learner, by table."""
        with self._read() as connection:
            return {
                table.name: [
                    dict(row)
                    for row in connection.execute(
                        sa.select(table).where(table.c.learner == learner)
                    ).mappings()
                ]
                for table in _metadata.sorted_tables
            }

    def as_json(self, learner: str) -> str:
        """All that is kept of a learner, as a text to keep or to read elsewhere."""
        return json.dumps(self.everything(learner), ensure_ascii=True, indent=2, default=_plain)

    def forget(self, learner: str) -> int:
        """Delete all rows of a learner for good, and say how many there were."""
        with self._write("That this is to be deleted") as connection:
            gone = sum(
                connection.execute(table.delete().where(table.c.learner == learner)).rowcount
                for table in _metadata.sorted_tables
            )
        if self._engine.dialect.name == "sqlite":
            with _told("The space could not be cleared"), self._engine.connect() as connection:
                raw: Any = connection.connection.driver_connection
                connection.rollback()
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return gone


def _add(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    """Add a row, and say whether it is new; one that is there already stays as it is."""
    try:
        with connection.begin_nested():
            connection.execute(table.insert().values(row))
    except IntegrityError:
        return False
    return True


def _row(of: Any, table: sa.Table) -> dict[str, Any]:
    row = {column.name: getattr(of, column.name) for column in table.columns}
    return {name: _storable(value) for name, value in row.items()}


@contextmanager
def _told(what: str) -> Iterator[None]:
    """Say what goes wrong with a database in words for a person, and keep the rest for the log."""
    try:
        yield
    except SQLAlchemyError as error:
        log.error("%s: %s", what, _cause(error))
        raise StoreError(f"{what}: {_cause_in_words(error)}") from error


def _cause(error: Exception) -> str:
    """What the database itself said, without the statement and the values in it."""
    return str(getattr(error, "orig", None) or error)


def _cause_in_words(error: SQLAlchemyError) -> str:
    said = _cause(error)
    for sign, words in {
        "readonly": "the file may only be read.",
        "full": "the disk is full.",
        "locked": "many others are writing just now. Please try once more.",
    }.items():
        if sign in said:
            return words
    return (
        "the database doesn't answer at the moment. What you see on the page is still there: "
        "please try once more in a minute."
    )


def _storable(value: Any) -> Any:
    """A value in which what no database takes (NUL, half a surrogate pair) shows as U+FFFD."""
    if isinstance(value, str):
        return (
            value.replace("\0", "\ufffd")
            .encode("utf-16", "surrogatepass")
            .decode("utf-16", "replace")
        )
    if isinstance(value, list | tuple):
        return [_storable(one) for one in value]
    if isinstance(value, dict):
        return {_storable(key): _storable(one) for key, one in value.items()}
    return value


def _plain(value: Any) -> str:
    return _utc(value).isoformat() if isinstance(value, datetime) else str(value)


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _set_up_sqlite(connection, _record) -> None:  # type: ignore[no-untyped-def]
    connection.isolation_level = None  # transactions begin where `_begin` says so
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 30000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA secure_delete = ON")
    cursor.close()


def _begin(connection: sa.Connection) -> None:
    """Writers queue up at the start; one that has read first would be refused instead."""
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _with_driver(url: str) -> str:
    """The usual addresses of a PostgreSQL, with the driver that the course comes with."""
    return re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)


def data_folders(work: Path | None = None) -> Iterator[Path]:
    """Where progress may be kept, best first: as told, the user's data folder, the work folder."""
    if told := os.environ.get("UNPUSHY_DATA"):
        yield Path(told)
        return
    yield user_data_path("unpushy", appauthor=False)
    if work is not None:
        yield work / ".progress"


def data_folder(work: Path | None = None) -> Path:
    """The first data folder that can be written to; if it isn't there it is made, for its owner alone."""
    tried = []
    for folder in data_folders(work):
        try:
            folder.mkdir(0o700, parents=True, exist_ok=True)
            probe = folder / f".probe-{uuid.uuid4().hex}"
            probe.touch()
            probe.unlink()
            return folder
        except OSError as error:
            tried.append(f"{folder} ({error.strerror})")
    raise StoreError(
        "There is no folder to keep your progress in. Tried: "
        + "; ".join(tried)
        + ". Set UNPUSHY_DATA to a folder you may write to."
    )


@cache
def open_progress() -> Progress:
    """The database of UNPUSHY_DATABASE_URL, or progress.sqlite in the data folder."""
    url = os.environ.get("UNPUSHY_DATABASE_URL")
    return Progress(url or f"sqlite:///{data_folder() / 'progress.sqlite'}")
