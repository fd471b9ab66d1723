"""Smoothing along the edges of another picture: the joint bilateral and the guided filter."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from numpy.typing import NDArray

from tintype.models.examples.daisy import blur

Floats = NDArray[np.float32]

_REACH = 2.0  # of the bilateral's Gaussian, in standard deviations


def joint_bilateral(maps: Floats, guide: Floats, sigma: float, guide_sigma: float) -> Floats:
    """Average each place with those near it that are alike in the guide.

    Petschnigg et al., "Digital Photography with Flash and No-Flash Image Pairs" (SIGGRAPH 2004).

    Args:
        maps: (H, W, n) float32, what is smoothed.
        guide: (H, W) float32, for example lightness; its edges stay sharp.
        sigma: how far places may be apart, pixels.
        guide_sigma: how much they may differ, in units of the guide.

    Returns:
        (H, W, n) float32.

    >>> maps = np.array([[[0.0], [9.0], [0.0], [9.0]]], np.float32)
    >>> guide = np.array([[0, 0, 100, 100]], np.float32)
    >>> joint_bilateral(maps, guide, sigma=100.0, guide_sigma=1.0).round(1)[0, :, 0].tolist()
    [4.5, 4.5, 4.5, 4.5]
    """
    height, width = guide.shape
    down, right = (min(math.ceil(_REACH * sigma), side - 1) for side in (height, width))
    sums = np.zeros_like(maps)
    weights = np.zeros_like(guide)
    for i, j in product(range(-down, down + 1), range(-right, right + 1)):
        here = (slice(max(0, -i), height - max(0, i)), slice(max(0, -j), width - max(0, j)))
        there = (slice(max(0, i), height - max(0, -i)), slice(max(0, j), width - max(0, -j)))
        square = ((guide[here] - guide[there]) / np.float32(guide_sigma)) ** 2
        weight = np.exp(-0.5 * square - np.float32((i * i + j * j) / (2 * sigma**2)))
        weights[here] += weight
        sums[here] += weight[..., None] * maps[there]
    return np.asarray(sums / weights[..., None], np.float32)


def guided_filter(maps: Floats, guide: Floats, sigma: float, guide_sigma: float) -> Floats:
    """Smooth many maps (H, W, n) along the edges of a guide (H, W) at a cost that does not depend on `sigma`.

    He, Sun and Tang, "Guided Image Filtering" (PAMI 2013), with Gaussian windows instead of boxes.
    """
    light = guide[..., None]
    mean_guide, mean = blur(light, sigma), blur(maps, sigma)
    variance = blur(light**2, sigma) - mean_guide**2
    slope = (blur(light * maps, sigma) - mean_guide * mean) / (np.maximum(variance, 0) + guide_sigma**2)
    return np.asarray(blur(slope, sigma) * light + blur(mean - slope * mean_guide, sigma), np.float32)
