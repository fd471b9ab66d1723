"""Fitting the score that needs no truth: what real photographs are like, and what each deviation weighs."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from score_photographs import Row

from tintype.measure.unaided.features import FEATURES, measure_features
from tintype.measure.unaided.look import Look
from tintype.measure.unaided.naturalness import color_statistics
from tintype.measure.unaided.reference import BANDS, CELLS, color_cells
from tintype.measure.unaided.score import FARTHEST
from tintype.measure.unaided.skin import find_skin

Floats = NDArray[np.float64]

LEAST_DIFFERENCE = 1.0
"""Colorings whose errors differ by less, in Lab units, are no pair."""

_REGULARIZATION, _ROUNDS, _COUNTS = 0.03, 2000, 1_000_000


def describe_reference(looks: Sequence[Look], data: str) -> str:
    """Return what real photographs are like as JSON."""
    counts = np.zeros((BANDS, CELLS))
    for look in looks:
        band, cell = color_cells(look.lightness, look.ab)
        np.add.at(counts, (band, cell), 1 / band.size)
    statistics = np.array([color_statistics(look) for look in looks])
    skin = np.concatenate([look.ab[find_skin(look)][::7] for look in looks]).astype(np.float64)
    document = {
        "photographs": len(looks),
        "data": data,
        "mean": _rounded(statistics.mean(axis=0)),
        "covariance": _rounded(np.cov(statistics.T)),
        "skin_mean": _rounded(skin.mean(axis=0)),
        "skin_covariance": _rounded(np.cov(skin.T)),
        "colors": np.rint(counts * (_COUNTS / counts.sum())).astype(int).tolist(),
    }
    return json.dumps(document).replace('], "', '],\n"') + "\n"


def figures_of(look: Look) -> Floats:
    """Measure a look: (K,), not a number where a figure can't be told."""
    found = measure_features(look)
    return np.array([math.nan if (value := found[name]) is None else value for name in FEATURES])


def fit(natural: Sequence[Floats], rows: Sequence[Row]) -> str:
    """Fit the weights; return the score as JSON."""
    figures = np.array(natural)
    mean, deviation = np.nanmean(figures, axis=0), np.nanstd(figures, axis=0)
    pairs = [*find_pairs(rows)]
    counts: dict[str, int] = defaultdict(int)
    for _, _, kind in pairs:
        counts[kind] += 1
    better, worse = (
        penalties(np.array([pair[i].features for pair in pairs]), mean, deviation) for i in (0, 1)
    )
    shares = np.array([1 / counts[kind] / len(counts) for _, _, kind in pairs])
    weights = _minimize(worse - better, shares)
    typical = float(np.median(penalties(figures, mean, deviation) @ weights))
    low, high = np.split(weights, 2)
    numbers = {
        name: dict(zip(("mean", "deviation", "low", "high"), _rounded(np.array(values)), strict=True))
        for name, *values in zip(FEATURES, mean, deviation, low, high, strict=True)
    }
    return json.dumps({"typical": _rounded(np.array(typical)), "weights": numbers}, indent=1) + "\n"


def penalties(figures: Floats, mean: Floats, deviation: Floats) -> Floats:
    """Return ``deviation_penalty`` of figures (N, K) for being low and being high: (N, 2 K)."""
    away = np.nan_to_num((figures - mean) / deviation, nan=0.0)
    sides = np.concatenate([-away, away], axis=1)
    return np.asarray(np.maximum(0, 1 + np.minimum(sides, FARTHEST)) ** 2)


def find_pairs(rows: Sequence[Row]) -> Iterator[tuple[Row, Row, str]]:
    """Yield (better, worse, kind) of the same photograph.

    The truth is better than its faults and than colorings; a weaker fault is better than a stronger one of its
    kind; a coloring is better than the same with a fault; of two colorings that with the smaller error is better.
    """
    of_photograph: dict[int, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        of_photograph[row.photograph][row.kind].append(row)
    for kinds in of_photograph.values():
        truth, colorings = kinds["truth"][0], kinds["coloring"]
        for kind, found in kinds.items():
            base = colorings[:1] if kind.startswith("coloring, ") else [truth]
            if kind in ("coloring, size", "coloring, sample"):
                yield from _ordered(found, kind, LEAST_DIFFERENCE)
            elif kind != "truth":
                yield from ((one, row, kind) for row in found for one in base)
                yield from _ordered(found, kind, 0)


def _ordered(rows: Sequence[Row], kind: str, least: float) -> Iterator[tuple[Row, Row, str]]:
    for one, other in combinations(sorted(rows, key=lambda row: row.badness), 2):
        if other.badness - one.badness > least:
            yield one, other, kind


def _minimize(differences: Floats, shares: Floats) -> Floats:
    """Fit weights of 0 or more so that differences (N, 2 K) become positive: logistic loss, accelerated descent."""
    weights = np.zeros(differences.shape[1])
    ahead, pace = weights, 1.0
    step = 1 / (np.einsum("nk,nk,n->", differences, differences, shares) / 4 + _REGULARIZATION)
    for _ in range(_ROUNDS):
        pull = shares / (1 + np.exp(np.clip(differences @ ahead, -50, 50)))
        gradient = _REGULARIZATION * ahead - differences.T @ pull
        following = np.maximum(ahead - step * gradient, 0)
        faster = (1 + math.sqrt(1 + 4 * pace**2)) / 2
        ahead = following + (pace - 1) / faster * (following - weights)
        weights, pace = following, faster
    return weights


def _rounded(values: Floats) -> list[float]:
    """Return numbers with five digits, nested as they are."""
    found: list[float] = np.vectorize(lambda value: float(f"{value:.5g}"))(values).tolist()
    return found
