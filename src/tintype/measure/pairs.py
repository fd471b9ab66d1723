"""Which result belongs to which true photograph: by name, as any program may have left them."""

from __future__ import annotations

import os
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tintype.errors import PhotoError, UnreadablePhotoError
from tintype.photos.inputs import is_photo_name

ENDINGS = ("_color", "_colorized")
"""What programs add to the name of a photograph when they color it; ours adds the first."""

_COMPANION = re.compile(r"(?P<result>.+)_(sample\d+|layer|doubt|compare)")


@dataclass(frozen=True)
class Pair:
    """A true photograph and its colored version.

    Attributes:
        name: what both are called: the place of the truth below its folder.
        true: the color photograph.
        result: what a program made of it.
    """

    name: str
    true: Path
    result: Path


@dataclass(frozen=True)
class Matching:
    """What was matched.

    Attributes:
        pairs: in the order of their names.
        problems: what has no partner or more than one, by name; the rest can be judged without it.
    """

    pairs: tuple[Pair, ...]
    problems: tuple[tuple[str, PhotoError], ...] = ()


def match_pairs(true: Path, result: Path, endings: Sequence[str] = ENDINGS) -> Matching:
    """Match true photographs with results.

    Two files are a pair whatever their names. In folders, and all folders in them, names are compared without
    their suffixes (``sub/oma.jpg`` with ``sub/oma.png``), and a result may have an ending
    (``sub/oma_color.png``), which is preferred, since without it the gray original may lie there. Truths and
    results may lie in one folder; then a result must have an ending. What else ``tintype colorize`` writes
    beside a result (samples, layer, doubt, comparison) is passed over.

    Args:
        true: a color photograph or a folder of them.
        result: the same of results.
        endings: that names of results may have.

    Raises:
        UnreadablePhotoError: a path leads nowhere, or a folder holds no photographs.
    """
    for path in (true, result):
        if not path.exists():
            raise UnreadablePhotoError(f"{path}: there is no such file or folder; name one that is there")
    if true.is_file() and result.is_file():
        return Matching((Pair(true.name, true, result),))
    matcher = _Matcher(_list(true), _list(result), tuple(endings), misses=result.is_dir(), asks=true.is_dir())
    return matcher.match(is_one_folder=true.resolve() == result.resolve())


def _list(path: Path) -> dict[str, Path]:
    """Return place -> path of the photographs of a folder, or of one file."""
    if path.is_file():
        return {_normalize(path.name): path}
    found = {_normalize(file.relative_to(path).as_posix()): file for file in _walk(path)}
    if not found:
        raise UnreadablePhotoError(f"{path}: there are no photographs in this folder; name another")
    return dict(sorted(found.items()))


def _walk(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(parent, name) for name in names if is_photo_name(name))


def _normalize(place: str) -> str:
    """Return a name as one sequence of characters: some systems take letters and accents apart."""
    return unicodedata.normalize("NFC", place)


def _stem(place: str) -> str:
    """Return a place without the suffix of its file.

    >>> _stem("a.b/oma.1910.tif")
    'a.b/oma.1910'
    """
    return place[: len(place) - len(Path(place).suffix)]


def _by_stem(places: Mapping[str, Path]) -> dict[str, list[str]]:
    stems: dict[str, list[str]] = defaultdict(list)
    for place in places:
        stems[_stem(place)].append(place)
    return stems


@dataclass
class _Matcher:
    """Matches place by place; says which truths it misses a result of, and of which results it asks the truth."""

    truths: dict[str, Path]
    results: dict[str, Path]
    endings: tuple[str, ...]
    misses: bool
    asks: bool
    pairs: list[Pair] = field(default_factory=list)
    problems: list[tuple[str, PhotoError]] = field(default_factory=list)
    claimed: set[str] = field(default_factory=set)

    def match(self, *, is_one_folder: bool) -> Matching:
        if is_one_folder:
            self._divide()
        self.true_stems, self.result_stems = _by_stem(self.truths), _by_stem(self.results)
        for place in self.truths:
            self._match_one(place)
        if self.asks:
            self._report_extra()
        return Matching(tuple(self.pairs), tuple(sorted(self.problems, key=lambda problem: problem[0])))

    def _divide(self) -> None:
        """Tell truths and results of one folder apart: what has an ending, and is there without it, is a result."""
        stems = _by_stem(self.truths)
        results = {place for place in self.truths if self._source_stem(place) in stems}
        self.results = {place: self.truths[place] for place in results}
        others = (place for place in self.truths if place not in results)
        self.truths = {place: self.truths[place] for place in others if not _is_companion(place, stems)}

    def _source_stem(self, place: str) -> str:
        """Return the stem without its ending; empty where it has none."""
        stem = _stem(place)
        return next((stem.removesuffix(end) for end in self.endings if stem.endswith(end)), "")

    def _match_one(self, place: str) -> None:
        fitting = self._fitting(place)
        self.claimed.update(fitting)
        same = [found for found in fitting if Path(found).name == Path(place).name]
        chosen = same or fitting
        if not chosen:
            self._complain_of_missing(place)
        elif not same and len(self.true_stems[_stem(place)]) > 1:
            self._complain(place, "several true photographs have this name; rename one of them")
        elif len(chosen) > 1:
            self._complain(place, f"{' and '.join(sorted(chosen))} both fit; remove one of them")
        else:
            self.pairs.append(Pair(place, self.truths[place], self.results[chosen[0]]))

    def _complain_of_missing(self, place: str) -> None:
        if self.misses:
            self._complain(place, "there is no result of this name; color the photograph, or leave it out")

    def _fitting(self, place: str) -> list[str]:
        """Return the results that a truth may have: those with an ending, or else those without."""
        stem = _stem(place)
        with_ending = (stem + end for end in self.endings if stem + end not in self.true_stems)
        found = [result for name in with_ending for result in self.result_stems.get(name, ())]
        return found or [*self.result_stems.get(stem, ())]

    def _report_extra(self) -> None:
        for place in self.results.keys() - self.claimed:
            # A file of the truth's own name beside a chosen result is the gray original.
            if _stem(place) not in self.true_stems and not _is_companion(place, self.result_stems):
                self._complain(
                    place, "there is no true photograph of this name; add it, or leave the result out"
                )

    def _complain(self, place: str, text: str) -> None:
        self.problems.append((place, PhotoError(f"{place}: {text}")))


def _is_companion(place: str, stems: Mapping[str, object]) -> bool:
    match = _COMPANION.fullmatch(_stem(place))
    return match is not None and match["result"] in stems
