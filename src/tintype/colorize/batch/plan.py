"""Which photographs are colored and where the results go, settled before the first file is written."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tintype.errors import OutputError, PhotoError, UnreadablePhotoError
from tintype.photos.read import is_photo_name
from tintype.photos.write import default_output_path

COLOR = "color"
"""The kind of the colored photograph itself."""

_RESULT_STEM = re.compile(r"(?P<source>.+)_color(_sample\d+|_layer|_doubt|_compare)?")


@dataclass(frozen=True)
class Companions:
    """What is written beside the colored photograph.

    Attributes:
        samples: number of alternatives.
        seed: of the alternatives.
        layer: the color alone.
        doubt: where the network knows little.
        compare: before and after, side by side.
        project: everything that was said, to be rendered again.
    """

    samples: int = 0
    seed: int = 0
    layer: bool = False
    doubt: bool = False
    compare: bool = False
    project: bool = False

    def paths(self, result: Path) -> dict[str, Path]:
        """Return kind -> path for a result, the result itself first, under ``color``.

        >>> companions = Companions(samples=1, doubt=True)
        >>> {kind: str(path) for kind, path in companions.paths(Path("a/b.tif")).items()}
        {'color': 'a/b.tif', 'sample 1': 'a/b_sample1.tif', 'doubt': 'a/b_doubt.png'}
        """
        names = {COLOR: result.name}
        names |= {
            f"sample {i}": f"{result.stem}_sample{i}{result.suffix}" for i in range(1, self.samples + 1)
        }
        names |= {"layer": f"{result.stem}_layer.png"} if self.layer else {}
        names |= {"doubt": f"{result.stem}_doubt.png"} if self.doubt else {}
        names |= {"compare": f"{result.stem}_compare.jpg"} if self.compare else {}
        names |= {"project": f"{result.stem}.tintype"} if self.project else {}
        return {kind: result.with_name(name) for kind, name in names.items()}


@dataclass(frozen=True)
class Job:
    """One file and what is made of it.

    Attributes:
        source: the file.
        targets: kind -> path of each file that is made of it; the result's kind is ``color``.
        data: its content, where it is no file.
    """

    source: Path
    targets: Mapping[str, Path]
    data: bytes | None = None

    @property
    def name(self) -> str:
        """What the source is called in messages."""
        return str(self.source) if self.data is None else "stdin"

    @property
    def result(self) -> Path:
        """Where the colored photograph goes."""
        return self.targets[COLOR]


@dataclass(frozen=True)
class Plan:
    """What is to be done.

    Attributes:
        jobs: in the order in which they are done.
        problems: what was named but can't be used, and why; the rest goes on without it.
    """

    jobs: tuple[Job, ...]
    problems: tuple[tuple[Path, PhotoError], ...] = ()


@dataclass
class _Search:
    """Photographs found so far: (file, its place below the folder named), and what can't be used."""

    found: list[tuple[Path, Path]] = field(default_factory=list)
    problems: list[tuple[Path, PhotoError]] = field(default_factory=list)


def make_plan(
    sources: Sequence[Path], output: Path | None = None, companions: Companions | None = None
) -> Plan:
    """Find the photographs and settle where each result goes.

    Files are taken as they are named; in folders, and all folders in them, those with the name of a
    photograph, but no hidden ones. Without an output the result lies beside the source under its default
    name. Else the output is a folder in which names and sub-folders are kept (each named folder's own name
    too if there are several), or, for a single file, may be the name of the result.

    Args:
        sources: files and folders.
        output: folder, or name for a single file.
        companions: what else is written.

    Raises:
        OutputError: two files would get the same name, a result would replace a source, or the output is a
            file where a folder is needed. Nothing was written.
    """
    companions = companions or Companions()
    search = _find(sources, output)
    if output is None:
        search.found = _without_results(search.found, sources)
    jobs = tuple(
        Job(source, companions.paths(_result_path(source, place, sources, output)))
        for source, place in search.found
    )
    _check_names(jobs)
    return Plan(jobs, tuple(search.problems))


def _find(sources: Sequence[Path], output: Path | None) -> _Search:
    search = _Search()
    folders = [source for source in sources if source.is_dir()]
    for source in sources:
        if not source.is_dir():
            search.found.append((source, Path(source.name)))
            continue
        prefix = Path(source.resolve().name) if len(folders) > 1 else Path()
        _find_in_folder(source, prefix, output, search)
    unique = {file.resolve(): (file, place) for file, place in reversed(search.found)}
    search.found = [*reversed(unique.values())]
    return search


def _find_in_folder(folder: Path, prefix: Path, output: Path | None, search: _Search) -> None:
    def report(error: OSError) -> None:
        text = f"{error.filename}: {error.strerror}; the folder was left out, make it readable and run again"
        search.problems.append((Path(error.filename), UnreadablePhotoError(text)))

    excluded = None if output is None else output.resolve()
    for parent, folders, names in os.walk(folder, onerror=report):
        path = Path(parent)
        folders[:] = sorted(name for name in folders if _is_searched(path / name, excluded))
        files = [path / name for name in sorted(names) if not name.startswith(".")]
        search.found += [(f, prefix / f.relative_to(folder)) for f in files if is_photo_name(f)]


def _is_searched(folder: Path, excluded: Path | None) -> bool:
    return not folder.name.startswith(".") and folder.resolve() != excluded


def _without_results(found: list[tuple[Path, Path]], named: Sequence[Path]) -> list[tuple[Path, Path]]:
    """Leave out what lies beside its source because an earlier run put it there."""
    stems = {file.with_suffix("") for file, _ in found}
    return [(file, place) for file, place in found if file in named or not _is_result(file, stems)]


def _is_result(file: Path, stems: set[Path]) -> bool:
    match = _RESULT_STEM.fullmatch(file.stem)
    return match is not None and file.with_name(match["source"]) in stems


def _result_path(source: Path, place: Path, sources: Sequence[Path], output: Path | None) -> Path:
    default = default_output_path(source)
    if output is None:
        return default
    if _is_result_name(sources, output):
        return output
    return output / place.with_suffix(default.suffix)


def _is_result_name(sources: Sequence[Path], output: Path) -> bool:
    single = len(sources) == 1 and not sources[0].is_dir()
    return single and not output.is_dir() and is_photo_name(output)


def _check_names(jobs: Sequence[Job]) -> None:
    """Raise OutputError if a result would replace a source, or two files would get one name."""
    originals = {job.source.resolve() for job in jobs}
    owners: dict[str, Job] = {}
    for job, path in _targets(jobs):
        if path.resolve() in originals:
            raise OutputError(f"{path}: this result would replace a source; give another folder with -o")
        other = owners.setdefault(os.path.normcase(path), job)
        if other is not job:
            raise OutputError(
                f"{other.source} and {job.source} would both become {path}; rename one, or color them apart"
            )


def _targets(jobs: Sequence[Job]) -> Iterator[tuple[Job, Path]]:
    return ((job, path) for job in jobs for path in job.targets.values())
