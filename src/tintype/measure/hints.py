"""The protocol of random true hints: what a person would say who knows the colors, but clicks blindly.

Zhang et al., "Real-Time User-Guided Image Colorization with Learned Deep Priors" (2017): square patches with
the mean of their true color, centers normal around the middle of the photograph with a quarter of its size as
standard deviation, cut off at the edges. Here patches are 6 x 6 at 256 pixels and of full confidence, and the
first n of the 50 drawn for a photograph are used for n hints, so that the curve does not jump.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import MaskMark

Floats = NDArray[np.floating[Any]]

HINT_COUNTS = (1, 5, 10, 50)
PATCH_SIDE = 6
"""Pixels, where the short side of the photograph has 256."""


@dataclass(frozen=True)
class TrueHint:
    """A square patch and the mean of its true color.

    Attributes:
        top: first row.
        left: first column.
        side: rows and columns.
        lab: mean CIE Lab.
    """

    top: int
    left: int
    side: int
    lab: tuple[float, float, float]


def draw_hints(lab: Floats, count: int, seed: int) -> list[TrueHint]:
    """Draw hints for a photograph; the first n of more hints are those of n.

    Args:
        lab: (H, W, 3), the truth.
        count: number of hints.
        seed: see ``name_seed``.
    """
    height, width = lab.shape[:2]
    side = max(1, round(PATCH_SIDE * min(height, width) / 256))
    rng = np.random.default_rng(seed)
    tops_lefts = [(_draw_edge(rng, height - side), _draw_edge(rng, width - side)) for _ in range(count)]
    return [_reveal(lab, top, left, side) for top, left in tops_lefts]


def name_seed(name: str) -> int:
    """Return the seed of a photograph from its file name: the same in every set, on every machine."""
    return zlib.crc32(name.encode())


def hints_to_guidance(hints: Iterable[TrueHint]) -> Guidance:
    """Return hints as marks of full confidence."""
    return Guidance(
        tuple(
            MaskMark(hint.left, hint.top, hint.side, hint.side, (0, hint.side**2), color=_in_range(hint.lab))
            for hint in hints
        )
    )


def _draw_edge(rng: np.random.Generator, last: int) -> int:
    return int(np.clip(rng.normal((last + 1) / 2, (last + 1) / 4), 0, last))


def _reveal(lab: Floats, top: int, left: int, side: int) -> TrueHint:
    patch = lab[top : top + side, left : left + side].reshape(-1, 3).astype(np.float64)
    lightness, a, b = patch.mean(axis=0).tolist()
    return TrueHint(top, left, side, (lightness, a, b))


def _in_range(lab: tuple[float, float, float]) -> tuple[float, float, float]:
    return min(max(lab[0], 0.0), 100.0), lab[1], lab[2]
