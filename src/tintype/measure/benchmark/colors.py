"""Which colors occur, and how often: the palette of the truth and of each contestant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import srgb_to_lab

Codes = NDArray[np.uint8]
Counts = NDArray[np.int64]

REACH = 110.0
"""a and b are counted from -110 to 110, Lab units; what lies beyond counts as the border."""

CELLS = 55
"""Cells a side, 4 Lab units each."""

_STEP = 2


def count_colors(codes: Codes) -> Counts:
    """Count the ab of every second pixel in both directions.

    Args:
        codes: (H, W, 3) uint8 sRGB.

    Returns:
        (55, 55) int64: rows are b from below, columns are a.
    """
    lab = srgb_to_lab(codes[::_STEP, ::_STEP].astype(np.float32) / 255)
    ab = lab[..., 1:].reshape(-1, 2)
    a, b = np.clip((ab.T + REACH) * (CELLS / (2 * REACH)), 0, CELLS - 1).astype(np.int64)
    return np.bincount(b * CELLS + a, minlength=CELLS * CELLS).reshape(CELLS, CELLS)


def cell_middles() -> NDArray[np.float64]:
    """Return a, or b, in the middle of each cell: (55,)."""
    return np.linspace(-REACH + REACH / CELLS, REACH - REACH / CELLS, CELLS)
