"""The journal of a studio, in one SQLite file: which photographs it has, and every step of what was done to them.

Each change is on the disk before it is acknowledged, so a server that is killed loses nothing. Undo and redo move
along the steps of a photograph and delete none; only a change made after an undo takes the place of the steps that
were undone, of which the ids of their changes remain: who did not hear that they were stored sends them again.
Beside the number of its step a photograph has a revision, which grows with everything that happens.
"""

from __future__ import annotations

import json
import secrets
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Self

from tintype.errors import (
    ChangedMeanwhileError,
    NotHereError,
    StudioError,
    StudioInUseError,
    WriteFailedError,
)
from tintype.studio.address_file import forget_address
from tintype.studio.lock import take_lock

NAME = "studio.sqlite"
"""Of the journal, in the folder of a studio."""

_SCHEMA = """
CREATE TABLE studio (token TEXT NOT NULL);
CREATE TABLE photo (
    id TEXT PRIMARY KEY, place INTEGER NOT NULL, name TEXT NOT NULL,
    sha256 TEXT NOT NULL, path TEXT, page INTEGER NOT NULL, facts TEXT NOT NULL, added_at TEXT NOT NULL,
    revision INTEGER NOT NULL DEFAULT 0, step INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE step (
    photo TEXT NOT NULL REFERENCES photo ON DELETE CASCADE,
    number INTEGER NOT NULL,
    state BLOB NOT NULL, label TEXT NOT NULL, change TEXT, made_at TEXT NOT NULL,
    PRIMARY KEY (photo, number),
    UNIQUE (photo, change)
);
"""
_LATER_SCHEMA = """
CREATE TABLE IF NOT EXISTS given_up (
    photo TEXT NOT NULL REFERENCES photo ON DELETE CASCADE,
    change TEXT NOT NULL,
    PRIMARY KEY (photo, change)
) WITHOUT ROWID
"""
_VERSION = 1
_PHOTO = "id, name, sha256, path, page, facts, added_at"


@dataclass(frozen=True)
class Entry:
    """A photograph of the library.

    Attributes:
        id: random; part of addresses.
        name: for people.
        sha256: of its file.
        path: where its file lies, for one that was opened where it is; None for one that was uploaded.
        page: in the file, from 0.
        facts: what is said of it without opening it.
        added_at: UTC, ISO 8601.
    """

    id: str
    name: str
    sha256: str
    path: Path | None
    page: int
    facts: dict[str, Any]
    added_at: str


@dataclass(frozen=True)
class Position:
    """Where a photograph stands.

    Attributes:
        revision: grows with each change, undo and redo.
        step: the one that holds, from 0, the state at the beginning.
        steps: the last one; larger than `step` after an undo.
        state: as JSON.
    """

    revision: int
    step: int
    steps: int
    state: str


@dataclass(frozen=True)
class Step:
    """A step of the history.

    Attributes:
        number: from 0.
        label: what was done, in the page's words.
        made_at: UTC, ISO 8601.
    """

    number: int
    label: str
    made_at: str


@dataclass(frozen=True)
class Change:
    """A change to be stored.

    Attributes:
        state: after it, as JSON.
        label: what was done.
        id: chosen by who makes it: a change that is sent again is stored once. None: it has none.
        base: the revision that it was made from; None: whichever there is.
    """

    state: str
    label: str = ""
    id: str | None = None
    base: int | None = None


