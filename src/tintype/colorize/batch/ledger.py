"""The ledger of a folder: which settings made those results that can't say so themselves.

Results written without a mark (``--no-mark``, or a format that holds none) are known by a line in
``.tintype-ledger.jsonl`` beside them. The line is written before the file, which then appears all at once: a run
that is killed in between leaves a line without a file, and that says nothing.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from threading import Lock
from typing import Any

from tintype.errors import WriteFailedError

LEDGER_NAME = ".tintype-ledger.jsonl"
_KEYS = {"name", "source_sha256", "result_digest", "before"}


class Ledger:
    """The ledgers of all folders that a run writes to, each read once.

    It may be used from several threads at once.
    """

    def __init__(self) -> None:
        self._lines: dict[Path, dict[str, dict[str, Any]]] = {}
        self._lock = Lock()

    def is_done(self, path: Path, source_sha256: str, result_digest: str) -> bool:
        """Return whether the file that is there was made from this source with these settings."""
        with self._lock:
            line = self._of(path.parent).get(path.name)
        return (
            line is not None
            and (line["source_sha256"], line["result_digest"]) == (source_sha256, result_digest)
            and _stamp(path) not in (None, line["before"])
        )

    def record(self, path: Path, source_sha256: str, result_digest: str) -> None:
        """Say that a file is about to be written.

        Raises:
            WriteFailedError: the ledger can't be written.
        """
        line = {
            "name": path.name,
            "source_sha256": source_sha256,
            "result_digest": result_digest,
            "before": _stamp(path),
        }
        with self._lock:
            self._of(path.parent)[path.name] = line
            _append(path.parent / LEDGER_NAME, json.dumps(line))

    def _of(self, folder: Path) -> dict[str, dict[str, Any]]:
        if folder not in self._lines:
            self._lines[folder] = _read(folder / LEDGER_NAME)
        return self._lines[folder]


def _read(path: Path) -> dict[str, dict[str, Any]]:
    """Return the latest line of each file; what is no line of ours, such as one cut off, is passed over."""
    try:
        text = path.read_bytes().decode("utf-8", "replace")
    except OSError:  # no ledger: nothing was written without a mark
        return {}
    lines = (_parse(line) for line in text.splitlines())
    return {line["name"]: line for line in lines if line}


def _parse(text: str) -> dict[str, Any] | None:
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) and line.keys() >= _KEYS else None


def _append(path: Path, line: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # One write of a whole line, begun on a new line in case the last run was cut off in the middle of one.
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        try:
            os.write(file, f"\n{line}\n".encode())
        finally:
            os.close(file)
    except OSError as error:
        raise WriteFailedError(
            f"{path}: {error.strerror or error}; make room or choose another folder"
        ) from error


def _stamp(path: Path) -> list[int] | None:
    """Return what changes when a file is written anew, or None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]
