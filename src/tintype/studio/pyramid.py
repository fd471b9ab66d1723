"""A photograph at every zoom level, each half as large as the one before, for pages that show a part of it.

Level 0 is the photograph itself. Level 1 is averaged when a part of it is asked for; the levels from 2 on, an
eleventh of the photograph's pixels together, are kept once one of them was needed.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from tintype.photos.blocks import average_blocks
from tintype.photos.join import Light
from tintype.photos.photo import Photo
from tintype.photos.profile import SRGB, RgbSpace

Floats = NDArray[np.float32]

TILE_SIDE = 512
"""Side of a tile, in pixels; those at the right and lower edge may be smaller."""

_KEPT = 2
_FINE = 65535 / 100  # levels are kept at 16 bits: 0.0008 of CIE L
_STRIP_PIXELS = 1 << 20


@dataclass(frozen=True)
class LevelSize:
    """A zoom level.

    Attributes:
        level: 0 is the full size, each further one half as large.
        height: rows, rounded up.
        width: columns, rounded up.
    """

    level: int
    height: int
    width: int

    @property
    def rows(self) -> int:
        """How many rows of tiles there are."""
        return -(-self.height // TILE_SIDE)

    @property
    def columns(self) -> int:
        """How many columns of tiles there are."""
        return -(-self.width // TILE_SIDE)


def list_levels(height: int, width: int) -> list[LevelSize]:
    """Return the levels of a photograph, down to one that is a single tile.

    >>> [(it.width, it.height, it.columns, it.rows) for it in list_levels(1000, 1501)]
    [(1501, 1000, 3, 2), (751, 500, 2, 1), (376, 250, 1, 1)]
    """
    levels = [LevelSize(0, height, width)]
    while max(levels[-1].height, levels[-1].width) > TILE_SIDE:
        last = levels[-1]
        levels.append(LevelSize(last.level + 1, -(-last.height // 2), -(-last.width // 2)))
    return levels


class Pyramid:
    """The levels of one photograph, as sources of light in sRGB and 8 bits.

    Args:
        photo: the photograph.
        threads: that work at once.
    """

    def __init__(self, photo: Photo, threads: int = 1) -> None:
        self._photo = replace(photo, rgb_space=SRGB, bit_depth=8)
        self._threads = threads
        self._lock = Lock()
        self.levels = list_levels(photo.height, photo.width)

    def light(self, level: int) -> Light:
        """Return a level: of ``levels``, whose lightness is computed or looked up for the parts asked for."""
        if level == 0:
            return self._photo
        if level < _KEPT:
            return _Halved(self._photo)
        with self._lock:
            return self._kept[level - _KEPT]

    @cached_property
    def _kept(self) -> list[Photo]:
        codes = self._reduce()
        kept = [_as_photo(codes)]
        for _ in self.levels[_KEPT + 1 :]:
            codes = _to_codes(_average(kept[-1].lightness(), 2))
            kept.append(_as_photo(codes))
        return kept

    def _reduce(self) -> NDArray[np.uint16]:
        """Average the photograph to the first level that is kept, strip by strip."""
        step = 1 << _KEPT

        def reduce_strip(rows: slice) -> NDArray[np.uint16]:
            return _to_codes(_average(self._photo.lightness(rows), step))

        with ThreadPoolExecutor(self._threads) as workers:
            return np.concatenate([*workers.map(reduce_strip, self._strips(step))])

    def _strips(self, step: int) -> Iterator[slice]:
        rows = max(1, _STRIP_PIXELS // (self._photo.width * step)) * step
        return (slice(top, min(top + rows, self._photo.height)) for top in range(0, self._photo.height, rows))


@dataclass(frozen=True)
class _Halved:
    """A photograph at half its size, averaged where it is asked for."""

    photo: Photo

    @property
    def height(self) -> int:
        return -(-self.photo.height // 2)

    @property
    def width(self) -> int:
        return -(-self.photo.width // 2)

    @property
    def rgb_space(self) -> RgbSpace:
        return self.photo.rgb_space

    def lightness(self, rows: slice, columns: slice = slice(None), /) -> Floats:
        top, bottom, _ = rows.indices(self.height)
        left, right, _ = columns.indices(self.width)
        return _average(self.photo.lightness(slice(2 * top, 2 * bottom), slice(2 * left, 2 * right)), 2)


def _average(lightness: Floats, step: int) -> Floats:
    """Average blocks; those that are cut by the edge go on with its pixels."""
    missing = [(0, -length % step) for length in lightness.shape]
    if any(after for _, after in missing):
        lightness = np.pad(lightness, missing, "edge")
    return average_blocks(lightness, step)


def _to_codes(lightness: Floats) -> NDArray[np.uint16]:
    codes: NDArray[np.uint16] = np.rint(lightness * np.float32(_FINE)).astype(np.uint16)
    return codes


def _as_photo(codes: NDArray[np.uint16]) -> Photo:
    height, width = codes.shape
    return Photo(height, width, 8, codes, _TABLE)


_TABLE = (np.arange(65536) / _FINE).astype(np.float32)
