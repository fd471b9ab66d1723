"""The baseline without a network: hints spread by a Gaussian kernel in place and lightness, shrunk to gray.

What a colorizer with hints must beat: a pixel takes the colors of the hints that are near and as light as it
is, and the less so, the farther all of them are. Three parameters, fitted on training photographs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.measure.hints import HINT_COUNTS, TrueHint, draw_hints

Floats = NDArray[np.floating[Any]]

_FIT_STEP = 8
"""Every eighth pixel in both directions is enough to fit three numbers."""

_FIRST_FACTOR, _LAST_FACTOR = 2.0, 1.02


@dataclass(frozen=True)
class HintKernel:
    """Gaussian kernel in (x, y, L) with shrinkage.

    Attributes:
        place: standard deviation in place, in short sides of the photograph.
        lightness: standard deviation in CIE L.
        shrinkage: weight of gray; a hint right here has weight 1.
    """

    place: float
    lightness: float
    shrinkage: float

    def spread(self, lightness: Floats, hints: Sequence[TrueHint], step: int = 1) -> Floats:
        """Color a photograph from hints alone.

        Args:
            lightness: (H, W), CIE L 0..100.
            hints: places, lightness and colors.
            step: 2 colors every second pixel in both directions, and so on.

        Returns:
            ab (H / step, W / step, 2) float32, Lab units.
        """
        return self.mix(_distances(lightness, hints, step), _colors(hints))

    def mix(self, distances: tuple[Floats, Floats, Floats], colors: Floats) -> Floats:
        """Mix the colors (n, 2) of hints at squared distances in y (H, n), in x (W, n) and in L (H, W, n)."""
        rows, columns, tones = distances
        far = np.float32(-0.5 / self.place**2)
        weights = np.exp(np.float32(-0.5 / self.lightness**2) * tones)
        weights *= np.exp(far * rows)[:, None]
        weights *= np.exp(far * columns)
        total = weights.sum(axis=2, keepdims=True) + np.float32(self.shrinkage)
        mixed: Floats = weights @ colors / total
        return mixed


_FIRST_GUESS = HintKernel(place=0.2, lightness=15.0, shrinkage=0.1)


@dataclass(frozen=True)
class KernelFit:
    """A fitted kernel.

    Attributes:
        kernel: its parameters.
        score: what was maximized: mean over photographs and hint counts of ``-10 log10(1 + ab MSE)``.
        photographs: how many it was fitted on.
        trials: how many kernels were tried.
    """

    kernel: HintKernel
    score: float
    photographs: int
    trials: int


@dataclass(frozen=True, eq=False)
class _Example:
    true_ab: Floats
    distances: tuple[Floats, Floats, Floats]
    colors: Floats


def fit_kernel(
    photographs: Sequence[Floats],
    seeds: Sequence[int],
    counts: Sequence[int] = HINT_COUNTS,
    start: HintKernel = _FIRST_GUESS,
) -> KernelFit:
    """Fit the three parameters: one kernel for all hint counts.

    A pattern search in the logarithms: each parameter is multiplied and divided by a factor, the best kernel
    is kept, and where none is better the factor is reduced.

    Args:
        photographs: (H, W, 3) Lab each, true colors.
        seeds: of the hints of each photograph.
        counts: numbers of hints.
        start: first guess.
    """
    examples = [
        _example(lab, draw_hints(lab, count, seed))
        for lab, seed in zip(photographs, seeds, strict=True)
        for count in counts
    ]
    best, score, trials, factor = start, _score(start, examples), 1, _FIRST_FACTOR
    while factor > _LAST_FACTOR:
        scored = [(_score(kernel, examples), astuple(kernel)) for kernel in _neighbors(best, factor)]
        trials += len(scored)
        if max(scored)[0] > score:
            score, best = max(scored)[0], HintKernel(*max(scored)[1])
        else:
            factor **= 0.5
    return KernelFit(best, score, len(photographs), trials)


def _neighbors(kernel: HintKernel, factor: float) -> Iterator[HintKernel]:
    for i in range(3):
        for change in (factor, 1 / factor):
            values = list(astuple(kernel))
            values[i] *= change
            yield HintKernel(*values)


def _score(kernel: HintKernel, examples: Sequence[_Example]) -> float:
    errors = [np.mean((kernel.mix(e.distances, e.colors) - e.true_ab) ** 2) for e in examples]
    # The 1 keeps near-gray photographs, where everything is right, from deciding.
    return float(np.mean(-10 * np.log10(1 + np.array(errors))))


def _example(lab: Floats, hints: Sequence[TrueHint]) -> _Example:
    true_ab = lab[::_FIT_STEP, ::_FIT_STEP, 1:]
    return _Example(true_ab, _distances(lab[..., 0], hints, _FIT_STEP), _colors(hints))


def _distances(lightness: Floats, hints: Sequence[TrueHint], step: int) -> tuple[Floats, Floats, Floats]:
    height, width = lightness.shape
    y, x, tone = np.array(
        [(hint.top + hint.side / 2, hint.left + hint.side / 2, hint.lab[0]) for hint in hints], np.float32
    ).T
    short = np.float32(min(height, width))
    rows = ((np.arange(0, height, step, dtype=np.float32)[:, None] + 0.5 - y) / short) ** 2
    columns = ((np.arange(0, width, step, dtype=np.float32)[:, None] + 0.5 - x) / short) ** 2
    return rows, columns, (lightness[::step, ::step, None].astype(np.float32) - tone) ** 2


def _colors(hints: Sequence[TrueHint]) -> Floats:
    return np.array([hint.lab[1:] for hint in hints], np.float32)
