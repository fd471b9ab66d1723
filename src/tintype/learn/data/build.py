"""From folders of photographs to WebDataset shards for training, with a report of what was left out and why.

    report = build_shards([Path("photographs")], Path("shards"), BuildOptions(exclude=(Path("evaluation"),)))

Each photograph is screened (`screen.py`) by worker processes; then copies are found among all of them
(`fingerprint.py`); then the shards are written (`shards.py`) in an order that follows from the seed. The
result appears at once, whole or not at all: until then everything lies in a hidden work folder beside it,
from which an interrupted build goes on (`screening_log.py`).
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
import shutil
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

import numpy as np

from tintype.errors import DataError, OutputExistsError, WriteFailedError
from tintype.learn.data.build_options import BuildOptions
from tintype.learn.data.fingerprint import NEAR, PRINT_SHAPE, Prints, find_duplicates, find_near_copies
from tintype.learn.data.screen import SUFFIXES, Verdict, fingerprint_of, screen_photograph
from tintype.learn.data.screening_log import Entry, ScreeningLog
from tintype.learn.data.shards import Candidate, Shard, require_webdataset, write_report, write_shards

ResultT = TypeVar("ResultT")
Progress = Callable[[str, int, int], None]
"""Told what is being done ("screening", "excluding", "writing"), how many are done, and of how many."""

REPORT, SUMMARY = "report.csv", "summary.json"
_RESULT = "result"
_BATCH = 2048


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


@dataclass(frozen=True)
class _Job:
    sources: Sequence[Path]
    out: Path
    options: BuildOptions
    progress: Progress

    @property
    def work(self) -> Path:
        """The hidden folder beside the result where everything lies until it is complete."""
        out = self.out.absolute()
        return out.with_name(f".{out.name}.partial")


def build_shards(
    sources: Sequence[Path], out: Path, options: BuildOptions | None = None, progress: Progress | None = None
) -> BuildReport:
    """Build shards from all photographs in some folders and their sub-folders.

    A member is named ``NNNNNN_source_label.webp`` (or ``.jpg``): the source is the name of the folder given,
    the label that of the sub-folder that the photograph is in, or "none".

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
    folders = [_require_folder(Path(source)) for source in sources]
    if not folders:
        raise DataError("no folder to build shards from: name at least one")
    job = _Job(folders, Path(out), options or BuildOptions(), progress or _silent)
    require_webdataset()
    with _one_line_errors(job):
        _require_free(job)
        excluded = _fingerprint_excluded(job)
        job.work.mkdir(parents=True, exist_ok=True)
        rules = job.options.as_screening() | {"pillow": version("pillow")}
        try:
            with ScreeningLog(job.work, rules) as log:
                report = _build(job, log, excluded)
        except DataError:
            # Another attempt needs other photographs or options; an interrupted one would find its work here.
            shutil.rmtree(job.work, ignore_errors=True)
            raise
        _move(job)
    return report


def _build(job: _Job, log: ScreeningLog, excluded: tuple[list[Path], Prints]) -> BuildReport:
    candidates, unreadable = _screen_sources(job, log)
    _leave_out_copies(candidates, excluded, job.options)
    kept = [candidate for candidate in candidates if candidate.verdict is Verdict.KEPT]
    if not kept:
        raise DataError(_nothing_kept(job.sources, candidates))
    result = _empty_folder(job.work / _RESULT)
    order = np.random.default_rng(job.options.seed).permutation(len(kept))
    written = partial(_tell, job.progress, "writing", len(kept))
    shards = write_shards(result, [kept[index] for index in order], log, job.options, written)
    verdicts = _count(candidate.verdict.value for candidate in candidates)
    labels = _count(candidate.label for candidate in kept)
    report = BuildReport(job.out, len(kept), verdicts, labels, tuple(shards), tuple(unreadable))
    write_report(result / REPORT, candidates)
    _write_summary(result / SUMMARY, report, job)
    return report


# ---- checks ------------------------------------------------------------------------------------------


def _require_folder(source: Path) -> Path:
    if not source.is_dir():
        raise DataError(f"{source} is not a folder: name a folder of photographs")
    return source


def _require_free(job: _Job) -> None:
    """Refuse to write over anything but, if asked, shards built before."""
    if not job.out.exists() or (job.out.is_dir() and not any(job.out.iterdir())):
        return
    if not (job.options.overwrite and _is_built(job.out)):
        cure = "name another folder" if job.options.overwrite else "name another folder or overwrite"
        raise OutputExistsError(f"{job.out} holds something already: {cure}")


def _is_built(out: Path) -> bool:
    if not out.is_dir():
        return False
    names = {path.name for path in out.iterdir()}
    others = [name for name in names - {REPORT, SUMMARY} if not re.fullmatch(r"photos-\d+\.tar", name)]
    return {REPORT, SUMMARY} <= names and not others


