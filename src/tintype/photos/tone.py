"""How many hues a photograph has: gray, toned, or in color."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tintype.photos.blocks import average_blocks, find_step

_SIDE = 96
_GRAY_CHROMA = 2.5
_BIN_WIDTH = 4.0
_BINS = 25
_STRAY_CHROMA = 8.0
_STRAY_ANGLE = np.radians(35)
_STRAY_SHARE = 0.01
_SPREAD = 11.0


def count_hues(lab: NDArray[np.float32]) -> int:
    """Tell a gray picture (0) from a toned print (1) and a color photograph (2).

    In a print the tone is a function of the lightness, whatever the toner: sepia, cyanotype, and split tones
    too, whose shadows have another hue than their lights. What deviates from that function is judged: a wide
    spread, or one percent of the picture in a hue of its own, means color. Stains and yellowing spread little
    and keep the hue. The thresholds were set on photographs, historic prints and simulated tones; a color
    photograph of nearly one hue may count as toned.

    Args:
        lab: (height, width, 3) Lab; chroma noise of JPEG is averaged away.

    Returns:
        0, 1 or 2.
    """
    step = find_step(lab.shape, _SIDE)
    small = average_blocks(lab, step).reshape(-1, 3).astype(np.float64)
    lightness, ab = small[:, 0], small[:, 1:]
    chroma = np.hypot(ab[:, 0], ab[:, 1])
    if np.percentile(chroma, 99) < _GRAY_CHROMA:
        return 0
    deviation = np.linalg.norm(ab - _expect(lightness, ab), axis=1)
    is_stray = (deviation > _STRAY_CHROMA) & (chroma > _STRAY_CHROMA) & (_measure_angle(ab) > _STRAY_ANGLE)
    return 2 if is_stray.mean() > _STRAY_SHARE or np.percentile(deviation, 95) > _SPREAD else 1


def _expect(lightness: NDArray[np.float64], ab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ab (n, 2) that a pixel of its lightness has on average, between bins of lightness."""
    position = np.clip(lightness / _BIN_WIDTH - 0.5, 0, _BINS - 1)
    nearest = np.rint(position).astype(np.int64)
    counts = np.bincount(nearest, minlength=_BINS)
    filled = np.flatnonzero(counts)
    means = [np.bincount(nearest, ab[:, axis], _BINS)[filled] / counts[filled] for axis in range(2)]
    return np.stack([np.interp(position, filled, mean) for mean in means], axis=1)


def _measure_angle(ab: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the angle (n,), in radians, between each ab and the picture's average tone."""
    along, across = ab @ ab.sum(axis=0), ab[:, 0] * ab[:, 1].sum() - ab[:, 1] * ab[:, 0].sum()
    angle: NDArray[np.float64] = np.abs(np.arctan2(across, along))
    return angle
