"""Where stuff is - sky, grass, water, leaves, skin - which no class of an encoder names.

A model that answers with distributions knows it nevertheless: where it believes in the colors of grass, there is
grass, if it is at the bottom of the photograph. The share of a cell's colors that speak for the stuff rather than
for a photograph's usual colors is that belief.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import smooth_prior

Floats = NDArray[np.float32]

LEAST_BELIEFS = {"sky": 0.25, "ground": 0.27, "leaves": 0.3, "water": 0.27, "skin": 0.42, "any": 0.4}
"""Belief from which on a cell is taken for the stuff, settled by looking at maps of photographs, old and new."""

REST = "rest"
"""The place of a background, which no color tells: all but the thing that is seen."""

SURELY_NOT = 0.4
"""Share of it, below which a cell surely is something else."""

_SHARPNESS = 8.0
_HORIZON = {"sky": (0.55, -1.0), "ground": (0.45, 1.0), "water": (0.35, 1.0)}
"""Height from the top, as a share, beyond which stuff is not expected; and on which side it is: +1 below."""

_SKY_LIGHTNESS = 35.0


def believe(
    probabilities: Floats, palette: Floats, prior: NDArray[np.floating[Any]], lightness: Floats, place: str
) -> Floats:
    """Return how much speaks for stuff in each cell.

    Args:
        probabilities: (h, w, Q) of the bins.
        palette: (Q,) distribution of the stuff's colors.
        prior: (Q,) how often each bin occurs, sum 1.
        lightness: (h, w) CIE L of the cells.
        place: one of `tintype.guidance.words.meaning.PLACES`.

    Returns:
        (h, w) float32, 0..1.
    """
    usual = smooth_prior(np.asarray(prior, np.float64), uniform=0.05)
    speaks = palette / np.maximum(palette + usual, 1e-9)
    belief = np.asarray(probabilities @ speaks.astype(np.float32), np.float32)
    belief = belief * _expect(place, belief.shape)
    if place == "sky":  # night skies are not blue, and dark roofs are no sky
        belief = belief * (lightness > _SKY_LIGHTNESS)
    return np.asarray(belief, np.float32)


def _expect(place: str, size: tuple[int, ...]) -> Floats:
    """Return how much stuff is expected at each height: (h, 1), 0..1."""
    if place not in _HORIZON:
        return np.ones((size[0], 1), np.float32)
    horizon, side = _HORIZON[place]
    heights = (np.arange(size[0]) + 0.5) / size[0]
    expected = 1 / (1 + np.exp(-_SHARPNESS * side * (heights - horizon)))
    return np.asarray(expected[:, None], np.float32)
