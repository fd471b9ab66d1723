"""From Lab to the codes of an RGB space, fast, with lightness kept within what a file can hold.

Rounding three channels moves the lightness: in sRGB never by more than is promised, 0.27 at 8 bits and 0.0011
at 16; in a space of another curve it may, and there the channels are rounded jointly. On pieces that stay in
the cache, plain numpy and tables do all this in some 25 nanoseconds for a pixel and core.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.gamut import chroma_limits, limit_ab
from tintype.color.lab import lightness_to_luminance, luminance_to_lightness
from tintype.color.planes import lab_planes_to_linear
from tintype.photos.profile import RgbSpace

Floats = NDArray[np.float32]

LIGHTNESS_TOLERANCE = {8: 0.27, 16: 0.0011}
"""By how much CIE L of a result may differ from the photograph's, for each bit depth."""

_CELLS = 1 << 14
_NEARLY = 0.95  # of the tolerance: beyond, the rounding of float32 could hide that it is exceeded
_STEPS = np.array(sorted(product((-1, 0, 1), repeat=3), key=lambda steps: sum(map(abs, steps))))


class RgbCoder:
    """Encodes Lab as RGB codes.

    Args:
        space: the RGB space.
        bit_depth: 8 or 16.
    """

    def __init__(self, space: RgbSpace, bit_depth: int) -> None:
        self.dtype = np.dtype(f"u{bit_depth // 8}")
        self.matrix = space.relative_matrix
        self._limits = chroma_limits(self.matrix)
        self._tolerance = LIGHTNESS_TOLERANCE[bit_depth]
        self._linear = space.decode_table(bit_depth)
        self._luminances = (self.matrix[1][:, None] * self._linear).astype(np.float32)
        self._codes = _tabulate_codes(self._linear)
        self._slopes = np.diff(self._codes, append=self._codes[-1:])
        self._nearest = np.rint(_tabulate_codes(self._linear, 0.5)).astype(self.dtype)

    def encode(self, lightness: Floats, ab: Floats) -> NDArray[Any]:
        """Return the codes of colors.

        Args:
            lightness: any shape, CIE L 0..100.
            ab: (2, ...), the planes of a and of b, Lab units. Colors that don't exist lose chroma, at constant L
                and hue.

        Returns:
            (..., 3) uint8 or uint16. Their CIE L is that of the input within ``LIGHTNESS_TOLERANCE``; with
            a = b = 0 they are equal, and where L is that of a code, they are that code.
        """
        ab = limit_ab(lightness, ab, self._limits)
        luminance, linear = lab_planes_to_linear(lightness, ab, self.matrix)
        planes = self._round(linear)
        codes = np.empty((*lightness.shape, 3), self.dtype)
        error = -luminance
        for channel, plane in enumerate(planes):
            codes[..., channel] = plane
            error += self._luminances[channel].take(plane)
        self._keep_lightness(codes, lightness, np.abs(error, out=error))
        return codes

    def _round(self, linear: Floats) -> NDArray[Any]:
        """Find the nearest codes of linear values, which are lost."""
        np.maximum(linear, 0, out=linear)
        np.sqrt(linear, out=linear)
        np.sqrt(linear, out=linear)
        linear *= _CELLS
        cell = linear.astype(np.intp)
        if self.dtype == np.uint8:
            return self._nearest.take(cell, mode="clip")
        linear -= cell
        linear *= self._slopes.take(cell, mode="clip")
        linear += self._codes.take(cell, mode="clip")
        return np.rint(linear, out=linear).astype(self.dtype)

    def _keep_lightness(self, codes: NDArray[Any], lightness: Floats, error: Floats) -> None:
        """Round those pixels again whose luminance is off by more than the tolerance, or nearly so."""
        # The slope of luminance over L, one tolerance farther down, where it is lower if it is not the same.
        height = np.maximum((lightness + (16 - self._tolerance)) * (1 / 116), 6 / 29)
        height *= height
        found = np.flatnonzero(error > height * (3 / 116 * _NEARLY * self._tolerance))
        if found.size:
            flat = codes.reshape(-1, 3)
            flat[found] = self._round_jointly(flat[found].astype(np.intp), lightness.take(found))

    def _round_jointly(self, codes: NDArray[np.intp], lightness: Floats) -> NDArray[np.intp]:
        """Move the channels (n, 3) as little as brings L (n,) back within the tolerance."""
        near = np.clip(codes[:, None] + _STEPS, 0, self._linear.size - 1)
        choices = np.concatenate([near, *self._balance(codes, lightness)], axis=1)
        error = np.abs(luminance_to_lightness(self._linear[choices] @ self.matrix[1]) - lightness[:, None])
        # All within the tolerance are equally good: the first of them moves the fewest channels.
        best = np.argmin(np.where(error <= self._tolerance, 0, error), axis=1)
        chosen: NDArray[np.intp] = choices[np.arange(len(choices)), best]
        return chosen

    def _balance(self, codes: NDArray[np.intp], lightness: Floats) -> Iterator[NDArray[np.intp]]:
        """Let red, then blue too, make up for what green lacks or has too much: for deep colors of wide spaces."""
        luminance = lightness_to_luminance(lightness.astype(np.float64))
        for green, rounding in product((0, -1, 1), (np.rint, np.floor)):
            moved = np.clip(codes + np.array([0, green, 0]), 0, self._linear.size - 1)
            for channel in (0, 2):
                lacking = luminance - self._linear[moved] @ self.matrix[1]
                wanted = self._linear[moved[:, channel]] + lacking / self.matrix[1, channel]
                moved[:, channel] = rounding(np.interp(wanted, self._linear, np.arange(self._linear.size)))
                yield moved[:, None].copy()


def _tabulate_codes(linear: NDArray[np.float64], shift: float = 0.0) -> Floats:
    """Tabulate the code, with fractions, over the fourth root of linear light; `shift` is in cells.

    The root makes every curve in use, from straight to gamma 2.6, so gentle that straight lines between the
    entries are within 0.02 of a 16-bit code.
    """
    roots = (np.arange(_CELLS + 1) + shift) / _CELLS
    return np.interp(roots**4, linear, np.arange(linear.size)).astype(np.float32)
