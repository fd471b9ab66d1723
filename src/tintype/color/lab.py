"""sRGB, linear light, CIE XYZ and CIE Lab (D65, 2 degrees), written once for numpy and torch.

Every function works on any array that ``array_api_compat`` knows (numpy, torch, ...), keeps its dtype
(float32 or float64) and its device, changes nothing in place and has finite gradients everywhere. The last
axis holds the channels. Nothing is clipped: colors outside of a gamut survive the way there and back.

Sources: IEC 61966-2-1 (the curve), ITU-R BT.709 (the primaries), ASTM E308 (D65, 2 degrees), CIE 15 (Lab).
The matrix is not the published one with four decimals: it follows exactly from primaries and white point,
so that the white point is the sum of each row and grays have a = b = 0.
"""

from __future__ import annotations

from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

ArrayT = TypeVar("ArrayT", bound=Any)
Matrix: TypeAlias = NDArray[np.floating[Any]]

_PRIMARIES_XY = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
_WHITE_XYZ = (0.95047, 1.0, 1.08883)

_DELTA = 6 / 29
_DELTA_CUBED = 216 / 24389
_KAPPA = 24389 / 27


def _xy_to_xyz(x: float, y: float) -> tuple[float, float, float]:
    return x / y, 1.0, (1 - x - y) / y


def _primaries_to_matrix() -> Matrix:
    primaries = np.array([_xy_to_xyz(*xy) for xy in _PRIMARIES_XY]).T
    scale: Matrix = np.linalg.solve(primaries, np.array(_WHITE_XYZ))
    return primaries * scale


LINEAR_TO_XYZ: Matrix = _primaries_to_matrix()
"""Linear sRGB -> CIE XYZ (3, 3), Y of white is 1."""

WHITE: Matrix = LINEAR_TO_XYZ.sum(axis=1)
"""XYZ of sRGB white (3,), D65: the row sums of the matrix."""

LINEAR_TO_RELATIVE_XYZ: Matrix = LINEAR_TO_XYZ / WHITE[:, None]
"""Linear sRGB -> XYZ divided by the white point (3, 3); each row sums to 1. What Lab is computed from."""


def srgb_to_linear(srgb: ArrayT) -> ArrayT:
    """Undo the sRGB curve.

    Args:
        srgb: any shape, float, nominally 0..1; values below 0 follow the linear segment.

    Returns:
        Linear light of the same shape and dtype, nominally 0..1.

    >>> import numpy as np
    >>> srgb_to_linear(np.array([0.0, 0.5, 1.0])).round(4)
    array([0.   , 0.214, 1.   ])
    """
    xp = _namespace(srgb)
    # The branch that is not taken gets a harmless value: its gradient would be NaN and poison the sum.
    curved = xp.where(srgb > 0.04045, srgb, xp.ones_like(srgb))
    return _same(srgb, xp.where(srgb > 0.04045, ((curved + 0.055) / 1.055) ** 2.4, srgb / 12.92))


def linear_to_srgb(linear: ArrayT) -> ArrayT:
    """Apply the sRGB curve.

    Args:
        linear: any shape, float, nominally 0..1; values below 0 follow the linear segment.

    Returns:
        sRGB of the same shape and dtype, nominally 0..1.

    >>> import numpy as np
    >>> linear_to_srgb(np.array([0.0, 0.2140411, 1.0])).round(4)
    array([0. , 0.5, 1. ])
    """
    xp = _namespace(linear)
    threshold = 0.04045 / 12.92
    curved = xp.where(linear > threshold, linear, xp.ones_like(linear))
    return _same(linear, xp.where(linear > threshold, 1.055 * curved ** (1 / 2.4) - 0.055, linear * 12.92))


def linear_to_xyz(linear: ArrayT) -> ArrayT:
    """Turn linear sRGB (..., 3) into CIE XYZ (..., 3), Y of white is 1."""
    return _same(linear, _apply(LINEAR_TO_XYZ, linear))


def xyz_to_linear(xyz: ArrayT) -> ArrayT:
    """Turn CIE XYZ (..., 3), Y of white is 1, into linear sRGB (..., 3), unclipped."""
    return _same(xyz, _apply(np.linalg.inv(LINEAR_TO_XYZ), xyz))


def xyz_to_lab(xyz: ArrayT) -> ArrayT:
    """Turn CIE XYZ (..., 3), Y of white is 1, into Lab (..., 3) relative to the white of sRGB."""
    _namespace(xyz)
    return _same(xyz, _relative_xyz_to_lab(*(xyz[..., i] / float(WHITE[i]) for i in range(3))))


def lab_to_xyz(lab: ArrayT) -> ArrayT:
    """Turn Lab (..., 3) relative to the white of sRGB into CIE XYZ (..., 3), Y of white is 1."""
    xp = _namespace(lab)
    scaled = [v * float(w) for v, w in zip(_lab_to_relative_xyz(lab), WHITE, strict=True)]
    return _same(lab, xp.stack(scaled, axis=-1))


