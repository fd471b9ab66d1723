"""Small color and full lightness, joined to a picture: strip by strip, on all cores, as it is asked for."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tintype.color.wash import wash
from tintype.photos.photo import Photo
from tintype.photos.profile import RgbSpace
from tintype.photos.raise_ab import AbField, average_cells, check_map, fit_field
from tintype.photos.rgb_codes import Floats, RgbCoder

_STRIP = 1 << 18
_BLOCK = 1 << 17
"""Pixels that are worked on at once: few enough for what is computed to stay in the cache, and so many that the
threads seldom wait for each other between the steps (with a quarter of it four threads take twice as long)."""

_LUMA = np.array([0.3, 0.59, 0.11], np.float32)
"""Of the blend modes: W3C Compositing and Blending Level 1, 10.2."""

Paint = Callable[[Floats, Floats], NDArray[Any]]


class Light(Protocol):
    """What is needed of a photograph: the part of ``tintype.photos.photo.Photo`` that is used here."""

    @property
    def height(self) -> int:
        """Rows."""

    @property
    def width(self) -> int:
        """Columns."""

    @property
    def rgb_space(self) -> RgbSpace:
        """What the result is written in."""

    def lightness(self, rows: slice, columns: slice = ..., /) -> Floats:
        """CIE L, 0..100, of the given rows and columns."""


@dataclass(frozen=True, eq=False)
class ColorPicture:
    """A picture in color that is computed when its rows are asked for, anew each time.

    Attributes:
        photo: where the lightness comes from.
        field: where the color comes from.
        paint: turns lightness (n, width) and ab (2, n, width) into codes (n, width, 3).
        dtype: of the codes, uint8 or uint16.
        threads: that work at once; the result does not depend on it.
    """

    photo: Light
    field: AbField
    paint: Paint
    dtype: np.dtype[Any]
    threads: int

    @property
    def height(self) -> int:
        """Rows."""
        return self.photo.height

    @property
    def width(self) -> int:
        """Columns."""
        return self.photo.width

    @property
    def rgb_space(self) -> RgbSpace:
        """What the codes mean."""
        return self.photo.rgb_space

    def strips(self) -> Iterator[NDArray[Any]]:
        """Yield the rows from top to bottom: (rows, width, 3). Few strips more than threads are held at once."""
        return _in_order(self._compute, _strips(self.photo), self.threads)

    def to_array(self) -> NDArray[Any]:
        """Return all rows: (height, width, 3)."""
        whole = np.empty((self.height, self.width, 3), self.dtype)
        for _ in _in_order(lambda rows: self._compute(rows, whole[rows]), _strips(self.photo), self.threads):
            pass
        return whole

    def region(self, rows: slice, columns: slice) -> NDArray[Any]:
        """Return a part, as `to_array` has it there: (rows, columns, 3). Only what is needed for it is computed.

        Args:
            rows: with start and stop inside of the picture.
            columns: likewise.
        """
        width = columns.stop - columns.start
        stretched = self.field.stretch(rows, columns)
        part = np.empty((rows.stop - rows.start, width, 3), self.dtype)
        for block in _cut(rows.start, rows.stop, max(1, _BLOCK // width)):
            lightness = self.photo.lightness(block, columns)
            ab = stretched.raise_rows(lightness, block.start)
            part[block.start - rows.start : block.stop - rows.start] = self.paint(lightness, ab)
        return part

    def _compute(self, strip: slice, out: NDArray[Any] | None = None) -> NDArray[Any]:
        if out is None:
            out = np.empty((strip.stop - strip.start, self.width, 3), self.dtype)
        stretched = self.field.stretch(strip)
        for rows in _cut(strip.start, strip.stop, max(1, _BLOCK // self.width)):
            lightness = self.photo.lightness(rows)
            ab = stretched.raise_rows(lightness, rows.start)
            out[rows.start - strip.start : rows.stop - strip.start] = self.paint(lightness, ab)
        return out


def join(photo: Photo, ab_small: Floats, threads: int | None = None) -> ColorPicture:
    """Give a photograph its color.

    Args:
        photo: whose lightness is kept: CIE L of the result differs from it by 0.27 at most at 8 bits and by
            0.0011 at 16, in every pixel.
        ab_small: (h, w, 2) float32, Lab units, of any size and aspect.
        threads: that work at once; None: one for each core.

    Returns:
        The picture in ``photo.rgb_space`` and at its bit depth. Nothing at full size is computed yet. Colors
        that don't exist at their lightness lose chroma; where ab is 0, gray codes of the source return.

    Raises:
        ValueError: a map of another shape, or with values that are no numbers.
    """
    return _picture(photo, ab_small, threads, RgbCoder(photo.rgb_space, photo.bit_depth))


def layer(photo: Photo, ab_small: Floats, threads: int | None = None) -> ColorPicture:
    """Return the color alone: a layer that, with the blend mode Color over the photograph, colors it.

    The mode keeps the luma of what lies below and takes the rest from the layer (W3C Compositing and Blending
    Level 1, non-separable modes; Photoshop's Color, GIMP's HSL Color). So the layer is what `join` gives, each
    pixel moved to middle gray: no detail is left in it but that of the color, and it can be painted on.

    Args:
        photo: the photograph.
        ab_small: (h, w, 2) float32, Lab units, of any size and aspect.
        threads: that work at once; None: one for each core.

    Returns:
        A picture like that of `join`.

    Raises:
        ValueError: a map of another shape, or with values that are no numbers.
    """
    coder = RgbCoder(photo.rgb_space, photo.bit_depth)
    return _picture(photo, ab_small, threads, coder, lambda *lab: _move_to_gray(coder.encode(*lab)))


def tint(photo: Photo, ab_small: Floats, threads: int | None = None) -> ColorPicture:
    """Tint a drawing with a wash, whose paper is too white to hold color otherwise: see ``tintype.color.wash``.

    Args:
        photo: the drawing. Its lightness is not kept: painted paper becomes as dark as the paint is; what was drawn
            stays darker than what is around it.
        ab_small: (h, w, 2) float32, Lab units of the paint on white paper, of any size and aspect.
        threads: that work at once; None: one for each core.

    Returns:
        A picture like that of `join`.

    Raises:
        ValueError: a map of another shape, or with values that are no numbers.
    """
    coder = RgbCoder(photo.rgb_space, photo.bit_depth)
    return _picture(photo, ab_small, threads, coder, partial(_tint, coder), follows_edges=False)


def tint_layer(photo: Photo, ab_small: Floats, threads: int | None = None) -> ColorPicture:
    """Return the wash alone, on white: a layer that, in the blend mode Multiply over the drawing, tints it.

    Args:
        photo: the drawing.
        ab_small: (h, w, 2) float32, Lab units of the paint on white paper, of any size and aspect.
        threads: that work at once; None: one for each core.

    Returns:
        A picture like that of `join`.

    Raises:
        ValueError: a map of another shape, or with values that are no numbers.
    """
    coder = RgbCoder(photo.rgb_space, photo.bit_depth)
    return _picture(
        photo,
        ab_small,
        threads,
        coder,
        lambda lightness, ab: _tint(coder, np.full_like(lightness, 100), ab),
        follows_edges=False,
    )


def _tint(coder: RgbCoder, lightness: Floats, ab: Floats) -> NDArray[Any]:
    seen, color = wash(lightness, ab, coder.matrix)
    return coder.encode(np.asarray(seen, np.float32), np.asarray(color, np.float32))


def _picture(
    photo: Photo,
    ab_small: Floats,
    threads: int | None,
    coder: RgbCoder,
    paint: Paint | None = None,
    *,
    follows_edges: bool = True,
) -> ColorPicture:
    """Join, with another paint where one is given; lines of a drawing say nothing of how color changes at them."""
    check_map(ab_small)
    threads = threads or _count_cores()
    cells = ab_small.shape[:2]
    lightness = _average_photo(photo, cells, threads) if follows_edges else np.zeros(cells, np.float32)
    field = fit_field(ab_small, lightness, (photo.height, photo.width))
    return ColorPicture(photo, field, paint or coder.encode, coder.dtype, threads)


def _average_photo(photo: Photo, cells: tuple[int, ...], threads: int) -> Floats:
    """Average the lightness over a grid, without holding that of the whole photograph."""

    def narrow(rows: slice) -> Floats:
        return average_cells(photo.lightness(rows), (rows.stop - rows.start, cells[1]))

    return average_cells(np.concatenate([*_in_order(narrow, _strips(photo), threads)]), cells)


def _move_to_gray(codes: NDArray[Any]) -> NDArray[Any]:
    highest = np.float32(np.iinfo(codes.dtype).max)
    color = codes / highest
    color -= (color @ _LUMA)[..., None]
    gray = np.clip(0.5, -color.min(axis=-1, keepdims=True), 1 - color.max(axis=-1, keepdims=True))
    moved: NDArray[Any] = np.rint((color + gray) * highest).astype(codes.dtype)
    return moved


def _strips(photo: Light) -> Iterator[slice]:
    return _cut(0, photo.height, max(1, _STRIP // photo.width))


def _cut(start: int, stop: int, step: int) -> Iterator[slice]:
    return (slice(top, min(top + step, stop)) for top in range(start, stop, step))


def _in_order(
    compute: Callable[[slice], NDArray[Any]], strips: Iterator[slice], threads: int
) -> Iterator[NDArray[Any]]:
    """Compute strips ahead of the one that is asked for, by a few; they come in order."""
    with ThreadPoolExecutor(threads) as workers:
        waiting: deque[Future[NDArray[Any]]] = deque()
        try:
            for strip in strips:
                waiting.append(workers.submit(compute, strip))
                if len(waiting) > threads + 1:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


def _count_cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
