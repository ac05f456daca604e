"""Attempts and drafts in a database: SQLite in the learner's data folder, or any database by its URL."""

import os
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from platformdirs import user_data_path
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

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
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.Index("attempts_by_learner_and_item", "learner", "item"),
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


@dataclass(frozen=True)
class Attempt:
    """One answer as it was given. `sitting` groups the answers of one quiz taken once; `at` is in UTC."""

    learner: str
    item: str
    answer: object
    points: float
    out_of: float
    version: str
    sitting: str = ""
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    id: str = field(default_factory=lambda: uuid.uuid4().hex)


class Progress:
    """The attempts and drafts of all learners of one database.

    >>> progress = Progress("sqlite://")
    >>> progress.keep_draft("me", "a-line", "Would you like")
    >>> progress.draft("me", "a-line")
    'Would you like'
    """

    def __init__(self, url: str) -> None:
        try:
            self._engine = sa.create_engine(url, pool_pre_ping=True)
            if self._engine.dialect.name == "sqlite":
                sa.event.listen(self._engine, "connect", _set_up_sqlite)
            _metadata.create_all(self._engine)
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(f"Your progress can't be kept at {url}: {error}") from error

    def record(self, attempt: Attempt) -> None:
        """Add an attempt; recording the same one again changes nothing."""
        row = {column.name: getattr(attempt, column.name) for column in _attempts.columns}
        row["answer"] = _storable(row["answer"])
        try:
            with self._engine.begin() as connection:
                known = sa.select(_attempts.c.id).where(_attempts.c.id == attempt.id)
                if connection.execute(known).first() is None:
                    connection.execute(_attempts.insert().values(row))
        except IntegrityError:
            pass  # another page was quicker with the same attempt
        except SQLAlchemyError as error:
            raise StoreError(f"Your answer could not be kept: {error}") from error

    def attempts(
        self, learner: str, item: str | None = None, sitting: str | None = None
    ) -> list[Attempt]:
        """A learner's attempts, oldest first, at one item or in one sitting if named."""
        query = sa.select(_attempts).where(_attempts.c.learner == learner)
        if item is not None:
            query = query.where(_attempts.c.item == item)
        if sitting is not None:
            query = query.where(_attempts.c.sitting == sitting)
        with self._engine.connect() as connection:
            rows = connection.execute(query.order_by(_attempts.c.at, _attempts.c.id)).mappings()
            return [Attempt(**{**row, "at": _utc(row["at"])}) for row in rows]

    def keep_draft(self, learner: str, item: str, text: str) -> None:
        """Keep the words typed so far, in place of those kept before."""
        text = _storable(text)
        where = (_drafts.c.learner == learner) & (_drafts.c.item == item)
        try:
            with self._engine.begin() as connection:
                values = {"text": text, "at": datetime.now(UTC)}
                if not connection.execute(_drafts.update().where(where).values(values)).rowcount:
                    row = {"learner": learner, "item": item, **values}
                    connection.execute(_drafts.insert().values(row))
        except SQLAlchemyError as error:
            raise StoreError(f"What you typed could not be kept: {error}") from error

    def draft(self, learner: str, item: str) -> str | None:
        """The words last kept for an item, or None."""
        where = (_drafts.c.learner == learner) & (_drafts.c.item == item)
        with self._engine.connect() as connection:
            return connection.execute(sa.select(_drafts.c.text).where(where)).scalar()

    def drafts(self, learner: str) -> dict[str, str]:
        """All words kept for a learner, by item."""
        query = sa.select(_drafts.c.item, _drafts.c.text).where(_drafts.c.learner == learner)
        with self._engine.connect() as connection:
            return {row.item: row.text for row in connection.execute(query)}


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


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _set_up_sqlite(connection, _record) -> None:  # type: ignore[no-untyped-def]
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 10000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = NORMAL")
    cursor.close()


def data_folders(work: Path | None = None) -> Iterator[Path]:
    """Where progress may be kept, best first: as told, the user's data folder, the work folder."""
    if told := os.environ.get("UNPUSHY_DATA"):
        yield Path(told)
        return
    yield user_data_path("unpushy", appauthor=False)
    if work is not None:
        yield work / ".progress"


def data_folder(work: Path | None = None) -> Path:
    """The first data folder that can be written to, made if it isn't there."""
    tried = []
    for folder in data_folders(work):
        try:
            folder.mkdir(parents=True, exist_ok=True)
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