def linear_to_lab(linear: ArrayT, matrix: Matrix = LINEAR_TO_RELATIVE_XYZ) -> ArrayT:
    """Turn linear light into Lab relative to the white of its own RGB space.

    Args:
        linear: (..., 3) float, nominally 0..1.
        matrix: (3, 3), linear RGB -> XYZ divided by the white point, rows sum to 1; sRGB if not given.

    Returns:
        (..., 3) of the same dtype: L 0..100, a and b in Lab units; exactly 0 for equal channels.

    >>> import numpy as np
    >>> linear_to_lab(np.array([1.0, 0.0, 0.0])).round(2)
    array([53.24, 80.09, 67.2 ])
    """
    _namespace(linear)
    red, green, blue = linear[..., 0], linear[..., 1], linear[..., 2]
    # Written as green plus differences, a gray gives three equal numbers whatever the rounding of the matrix.
    relative = (green + float(row[0]) * (red - green) + float(row[2]) * (blue - green) for row in matrix)
    return _same(linear, _relative_xyz_to_lab(*relative))


def lab_to_linear(lab: ArrayT, matrix: Matrix = LINEAR_TO_RELATIVE_XYZ) -> ArrayT:
    """Turn Lab relative to the white of an RGB space into linear light of that space, unclipped.

    Args:
        lab: (..., 3) float.
        matrix: (3, 3), linear RGB -> XYZ divided by the white point; sRGB if not given.

    Returns:
        (..., 3) of the same dtype; outside of 0..1 for colors that the space lacks.
    """
    xp = _namespace(lab)
    x, y, z = _lab_to_relative_xyz(lab)
    channels = [y + float(row[0]) * (x - y) + float(row[2]) * (z - y) for row in np.linalg.inv(matrix)]
    return _same(lab, xp.stack(channels, axis=-1))


def srgb_to_lab(srgb: ArrayT) -> ArrayT:
    """Turn sRGB into CIE Lab (D65).

    Args:
        srgb: (..., 3) float, nominally 0..1.

    Returns:
        (..., 3) of the same dtype: L 0..100, a and b in Lab units.

    >>> import numpy as np
    >>> srgb_to_lab(np.array([[0.0, 0.0, 1.0], [0.5, 0.5, 0.5]])).round(2)
    array([[  32.3 ,   79.19, -107.86],
           [  53.39,    0.  ,    0.  ]])
    """
    return linear_to_lab(srgb_to_linear(srgb))


def lab_to_srgb(lab: ArrayT) -> ArrayT:
    """Turn CIE Lab (D65) into sRGB, unclipped.

    Args:
        lab: (..., 3) float: L 0..100, a and b in Lab units.

    Returns:
        (..., 3) of the same dtype; outside of 0..1 for colors that sRGB lacks (see ``tintype.color.gamut``).

    >>> import numpy as np
    >>> lab_to_srgb(np.array([100.0, 0.0, 0.0])).round(6)
    array([1., 1., 1.])
    """
    return linear_to_srgb(lab_to_linear(lab))


def luminance_to_lightness(luminance: ArrayT) -> ArrayT:
    """Turn relative luminance Y, 0..1 (any shape), into CIE L, 0..100.

    >>> import numpy as np
    >>> luminance_to_lightness(np.array([0.0, 0.184187, 1.0])).round(3)
    array([  0.,  50., 100.])
    """
    return _same(luminance, 116 * _forward(luminance) - 16)


def lightness_to_luminance(lightness: ArrayT) -> ArrayT:
    """Turn CIE L, 0..100 (any shape), into relative luminance Y, 0..1."""
    _namespace(lightness)
    return _same(lightness, _backward((lightness + 16) / 116))


def _relative_xyz_to_lab(x: Any, y: Any, z: Any) -> Any:
    fx, fy, fz = _forward(x), _forward(y), _forward(z)
    return array_namespace(x).stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def _lab_to_relative_xyz(lab: Any) -> tuple[Any, Any, Any]:
    fy = (lab[..., 0] + 16) / 116
    return _backward(fy + lab[..., 1] / 500), _backward(fy), _backward(fy - lab[..., 2] / 200)


def _forward(ratio: Any) -> Any:
    xp = _namespace(ratio)
    curved = xp.where(ratio > _DELTA_CUBED, ratio, xp.ones_like(ratio))
    return xp.where(ratio > _DELTA_CUBED, curved ** (1 / 3), (_KAPPA * ratio + 16) / 116)


def _backward(value: Any) -> Any:
    xp = _namespace(value)
    return xp.where(value > _DELTA, value * value * value, (116 * value - 16) / _KAPPA)


def _apply(matrix: Matrix, colors: Any) -> Any:
    xp = _namespace(colors)
    first, second, third = colors[..., 0], colors[..., 1], colors[..., 2]
    rows = [float(row[0]) * first + float(row[1]) * second + float(row[2]) * third for row in matrix]
    return xp.stack(rows, axis=-1)


def _namespace(array: Any) -> Any:
    """Return the array's library; integers are refused: 0..255 codes are nearly always a mistake here."""
    xp = array_namespace(array)
    if not xp.isdtype(array.dtype, "real floating"):
        raise TypeError(f"colors must be floating point, not {array.dtype}; divide 8-bit codes by 255 first")
    return xp


def _same(_like: ArrayT, result: Any) -> ArrayT:
    return cast(ArrayT, result)
