"""Who looks at a studio, and must be told when something changes, whoever changed it."""

from __future__ import annotations

from threading import Lock
from typing import Protocol

from tintype.errors import StudioLimitError
from tintype.studio.jobs import Job


class Listener(Protocol):
    """A live connection; it is told from any thread."""

    def note_change(self, photo: str | None) -> None:
        """Hear that a photograph changed; None: the album."""

    def note_job(self, job: Job) -> None:
        """Hear that something about a job changed."""


class Hub:
    """The live connections of a studio.

    Args:
        most: how many there may be.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._listeners: list[Listener] = []
        self._lock = Lock()

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._listeners)

    def enter(self, listener: Listener) -> None:
        """Add a connection; StudioLimitError where there are too many."""
        with self._lock:
            if len(self._listeners) >= self._most:
                raise StudioLimitError(f"{self._most} pages are connected; close some")
            self._listeners.append(listener)

    def leave(self, listener: Listener) -> None:
        """Take a connection away."""
        with self._lock:
            self._listeners.remove(listener)

    def tell_change(self, photo: str | None) -> None:
        """Tell all that a photograph changed; None: the album."""
        for listener in self._copy():
            listener.note_change(photo)

    def tell_job(self, job: Job) -> None:
        """Tell all that something about a job changed."""
        for listener in self._copy():
            listener.note_job(job)

    def _copy(self) -> list[Listener]:
        with self._lock:
            return [*self._listeners]
