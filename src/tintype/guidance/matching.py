"""Which places of two photographs show the same, and how sure that is.

Cells are compared by a network's features, lightness and texture. Each cell of one photograph spreads its attention
over the cells of the other, as far as these look like it; what those have in common, a color, is what the match
says. How far to believe it is a probability. It comes from the tests that matching is known for, as numbers:
likeness, how much better the best cell is than the best one of another color (ratio test), whether it matches back
(mutual nearest neighbors), whether the neighbors say the same (coherence).

The weights were fitted by ``results/fit_matching.py``: halves of photographs, one of them often aged as film ages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.cells import Cells, ColoredCells, Floats

RIGHT = 10.0
"""A color that differs by less than this, Lab units of ab, counts as right: confidence is the probability of it."""

_LIKENESS, _LIGHTNESS, _TEXTURE, _UNEVENNESS = 16.0, 0.01, 2.5, 0.2
_LEAST_CONTRAST = 3.0  # CIE L; keeps an almost flat photograph from being stretched to noise

_OTHER_COLOR = 12.0
_RATIO_LIMITS = (-3.0, 6.0)
_MUTUAL_REACH = 2.0
_EVIDENCE = {"spread": -0.110, "ratio": 0.234, "likeness": 1.01, "disagreement": -0.025, "mutual": 0.143}
_EVIDENCE_BIAS = 0.775
_LIKE_MIDDLE, _LIKE_WIDTH = 0.12, 0.08
_PLACE_BIAS, _PLACE_LIKENESS = -0.83, 2.43

_AGREEMENT_MIDDLE, _AGREEMENT_WIDTH = 0.50, 0.05
_LEAST_CELLS = 1.0


@dataclass(frozen=True, eq=False)
class Comparison:
    """How much the cells of a photograph look like those of another.

    Attributes:
        target: cells (n) of the photograph that is to be colored.
        source: cells (m) of the other one.
        likeness: (n, m) float32, -1..1, cosine of the features.
        scores: (n, m) float32, logarithms: features, lightness and texture.
    """

    target: Cells
    source: Cells
    likeness: Floats
    scores: Floats

    def agreement(self, weights: Floats) -> float:
        """Return how sure it is that the two photographs show the same things, 0..1.

        Their likeness is measured against that within the photograph. One pair in twenty of photographs of different
        subjects comes to more than 0.5.

        Args:
            weights: (n,) of the cells that it is asked of, 0..1; where all are about 0 so is the agreement.
        """
        level = (self.relative_likeness(weights) - _AGREEMENT_MIDDLE) / _AGREEMENT_WIDTH
        return float(_sigmoid(np.array(level)))

    def relative_likeness(self, weights: Floats) -> float:
        """Return the mean likeness of cells (n,) to the best of the other photograph, over that within their own."""
        level = float(weights @ self.likeness.max(axis=1)) / max(float(weights.sum()), _LEAST_CELLS)
        return level / self.target.own_likeness

    @cached_property
    def mutual(self) -> Floats:
        """(n,) float32: 1 where the best cell's own best cell is this one or a neighbor, else 0."""
        back = self.scores.argmax(axis=0)[self.scores.argmax(axis=1)]
        width = self.target.size[1]
        cells = np.arange(self.target.count)
        distances = np.hypot(back % width - cells % width, back // width - cells // width)
        return np.asarray(distances <= _MUTUAL_REACH, np.float32)


@dataclass(frozen=True, eq=False)
class DrawnColors:
    """The colors that cells draw from a color photograph, before it is known how far to believe them.

    Attributes:
        ab: (n, 2) float32, Lab units.
        used: (n,) float32, 0..1: the share of the attention that rests on what may be used.
        evidence: name -> (n,), by which a match is believed.
    """

    ab: Floats
    used: Floats
    evidence: Mapping[str, Floats]


@dataclass(frozen=True, eq=False)
class ColorMatch:
    """The colors that a photograph takes from another.

    Attributes:
        size: (height, width) in cells.
        ab: (n, 2) float32, Lab units.
        confidence: (n,) float32, 0..1, the probability that the color is right.
        agreement: 0..1, of the photographs as a whole.
    """

    size: tuple[int, int]
    ab: Floats
    confidence: Floats
    agreement: float


def compare(target: Cells, source: Cells) -> Comparison:
    """Compare all cells of two photographs."""
    likeness = target.features @ source.features.T
    lightness = _toned_half(target.lightness, source.lightness)
    scores = _LIKENESS * likeness
    scores -= _LIGHTNESS * (lightness[:, None] - source.lightness) ** 2
    scores -= _TEXTURE * (target.texture[:, None] - source.texture) ** 2
    return Comparison(target, source, likeness, scores)


def match_colors(comparison: Comparison, colors: ColoredCells) -> ColorMatch:
    """Take the colors of the cells that look alike.

    Args:
        comparison: of the photograph with a color photograph.
        colors: of that one. Cells of uneven color, as across an edge, count less. Where only a region may be used,
            the rest still draws attention: what looks more like the rest than like the region takes no color.
    """
    drawn = draw_colors(comparison, colors)
    logit = (
        np.add.reduce([_EVIDENCE[name] * values for name, values in drawn.evidence.items()]) + _EVIDENCE_BIAS
    )
    agreement = comparison.agreement(drawn.used)
    # The best of what is all unlike may lead far: the tests above say nothing where nothing is alike.
    is_alike = _sigmoid((drawn.evidence["likeness"] - _LIKE_MIDDLE) / _LIKE_WIDTH)
    confidence = np.float32(agreement) * drawn.used * is_alike * _sigmoid(logit)
    return ColorMatch(comparison.target.size, drawn.ab, np.asarray(confidence, np.float32), agreement)


def draw_colors(comparison: Comparison, colors: ColoredCells) -> DrawnColors:
    """Return the colors that attention draws from a color photograph, and the evidence of each: as `match_colors`."""
    scores = comparison.scores - (_UNEVENNESS * colors.unevenness).astype(np.float32)
    attention = np.exp(scores - scores.max(axis=1, keepdims=True))
    attention /= attention.sum(axis=1, keepdims=True)
    attention *= colors.share
    used = attention.sum(axis=1)
    attention /= np.maximum(used, 1e-9)[:, None]
    ab = attention @ colors.ab
    evidence = {
        "spread": np.sqrt(np.maximum(attention @ (colors.ab**2).sum(axis=1) - (ab**2).sum(axis=1), 0)),
        "ratio": _lead_over_other_colors(scores, ab, colors.ab),
        "likeness": (attention * comparison.likeness).sum(axis=1) / comparison.target.own_likeness,
        "disagreement": _disagreement(ab, comparison.target.size),
        "mutual": comparison.mutual,
    }
    return DrawnColors(ab, used, evidence)


def place_confidence(likeness: float) -> float:
    """Return how sure it is, 0..1, that a place has the color of what it is most like in another photograph.

    Args:
        likeness: of the two, over that within the photograph, for photographs that agree.
    """
    return float(_sigmoid(np.array(_PLACE_BIAS + _PLACE_LIKENESS * likeness)))


def _toned_half(lightness: Floats, like: Floats) -> Floats:
    """Return the lightness half way to the mean and contrast of another photograph.

    An aged print has lost contrast, but two crops of one photograph differ in what they show: half is best for both.
    """
    contrast = (like.std() + _LEAST_CONTRAST) / (lightness.std() + _LEAST_CONTRAST)
    toned = (lightness - lightness.mean()) * contrast + like.mean()
    return np.asarray((lightness + toned) / 2, np.float32)


def _lead_over_other_colors(scores: Floats, ab: Floats, source_ab: Floats) -> Floats:
    """Return (n,): by how much the best cell of about the chosen color beats the best one of another."""
    squares = (ab**2).sum(axis=1)[:, None] + (source_ab**2).sum(axis=1) - 2 * ab @ source_ab.T
    is_other = squares > _OTHER_COLOR**2
    low, high = _RATIO_LIMITS
    floor = scores.max(axis=1) - 2 * (high - low)
    own = np.where(is_other, floor[:, None], scores).max(axis=1)
    other = np.where(is_other, scores, floor[:, None]).max(axis=1)
    return np.asarray(np.clip(own - other, low, high), np.float32)


def _disagreement(ab: Floats, size: tuple[int, int]) -> Floats:
    """Return (n,): the mean difference of a cell's color from those of its eight neighbors."""
    height, width = size
    padded = np.pad(ab.reshape(height, width, 2), ((1, 1), (1, 1), (0, 0)), mode="edge")
    center = padded[1:-1, 1:-1]
    total = np.zeros(size, np.float32)
    for down in range(3):
        for right in range(3):
            difference = padded[down : down + height, right : right + width] - center
            total += np.hypot(difference[..., 0], difference[..., 1])
    return np.asarray(total.ravel() / 8, np.float32)


def _sigmoid(logit: NDArray[np.floating[Any]]) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(logit, -60, 60))), np.float32)
