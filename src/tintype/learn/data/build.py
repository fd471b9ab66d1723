"""From folders of photographs to WebDataset shards for training, with a report of what was left out and why.

    report = build_shards([Path("photographs")], Path("shards"), BuildOptions(exclude=(Path("evaluation"),)))

Each photograph is screened (`screen.py`) by worker processes; then copies are found among all of them
(`fingerprint.py`); then the shards are written in an order that follows from the seed. The result folder appears
at once, whole or not at all: until then everything lies in a hidden work folder beside it, from which an interrupted
build goes on.
"""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import math
import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import IO, Any

import numpy as np

from tintype.errors import DataError, MissingExtraError, OutputExistsError, WriteFailedError
from tintype.learn.data.build_options import BuildOptions as BuildOptions
from tintype.learn.data.fingerprint import PRINT_SHAPE, Prints, find_duplicates, find_near_copies
from tintype.learn.data.screen import SUFFIXES, Screened, Verdict, fingerprint_of, screen_photograph
from tintype.learn.data.screening_log import Entry, ScreeningLog

Progress = Callable[[str, int, int], None]
"""Told what is being done ("screening", "excluding", "writing"), how many are done, and of how many."""

REPORT, SUMMARY = "report.csv", "summary.json"
_SHARD = "photos-%04d.tar"
_COLUMNS = (
    *("source", "path", "label", "verdict", "detail", "shard", "member"),
    *("width", "height", "colorfulness", "sha256"),
)
_BATCH = 2048


@dataclass(frozen=True)
class Shard:
    """One shard as written: file name, number of photographs, bytes, SHA-256 of the file."""

    name: str
    photographs: int
    bytes: int
    sha256: str


@dataclass(frozen=True)
class BuildReport:
    """What a build did.

    Attributes:
        folder: where the shards, `report.csv` (one line a file) and `summary.json` are.
        kept: number of photographs in the shards.
        verdicts: number of files by verdict (values of `Verdict`).
        labels: number of kept photographs by label.
        shards: the shards in order.
        unreadable_folders: folders that could not be looked into.
    """

    folder: Path
    kept: int
    verdicts: Mapping[str, int]
    labels: Mapping[str, int]
    shards: tuple[Shard, ...]
    unreadable_folders: tuple[str, ...]


@dataclass
class _Photograph:
    """One file on its way into a shard."""

    source: Path
    path: Path
    entry: Entry
    verdict: Verdict
    detail: str
    shard: str = ""
    member: str = ""

    @property
    def relative(self) -> str:
        return self.path.relative_to(self.source).as_posix()

    @property
    def label(self) -> str:
        return "none" if self.path.parent == self.source else _word(self.path.parent.name)


def build_shards(
    sources: Sequence[Path], out: Path, options: BuildOptions | None = None, progress: Progress | None = None
) -> BuildReport:
    """Build shards from all photographs in some folders and their sub-folders.

    A member is named ``NNNNNN_source_label.webp`` (or ``.jpg``): the source is the name of the folder given, the
    label that of the sub-folder that the photograph is in, or "none".

    Args:
        sources: folders of photographs.
        out: folder for the shards and the report; it is made.
        options: see there.
        progress: told how far it is.

    Raises:
        DataError: a source or an exclusion is missing or has no usable photograph.
        OutputExistsError: something is at `out` already.
        WriteFailedError: the disk is full or the folder may not be written; run again to go on.
        MissingExtraError: the package webdataset is not installed.
    """
    options = options or BuildOptions()
    _require_webdataset()
    sources = [_require_folder(Path(source)) for source in sources]
    out = Path(out)
    _require_free(out, options)
    work = out.absolute().with_name(f".{out.absolute().name}.partial")
    with _written(work):
        work.mkdir(parents=True, exist_ok=True)
        with ScreeningLog(work, options.as_screening()) as log:
            report = _build(sources, out, work, log, options, progress or _silent)
        _move(work / "result", out, work)
        shutil.rmtree(work)
    return report


def _build(
    sources: Sequence[Path],
    out: Path,
    work: Path,
    log: ScreeningLog,
    options: BuildOptions,
    progress: Progress,
) -> BuildReport:
    excluded = _fingerprint_excluded(options, progress)
    photographs, unreadable = _screen_sources(sources, log, options, progress)
    _leave_out_copies(photographs, excluded, options)
    kept = [photograph for photograph in photographs if photograph.verdict is Verdict.KEPT]
    if not kept:
        raise DataError(_nothing_kept(sources, photographs))
    order = np.random.default_rng(options.seed).permutation(len(kept))
    result = work / "result"
    shutil.rmtree(result, ignore_errors=True)
    result.mkdir()
    shards = _write_shards(result, [kept[index] for index in order], log, options, progress)
    report = BuildReport(
        out,
        len(kept),
        _count(photograph.verdict.value for photograph in photographs),
        _count(photograph.label for photograph in kept),
        tuple(shards),
        tuple(unreadable),
    )
    _write_report(result / REPORT, photographs)
    _write_summary(result / SUMMARY, report, sources, options)
    return report


