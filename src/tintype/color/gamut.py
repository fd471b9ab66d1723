"""Which colors exist in an RGB space, and what to do with the others: chroma goes, lightness and hue stay.

``reduce_chroma`` is exact and leaves every existing color alone. ``limit_chroma`` reads a table and is made
for pictures of any size; near the gamut's surface it takes a little more than is needed, so that the limit
has no step: the sRGB gamut has one at yellow (L 96.5 to 97.2, hue 99 to 104 degrees), where a slice of
constant lightness is a spike and the same hue exists at chroma 25, not at 60, and again at 95.

Matrices are linear RGB -> XYZ divided by the white point, as in ``tintype.color.lab``; sRGB if none is given.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import NDArray

from tintype.color.lab import LINEAR_TO_RELATIVE_XYZ, Matrix, lab_to_linear
from tintype.color.planes import lab_planes_to_linear

Floats: TypeAlias = NDArray[np.floating[Any]]

_ROUNDING = 2e-6  # the corners of the cube miss themselves by half of that in float32
_PIECE = 1 << 14
_MAX_CHROMA = 256.0  # ProPhoto, the widest space in use, ends at 240
_LIGHTNESS_STEPS = 200
_HUE_STEPS = 360
_FLOOR_ROWS = 256
_OCTANTS = (0, 135, 315, 180, 45, 90, 270, 225)  # where they begin, in the order of `_number_cells`
_REFINEMENT = (4, 2)  # cells are checked at so many places, along lightness and hue
_SLOPE = 40.0  # chroma per unit of L; blue needs 22 at black


def is_in_gamut(lab: Any, tolerance: float = _ROUNDING, matrix: Matrix = LINEAR_TO_RELATIVE_XYZ) -> Any:
    """Say which colors exist.

    Args:
        lab: (..., 3) float, numpy or torch: L 0..100, a and b in Lab units.
        tolerance: how far linear light may lie outside of 0..1, as a share of the color's largest channel.
        matrix: (3, 3), the RGB space.

    Returns:
        (...,) bool.

    >>> import numpy as np
    >>> is_in_gamut(np.array([[53.0, 60.0, 50.0], [90.0, 60.0, 50.0]]))
    array([ True, False])
    """
    xp = array_namespace(lab)
    linear = lab_to_linear(lab, matrix)
    margin = tolerance * xp.max(abs(linear), axis=-1, keepdims=True)
    return xp.all((linear >= -margin) & (linear <= 1 + margin), axis=-1)


def max_chroma(lightness: Floats, hue: Floats, matrix: Matrix = LINEAR_TO_RELATIVE_XYZ) -> Floats:
    """Find up to which chroma all colors of a lightness and hue exist.

    Args:
        lightness: float, CIE L; 0 is returned outside of 0..100.
        hue: float of a shape that broadcasts, the angle of (a, b) in degrees.
        matrix: (3, 3), the RGB space.

    Returns:
        Chroma, 0 to 256, of the broadcast shape, at most 1e-4 too low.

    >>> import numpy as np
    >>> max_chroma(np.array([32.3, 100.0]), np.array(306.28)).round(1)
    array([133.8,   0. ])
    """
    lightness, hue = np.broadcast_arrays(lightness, hue)
    return _MAX_CHROMA * _first_exit(lightness, _from_polar(_MAX_CHROMA, hue), matrix, scan=24, bisections=18)


def reduce_chroma(lab: Floats, matrix: Matrix = LINEAR_TO_RELATIVE_XYZ) -> Floats:
    """Give colors that don't exist the largest chroma that does, at the same lightness and hue.

    Args:
        lab: (..., 3) float; L outside of 0..100 exists in no color and becomes a gray of that L.
        matrix: (3, 3), the RGB space.

    Returns:
        (..., 3) of the same dtype: L untouched, a and b scaled by the same factor 0..1, which is 1 for colors
        that exist.

    >>> import numpy as np
    >>> reduce_chroma(np.array([[50.0, 30.0, 40.0], [90.0, 60.0, 80.0], [100.0, 5.0, 5.0]])).round(1)
    array([[ 50. ,  30. ,  40. ],
           [ 90. ,   9.8,  13.1],
           [100. ,   0. ,   0. ]])
    """
    outside = ~is_in_gamut(lab, matrix=matrix)
    result = lab.copy()
    found = lab[outside]
    factor = _first_exit(found[:, 0], found[:, 1:], matrix, scan=16, bisections=20)
    result[outside, 1:] = found[:, 1:] * factor[:, None]
    return result


@dataclass(frozen=True)
class ChromaLimits:
    """The table behind ``limit_chroma``.

    Attributes:
        table: (201, 361) float32, highest chroma at L = 0, 0.5 .. 100 and hue = 0, 1 .. 360 degrees.
        floors: (8 * 256,) float32: squares of the chroma below which all colors exist in an octant of hue,
            from half a unit of L to the next; 0 beyond L = 100.
    """

    table: NDArray[np.float32]
    floors: NDArray[np.float32]


def limit_chroma(lab: Floats, matrix: Matrix = LINEAR_TO_RELATIVE_XYZ) -> Floats:
    """Reduce chroma like ``reduce_chroma``, from a table: fast, and without a step anywhere.

    Args:
        lab: (..., 3) float, L between -25 and 125.
        matrix: (3, 3), the RGB space.

    Returns:
        (..., 3) of the same dtype: L untouched, a and b scaled by the same factor 0..1. All of them exist;
        those that existed before lose a little chroma at most (more at the spike of yellow).

    >>> import numpy as np
    >>> limit_chroma(np.array([[50.0, 30.0, 40.0], [90.0, 60.0, 80.0]])).round(1)
    array([[50. , 30. , 40. ],
           [90. ,  9.8, 13. ]])
    """
    planes = np.moveaxis(lab, -1, 0)
    return np.stack([planes[0], *limit_ab(planes[0], planes[1:], chroma_limits(matrix))], axis=-1)


def limit_ab(lightness: Floats, ab: Floats, limits: ChromaLimits) -> Floats:
    """Do what ``limit_chroma`` does for colors in planes.

    Args:
        lightness: float of any shape, CIE L between -25 and 125.
        ab: (2, ...) of the same type, the planes of a and of b, Lab units.
        limits: of the RGB space, from ``chroma_limits``.

    Returns:
        (2, ...), the given planes if nothing changes.
    """
    squares = ab[0] * ab[0]
    squares += ab[1] * ab[1]
    # Most pixels of a photograph are below the limit of every hue near theirs and need no angle.
    found = np.flatnonzero(squares > limits.floors.take(_number_cells(lightness, ab)))
    if not found.size:
        return ab
    rows = np.clip(lightness.take(found), 0, 100) * (_LIGHTNESS_STEPS / 100)
    factor = np.ones(
        lightness.shape, lightness.dtype
    )  # to multiply all is twice as fast as to gather and scatter both planes
    factor.ravel()[found] = _chroma_factor(rows, (ab[0].take(found), ab[1].take(found)), limits.table)
    return ab * factor


def _chroma_factor(rows: Floats, ab: tuple[Floats, Floats], table: NDArray[np.float32]) -> Floats:
    a, b = ab
    hue = np.arctan2(b, a) * (_HUE_STEPS / 2 / np.pi)
    hue += _HUE_STEPS * (hue < 0)
    factor: Floats = np.minimum(_interpolate(table, rows, hue) / np.hypot(a, b), 1)
    return factor


def _number_cells(lightness: Floats, ab: Floats) -> NDArray[np.uint16]:
    """Number the cells of `ChromaLimits.floors` that colors lie in; in small integers, which are fast."""
    cells = (lightness * (_LIGHTNESS_STEPS / 100)).astype(np.int16).view(np.uint16)
    cells &= _FLOOR_ROWS - 1  # L below 0 and over 100 falls into rows of zeros
    sizes = np.abs(ab)
    for number, bit in enumerate((ab[0] < 0, ab[1] < 0, sizes[0] < sizes[1])):
        cells += bit.view(np.uint8) * np.uint16(_FLOOR_ROWS << number)
    return cells


def chroma_limits(matrix: Matrix = LINEAR_TO_RELATIVE_XYZ) -> ChromaLimits:
    """Compute the table of an RGB space: a third of a second, once."""
    return _chroma_limits(tuple(float(value) for value in np.asarray(matrix).ravel()))


@lru_cache(maxsize=16)
def _chroma_limits(values: tuple[float, ...]) -> ChromaLimits:
    matrix = np.array(values).reshape(3, 3)
    table = _without_steps(_exact_table(matrix, 1))
    # Between the places that were checked a little more may be missing, hence the factors.
    table = np.maximum(0.999 * table - 2 * _excess(table, matrix), 0).astype(np.float32)
    table[[0, -1]] = 0  # black and white stay so, to the last digit
    return ChromaLimits(table, _find_floors(table))


def _find_floors(table: Floats) -> NDArray[np.float32]:
    eighth = _HUE_STEPS // 8
    lowest = np.stack([table[:, start : start + eighth + 1].min(axis=1) for start in _OCTANTS])
    floors = np.zeros((len(_OCTANTS), _FLOOR_ROWS), np.float32)
    floors[:, :_LIGHTNESS_STEPS] = np.square(np.minimum(lowest[:, :-1], lowest[:, 1:]))
    return floors.ravel()


def _exact_table(matrix: Matrix, refinement: int) -> Floats:
    lightness = np.linspace(0, 100, _LIGHTNESS_STEPS * refinement + 1, dtype=np.float32)
    hue = np.linspace(0, 360, _HUE_STEPS * refinement + 1, dtype=np.float32)
    return max_chroma(lightness[:, None], hue, matrix)


def _without_steps(table: Floats) -> Floats:
    """Find the highest table below this one whose rows differ by no more than the slope allows.

    Along hue the steepest cliffs are no steeper than interpolation between whole degrees makes them.
    """
    ramp = _SLOPE * 100 / _LIGHTNESS_STEPS * np.arange(len(table), dtype=table.dtype)[:, None]
    rising = np.minimum.accumulate(table - ramp) + ramp
    falling = np.minimum.accumulate((table + ramp)[::-1])[::-1] - ramp
    lower: Floats = np.minimum(rising, falling)
    return lower


def _excess(table: Floats, matrix: Matrix) -> Floats:
    """Measure by how much interpolation in the cells around each node promises more chroma than exists."""
    rows, columns = _LIGHTNESS_STEPS * _REFINEMENT[0] + 1, _HUE_STEPS * _REFINEMENT[1] + 1
    axes = np.linspace(0, 100, rows, dtype=np.float32), np.linspace(0, 360, columns, dtype=np.float32)
    lightness, hue = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
    promised = _interpolate(table, lightness * (_LIGHTNESS_STEPS / 100), hue * (_HUE_STEPS / 360))
    ab = _from_polar(promised, hue)
    broken = ~_exist(lightness, ab.T, _ROUNDING, matrix)
    factor = _first_exit(lightness[broken], ab[broken], matrix, scan=8, bisections=10)
    excess = np.zeros_like(promised)
    excess[broken] = promised[broken] * (1 - factor)
    return _largest_around(excess.reshape(rows, columns))


def _largest_around(fine: Floats) -> Floats:
    """Reduce the fine grid to its nodes: the largest value in the cells that touch a node."""
    down, right = _REFINEMENT
    padded = np.pad(fine, ((down, down), (right, right)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (2 * down + 1, 2 * right + 1))
    largest: Floats = windows[::down, ::right].max(axis=(2, 3))
    largest[:, 0] = largest[:, -1] = np.maximum(largest[:, 0], largest[:, -1])  # 0 and 360 degrees are one
    return largest


def _interpolate(table: Floats, row: Floats, column: Floats) -> Floats:
    """Read the table between its nodes, bilinearly; positions are in nodes."""
    top = np.minimum(row.astype(np.intp), table.shape[0] - 2)
    left = np.minimum(column.astype(np.intp), table.shape[1] - 2)
    down, right = row - top, column - left
    upper = _read(table, top, left, right)
    upper += down.astype(upper.dtype) * (_read(table, top + 1, left, right) - upper)
    return upper


def _read(table: Floats, row: NDArray[np.intp], left: NDArray[np.intp], right: Floats) -> Floats:
    place = row * table.shape[1] + left
    start: Floats = table.take(place)
    place += 1
    start += right.astype(start.dtype) * (table.take(place) - start)
    return start


def _from_polar(chroma: Floats | float, hue: Floats) -> Floats:
    angle = np.radians(hue)
    return np.stack([chroma * np.cos(angle), chroma * np.sin(angle)], axis=-1)


def _first_exit(lightness: Floats, ab: Floats, matrix: Matrix, *, scan: int, bisections: int) -> Floats:
    """Find the factor, 0..1, below which all multiples of ab exist: piece by piece, to stay in the cache."""
    shape = ab.shape[:-1]
    levels = np.broadcast_to(lightness, shape).astype(ab.dtype).ravel()
    colors = ab.reshape(-1, 2)
    found = np.empty(levels.size, ab.dtype)
    for start in range(0, levels.size, _PIECE):
        piece = slice(start, start + _PIECE)
        found[piece] = _first_exit_of_piece(levels[piece], colors[piece], matrix, scan, bisections)
    return found.reshape(shape)


def _first_exit_of_piece(lightness: Floats, ab: Floats, matrix: Matrix, scan: int, bisections: int) -> Floats:
    """Scan for a bracket, then halve it."""
    planes = np.ascontiguousarray(ab.T)

    def exists(factor: Floats) -> NDArray[np.bool_]:
        return _exist(lightness, planes * factor, _ROUNDING / 2, matrix)

    low = np.zeros_like(lightness)
    connected = exists(low)
    gray_only = ~connected
    for step in range(1, scan + 1):
        factor = np.full_like(low, step / scan)
        connected = connected & exists(factor)
        low = np.where(connected, factor, low)
    high = low + 1 / scan
    for _ in range(bisections):
        middle = (low + high) / 2
        inside = exists(middle)
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return np.where(gray_only, 0, low).astype(ab.dtype)


def _exist(lightness: Floats, ab: Floats, tolerance: float, matrix: Matrix) -> NDArray[np.bool_]:
    """Do what ``is_in_gamut`` does for colors in planes, several times faster."""
    linear = lab_planes_to_linear(lightness, ab, matrix)[1]
    lowest, highest = linear.min(axis=0), linear.max(axis=0)
    margin = tolerance * np.maximum(highest, -lowest)
    inside: NDArray[np.bool_] = (lowest >= -margin) & (highest <= 1 + margin)
    return inside