class Journal:
    """The open journal. All methods may be called from several threads at once.

    Each of them raises WriteFailedError where the disk is full or fails; what was stored before is not harmed.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection, lock: sqlite3.Connection) -> None:
        self._path, self._connection, self._server = path, connection, lock
        self._lock = RLock()

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open the journal in a folder, and make it where there is none.

        Raises:
            StudioInUseError: another server has it open.
            StudioError: the folder can't be written, or holds another kind of file under that name.
        """
        path = folder / NAME
        lock = _lock(folder, path)
        try:
            journal = cls(path, _connect(path), lock)
            journal._begin()
        except BaseException:
            lock.close()
            raise
        return journal

    def close(self) -> None:
        """Close the file; another server may then open it."""
        with self._lock:
            self._connection.close()
            self._server.close()

    @property
    def token(self) -> str:
        """What opens the studio from other machines; the same for as long as the folder lasts."""
        return str(self._all("SELECT token FROM studio")[0][0])

    def add(self, entry: Entry, state: str) -> None:
        """Add a photograph at the end of the album, with the state that it begins with."""
        with self._writing() as connection:
            place = connection.execute("SELECT COALESCE(MAX(place) + 1, 0) FROM photo").fetchone()[0]
            path = None if entry.path is None else str(entry.path)
            connection.execute(
                f"INSERT INTO photo (place, {_PHOTO}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    *(place, entry.id, entry.name, entry.sha256, path, entry.page),
                    *(json.dumps(entry.facts), entry.added_at),
                ),
            )
            _store_step(connection, entry.id, 0, Change(state))

    def entries(self) -> list[Entry]:
        """Return the photographs in the order of the album."""
        return [_as_entry(row) for row in self._all(f"SELECT {_PHOTO} FROM photo ORDER BY place")]

    def entry(self, photo: str) -> Entry:
        """Return a photograph.

        Raises:
            NotHereError: there is none of that id.
        """
        rows = self._all(f"SELECT {_PHOTO} FROM photo WHERE id = ?", photo)
        if not rows:
            raise _missing(photo)
        return _as_entry(rows[0])

    def rename(self, photo: str, name: str) -> None:
        """Give a photograph another name; NotHereError as `entry`."""
        with self._writing() as connection:
            _expect_one(connection.execute("UPDATE photo SET name = ? WHERE id = ?", (name, photo)), photo)

    def remove(self, photo: str) -> None:
        """Forget a photograph and its history; NotHereError as `entry`."""
        with self._writing() as connection:
            _expect_one(connection.execute("DELETE FROM photo WHERE id = ?", (photo,)), photo)

    def arrange(self, photos: Sequence[str]) -> None:
        """Bring the album into an order.

        Args:
            photos: all ids.

        Raises:
            ChangedMeanwhileError: these are not all that there are, or some twice.
        """
        with self._writing() as connection:
            known = {row[0] for row in connection.execute("SELECT id FROM photo")}
            if len(photos) != len(known) or set(photos) != known:
                raise ChangedMeanwhileError(
                    f"the album has {len(known)} photographs, but {len(photos)} are put in order; ask for it again"
                )
            connection.executemany("UPDATE photo SET place = ? WHERE id = ?", enumerate(photos))

    def count_uses(self, sha256: str) -> int:
        """Return how many photographs were uploaded with these bytes."""
        rows = self._all("SELECT COUNT(*) FROM photo WHERE sha256 = ? AND path IS NULL", sha256)
        return int(rows[0][0])

    def position(self, photo: str) -> Position:
        """Return where a photograph stands; NotHereError as `entry`."""
        rows = self._all(
            "SELECT revision, step, (SELECT MAX(number) FROM step WHERE photo = id), "
            "(SELECT state FROM step WHERE photo = id AND number = step) FROM photo WHERE id = ?",
            photo,
        )
        if not rows:
            raise _missing(photo)
        revision, step, steps, state = rows[0]
        return Position(revision, step, steps, zlib.decompress(state).decode())

    def change(self, photo: str, change: Change) -> Position:
        """Store a change after the step that holds; what was undone before it is given up.

        Returns:
            Where the photograph stands now. A change that is known already, or changes nothing, makes no step.

        Raises:
            NotHereError: as `entry`.
            ChangedMeanwhileError: the change was made from another revision.
        """
        with self._writing() as connection:
            now = self.position(photo)
            if self._knows(photo, change.id) or change.state == now.state:
                return now
            if change.base is not None and change.base != now.revision:
                raise ChangedMeanwhileError(
                    f"the change was made from revision {change.base}, but it is {now.revision} by now; "
                    "ask for the state and make it again"
                )
            _give_up(connection, photo, now.step)
            _store_step(connection, photo, now.step + 1, change)
            _move(connection, photo, now.step + 1)
        return self.position(photo)

    def move(self, photo: str, step: int) -> Position:
        """Undo or redo: let another step hold.

        Raises:
            NotHereError: there is no such photograph, or step.
        """
        with self._writing() as connection:
            now = self.position(photo)
            if not 0 <= step <= now.steps:
                raise NotHereError(f"there is no step {step}; the history goes from 0 to {now.steps}")
            if step != now.step:
                _move(connection, photo, step)
        return self.position(photo)

    def step_by(self, photo: str, count: int) -> Position:
        """Undo (-1) or redo (1); at the ends of the history nothing happens; NotHereError as `entry`."""
        with self._writing():
            now = self.position(photo)
            return self.move(photo, min(max(now.step + count, 0), now.steps))

    def steps(self, photo: str, first: int, count: int) -> list[Step]:
        """Return steps of the history, from `first` on; NotHereError as `entry`."""
        self.entry(photo)
        rows = self._all(
            "SELECT number, label, made_at FROM step WHERE photo = ? AND number >= ? ORDER BY number LIMIT ?",
            *(photo, first, count),
        )
        return [Step(*row) for row in rows]

    def _begin(self) -> None:
        with self._writing() as connection:
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    connection.execute(statement)
                connection.execute("INSERT INTO studio VALUES (?)", (secrets.token_urlsafe(18),))
                connection.execute(f"PRAGMA user_version = {_VERSION}")
                version = _VERSION
            if version == _VERSION:
                connection.execute(_LATER_SCHEMA)
        if version != _VERSION:
            raise StudioError(
                f"{self._path}: this is no journal of this Tintype; name another folder by --data"
            )

    def _knows(self, photo: str, change: str | None) -> bool:
        known = "SELECT photo, change FROM step UNION ALL SELECT photo, change FROM given_up"
        rows = self._all(f"SELECT 1 FROM ({known}) WHERE photo = ? AND change = ?", photo, change)
        return change is not None and bool(rows)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Give a transaction, all of it on the disk when the block ends or nothing; one inside of it is a part."""
        with self._lock, self._explaining():
            if self._connection.in_transaction:
                yield self._connection
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # where the disk is full, SQLite has rolled back itself
                    self._connection.execute("ROLLBACK")
                raise

    def _all(self, statement: str, *values: object) -> list[Any]:
        with self._lock, self._explaining():
            return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def _explaining(self) -> Iterator[None]:
        """Say for a person what keeps SQLite from doing something; on a full disk it can't always read, either."""
        try:
            yield
        except sqlite3.Error as error:
            raise WriteFailedError(
                f"{self._path}: can't be read or written ({error}); make room on the disk, or check it, and try again"
            ) from error


