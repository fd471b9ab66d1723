"""Cross-entropy against the softly encoded ab bins (Zhang et al. 2016, arXiv:1603.08511, equation 2)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def soft_cross_entropy(
    logits: Tensor, bins: Tensor, weights: Tensor, class_weights: Tensor | None = None
) -> Tensor:
    """Return the mean cross-entropy over all cells, in nats.

    Args:
        logits: (N, Q, h, w).
        bins: (N, K, h, w) int64, the K bins of each cell that carry the truth.
        weights: (N, K, h, w), their weights, sum 1.
        class_weights: (Q,) or None; each cell counts with the weight of its nearest bin, which is the first.
    """
    logits = logits.float()
    expected = (logits.gather(1, bins) * weights).sum(1)
    loss = torch.logsumexp(logits, 1) - expected
    if class_weights is None:
        return loss.mean()
    cell_weights = class_weights[bins[:, 0]]
    return (loss * cell_weights).mean()


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
