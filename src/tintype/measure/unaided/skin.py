"""Skin, where some is found: has it a color that skin can have, and the same all over?

Nothing here recognizes people. Skin is what has a color that skin often has, and a texture as smooth as skin; wood,
sand and brick are taken for it too. So the figures say nothing of a single photograph with certainty, and they
say nothing of whose skin it is: the color range holds skin of all kinds, because it leaves out lightness.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import lab_to_srgb
from tintype.measure.unaided.look import Floats, Look
from tintype.measure.unaided.reference import Reference, load_reference
from tintype.measure.unaided.smooth import follow_lightness, local_deviation, window_mean

LEAST_SHARE = 0.01
"""Photographs with less skin than this share of their area are not judged."""

_BLUE, _RED = (77, 127), (133, 173)
_LIGHTNESS = (15.0, 95.0)
_TEXTURE = (0.2, 9.0)  # local standard deviation of the lightness: neither a plain wall nor foliage
_CROWD = 0.5  # share of skin colors among the pixels around, so that single ones don't count
_REACH = 0.05  # of the shorter side: how far what looks alike is held to be the same skin
_TOLERANCE = 5.0  # units of lightness that are no edge within skin


def find_skin(look: Look) -> NDArray[np.bool]:
    """Find what has the color and the texture of skin.

    The color: Cb in 77..127 and Cr in 133..173 (8-bit full range YCbCr of JFIF). The texture: a lightness that
    varies by 0.2 to 9 units within 5 x 5 pixels. At least half of the pixels around are of that color too.

    Returns:
        (h, w) bool.

    Source: Chai, Ngan, "Face segmentation using skin-color map in videophone applications" (1999), for the color.
    """
    colored = _has_color_of_skin(look)
    texture = local_deviation(look.lightness, 2)
    smooth = (_TEXTURE[0] <= texture) & (texture <= _TEXTURE[1])
    light = (_LIGHTNESS[0] <= look.lightness) & (look.lightness <= _LIGHTNESS[1])
    crowded = window_mean(colored.astype(np.float64), _radius(look)) >= _CROWD
    found: NDArray[np.bool] = colored & smooth & light & crowded
    return found


def skin_share(look: Look) -> float:
    """Measure the share of the area that ``find_skin`` finds, 0..1."""
    return float(find_skin(look).mean())


def skin_plausibility(look: Look, reference: Reference | None = None) -> float | None:
    """Measure how likely the color of skin is, over all that belongs to it.

    What was found is spread over pixels of equal lightness nearby, so that a gray or green patch of a cheek, which
    was not found, counts too. Formula: mean of exp(-d^2 / 2), weighed by how much a pixel belongs to skin; d is
    the Mahalanobis distance of its ab to that of skin in real photographs.

    Returns:
        0..1, higher is better; None where less than a hundredth of the area is skin.
    """
    weights = _belonging(look)
    if weights is None:
        return None
    reference = reference or load_reference()
    offset = look.ab - reference.skin_mean
    squares = np.einsum("hwi,ij,hwj->hw", offset, np.linalg.inv(reference.skin_covariance), offset)
    return float((weights * np.exp(-squares / 2)).sum() / weights.sum())


def skin_patchiness(look: Look) -> float | None:
    """Measure how much the color of skin differs, over all that belongs to it.

    Formula: the root of the variance of ab, weighed by how much a pixel belongs to skin, around the mean of its
    surroundings (a tenth of the shorter side each way).

    Returns:
        Lab units, 0 or more; None where less than a hundredth of the area is skin.
    """
    weights = _belonging(look)
    if weights is None:
        return None
    around = 2 * _radius(look)
    mass = window_mean(weights, around)[..., None] + 1e-9
    mean = window_mean(weights[..., None] * look.ab, around) / mass
    squares = np.square(look.ab - mean).sum(axis=2)
    return math.sqrt(float((weights * squares).sum() / weights.sum()))


@lru_cache(maxsize=1)
def _belonging(look: Look) -> Floats | None:
    """Return how much each pixel belongs to skin, (h, w) 0..1, or None where there is too little."""
    found = find_skin(look)
    if found.mean() < LEAST_SHARE:
        return None
    spread = follow_lightness(found.astype(np.float64), look.lightness, _radius(look), _TOLERANCE)
    belonging: Floats = np.clip(2 * spread - 0.5, 0, 1)  # what is a quarter skin belongs to it no more
    return belonging if belonging.any() else None


def _has_color_of_skin(look: Look) -> NDArray[np.bool]:
    codes = 255 * np.clip(lab_to_srgb(np.concatenate([look.lightness[..., None], look.ab], axis=2)), 0, 1)
    red, green, blue = (codes[..., i] for i in range(3))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    cb, cr = 128 + (blue - luma) / 1.772, 128 + (red - luma) / 1.402
    found: NDArray[np.bool] = (cb >= _BLUE[0]) & (cb <= _BLUE[1]) & (cr >= _RED[0]) & (cr <= _RED[1])
    return found


def _radius(look: Look) -> int:
    return max(2, round(_REACH * look.side))
