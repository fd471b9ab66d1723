"""The answers of a study, in one SQLite file: each is on the disk before the participant sees the next picture.

No name, no address, no description of the browser is in it. A participant is a random code; the key that the
participant's browser keeps, to go on after a reload, is stored as a hash only.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any, Literal, Self

from tintype.errors import StudyError, StudyInUseError
from tintype.studio.lock import take_lock
from tintype.studio.study.trials import Design, Side, Trial, plan_session

Layout = Literal["side_by_side", "stacked"]

_SCHEMA = """
CREATE TABLE study (name TEXT NOT NULL, design TEXT NOT NULL, organizer_key TEXT NOT NULL, is_open INTEGER NOT NULL);
CREATE TABLE participant (
    participant TEXT PRIMARY KEY, key_hash TEXT NOT NULL UNIQUE, number INTEGER NOT NULL, begun_at TEXT NOT NULL
);
CREATE TABLE trial (
    participant TEXT NOT NULL REFERENCES participant ON DELETE CASCADE,
    session_trial INTEGER NOT NULL,
    token TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL, photograph TEXT NOT NULL, left TEXT NOT NULL, right TEXT NOT NULL,
    practice INTEGER NOT NULL, attention INTEGER NOT NULL,
    shown INTEGER NOT NULL DEFAULT 0,
    answer TEXT, response_ms INTEGER, exposure_ms INTEGER, layout TEXT, answered_at TEXT,
    PRIMARY KEY (participant, session_trial)
);
"""
_VERSION = 1
_HOUR = 3600


@dataclass(frozen=True)
class Answer:
    """What a participant's browser reports.

    Attributes:
        answer: the side that was chosen.
        response_ms: from the appearance of the pictures to the answer.
        exposure_ms: for how long the pictures were really shown.
        layout: how they lay; of pictures above each other the upper one is called left.
    """

    answer: Side
    response_ms: int
    exposure_ms: int
    layout: Layout


@dataclass(frozen=True)
class StoredTrial:
    """A trial of a session.

    Attributes:
        participant: whose.
        number: from 1, over the whole session.
        token: secret part of the addresses of its pictures.
        trial: what is shown.
        shown: how often it was shown; more than once after a reload.
        answer: None before it is answered.
        answered_at: UTC, ISO 8601.
    """

    participant: str
    number: int
    token: str
    trial: Trial
    shown: int
    answer: Answer | None
    answered_at: str | None

    @property
    def is_right(self) -> bool | None:
        """Whether the answer is right, where it can be wrong."""
        wanted = self.trial.right_answer
        return None if self.answer is None or wanted is None else self.answer.answer == wanted


class AnswerStore:
    """The open file of answers. All methods may be called from several threads at once."""

    def __init__(self, connection: sqlite3.Connection, guard: sqlite3.Connection | None) -> None:
        self._connection, self._guard = connection, guard
        self._lock = RLock()

    @classmethod
    def open(cls, path: Path | None, name: str, design: Design) -> Self:
        """Open the answers of a study for its server, and make the file where there is none.

        Args:
            path: of the file; None keeps the answers in memory, for a rehearsal.
            name: of the study.
            design: the answers that are there must be to the same.

        Raises:
            StudyInUseError: another server has it open.
            StudyError: it is no such file, or its answers are to another study.
        """
        guard = None if path is None else _guard(path)
        store = cls(_connect(":memory:" if path is None else str(path), path), guard)
        try:
            store._begin(path, name, design)
        except BaseException:
            store.close()
            raise
        return store

    @classmethod
    def read(cls, path: Path) -> Self:
        """Open answers for looking at them, while a server may go on writing.

        Raises:
            StudyError: there is no such file, or it holds no answers.
        """
        if not path.is_file():
            raise StudyError(f"{path}: there are no answers yet; 'tintype study serve' makes the file")
        store = cls(_connect(f"{path.resolve().as_uri()}?mode=ro", path), None)
        try:
            store._check_version(path)
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close the file; another server may then open it."""
        self._connection.close()
        if self._guard is not None:
            self._guard.close()

    def _begin(self, path: Path | None, name: str, design: Design) -> None:
        described = _describe(design)
        with self._writing() as connection:
            if connection.execute("PRAGMA user_version").fetchone()[0] == 0 and not _tables(connection):
                for statement in filter(str.strip, _SCHEMA.split(";")):
                    connection.execute(statement)
                connection.execute(f"PRAGMA user_version = {_VERSION}")
                connection.execute(
                    "INSERT INTO study VALUES (?, ?, ?, 1)", (name, described, secrets.token_urlsafe(18))
                )
        self._check_version(path)
        self._check_design(path, name, described)

    def _check_version(self, path: Path | None) -> None:
        version = self._one("PRAGMA user_version")[0]
        if version != _VERSION or "trial" not in _tables(self._connection):
            raise StudyError(f"{path}: holds no answers of a study; name another file by --answers")

    def _check_design(self, path: Path | None, name: str, described: str) -> None:
        """Refuse a study that was changed in what its answers mean; before the first answer, take the change."""
        old = self._one("SELECT name, design FROM study")
        if old == (name, described):
            return
        if self._one("SELECT COUNT(*) FROM participant")[0]:
            raise StudyError(
                f"{path}: holds answers to study {old[0]} as it was before it was changed; keep them, and name "
                "another file for the new ones by --answers"
            )
        with self._writing() as connection:
            connection.execute("UPDATE study SET name = ?, design = ?", (name, described))

    @property
    def name(self) -> str:
        """The study's name."""
        return str(self._one("SELECT name FROM study")[0])

    @property
    def organizer_key(self) -> str:
        """What opens the organizer's page."""
        return str(self._one("SELECT organizer_key FROM study")[0])

    @property
    def is_open(self) -> bool:
        """Whether new participants may begin."""
        return bool(self._one("SELECT is_open FROM study")[0])

    def set_open(self, is_open: bool) -> None:
        """Let new participants in, or no more; who has begun may always finish."""
        with self._writing() as connection:
            connection.execute("UPDATE study SET is_open = ?", (is_open,))

    def count_participants(self) -> int:
        """Return how many have begun."""
        return int(self._one("SELECT COUNT(*) FROM participant")[0])

    def begin_session(self, design: Design) -> str:
        """Draw the trials of a new participant and return the key to them."""
        key, participant = secrets.token_urlsafe(18), secrets.token_hex(5)
        with self._writing() as connection:
            number = connection.execute("SELECT COALESCE(MAX(number) + 1, 0) FROM participant").fetchone()[0]
            trials = plan_session(design, number, self._usage())
            connection.execute(
                "INSERT INTO participant VALUES (?, ?, ?, ?)", (participant, _hash(key), number, _now())
            )
            connection.executemany(
                "INSERT INTO trial (participant, session_trial, token, kind, photograph, left, right, practice, "
                "attention) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (participant, i, secrets.token_urlsafe(18), *_columns(trial))
                    for i, trial in enumerate(trials, 1)
                ],
            )
        return key

    def _usage(self) -> Counter[tuple[str, str, str, str]]:
        """Count the judged trials that were answered, or may still be: of sessions younger than an hour."""
        recent = datetime.fromtimestamp(datetime.now(UTC).timestamp() - _HOUR, UTC)
        rows = self._all(
            "SELECT kind, photograph, left, right, COUNT(*) FROM trial JOIN participant USING (participant) "
            "WHERE NOT practice AND NOT attention AND (answer IS NOT NULL OR begun_at > ?) "
            "GROUP BY kind, photograph, left, right",
            recent.isoformat(timespec="seconds"),
        )
        return Counter({(kind, name, left, right): count for kind, name, left, right, count in rows})

    def session(self, key: str) -> list[StoredTrial]:
        """Return the trials of a session in order; none for a key that is not known."""
        rows = self._all(
            f"SELECT {_FIELDS} FROM trial JOIN participant USING (participant) WHERE key_hash = ? "
            "ORDER BY session_trial",
            _hash(key),
        )
        return [_as_trial(row) for row in rows]

    def find_picture(self, token: str) -> Trial | None:
        """Return the trial whose pictures have this token in their address."""
        rows = self._all(f"SELECT {_FIELDS} FROM trial WHERE token = ?", token)
        return _as_trial(rows[0]).trial if rows else None

    def note_shown(self, key: str, number: int) -> None:
        """Count that a trial's pictures were shown; nothing happens once it is answered."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE trial SET shown = shown + 1 WHERE session_trial = ? AND answer IS NULL AND participant = "
                "(SELECT participant FROM participant WHERE key_hash = ?)",
                (number, _hash(key)),
            )

    def store_answer(self, key: str, number: int, answer: Answer) -> StoredTrial | None:
        """Store an answer and return its trial; the first answer to a trial holds.

        Returns:
            The trial as it is stored now; None where there is no such trial, or one before it has no answer yet.
        """
        with self._writing() as connection:
            trials = self.session(key)
            waiting = next((trial.number for trial in trials if trial.answer is None), len(trials) + 1)
            if not 1 <= number <= min(waiting, len(trials)):
                return None
            if number == waiting:
                connection.execute(
                    "UPDATE trial SET answer = ?, response_ms = ?, exposure_ms = ?, layout = ?, answered_at = ?, "
                    "shown = MAX(shown, 1) WHERE participant = ? AND session_trial = ?",
                    (*asdict(answer).values(), _now(), trials[0].participant, number),
                )
        return self.session(key)[number - 1]

    def withdraw(self, key: str) -> None:
        """Delete a participant with all answers."""
        with self._writing() as connection:
            connection.execute("DELETE FROM participant WHERE key_hash = ?", (_hash(key),))

    def trials(self) -> Iterator[StoredTrial]:
        """Yield all trials, in the order in which participants began."""
        rows = self._all(
            f"SELECT {_FIELDS} FROM trial JOIN participant USING (participant) ORDER BY number, session_trial"
        )
        return map(_as_trial, rows)

    def participants(self) -> list[tuple[str, str]]:
        """Return (code, UTC when begun) of all participants, in that order."""
        return [
            (code, begun)
            for code, begun in self._all("SELECT participant, begun_at FROM participant ORDER BY number")
        ]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Give a transaction: all of it is on the disk when the block ends, or nothing."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # where the disk is full, SQLite has rolled back itself
                    self._connection.execute("ROLLBACK")
                raise

    def _all(self, statement: str, *values: object) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _one(self, statement: str) -> tuple[Any, ...]:
        return tuple(self._all(statement)[0])


_FIELDS = (
    "participant, session_trial, token, kind, photograph, left, right, practice, attention, shown, answer, "
    "response_ms, exposure_ms, layout, answered_at"
)


def _connect(address: str, path: Path | None) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(
            address, uri=True, timeout=10, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(
            "PRAGMA secure_delete = ON"
        )  # a withdrawn answer is overwritten, not only forgotten
        connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error as error:
        raise StudyError(f"{path}: can't be opened as a file of answers ({error}); name another") from error
    return connection


def _guard(path: Path) -> sqlite3.Connection:
    try:
        guard = take_lock(path)
    except sqlite3.Error as error:
        raise StudyError(f"{path}: can't be written ({error}); name another file by --answers") from error
    if guard is None:
        raise StudyInUseError(
            f"{path}: another server is using these answers; stop it first, or name another file by --answers"
        )
    return guard


def _tables(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _describe(design: Design) -> str:
    """Return all that gives answers their meaning, as text."""
    return json.dumps(asdict(design), sort_keys=True, ensure_ascii=False)


def _columns(trial: Trial) -> Sequence[object]:
    return (trial.kind, trial.photograph, trial.left, trial.right, trial.practice, trial.attention)


def _as_trial(row: tuple[Any, ...]) -> StoredTrial:
    participant, number, token, kind, photograph, left, right, practice, attention, shown, *given, at = row
    trial = Trial(kind, photograph, left, right, bool(practice), bool(attention))
    answer = None if given[0] is None else Answer(*given)
    return StoredTrial(participant, number, token, trial, shown, answer, at)


def _hash(key: str) -> str:
    """Return what is stored of a key; it is as random as a hash is long, so no salt is needed."""
    return hashlib.sha256(key.encode()).hexdigest()


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
