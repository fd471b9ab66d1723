"""Distances of two sets of photographs, from features of any network.

Features are (N, C), one row a photograph. The order of the rows does not matter: a set of results is compared
with a set of truths, not each result with its own truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tintype.errors import TintypeError
from tintype.measure.perceptual.torchvision_operators import import_torchvision

Features = NDArray[np.floating[Any]]

KERNEL_SUBSETS = 100
KERNEL_SUBSET_SIZE = 1000
KERNEL_SEED = 2020
NEIGHBORS = 3
FEWEST = NEIGHBORS + 1
"""Photographs that each set must have."""


@dataclass(frozen=True, slots=True)
class KernelDistance:
    """Mean and standard deviation over subsets, and how many photographs each of them had."""

    mean: float
    deviation: float
    subset_size: int


def frechet_distance(true: Features, result: Features) -> float:
    """Measure the Frechet distance of two sets, as if their features were normally distributed.

    Formula: |mu1 - mu2|^2 + tr(S1 + S2 - 2 (S1 S2)^(1/2)), mu the means, S the covariances (divisor N - 1).

    With fewer photographs than features S1 S2 is singular, and the eigenvalues that should be 0 come out as
    noise whose roots add up. There the last trace is computed from the photographs instead of the features:
    it is the sum of the singular values of A B', A and B being the centered features over the root of N - 1.

    Args:
        true: (N, C), of the true photographs.
        result: (M, C), of the colored ones.

    Returns:
        0 or more, lower is better; no unit. Biased upwards, the more the fewer photographs there are: compare
        figures of the same number only.

    Raises:
        TintypeError: fewer than `FEWEST` photographs, or different C.

    Source: Heusel et al., "GANs trained by a two time-scale update rule converge to a local Nash equilibrium"
    (2017), by torch-fidelity; for small sets Mathiasen, Hvilshoj, "Backpropagating through Frechet Inception
    distance" (2020).
    """
    _check(true, result)
    sets = true.astype(np.float64), result.astype(np.float64)
    if min(len(true), len(result)) <= true.shape[1]:
        return _frechet_of_few(*sets)
    import_torchvision()
    from torch_fidelity import metric_fid  # noqa: PLC0415 - needs torchvision first

    one, other = (metric_fid.fid_features_to_statistics(torch.from_numpy(features)) for features in sets)
    found = metric_fid.fid_statistics_to_metric(one, other, verbose=False)
    return max(0.0, float(found[metric_fid.KEY_METRIC_FID]))


def kernel_distance(true: Features, result: Features, *, paired: bool = False) -> KernelDistance:
    """Measure the squared maximum mean discrepancy with a cubic kernel, called KID on Inception's features.

    Formula: the unbiased estimate for k(x, y) = (x.y / C + 1)^3 on 100 random subsets (drawn without putting
    back, seed 2020) of 1,000 photographs each, or of half of them where there are fewer than 1,000.

    The estimate is unbiased for sets that have nothing to do with each other. A result shares all but the color
    with its own truth, so that in a small set these pairs pull it below zero. With ``paired`` the same
    photographs are drawn from both sets, and no result is compared with its own truth (the U-statistic); for
    thousands of photographs the two agree.

    Args:
        true: (N, C), of the true photographs.
        result: (M, C), of the colored ones.
        paired: row i of both is the same photograph.

    Returns:
        Mean and standard deviation over the subsets; 0 for sets of the same kind (a little less is possible),
        lower is better; no unit. Unbiased, so that sets of different sizes can be compared.

    Raises:
        TintypeError: fewer than `FEWEST` photographs, or different C; other numbers of them where paired.

    Source: Binkowski et al., "Demystifying MMD GANs" (2018), by torch-fidelity; the U-statistic: Gretton et al.,
    "A kernel two-sample test" (2012).
    """
    _check(true, result)
    import_torchvision()
    from torch_fidelity import metric_kid  # noqa: PLC0415 - needs torchvision first

    fewest = min(len(true), len(result))
    size = KERNEL_SUBSET_SIZE if fewest >= KERNEL_SUBSET_SIZE else fewest // 2
    if paired:
        values = _paired_kernel_distances(true, result, size)
        return KernelDistance(float(np.mean(values)), float(np.std(values)), size)
    found = metric_kid.kid_features_to_metric(
        *_to_tensors(result, true), kid_subsets=KERNEL_SUBSETS, kid_subset_size=size, verbose=False
    )
    return KernelDistance(
        float(found[metric_kid.KEY_METRIC_KID_MEAN]), float(found[metric_kid.KEY_METRIC_KID_STD]), size
    )


def precision_and_recall(true: Features, result: Features) -> tuple[float, float]:
    """Measure how many results look true, and how much of the truth the results cover.

    Formula: precision is the share of results that lie within the ball of a true photograph, whose radius is the
    distance to its third nearest neighbor in its own set; recall is the same with the sets exchanged. Low recall
    with high precision: all photographs get the same few safe colors.

    Args:
        true: (N, C), of the true photographs.
        result: (M, C), of the colored ones.

    Returns:
        Two shares, 0..1, higher is better. In a small set both are near 1 whatever the colors are: every ball is
        wide, and a result always lies near its own truth.

    Raises:
        TintypeError: fewer than `FEWEST` photographs, or different C.

    Source: Kynkaanniemi et al., "Improved precision and recall metric for assessing generative models" (2019),
    by torch-fidelity.
    """
    _check(true, result)
    import_torchvision()
    from torch_fidelity import metric_prc  # noqa: PLC0415 - needs torchvision first

    found = metric_prc.prc_features_to_metric(
        *_to_tensors(result, true), prc_neighborhood=NEIGHBORS, save_cpu_ram=True, verbose=False
    )
    return float(found[metric_prc.KEY_METRIC_PRECISION]), float(found[metric_prc.KEY_METRIC_RECALL])


def _paired_kernel_distances(true: Features, result: Features, size: int) -> list[float]:
    from torch_fidelity.metric_kid import kernel_poly, mmd2  # noqa: PLC0415 - torchvision is there by now

    if len(true) != len(result):
        raise TintypeError(f"{len(true)} truths and {len(result)} results are no pairs; give as many of both")
    random, values = np.random.default_rng(KERNEL_SEED), []
    for _ in range(KERNEL_SUBSETS):
        drawn = random.choice(len(true), size, replace=False)
        one, other = (features[drawn].astype(np.float64) for features in (true, result))
        kernels = kernel_poly(one, one), kernel_poly(one, other), kernel_poly(other, other)
        values.append(float(mmd2(*kernels, mmd_est="u-statistic")))
    return values


def _frechet_of_few(true: NDArray[np.float64], result: NDArray[np.float64]) -> float:
    means, spreads = [], []
    for features in (true, result):
        means.append(features.mean(axis=0))
        spreads.append((features - means[-1]) / np.sqrt(len(features) - 1))
    one, other = spreads
    overlap = np.linalg.svd(one @ other.T, compute_uv=False).sum()
    distance = (
        np.square(means[0] - means[1]).sum() + np.square(one).sum() + np.square(other).sum() - 2 * overlap
    )
    return max(0.0, float(distance))  # equal sets differ by rounding


def _to_tensors(*sets: Features) -> list[torch.Tensor]:
    return [torch.from_numpy(features.astype(np.float64)) for features in sets]


def _check(true: Features, result: Features) -> None:
    if true.shape[1] != result.shape[1]:
        raise TintypeError(
            f"sets with {true.shape[1]} and {result.shape[1]} features can't be compared; use one network"
        )
    if min(len(true), len(result)) < FEWEST:
        raise TintypeError(
            f"a set of {min(len(true), len(result))} photographs is too small for a distance of sets; "
            f"give {FEWEST} or more"
        )
