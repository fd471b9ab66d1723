"""What several answers to one photograph are worth together: the best of k, and how far they are apart.

Samples that are all alike are no choice, and samples that are apart because they are wrong are none either: the
error of the best says whether the truth is among them, the distances say whether there is a choice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tintype.color.lab import srgb_to_lab
from tintype.errors import TintypeError
from tintype.measure.codes import Codes
from tintype.measure.fidelity import mean_ab_distance

Floats = NDArray[np.floating[Any]]
Answer = TypeVar("Answer")
Pairing: TypeAlias = Literal["all", "neighbors"]
"""Which samples are compared: each with each, or each with the next, as in Saharia et al., "Palette" (2022)."""


@dataclass(frozen=True, eq=False)
class SampleFigures:
    """What the samples of one photograph are worth.

    Attributes:
        errors_of_best: (n,) mean ab distance of the best of the first k, k = 1..n, Lab units.
        expected_errors_of_best: (n,) the same of k that are drawn from the n, on average.
        ab_distance: mean ab distance of all pairs, Lab units.
        lpips: mean perceptual distance of all pairs; None where it is not measured.
    """

    errors_of_best: NDArray[np.float64]
    expected_errors_of_best: NDArray[np.float64]
    ab_distance: float
    lpips: float | None = None


def judge_samples(
    true: Codes, samples: Sequence[Codes], lpips: Callable[[Codes, Codes], float] | None = None
) -> SampleFigures:
    """Measure the samples of one photograph.

    Args:
        true: (H, W, 3) uint8 sRGB.
        samples: the same shape each, in the order in which they are offered; two or more.
        lpips: perceptual distance of two pictures.

    Raises:
        TintypeError: fewer than two samples, or another shape.
    """
    for sample in samples:
        if sample.shape != true.shape:
            raise TintypeError(
                f"a sample of shape {sample.shape} can't be compared with a truth of {true.shape}; give one size"
            )
    true_ab, *abs_ = (srgb_to_lab(picture / 255.0)[..., 1:] for picture in (true, *samples))
    errors = [mean_ab_distance(true_ab, ab) for ab in abs_]
    return SampleFigures(
        errors_of_best(errors),
        expected_errors_of_best(errors),
        mean_pairwise(abs_, mean_ab_distance),
        mean_pairwise(samples, lpips) if lpips else None,
    )


def errors_of_best(errors: ArrayLike) -> NDArray[np.float64]:
    """Return the error of the best of the first k samples, for k = 1..n.

    Args:
        errors: (..., n), of each sample in the order of drawing; where more is better, give negative figures.

    Returns:
        (..., n), falling.

    Source: Deshpande et al., "Learning diverse image colorization" (2017), error of best.

    >>> errors_of_best([3.0, 5.0, 2.0]).tolist()
    [3.0, 3.0, 2.0]
    """
    falling: NDArray[np.float64] = np.minimum.accumulate(np.asarray(errors, np.float64), axis=-1)
    return falling


def expected_errors_of_best(errors: ArrayLike) -> NDArray[np.float64]:
    """Return the mean error of the best of k samples over all choices of k from the n, for k = 1..n.

    Formula: sum over i of C(n - i, k - 1) / C(n, k) e_i, with e_1 <= ... <= e_n. Unlike the best of the first k it
    does not depend on the order, and its first value is the mean.

    Args:
        errors: (..., n), of each sample; where more is better, give negative figures.

    Returns:
        (..., n), falling.

    Source: the estimator of Chen et al., "Evaluating large language models trained on code" (2021), for minima.

    >>> expected_errors_of_best([3.0, 5.0, 1.0]).round(3).tolist()
    [3.0, 1.667, 1.0]
    """
    ordered = np.sort(np.asarray(errors, np.float64), axis=-1)
    n = ordered.shape[-1]
    k, i = np.arange(1, n + 1)[:, None], np.arange(1, n)
    # C(n - i, k - 1) / C(n, k) is k / n for i = 1, and from i to i + 1 it shrinks by (n - i - k + 1) / (n - i).
    shrinking = np.maximum(n - i - k + 1, 0) / (n - i)
    shares = k / n * np.cumprod(np.concatenate([np.ones((n, 1)), shrinking], axis=1), axis=1)
    expected: NDArray[np.float64] = ordered @ shares.T
    return expected


def mean_pairwise(
    samples: Sequence[Answer], distance: Callable[[Answer, Answer], float], pairing: Pairing = "all"
) -> float:
    """Measure how far samples are apart on average.

    Args:
        samples: two or more, of any kind that `distance` takes.
        distance: of two samples: `mean_ab_distance` of ab, LPIPS of pictures.
        pairing: which of them are compared.

    Returns:
        In the unit of the distance; 0 where all are equal.

    Raises:
        TintypeError: fewer than two samples.

    Source: all pairs of LPIPS as in Zhu et al., "Toward multimodal image-to-image translation" (2017).
    """
    if len(samples) < 2:
        raise TintypeError(f"{len(samples)} samples can't be told apart; give two or more")
    found = [distance(one, other) for one, other in _pairs(samples, pairing)]
    return float(np.mean(found))


def _pairs(samples: Sequence[Answer], pairing: Pairing) -> Iterator[tuple[Answer, Answer]]:
    return iter(pairwise(samples)) if pairing == "neighbors" else combinations(samples, 2)
