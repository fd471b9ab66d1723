"""Which colors go with a word, as the labels of the training photographs taught it (`tools/word_palettes.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import CENTERS
from tintype.guidance.colors import WeightedColor

_SMALLEST_SHARE = 1e-3


@dataclass(frozen=True, eq=False)
class _Table:
    labels: tuple[str, ...]
    counts: NDArray[np.int32]
    shares: NDArray[np.float32]
    lightness: NDArray[np.uint8]


def label_names() -> tuple[str, ...]:
    """Return the labels whose colors were learned."""
    return _table().labels


def learned_palette(shares: Mapping[str, float]) -> tuple[WeightedColor, ...]:
    """Mix the colors of labels.

    Args:
        shares: label, one of `label_names`, to its share, above 0.

    Returns:
        Colors with their weights.
    """
    table = _table()
    rows = [table.labels.index(label) for label in shares]
    weights = np.array([*shares.values()])[:, None] / sum(shares.values())
    mixed = (weights * table.shares[rows]).sum(0)
    light = (weights * table.shares[rows] * table.lightness[rows]).sum(0) / np.maximum(mixed, 1e-9)
    return tuple(
        WeightedColor((float(light[i]), float(CENTERS[i, 0]), float(CENTERS[i, 1])), float(mixed[i]))
        for i in np.flatnonzero(mixed > _SMALLEST_SHARE)
    )


@cache
def _table() -> _Table:
    with files("tintype.guidance.words").joinpath("palettes.npz").open("rb") as file, np.load(file) as arrays:
        roots = arrays["roots"].astype(np.float32)
        shares = roots**2 / (roots**2).sum(1, keepdims=True)
        labels = tuple(str(label) for label in arrays["labels"])
        return _Table(labels, arrays["counts"], shares, arrays["lightness"])
