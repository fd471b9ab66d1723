"""Thin paint on paper: how a drawing takes color, whose white can hold none.

A photograph keeps its lightness and gains chroma. A line drawing is mostly white, and white has no chroma to gain: at
L 97 only yellow exists. So a drawing is tinted as people tint drawings, with a transparent wash: each color is as
light as it can be in the RGB space, and what was drawn lies over it and darkens it, as one filter over another (the
light that passes both is the product). Paper without color stays as white as it was, black ink stays black.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tintype.color.gamut import chroma_limits
from tintype.color.lab import LINEAR_TO_RELATIVE_XYZ, Matrix

Floats: TypeAlias = NDArray[np.floating[Any]]

_LARGEST = 128  # of |a| and |b| in the table


def wash(lightness: Floats, ab: Floats, matrix: Matrix = LINEAR_TO_RELATIVE_XYZ) -> tuple[Floats, Floats]:
    """Lay a wash of color over a drawing.

    Args:
        lightness: float of any shape, CIE L 0..100 of the drawing.
        ab: (2, ...) the planes of a and b of the paint on white paper, Lab units.
        matrix: (3, 3), the RGB space.

    Returns:
        Lightness, never above that of the drawing, and ab of what is seen, in the same shapes.

    >>> paper, ink = wash(np.array([100.0, 0.0]), np.array([[30.0, 30.0], [20.0, 20.0]]))
    >>> paper.round(1).tolist(), ink.round(1).tolist()
    ([77.3, 0.0], [[30.0, 4.1], [20.0, 2.8]])
    """
    # The cube root of a product of luminances is the product of the cube roots: L and ab are straight in them.
    drawn = (lightness + 16) / 116
    paint = (wash_lightness(ab, matrix) + 16) / 116
    return np.clip(116 * drawn * paint - 16, 0, lightness), ab * drawn


def wash_lightness(ab: Floats, matrix: Matrix = LINEAR_TO_RELATIVE_XYZ) -> Floats:
    """Return the lightness of paint on white paper: the highest at which a color exists.

    Args:
        ab: (2, ...) float, Lab units; what exists at no lightness gets that of the strongest of its hue.
        matrix: (3, 3), the RGB space.

    Returns:
        (...), CIE L, 100 where there is no color.
    """
    table = _wash_table(tuple(float(value) for value in np.asarray(matrix).ravel()))
    a, b = np.clip(ab + _LARGEST, 0, 2 * _LARGEST - 1e-3)
    row, column = a.astype(np.intp), b.astype(np.intp)
    down, right = a - row, b - column
    first = table[row, column] * (1 - right) + table[row, column + 1] * right
    second = table[row + 1, column] * (1 - right) + table[row + 1, column + 1] * right
    return np.asarray(first * (1 - down) + second * down, ab.dtype)


@lru_cache(maxsize=16)
def _wash_table(values: tuple[float, ...]) -> NDArray[np.float32]:
    """Tabulate the lightness over a and b, -128 to 128 each."""
    limits = chroma_limits(np.array(values).reshape(3, 3)).table  # (lightness, hue)
    axis = np.arange(-_LARGEST, _LARGEST + 1, dtype=np.float32)
    a, b = np.meshgrid(axis, axis, indexing="ij")
    hue = np.rint(np.degrees(np.arctan2(b, a)) % 360).astype(np.intp)
    chroma = np.hypot(a, b)
    step = 100 / (len(limits) - 1)
    return np.stack([_highest(limits[:, h], c) * step for h, c in zip(hue, chroma, strict=True)]).astype(
        np.float32
    )


def _highest(columns: NDArray[np.float32], chroma: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
    """Return the highest row of each column that still holds a chroma, with fractions; else that which holds most."""
    holds = columns >= chroma
    last = len(columns) - 1 - holds[::-1].argmax(axis=0)
    above = np.minimum(last + 1, len(columns) - 1)
    place = np.arange(columns.shape[1])
    here, there = columns[last, place], columns[above, place]
    part = np.where(here > there, (here - chroma) / np.maximum(here - there, 1e-6), 0)
    strongest = columns.argmax(axis=0)
    return np.asarray(np.where(holds.any(axis=0), last + np.clip(part, 0, 1) * (above > last), strongest))
