"""A lock on a file of ours, so that only one server at a time writes to it."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def take_lock(path: Path) -> sqlite3.Connection | None:
    """Take a lock that the system frees when this process ends, however it ends.

    It is on an empty file beside the one that is guarded, so that this can be read meanwhile.

    Args:
        path: the file that is guarded; it need not be there.

    Returns:
        What holds the lock until it is closed; None where another process has it.

    Raises:
        sqlite3.Error: the folder can't be written.
    """
    lock = sqlite3.connect(
        path.with_name(f"{path.name}-server"), timeout=0, isolation_level=None, check_same_thread=False
    )
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError as error:
        lock.close()
        if "locked" in str(error):
            return None
        raise
    return lock