def now_text() -> str:
    """Return the time as it is stored: UTC, ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _lock(folder: Path, path: Path) -> sqlite3.Connection:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = take_lock(path)
    except (OSError, sqlite3.Error) as error:
        reason = getattr(error, "strerror", None) or error
        raise StudioError(f"{folder}: can't be written ({reason}); name another folder by --data") from error
    if lock is None:
        raise StudioInUseError(
            f"{folder}: another studio has it open; use that one, stop it, or name another folder by --data"
        )
    forget_address(folder)  # of a server that was killed
    return lock


def _connect(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
    except sqlite3.Error as error:
        raise StudioError(f"{path}: can't be opened ({error}); name another folder by --data") from error
    return connection


def _store_step(connection: sqlite3.Connection, photo: str, number: int, change: Change) -> None:
    connection.execute(
        "INSERT INTO step VALUES (?, ?, ?, ?, ?, ?)",
        (photo, number, zlib.compress(change.state.encode(), 1), change.label, change.id, now_text()),
    )


def _give_up(connection: sqlite3.Connection, photo: str, step: int) -> None:
    """Forget the steps after one, but not which changes they were."""
    later = "FROM step WHERE photo = ? AND number > ?"
    connection.execute(
        f"INSERT INTO given_up SELECT photo, change {later} AND change IS NOT NULL", (photo, step)
    )
    connection.execute(f"DELETE {later}", (photo, step))


def _move(connection: sqlite3.Connection, photo: str, step: int) -> None:
    connection.execute("UPDATE photo SET step = ?, revision = revision + 1 WHERE id = ?", (step, photo))


def _expect_one(cursor: sqlite3.Cursor, photo: str) -> None:
    if cursor.rowcount != 1:
        raise _missing(photo)


def _missing(photo: str) -> NotHereError:
    return NotHereError(f"there is no photograph {photo[:40]!r}; ask for the album again")


def _as_entry(row: tuple[Any, ...]) -> Entry:
    name, title, sha256, path, page, facts, added_at = row
    return Entry(name, title, sha256, None if path is None else Path(path), page, json.loads(facts), added_at)
