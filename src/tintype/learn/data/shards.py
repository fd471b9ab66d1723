"""Photographs on their way into WebDataset shards: naming, writing, and the list of what became of each."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tintype.errors import MissingExtraError
from tintype.learn.data.build_options import BuildOptions
from tintype.learn.data.screen import Verdict
from tintype.learn.data.screening_log import Entry, ScreeningLog

_SHARD = "photos-%04d.tar"
_COLUMNS = (
    *("source", "path", "label", "verdict", "detail", "shard", "member"),
    *("width", "height", "colorfulness", "sha256"),
)


@dataclass(frozen=True)
class Shard:
    """One shard as written: file name, number of photographs, bytes, SHA-256 of the file."""

    name: str
    photographs: int
    bytes: int
    sha256: str


@dataclass
class Candidate:
    """One file that may go into a shard.

    Attributes:
        source: the folder it was found in or below.
        path: where it is.
        entry: what screening found out.
        verdict, detail: what became of it, as known so far.
        shard, member: where it was stored.
    """

    source: Path
    path: Path
    entry: Entry
    verdict: Verdict
    detail: str
    shard: str = ""
    member: str = ""

    @property
    def relative(self) -> str:
        """Return its path below the source."""
        return self.path.relative_to(self.source).as_posix()

    @property
    def label(self) -> str:
        """Return the name of the sub-folder that it is in."""
        return "none" if self.path.parent == self.source else _word(self.path.parent.name)


def require_webdataset() -> None:
    """Fail early where shards could not be written.

    Raises:
        MissingExtraError: the package webdataset is not installed.
    """
    try:
        import webdataset  # noqa: F401, PLC0415  (it loads torch, which the worker processes do without)
    except ImportError as error:
        raise MissingExtraError("building shards needs webdataset: pip install 'tintype[train]'") from error


def write_shards(
    folder: Path,
    candidates: Sequence[Candidate],
    log: ScreeningLog,
    options: BuildOptions,
    written: Callable[[int], object],
) -> list[Shard]:
    """Write photographs into shards in the order given, and note in each candidate where it went.

    Args:
        folder: where the shards are written; it exists.
        candidates: the photographs to store.
        log: where their bytes are.
        options: format and size of the shards.
        written: told how many are written.

    Raises:
        OSError: the disk is full.
    """
    counts: Counter[str] = Counter()
    with _Shards(folder, options) as shards:
        for number, candidate in enumerate(candidates):
            key = f"{number:06d}_{_word(candidate.source.resolve().name)}_{candidate.label}"
            candidate.member = f"{key}.{options.suffix}"
            candidate.shard = shards.write(key, log.read_data(candidate.entry))
            counts[candidate.shard] += 1
            written(number + 1)
    return [_describe(folder / name, count) for name, count in counts.items()]


class _Shards:
    """A ShardWriter that makes the same files from the same photographs, and closes what it opened."""

    def __init__(self, folder: Path, options: BuildOptions) -> None:
        from webdataset import ShardWriter  # noqa: PLC0415  (see require_webdataset)

        self._folder, self._suffix = folder, options.suffix
        self._stream: IO[bytes] | None = None
        limits = {"maxcount": options.shard_photographs, "maxsize": options.shard_bytes}
        same = {"encoder": False, "mtime": 0, "user": "tintype", "group": "tintype"}
        self._writer = ShardWriter(_SHARD, opener=self._open, post=self._close, verbose=0, **limits, **same)

    def __enter__(self) -> _Shards:
        return self

    def __exit__(self, failed: type[BaseException] | None, *_: object) -> None:
        if not failed:
            self._writer.close()
        self._close()

    def write(self, key: str, data: bytes) -> str:
        """Store one photograph and return the name of its shard."""
        self._writer.write({"__key__": key, self._suffix: data})
        return str(self._writer.fname)

    def _open(self, name: str) -> IO[bytes]:
        self._stream = (self._folder / name).open("wb")
        return self._stream

    def _close(self, *_: object) -> None:
        if self._stream is not None:
            self._stream.close()


def _describe(path: Path, photographs: int) -> Shard:
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return Shard(path.name, photographs, path.stat().st_size, sha256)


def write_report(path: Path, candidates: Sequence[Candidate]) -> None:
    """Write a table with one line for each file: what it is, what became of it, where it is."""
    # A name that is no valid Unicode must not spoil the whole report.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(_COLUMNS)
        table.writerows(_report_row(candidate) for candidate in candidates)


def _report_row(candidate: Candidate) -> tuple[Any, ...]:
    screened = candidate.entry.screened
    colorful = "" if screened.colorfulness is None else f"{screened.colorfulness:.2f}"
    return (
        *(str(candidate.source), candidate.relative, candidate.label),
        *(candidate.verdict.value, candidate.detail, candidate.shard, candidate.member),
        *(screened.width or "", screened.height or "", colorful, screened.sha256),
    )


def _word(name: str) -> str:
    """Return a name as a part of a member's name: without dots and underscores, which separate, and short."""
    word = re.sub(r"[\W_]+", "-", name).strip("-")
    return word.encode()[:40].decode(errors="ignore") or "none"
