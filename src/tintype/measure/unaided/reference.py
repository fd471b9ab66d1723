"""How colors are distributed in real photographs: what naturalness is measured against.

The numbers stand in ``reference.json``, which ``results/fit_score.py`` made from training photographs; the file
says from how many and from which.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import BIN_SIZE

Floats = NDArray[np.floating[Any]]

BANDS = 6
"""Bands of lightness, equally wide."""

_A_CELLS, _B_CELLS = (-9, 10), (-11, 10)  # of the ab plane, in bins
CELLS = (_A_CELLS[1] - _A_CELLS[0] + 1) * (_B_CELLS[1] - _B_CELLS[0] + 1)
"""Cells of the ab plane: squares of 10 Lab units; colors outside go to the nearest one."""


@dataclass(frozen=True, eq=False)
class Reference:
    """What is known of real photographs.

    Attributes:
        photographs: how many they were.
        data: SHA-256 of the list of their names.
        colors: (BANDS, CELLS) share of each color among the pixels of a band; each row sums to 1, none is 0.
        mean: (K,) of the statistics of ``naturalness.color_statistics``.
        covariance: (K, K) of them.
        skin_mean: (2,) ab of what has the color and texture of skin.
        skin_covariance: (2, 2) of it.
    """

    photographs: int
    data: str
    colors: Floats
    mean: Floats
    covariance: Floats
    skin_mean: Floats
    skin_covariance: Floats


@cache
def load_reference() -> Reference:
    """Load the numbers that come with Tintype."""
    return parse_reference(files(__package__).joinpath("reference.json").read_text(encoding="utf-8"))


def parse_reference(text: str) -> Reference:
    """Read the numbers from JSON; the colors are counts, to which one is added each."""
    document = json.loads(text)
    counts = np.asarray(document["colors"], np.float64) + 1
    arrays = {
        name: np.asarray(document[name], np.float64)
        for name in ("mean", "covariance", "skin_mean", "skin_covariance")
    }
    colors = counts / counts.sum(axis=1, keepdims=True)
    return Reference(document["photographs"], document["data"], colors, **arrays)


def color_cells(lightness: Floats, ab: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the band and the cell of each color.

    Args:
        lightness: (...), CIE L.
        ab: (..., 2), Lab units.

    Returns:
        Band 0..BANDS - 1 and cell 0..CELLS - 1, of the shape of the lightness.
    """
    band = np.clip(np.asarray(lightness) * (BANDS / 100), 0, BANDS - 1).astype(np.intp)
    a = np.clip(np.rint(ab[..., 0] / BIN_SIZE), *_A_CELLS).astype(np.intp) - _A_CELLS[0]
    b = np.clip(np.rint(ab[..., 1] / BIN_SIZE), *_B_CELLS).astype(np.intp) - _B_CELLS[0]
    return band, a * (_B_CELLS[1] - _B_CELLS[0] + 1) + b
