"""What has been screened so far, on disk, so that an interrupted build goes on where it stopped.

Two files that only grow: the stored photographs one after another, and a line of JSON for each photograph
that was looked at. A line is written after its bytes; what a kill left behind the last whole line is cut
off.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BufferedRandom
from pathlib import Path
from typing import Any

import numpy as np

from tintype.errors import DataError
from tintype.learn.data.fingerprint import PRINT_SHAPE
from tintype.learn.data.screen import Screened, Verdict

_FORMAT = 1


@dataclass(frozen=True)
class Entry:
    """One screened photograph, its data left on disk.

    Attributes:
        screened: what was found out, without the data.
        offset, length, checksum: where the data lies, and its CRC-32.
    """

    screened: Screened
    offset: int
    length: int
    checksum: int


class ScreeningLog:
    """The screened photographs of a build in its work folder; a context manager.

    Args:
        folder: the work folder, which exists.
        rules: what screening depends on; a log made by other rules is started anew.
    """

    def __init__(self, folder: Path, rules: dict[str, Any]) -> None:
        self._entries: dict[str, Entry] = {}
        self._lines = _open_to_grow(folder / "screened.jsonl")
        self._data = _open_to_grow(folder / "screened.bin")
        self._path = folder
        header = json.dumps({"format": _FORMAT, "rules": rules}, sort_keys=True).encode() + b"\n"
        self._resume(header)

    def __enter__(self) -> ScreeningLog:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._data.close()

    def find(self, path: Path) -> Entry | None:
        """Return what is known of a file, or nothing if it was never screened or has changed since."""
        return self._entries.get(_identity(path))

    def add(self, path: Path, screened: Screened) -> Entry:
        """Store what was found out about a file, and return it without its data.

        Raises:
            OSError: the disk is full.
        """
        entry = Entry(
            replace(screened, data=b""), self._data.tell(), len(screened.data), zlib.crc32(screened.data)
        )
        identity = _identity(path)
        self._data.write(screened.data)
        self._data.flush()
        self._lines.write(_to_line(identity, entry))
        self._lines.flush()
        self._entries[identity] = entry
        return entry

    def read_data(self, entry: Entry) -> bytes:
        """Return what is to be stored of a photograph.

        Raises:
            DataError: the bytes are not those that were written.
        """
        self._data.seek(entry.offset)
        data = self._data.read(entry.length)
        if zlib.crc32(data) != entry.checksum:
            raise DataError(f"{self._path} was changed by something else: run this again")
        return data

    def _resume(self, header: bytes) -> None:
        good = size = 0
        if self._lines.readline() == header:
            good = len(header)
            stored = self._data.seek(0, 2)
            for line, identity, entry in _read_lines(self._lines):
                if entry.offset + entry.length > stored:
                    break
                # What could not be read may have been mended, or the missing decoder installed.
                if entry.screened.verdict is not Verdict.BROKEN:
                    self._entries[identity] = entry
                good, size = good + len(line), entry.offset + entry.length
        self._lines.truncate(good)
        self._data.truncate(size)
        self._lines.seek(good)
        self._data.seek(size)
        if not good:
            self._lines.write(header)


def _open_to_grow(path: Path) -> BufferedRandom:
    path.touch()
    return path.open("r+b")


def _identity(path: Path) -> str:
    """Return what a file is known by: where it is, its size, and when it was changed."""
    path = path.absolute()
    try:
        state = path.stat()
    except OSError:  # it is gone or may not be looked at, and its verdict says so
        return str(path)
    return f"{path}|{state.st_size}|{state.st_mtime_ns}"


def _to_line(identity: str, entry: Entry) -> bytes:
    screened = entry.screened
    record = {
        "identity": identity,
        "verdict": screened.verdict.name,
        "detail": screened.detail,
        "sha256": screened.sha256,
        "size": [screened.width, screened.height],
        "colorfulness": screened.colorfulness,
        "prints": "" if screened.prints is None else screened.prints.tobytes().hex(),
        "data": [entry.offset, entry.length, entry.checksum],
    }
    return json.dumps(record).encode() + b"\n"


def _read_lines(lines: BufferedRandom) -> Iterator[tuple[bytes, str, Entry]]:
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:  # cut off by a kill
            return
        if not line.endswith(b"\n"):
            return
        prints = np.frombuffer(bytes.fromhex(record["prints"]), np.uint8)
        screened = Screened(
            Verdict[record["verdict"]],
            record["detail"],
            record["sha256"],
            width=record["size"][0],
            height=record["size"][1],
            colorfulness=record["colorfulness"],
            prints=prints.reshape(PRINT_SHAPE) if len(prints) else None,
        )
        yield line, record["identity"], Entry(screened, *record["data"])
