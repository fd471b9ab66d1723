"""Are these colors that photographs have? Statistics of color against those of real photographs."""

from __future__ import annotations

import math

import numpy as np

from tintype.measure.unaided.look import Floats, Look
from tintype.measure.unaided.reference import Reference, color_cells, load_reference
from tintype.measure.unaided.sepia import hue_concentration, tone_width

STATISTICS = (
    *(
        "log chroma",
        "log deviation of chroma",
        "mean a",
        "mean b",
        "log deviation of a",
        "log deviation of b",
    ),
    *("chroma with lightness", "b with lightness", "hue concentration", "log tone width"),
)
"""Names of what ``color_statistics`` gives, in its order."""

_LEAST_DEVIATION = 1e-3
_RAREST = 0.1  # share of the pixels that ``rarest_surprise`` takes


def surprise(look: Look, reference: Reference | None = None) -> float:
    """Measure how rare the colors are, at their lightness.

    Formula: mean over the pixels of -ln p(color | lightness), with the shares of real photographs in cells of 10
    Lab units and six bands of lightness: the cross entropy.

    Args:
        look: the photograph.
        reference: shares; None for those that come with Tintype.

    Returns:
        Nats, 0 or more; gray has little, and so "higher" and "lower" are both suspicious.
    """
    return float(_rarity(look, reference).mean())


def rarest_surprise(look: Look, reference: Reference | None = None) -> float:
    """Measure the mean of the same over the tenth of the pixels with the rarest colors: what is too much."""
    rarity = np.sort(_rarity(look, reference).ravel())
    return float(rarity[-max(1, round(_RAREST * rarity.size)) :].mean())


def color_statistics(look: Look) -> Floats:
    """Describe the color of a photograph by ten numbers, named in ``STATISTICS``: (10,) float64."""
    ab = look.ab.reshape(-1, 2).astype(np.float64)
    deviation_a, deviation_b = ab.std(axis=0)
    mean_a, mean_b = ab.mean(axis=0)
    values = (
        math.log1p(float(look.chroma.mean())),
        math.log1p(float(look.chroma.std())),
        *(mean_a, mean_b, math.log1p(deviation_a), math.log1p(deviation_b)),
        _correlation(look.lightness, look.chroma),
        _correlation(look.lightness, look.ab[..., 1]),
        hue_concentration(look),
        math.log1p(tone_width(look)),
    )
    return np.array(values, np.float64)


def strangeness(look: Look, reference: Reference | None = None) -> float:
    """Measure how far the statistics of color lie from those of real photographs.

    Formula: sqrt((s - m)' C^-1 (s - m) / 10) with the statistics s of the photograph, mean m and covariance C of
    real ones.

    Returns:
        0 or more; real photographs have 1 in the root mean square.

    Source: the way of Mittal, Soundararajan, Bovik, "Making a completely blind image quality analyzer" (2013),
    NIQE, with statistics of color in the place of those of texture.
    """
    reference = reference or load_reference()
    offset = color_statistics(look) - reference.mean
    return math.sqrt(float(offset @ np.linalg.solve(reference.covariance, offset)) / len(offset))


def _rarity(look: Look, reference: Reference | None) -> Floats:
    band, cell = color_cells(look.lightness, look.ab)
    rarity: Floats = -np.log((reference or load_reference()).colors)[band, cell]
    return rarity


def _correlation(one: Floats, other: Floats) -> float:
    """Return Pearson's correlation, 0 where one of both is constant."""
    if one.std() < _LEAST_DEVIATION or other.std() < _LEAST_DEVIATION:
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
