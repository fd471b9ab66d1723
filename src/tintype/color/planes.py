"""Lab in three planes instead of triples: the conversions of ``tintype.color.lab``, several times faster.

For numpy only and without a branch, for what is done to every pixel of a large picture.
"""

from __future__ import annotations

from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import LINEAR_TO_RELATIVE_XYZ, Matrix, srgb_to_linear

FloatT = TypeVar("FloatT", np.float32, np.float64)
Plane: TypeAlias = NDArray[FloatT]

_KINK = 8.0  # the lightness where the cube of Lab becomes a straight line,
_SLOPE = 27 / 24389  # and the line's slope
_KINK_LUMINANCE = np.float32(216 / 24389)

_LINEAR_OF_CODE = srgb_to_linear(np.arange(256) / 255).astype(np.float32)
_LAB_SCALE = np.array([116, 500, 200], np.float32)[:, None, None]
_OF_RED_AND_BLUE = LINEAR_TO_RELATIVE_XYZ[:, ::2].astype(np.float32)


def srgb_codes_to_lab_planes(codes: NDArray[np.uint8]) -> Plane[np.float32]:
    """Turn 8-bit sRGB into CIE Lab (D65).

    Args:
        codes: (H, W, 3) uint8.

    Returns:
        (3, H, W) float32, the planes of L, a and b, within 2e-4 of exact. Grays have a = b = 0 to the last bit.

    >>> srgb_codes_to_lab_planes(np.array([[[255, 0, 0], [9, 9, 9]]], np.uint8)).astype(int).tolist()
    [[[53, 2]], [[80, 0]], [[67, 0]]]
    """
    linear = _LINEAR_OF_CODE.take(np.ascontiguousarray(np.moveaxis(codes, -1, 0)))
    green = linear[1].copy()
    # Green plus differences: where there are none, no rounding can make one.
    linear -= green
    xyz = _OF_RED_AND_BLUE @ linear[::2].reshape(2, -1)
    xyz += green.ravel()
    x, y, z = _curve(xyz).reshape(linear.shape)
    linear[0], linear[1], linear[2] = y, x, y
    linear[1:] -= (y, z)
    linear *= _LAB_SCALE
    linear[0] -= 16
    return linear


def lab_planes_to_linear(
    lightness: Plane[FloatT], ab: Plane[FloatT], matrix: Matrix
) -> tuple[Plane[FloatT], Plane[FloatT]]:
    """Turn Lab into linear light, unclipped.

    Args:
        lightness: float32 or float64 of any shape, CIE L.
        ab: (2, ...) of the same type, the planes of a and of b, Lab units.
        matrix: (3, 3), linear RGB -> XYZ divided by the white point.

    Returns:
        Luminance (...), and (3, ...), the planes of red, green and blue. With a = b = 0 all four are equal to the
        last bit.

    >>> from tintype.color.lab import LINEAR_TO_RELATIVE_XYZ
    >>> _, rgb = lab_planes_to_linear(np.array([53.24]), np.array([[80.09], [67.2]]), LINEAR_TO_RELATIVE_XYZ)
    >>> np.round(rgb, 3).ravel().tolist()
    [1.0, 0.0, 0.0]
    """
    xyz = np.empty((3, *lightness.shape), lightness.dtype)
    np.multiply(ab[0], 116 / 500, out=xyz[0])
    np.multiply(ab[1], -116 / 200, out=xyz[2])
    xyz[::2] += lightness
    xyz[1] = lightness
    xyz = _uncurve(xyz)
    luminance = xyz[1].copy()
    # Only the distances of X and Z from Y are converted: where there are none, no rounding can make one.
    xyz[::2] -= luminance
    of_x, _, of_z = np.linalg.inv(matrix).T.astype(lightness.dtype).reshape(3, 3, *(1,) * lightness.ndim)
    linear = of_x * xyz[0]
    linear += luminance
    linear += of_z * xyz[2]
    return luminance, linear


def _curve(luminance: Plane[np.float32]) -> Plane[np.float32]:
    """Turn luminance, or what corresponds to it for X and Z, into the cube roots of Lab (0..1)."""
    line = luminance * np.float32(1 / (116 * _SLOPE))
    line += np.float32(16 / 116)
    return np.where(luminance > _KINK_LUMINANCE, np.cbrt(luminance), line)


def _uncurve(lightness: Plane[FloatT]) -> Plane[FloatT]:
    """Turn lightness, which is lost, into luminance, or what corresponds to it for X and Z into those.

    As the sum of a line up to the kink and a cube from there on it needs no branch, and near black, where codes
    of a gamma curve lie very close, it keeps all digits.
    """
    luminance = _cube(np.maximum(lightness, _KINK))
    luminance -= _cube(np.full(1, _KINK, lightness.dtype))  # rounded alike, so that 0 is left below the kink
    np.minimum(lightness, _KINK, out=lightness)
    lightness *= _SLOPE
    luminance += lightness
    return luminance


def _cube(lightness: Plane[FloatT]) -> Plane[FloatT]:
    """Turn lightness into luminance above the kink, in place."""
    lightness += 16
    lightness *= 1 / 116
    lightness *= lightness * lightness
    return lightness
