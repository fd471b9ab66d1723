"""Where the studio that has a folder open is found: noted in the folder, for who wants to open it a second time.

The note bears the token, so nobody but the folder's owner can read it. It outlasts a server that is killed: who takes
the lock on the folder forgets it first, and it is read only where another one has the lock.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_NAME = "studio.address"


def note_address(folder: Path, address: str) -> None:
    """Note the address that a browser on this machine opens, with the token; where that can't be done, it is not."""
    path = folder / _NAME
    forget_address(folder)
    with suppress(OSError):
        path.touch(0o600, exist_ok=False)  # before there is anything to read
        path.write_text(address, "utf-8")


def find_address(folder: Path) -> str | None:
    """Return the address; None where none is noted."""
    with suppress(OSError, UnicodeDecodeError):
        return (folder / _NAME).read_text("utf-8") or None
    return None


def forget_address(folder: Path) -> None:
    """Forget the address, if one is noted."""
    with suppress(OSError):
        (folder / _NAME).unlink()
