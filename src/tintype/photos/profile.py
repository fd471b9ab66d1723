"""RGB color spaces: what the codes of a file mean in linear light, and the profile that says so."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import LINEAR_TO_XYZ, WHITE, srgb_to_linear


@dataclass(frozen=True, eq=False)
class RgbSpace:
    """A matrix-and-curve RGB space: all three channels share one curve.

    XYZ is relative to the space's own white and adapted (Bradford) to the D65 of ``tintype.color.lab``,
    so equal channels are neutral (a = b = 0) in every space and Lab values pass from one to another.

    Attributes:
        name: what the profile calls itself, or ``sRGB``.
        icc: the ICC profile to embed in a result; None where a result needs none (plain sRGB).
        matrix: (3, 3) float64, linear RGB -> XYZ; its row sums are the white of ``tintype.color.lab``.
        curve: (65536,) float64, ascending: the linear value 0..1 of each 16-bit code.
    """

    name: str
    icc: bytes | None = field(repr=False)
    matrix: NDArray[np.float64] = field(repr=False)
    curve: NDArray[np.float64] = field(repr=False)

    @property
    def relative_matrix(self) -> NDArray[np.float64]:
        """The (3, 3) matrix to XYZ divided by the white, as ``tintype.color.lab.linear_to_lab`` takes it."""
        return np.asarray(self.matrix / WHITE[:, None])

    def decode_table(self, bit_depth: int) -> NDArray[np.float64]:
        """Return the linear values 0..1 of all codes of `bit_depth` (8 or 16): float64 (256,) or (65536,)."""
        return self.curve[::257] if bit_depth == 8 else self.curve

    def decode(self, codes: NDArray[np.uint8] | NDArray[np.uint16]) -> NDArray[np.float64]:
        """Return the linear values, float64 of the same shape, of uint8 or uint16 codes."""
        return self.decode_table(8 * codes.dtype.itemsize)[codes]

    def encode(self, linear: NDArray[np.floating], bit_depth: int) -> NDArray[np.uint8] | NDArray[np.uint16]:
        """Return the nearest codes (uint8 or uint16, same shape) of linear values; out of 0..1 is clipped.

        Exact but not fast: for whole photographs build a table from `curve` once.
        """
        highest = 255 if bit_depth == 8 else 65535
        positions = np.interp(linear, self.curve, np.linspace(0.0, highest, self.curve.size))
        codes: NDArray[np.uint8] | NDArray[np.uint16] = np.rint(positions).astype(f"u{bit_depth // 8}")
        return codes


def _create_srgb() -> RgbSpace:
    curve = np.asarray(srgb_to_linear(np.linspace(0.0, 1.0, 65536)))
    return RgbSpace("sRGB", None, np.asarray(LINEAR_TO_XYZ, np.float64), curve)


SRGB = _create_srgb()
"""sRGB (IEC 61966-2-1) without a profile: what a file without any statement is taken for."""