# ---- checks -----------------------------------------------------------------------------------------------------


def _require_webdataset() -> None:
    try:
        import webdataset  # noqa: F401, PLC0415  (it loads torch, which the worker processes do without)
    except ImportError as error:
        raise MissingExtraError("building shards needs webdataset: pip install 'tintype[train]'") from error


def _require_folder(source: Path) -> Path:
    if not source.is_dir():
        raise DataError(f"{source} is not a folder: name a folder of photographs")
    return source


def _require_free(out: Path, options: BuildOptions) -> None:
    """Refuse to write over anything but, if asked, shards built before."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (options.overwrite and _is_built(out)):
        cure = "name another folder" if options.overwrite else "name another folder or overwrite"
        raise OutputExistsError(f"{out} holds something already: {cure}")


def _is_built(out: Path) -> bool:
    if not out.is_dir():
        return False
    names = {path.name for path in out.iterdir()}
    others = [name for name in names - {REPORT, SUMMARY} if not re.fullmatch(r"photos-\d+\.tar", name)]
    return {REPORT, SUMMARY} <= names and not others


def _nothing_kept(sources: Sequence[Path], photographs: Sequence[_Photograph]) -> str:
    names = ", ".join(str(source) for source in sources)
    counts = _count(p.verdict.value for p in photographs if p.verdict is not Verdict.OTHER)
    if not counts:
        return f"no photographs in {names}: name a folder that holds JPEG, PNG, WebP, TIFF or other pictures"
    why = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return f"none of the photographs in {names} can be used ({why}): add others or loosen the limits"


@contextlib.contextmanager
def _written(work: Path) -> Iterator[None]:
    """Turn what can go wrong while writing into one line; photographs that can't be read never get here."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        cure = "make room or choose another folder, and run it again: it goes on where it stopped"
        raise WriteFailedError(f"{work.parent} can't be written: {reason}; {cure}") from error
    except BrokenProcessPool as error:
        cure = "run it again with fewer workers: it goes on where it stopped"
        raise DataError(f"a worker process was killed, most likely for want of memory; {cure}") from error


# ---- screening --------------------------------------------------------------------------------------------------


def _screen_sources(
    sources: Sequence[Path], log: ScreeningLog, options: BuildOptions, progress: Progress
) -> tuple[list[_Photograph], list[str]]:
    files, unreadable = [], list[str]()
    for source in sources:
        files += [(source, path) for path in _list_files(source, unreadable)]
    waiting = [path for _, path in files if log.find(path) is None]
    done = len(files) - len(waiting)
    progress("screening", done, len(files))
    screen = partial(screen_photograph, options=options)
    for path, screened in _in_parallel(screen, waiting, options.workers):
        log.add(path, screened)
        done += 1
        progress("screening", done, len(files))
    photographs = []
    for source, path in files:
        entry = log.find(path)
        if entry is None:
            raise DataError(f"{path} was changed while shards were built from it: run it again")
        photographs.append(_Photograph(source, path, entry, entry.screened.verdict, entry.screened.detail))
    return photographs, unreadable


def _list_files(folder: Path, unreadable: list[str]) -> list[Path]:
    """Return all files below a folder in the order of their names; hidden ones are none of our business."""
    found = []
    for parent, folders, names in os.walk(
        folder, onerror=lambda error: unreadable.append(str(error.filename))
    ):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(parent) / name for name in names if not name.startswith(".")]
    return sorted(found)


def _in_parallel(
    work: Callable[[Path], Any], paths: Sequence[Path], workers: int
) -> Iterator[tuple[Path, Any]]:
    """Yield each path with what became of it, in order; small jobs are not worth starting processes for."""
    workers = min(workers or os.cpu_count() or 1, math.ceil(len(paths) / 32))
    if workers <= 1:
        yield from ((path, work(path)) for path in paths)
        return
    # Spawned processes do not inherit threads or locks, and work alike on every system.
    with ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=_ignore_interrupts
    ) as pool:
        for start in range(0, len(paths), _BATCH):
            batch = paths[start : start + _BATCH]
            yield from zip(batch, pool.map(work, batch, chunksize=8), strict=True)


