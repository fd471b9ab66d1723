"""A photograph's lightness at the small size that a network looks at.

The reduction is Pillow's antialiased bicubic, as in training, where photographs are reduced in sRGB. Here it is
CIE L that is reduced: gray sRGB codes are an almost straight function of it (within 4 units of 100), so that no
detour through sRGB is needed. What must not be done is to reduce linear light, however right that is in optics:
fine dark lines would pale that the network has learned to see.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_STRIP = 1 << 20
"""Pixels that are worked on at once by one thread."""

_MOST_ROWS = 32
"""A photograph with more rows than this for each row of the result is averaged over rows first."""


class Lightness(Protocol):
    """What is needed of a photograph: the part of ``tintype.photos.photo.Photo`` that is used here."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def width(self) -> int:
        """Columns."""

    def lightness(self, rows: slice = slice(None)) -> NDArray[np.float32]:
        """CIE L, 0..100, of the given rows."""


def reduce_lightness(
    photo: Lightness, size: tuple[int, int], threads: int | None = None
) -> NDArray[np.float32]:
    """Resize the lightness of a photograph, whatever its own size, strip by strip.

    Args:
        photo: of any size from 1 x 1.
        size: (height, width) of the result; smaller or larger than the photograph.
        threads: that work on strips; None lets Python choose.

    Returns:
        float32 of that size, CIE L 0..100. Memory beyond it stays in proportion to the strips and to
        height x result's width.
    """
    with ThreadPoolExecutor(threads) as workers:
        narrow = np.concatenate(
            [*workers.map(lambda rows: _narrowed(photo, rows, size), _strips(photo, size))]
        )
    reduced = np.asarray(_as_picture(narrow).resize((size[1], size[0]), Image.Resampling.BICUBIC))
    return np.asarray(np.clip(reduced, 0, 100), np.float32)  # bicubic overshoots beside sharp edges


def fit_side(size: tuple[int, int], side: int) -> tuple[int, int]:
    """Return (height, width) reduced so that the longer one is `side` at most.

    >>> fit_side((3000, 4000), 1000), fit_side((1, 5000), 1000), fit_side((30, 40), 1000)
    ((750, 1000), (1, 1000), (30, 40))
    """
    factor = min(1.0, side / max(size))
    height, width = (max(1, round(n * factor)) for n in size)
    return height, width


def _strips(photo: Lightness, size: tuple[int, int]) -> Iterator[slice]:
    step = max(_rows_averaged(photo, size), _STRIP // photo.width)
    step -= step % _rows_averaged(photo, size)
    return (slice(top, min(top + step, photo.height)) for top in range(0, photo.height, step))


def _narrowed(photo: Lightness, rows: slice, size: tuple[int, int]) -> NDArray[np.float32]:
    """Return a strip at the result's width; all at once or by strips, Pillow's sums are the same."""
    strip = photo.lightness(rows)
    factor = _rows_averaged(photo, size)
    if factor > 1:
        strip = _averaged_rows(strip, factor)
    return np.asarray(_as_picture(strip).resize((size[1], len(strip)), Image.Resampling.BICUBIC))


def _averaged_rows(strip: NDArray[np.float32], factor: int) -> NDArray[np.float32]:
    """Return the means of each `factor` rows; the last of what is left."""
    sums = np.add.reduceat(strip, range(0, len(strip), factor), axis=0)
    counts = np.full((len(sums), 1), factor, np.float32)
    counts[-1] = (len(strip) - 1) % factor + 1
    return np.asarray(sums / counts, np.float32)


def _rows_averaged(photo: Lightness, size: tuple[int, int]) -> int:
    """Return how many rows become one before the reduction proper; 1 for photographs of usual sizes."""
    return max(1, 2 * photo.height // (_MOST_ROWS * size[0]))


def _as_picture(lightness: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.ascontiguousarray(lightness, dtype=np.float32))
