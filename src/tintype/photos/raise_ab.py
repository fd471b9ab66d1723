"""A small map of color raised to a photograph's full size along the edges of its lightness.

Interpolation alone lets color bleed over contours, by the width of a cell. What is missing can be told from the
lightness, as pan-sharpening does for satellites whose color is coarser than their gray (Garzelli et al. 2008,
"Optimal MMSE pan sharpening"; Aiazzi et al. 2006, "MTF-tailored multiscale fusion"): around each cell a straight
line is fitted from lightness to color, and the detail of lightness that the cell has lost is added times its
slope::

    ab = cubic(ab_small) + slope * (lightness - cubic(lightness_small))

Where lightness says nothing of color the slope is 0 and interpolation is left. A network's map is less sharp
than its cells; the small lightness is softened likewise, which makes the edges of color as steep as they should
be. Slope and detail are limited: a highlight or a scratch is no reason for a new color. All maps are smooth, so
what is done for each pixel is little. The constants were chosen on photographs (benchmarks/raise_ab.py), where
this came closer to the truth than joint bilateral upsampling and guided filters, at a fraction of their cost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.float32]

_SOFTNESS = 0.5  # sigma, in cells: how much less sharp a network's map is than its cells
_WINDOW = 0.7  # sigma, in cells: the neighborhood of a fit
_NOISE = 8.0  # variance of lightness below which a slope can't be trusted
_STEEPEST = 1.5  # Lab units of color for one of lightness
_DETAIL = 20.0  # lightness that a pixel may differ from its surroundings before the slope no longer holds
_FINER = 4  # between so many places for each cell, smooth maps are read along straight lines


@dataclass(frozen=True, eq=False)
class AbField:
    """Color for every pixel of a photograph, once its lightness is known.

    Attributes:
        height: rows of the photograph.
        width: columns of the photograph.
        maps: (5, h, w) float32, smooth: a, b, slope of a, slope of b, lightness.
    """

    height: int
    width: int
    maps: Floats

    def stretch(self, rows: slice, columns: slice | None = None) -> StretchedField:
        """Return the field at the photograph's width, for some of its rows.

        Args:
            rows: with start and stop inside of the photograph.
            columns: likewise; None for all.
        """
        below, above, part = _places(self.height, self.maps.shape[1], rows)
        band = self.maps[:, below[0] : above[-1] + 1]
        left, right, along = _places(self.width, self.maps.shape[2], columns or slice(0, self.width))
        wide: Floats = band.take(left, axis=2)
        wide += along * (band.take(right, axis=2) - wide)
        rise = np.diff(wide, axis=1, append=wide[:, -1:])
        return StretchedField(wide, rise, rows.start, below - below[0], part)


@dataclass(frozen=True, eq=False)
class StretchedField:
    """An `AbField` at the photograph's width, at those of its own rows that some rows of the photograph lie between.

    Attributes:
        wide: (5, n, width) float32, the maps; of a region, here as below, the width is that of the region.
        rise: (5, n, width) float32, what they change by until the next row.
        start: the first row of the photograph.
        below: (rows,) which row of the maps each row of the photograph comes after.
        part: (rows,) float32, 0..1, how far after.
    """

    wide: Floats
    rise: Floats
    start: int
    below: NDArray[np.intp]
    part: Floats

    def raise_rows(self, lightness: Floats, top: int) -> Floats:
        """Return the color of some rows.

        Args:
            lightness: (n, width) CIE L 0..100 of those rows.
            top: the first of them, counted from the top of the photograph.

        Returns:
            (2, n, width) float32, the planes of a and of b, Lab units.
        """
        maps = self._interpolate(slice(top - self.start, top - self.start + len(lightness)))
        ab, slopes, detail = maps[:2], maps[2:4], maps[4]
        np.subtract(lightness, detail, out=detail)
        np.maximum(detail, -_DETAIL, out=detail)
        np.minimum(detail, _DETAIL, out=detail)
        slopes *= detail
        ab += slopes
        return ab

    def _interpolate(self, rows: slice) -> Floats:
        """Return the maps (5, n, width) at rows counted from `start`."""
        below, part = self.below[rows], self.part[rows]
        maps = np.empty((len(self.wide), len(below), self.wide.shape[2]), np.float32)
        # Photographs have many rows between two of the maps: taken together, nothing is gathered.
        for row in range(below[0], below[-1] + 1):
            between = slice(*np.searchsorted(below, (row, row + 1)))
            np.multiply(self.rise[:, row, None], part[between, None], out=maps[:, between])
            maps[:, between] += self.wide[:, row, None]
        return maps


def fit_field(ab_small: Floats, lightness_small: Floats, size: tuple[int, int]) -> AbField:
    """Prepare the color of a photograph from a small map.

    Args:
        ab_small: (h, w, 2) Lab units.
        lightness_small: (h, w) the photograph's CIE L, averaged over the cells.
        size: (height, width) of the photograph.

    Returns:
        The field, whose memory depends on the small map alone.
    """
    maps = fit_maps(ab_small, lightness_small)
    finer = [_resize(map_, finer_size(maps.shape[1:], size), Image.Resampling.BICUBIC) for map_ in maps]
    return AbField(*size, np.stack(finer))


def fit_maps(ab_small: Floats, lightness_small: Floats) -> Floats:
    """Fit color to lightness around each cell: the maps of `AbField`, at the cells.

    Args:
        ab_small: (h, w, 2) Lab units.
        lightness_small: (h, w) the photograph's CIE L, averaged over the cells.

    Returns:
        (5, h, w) float32.
    """
    soft = _blur(lightness_small[..., None], _SOFTNESS)
    slopes = _fit_slopes(np.asarray(ab_small, np.float32), soft)
    return np.asarray(np.moveaxis(np.concatenate([ab_small, slopes, soft], axis=2), 2, 0), np.float32)


def finer_size(cells: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int]:
    """Return to which size (h, w) maps at cells (h, w) are resized, bicubically, for a photograph (height, width)."""
    return min(_FINER * cells[0], size[0]), min(_FINER * cells[1], size[1])


def raise_ab(ab_small: Floats, lightness: Floats) -> Floats:
    """Raise a small map of color to the size of a picture, along the edges of its lightness.

    Args:
        ab_small: (h, w, 2) float32, Lab units; any size and aspect from 1 x 1, smaller or larger.
        lightness: (height, width) float32, CIE L 0..100.

    Returns:
        (height, width, 2) float32, Lab units. Colors that don't exist at their lightness may be among them.

    Raises:
        ValueError: a map of another shape, or with values that are no numbers.

    >>> raise_ab(np.full((2, 3, 2), 7, np.float32), np.full((40, 60), 50, np.float32))[20, 30].tolist()
    [7.0, 7.0]
    """
    check_map(ab_small)
    height, width = lightness.shape
    field = fit_field(ab_small, average_cells(lightness, ab_small.shape[:2]), (height, width))
    return np.moveaxis(field.stretch(slice(0, height)).raise_rows(lightness, 0), 0, -1)


def check_map(ab_small: Floats) -> None:
    """Refuse what is no map of color.

    Raises:
        ValueError: another shape than (h, w, 2), or values that are no numbers.
    """
    if ab_small.ndim != 3 or ab_small.shape[2] != 2 or not ab_small.size:
        raise ValueError(
            f"a map of color has the shape (h, w, 2), not {ab_small.shape}; give a and b of each cell"
        )
    if not np.isfinite(ab_small).all():
        raise ValueError("the map of color holds values that are not finite numbers; see what made it")


def average_cells(lightness: Floats, cells: tuple[int, ...]) -> Floats:
    """Average a picture (height, width) over a grid of (h, w) cells, fractions of pixels included.

    >>> average_cells(np.array([[0, 3, 6]], np.float32), (1, 2)).tolist()
    [[1.0, 5.0]]
    """
    narrow = _average(lightness, cells[1])
    return np.ascontiguousarray(_average(narrow.T, cells[0]).T)


def _average(picture: Floats, count: int) -> Floats:
    """Average each row of a picture over `count` cells."""
    width = picture.shape[1]
    edges = np.linspace(0, width, count + 1)
    pixels = np.minimum(edges.astype(np.intp), width - 1)
    # Whole pixels from edge to edge (reduceat takes one where there is none), less and more of those cut by an edge.
    sums = np.add.reduceat(picture, pixels[:-1], axis=1)
    sums[:, :-1] *= np.diff(pixels[:-1]) > 0
    cut = picture[:, pixels] * (edges - pixels)
    cut[:, -1] = 0
    return np.asarray((sums - cut[:, :-1] + cut[:, 1:]) * (count / width), np.float32)


def _fit_slopes(ab: Floats, lightness: Floats) -> Floats:
    """Fit color to lightness (h, w, 1) around each cell: (h, w, 2), units of color for one of lightness."""
    mean = _blur(lightness, _WINDOW)
    variance = _blur(lightness**2, _WINDOW) - mean**2
    covariance = _blur(lightness * ab, _WINDOW) - mean * _blur(ab, _WINDOW)
    slopes = _blur(covariance / (np.maximum(variance, 0) + _NOISE), _WINDOW)
    steepness = np.hypot(slopes[..., :1], slopes[..., 1:])
    return np.asarray(slopes / np.maximum(steepness / _STEEPEST, 1), np.float32)


def _blur(maps: Floats, sigma: float) -> Floats:
    """Blur (h, w, n) by a Gaussian; the border is continued outward."""
    reach = 3
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2).astype(np.float32)
    kernel /= kernel.sum()
    for axis in (0, 1):
        padding = [(reach, reach) if i == axis else (0, 0) for i in range(3)]
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(maps, padding, "edge"), kernel.size, axis=axis
        )
        maps = windows @ kernel
    return maps


def _resize(picture: Floats, size: tuple[int, ...], how: Image.Resampling) -> Floats:
    image = Image.fromarray(np.ascontiguousarray(picture, np.float32))
    return np.asarray(image.resize((size[1], size[0]), how))


def _places(full: int, count: int, rows: slice) -> tuple[NDArray[np.intp], NDArray[np.intp], Floats]:
    """Find between which two of `count` places each pixel lies, and how far along (0..1)."""
    position = (np.arange(rows.start, rows.stop) + 0.5) * (count / full) - 0.5
    position = np.clip(position, 0, count - 1)
    before = position.astype(np.intp)
    return before, np.minimum(before + 1, count - 1), (position - before).astype(np.float32)