def _ignore_interrupts() -> None:
    """Leave Ctrl-C to the process that hands out the work."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


# ---- copies -----------------------------------------------------------------------------------------------------


def _fingerprint_excluded(options: BuildOptions, progress: Progress) -> tuple[list[Path], Prints]:
    paths = [path for exclusion in options.exclude for path in _list_excluded(Path(exclusion))]
    prints = []
    for path, found in _in_parallel(fingerprint_of, paths, options.workers):
        if found is None:
            raise DataError(f"{path} is to be excluded but can't be read: mend it or take it from the list")
        prints.append(found)
        progress("excluding", len(prints), len(paths))
    return paths, _stacked(prints)


def _list_excluded(exclusion: Path) -> list[Path]:
    """Return the photographs of a folder or a list, or the one photograph itself."""
    if exclusion.is_dir():
        paths = [path for path in _list_files(exclusion, []) if path.suffix.lower() in SUFFIXES]
    elif exclusion.suffix.lower() in SUFFIXES:
        return [exclusion]
    else:
        paths = [exclusion.parent / line for line in _read_list(exclusion)]
    if not paths:
        raise DataError(f"{exclusion} names no photographs to exclude: give a folder or a list of files")
    return paths


def _read_list(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} can't be read as a list of photographs to exclude: {error}") from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _leave_out_copies(
    photographs: Sequence[_Photograph], excluded: tuple[list[Path], Prints], options: BuildOptions
) -> None:
    """Leave out copies of excluded photographs, then all but the largest copy of the others."""
    paths, known = excluded
    kept = [photograph for photograph in photographs if photograph.verdict is Verdict.KEPT]
    for photograph, match in zip(kept, find_near_copies(_prints(kept), known), strict=True):
        if match >= 0:
            photograph.verdict, photograph.detail = Verdict.EXCLUDED, str(paths[match])
    if options.near < 0:
        return
    kept = [photograph for photograph in kept if photograph.verdict is Verdict.KEPT]
    kept.sort(key=lambda photograph: -photograph.entry.screened.width * photograph.entry.screened.height)
    for photograph, match in zip(kept, find_duplicates(_prints(kept), options.near), strict=True):
        if match >= 0:
            photograph.verdict, photograph.detail = Verdict.NEAR_COPY, str(kept[match].path)


def _prints(photographs: Sequence[_Photograph]) -> Prints:
    found = [photograph.entry.screened.prints for photograph in photographs]
    return _stacked([prints for prints in found if prints is not None])


def _stacked(prints: Sequence[Prints]) -> Prints:
    return np.stack(prints) if prints else np.zeros((0, *PRINT_SHAPE), np.uint8)


# ---- writing ----------------------------------------------------------------------------------------------------


def _write_shards(
    folder: Path, kept: Sequence[_Photograph], log: ScreeningLog, options: BuildOptions, progress: Progress
) -> list[Shard]:
    from webdataset import ShardWriter  # noqa: PLC0415  (see _require_webdataset)

    streams: list[IO[bytes]] = []

    def open_shard(name: str) -> IO[bytes]:
        streams.append((folder / name).open("wb"))
        return streams[-1]

    counts: Counter[str] = Counter()
    limits = {"maxcount": options.shard_photographs, "maxsize": options.shard_bytes}
    same = {"encoder": False, "mtime": 0, "user": "tintype", "group": "tintype"}
    writer = ShardWriter(
        _SHARD, **limits, **same, opener=open_shard, post=lambda _: streams[-1].close(), verbose=0
    )
    try:
        for number, photograph in enumerate(kept):
            key = f"{number:06d}_{_word(photograph.source.resolve().name)}_{photograph.label}"
            writer.write({"__key__": key, options.suffix: log.read_data(photograph.entry)})
            photograph.shard, photograph.member = writer.fname, f"{key}.{options.suffix}"
            counts[photograph.shard] += 1
            progress("writing", number + 1, len(kept))
        writer.close()
    finally:
        for stream in streams:
            stream.close()
    return [_describe(folder / name, count) for name, count in counts.items()]


def _describe(path: Path, photographs: int) -> Shard:
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return Shard(path.name, photographs, path.stat().st_size, sha256)


def _write_report(path: Path, photographs: Sequence[_Photograph]) -> None:
    # A name that is no valid Unicode must not spoil the whole report.
    with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(_COLUMNS)
        table.writerows(_report_row(photograph) for photograph in photographs)


def _report_row(photograph: _Photograph) -> tuple[Any, ...]:
    screened: Screened = photograph.entry.screened
    colorful = "" if screened.colorfulness is None else f"{screened.colorfulness:.2f}"
    return (
        *(str(photograph.source), photograph.relative, photograph.label),
        *(photograph.verdict.value, photograph.detail, photograph.shard, photograph.member),
        *(screened.width or "", screened.height or "", colorful, screened.sha256),
    )


def _write_summary(path: Path, report: BuildReport, sources: Sequence[Path], options: BuildOptions) -> None:
    summary = {
        "sources": [str(source) for source in sources],
        "options": options.as_record(),
        "versions": {name: version(name) for name in ("tintype", "pillow", "webdataset")},
        "kept": report.kept,
        "verdicts": report.verdicts,
        "labels": report.labels,
        "shards": [asdict(shard) for shard in report.shards],
        "unreadable_folders": report.unreadable_folders,
    }
    path.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def _move(result: Path, out: Path, work: Path) -> None:
    """Let the result appear under its name; what it replaces was checked by `_require_free`."""
    if out.is_dir() and any(out.iterdir()):
        out.rename(work / "replaced")
    elif out.is_dir():
        out.rmdir()
    result.rename(out)


def _count(values: Iterator[str] | Any) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _word(name: str) -> str:
    """Return a name as a part of a member's name: no dots or underscores, which separate, and not too long."""
    word = re.sub(r"[\W_]+", "-", name).strip("-")
    return word.encode()[:40].decode(errors="ignore") or "none"


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""
