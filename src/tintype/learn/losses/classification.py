"""Cross-entropy against the softly encoded ab bins (Zhang et al. 2016, arXiv:1603.08511, equation 2)."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def cells_of(maps: Tensor, rows: slice = slice(None)) -> Tensor:
    """Return (some rows of) maps (N, C, h, w) as cells (M, C); free of charge where they are channels-last."""
    return maps.permute(0, 2, 3, 1)[:, rows].reshape(-1, maps.shape[1])


def soft_cross_entropy(
    log_probabilities: Tensor, bins: Tensor, weights: Tensor, class_weights: Tensor | None = None
) -> Tensor:
    """Return the mean cross-entropy over all cells, in nats.

    Args:
        log_probabilities: (M, Q), log softmax of the logits of M cells.
        bins: (M, K) int64, the K bins of each cell that carry the truth, nearest first.
        weights: (M, K), their weights, sum 1.
        class_weights: (Q,) or None; each cell counts with the weight of its nearest bin.
    """
    loss = -(log_probabilities.gather(1, bins) * weights).sum(1)
    return (loss if class_weights is None else loss * class_weights[bins[:, 0]]).mean()


def rebalancing_weights(prior: Tensor, exponent: float) -> Tensor:
    """Return Zhang's class weights (Q,): the smoothed prior (lambda 0.5) to minus ``exponent``, mean 1 under it."""
    smooth = 0.5 * prior + 0.5 / len(prior)
    weights = smooth.pow(-exponent)
    return weights / (weights * prior).sum()


def classifier_distillation(student: Tensor, teacher: Tensor) -> Tensor:
    """Return the Kullback-Leibler divergence of class logits (N, classes) from the teacher's, mean over N."""
    return F.kl_div(
        F.log_softmax(student.float(), 1),
        F.log_softmax(teacher.float(), 1),
        log_target=True,
        reduction="batchmean",
    )