def _nothing_kept(sources: Sequence[Path], candidates: Sequence[Candidate]) -> str:
    names = ", ".join(str(source) for source in sources)
    counts = _count(p.verdict.value for p in candidates if p.verdict is not Verdict.OTHER)
    if not counts:
        return f"no photographs in {names}: name a folder that holds JPEG, PNG, WebP, TIFF or other pictures"
    why = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    return f"none of the photographs in {names} can be used ({why}): add others or loosen the limits"


@contextlib.contextmanager
def _one_line_errors(job: _Job) -> Iterator[None]:
    """Say in one line what went wrong with writing; photographs that can't be read never get here."""
    try:
        yield
    except OSError as error:
        cure = "make room or choose another folder, and run it again: it goes on where it stopped"
        raise WriteFailedError(f"{job.out} can't be written: {error.strerror or error}; {cure}") from error
    except BrokenProcessPool as error:
        cure = "run it again with fewer workers: it goes on where it stopped"
        raise DataError(f"a worker process was killed, most likely for want of memory; {cure}") from error


# ---- screening ------------------------------------------------------------------------------------------


def _screen_sources(job: _Job, log: ScreeningLog) -> tuple[list[Candidate], list[str]]:
    """Return all files of all sources as candidates, and the folders that could not be looked into."""
    unreadable: list[str] = []
    files = {path: source for source in job.sources for path in _list_files(source, unreadable)}
    known = {path: log.find(path) for path in files}
    waiting = [path for path, entry in known.items() if entry is None]
    entries = {path: entry for path, entry in known.items() if entry is not None}
    job.progress("screening", len(entries), len(known))
    screen = partial(screen_photograph, options=job.options)
    for path, screened in _in_parallel(screen, waiting, job.options.workers):
        entries[path] = log.add(path, screened)
        job.progress("screening", len(entries), len(known))
    return [_candidate(source, path, entries[path]) for path, source in files.items()], unreadable


def _candidate(source: Path, path: Path, entry: Entry) -> Candidate:
    return Candidate(source, path, entry, entry.screened.verdict, entry.screened.detail)


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
    work: Callable[[Path], ResultT], paths: Sequence[Path], workers: int
) -> Iterator[tuple[Path, ResultT]]:
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


# ---- copies ------------------------------------------------------------------------------------------


def _fingerprint_excluded(job: _Job) -> tuple[list[Path], Prints]:
    paths = [path for exclusion in job.options.exclude for path in _list_excluded(Path(exclusion))]
    prints = []
    for path, found in _in_parallel(fingerprint_of, paths, job.options.workers):
        if found is None:
            raise DataError(f"{path} is to be excluded but can't be read: mend it or take it from the list")
        prints.append(found)
        job.progress("excluding", len(prints), len(paths))
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
    candidates: Sequence[Candidate], excluded: tuple[list[Path], Prints], options: BuildOptions
) -> None:
    """Leave out copies of excluded photographs, then all but the largest copy of the others."""
    paths, known = excluded
    kept = [candidate for candidate in candidates if candidate.verdict is Verdict.KEPT]
    for candidate, match in zip(
        kept, find_near_copies(_prints(kept), known, max(NEAR, options.near)), strict=True
    ):
        if match >= 0:
            candidate.verdict, candidate.detail = Verdict.EXCLUDED, str(paths[match])
    if options.near < 0:
        return
    kept = [candidate for candidate in kept if candidate.verdict is Verdict.KEPT]
    kept.sort(key=lambda candidate: -candidate.entry.screened.width * candidate.entry.screened.height)
    for candidate, match in zip(kept, find_duplicates(_prints(kept), options.near), strict=True):
        if match >= 0:
            candidate.verdict, candidate.detail = Verdict.NEAR_COPY, str(kept[match].path)


def _prints(candidates: Sequence[Candidate]) -> Prints:
    found = [candidate.entry.screened.prints for candidate in candidates]
    return _stacked([prints for prints in found if prints is not None])


def _stacked(prints: Sequence[Prints]) -> Prints:
    return np.stack(prints) if prints else np.zeros((0, *PRINT_SHAPE), np.uint8)


# ---- writing ------------------------------------------------------------------------------------------


def _write_summary(path: Path, report: BuildReport, job: _Job) -> None:
    summary = {
        "sources": [str(source) for source in job.sources],
        "options": job.options.as_record(),
        "versions": {name: version(name) for name in ("tintype", "pillow", "webdataset")},
        "kept": report.kept,
        "verdicts": report.verdicts,
        "labels": report.labels,
        "shards": [asdict(shard) for shard in report.shards],
        "unreadable_folders": report.unreadable_folders,
    }
    path.write_text(json.dumps(summary, indent=1) + "\n", encoding="utf-8")


def _empty_folder(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _move(job: _Job) -> None:
    """Let the result appear under its name; what it replaces was checked by `_require_free`."""
    if job.out.is_dir() and any(job.out.iterdir()):
        job.out.rename(job.work / "replaced")
    elif job.out.is_dir():
        job.out.rmdir()
    (job.work / _RESULT).rename(job.out)
    shutil.rmtree(job.work, ignore_errors=True)


def _count(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _tell(progress: Progress, stage: str, total: int, done: int) -> None:
    progress(stage, done, total)


def _silent(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""
