"""The photographs that are kept open: as many as fit into memory, those that were not needed longest are closed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from threading import Lock

from tintype.studio.desk import Desk


class Shelf:
    """Opened photographs by their ids; it may be used from several threads at once.

    Args:
        most_bytes: that they may take together; one is kept however large it is.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._desks: OrderedDict[str, Desk] = OrderedDict()
        self._lock, self._opening = Lock(), Lock()

    def __len__(self) -> int:
        """Return how many are open."""
        return len(self._desks)

    def get(self, photo: str, open_photo: Callable[[], Desk]) -> Desk:
        """Return an opened photograph; one that is not is opened, one at a time, however many ask for it."""
        found = self._find(photo)
        if found is not None:
            return found
        with self._opening:
            return self._find(photo) or self.keep(photo, open_photo())

    def keep(self, photo: str, desk: Desk) -> Desk:
        """Keep an opened photograph and return it; close others where there is no room."""
        with self._lock:
            self._desks[photo] = desk
            self._desks.move_to_end(photo)
            while len(self._desks) > 1 and self._total() > self._most:
                self._desks.popitem(last=False)
        return desk

    def drop(self, photo: str) -> None:
        """Close a photograph, if it is open."""
        with self._lock:
            self._desks.pop(photo, None)

    def _find(self, photo: str) -> Desk | None:
        with self._lock:
            if photo in self._desks:
                self._desks.move_to_end(photo)
            return self._desks.get(photo)

    def _total(self) -> int:
        return sum(desk.memory_bytes for desk in self._desks.values())
