"""Cross-entropy against the softly encoded ab bins (Zhang et al. 2016, arXiv:1603.08511, equation 2)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F


def cells_of(maps: Tensor, rows: slice = slice(None)) -> Tensor:
    """Return (some rows of) maps (N, C, h, w) as cells (M, C); free of charge where they are channels-last."""
    return maps.permute(0, 2, 3, 1)[:, rows].reshape(-1, maps.shape[1])


def soft_cross_entropy(log_probabilities: Tensor, bins: Tensor, weights: Tensor) -> Tensor:
    """Return the mean cross-entropy over all cells, in nats.

    Args:
        log_probabilities: (M, Q), log softmax of the logits of M cells.
        bins: (M, K) int64, the K bins of each cell that carry the truth, nearest first.
        weights: (M, K), their weights, sum 1.
    """
    return -(log_probabilities.gather(1, bins) * weights).sum(1).mean()


def scale_gradient(maps: Tensor, scale: Tensor) -> Tensor:
    """Return ``maps`` as they are, with a gradient that is multiplied by ``scale`` on its way back.

    So the weights of rare colors change what is learned, as in the release of Zhang et al. 2016, while the loss
    stays in nats and can be compared.

    Args:
        maps: any shape.
        scale: broadcast to it.
    """
    scaled: Tensor = _ScaleGradient.apply(maps, scale)  # type: ignore[no-untyped-call]
    return scaled


class _ScaleGradient(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, maps: Tensor, scale: Tensor) -> Tensor:
        context.save_for_backward(scale)
        return maps.view_as(maps)

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (scale,) = context.saved_tensors
        return gradients[0] * scale, None


def label_cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Return the cross-entropy of class logits (N, C) against labels (N,), mean over N; -1 counts for nothing.

    It is a mean over all, so that a batch with few labels teaches the classes little and the color as ever.
    """
    return F.cross_entropy(logits.float(), labels, ignore_index=-1, reduction="sum") / labels.numel()


def rebalancing_weights(prior: Tensor, exponent: float) -> Tensor:
    """Return Zhang's class weights (Q,): the smoothed prior (lambda 0.5) to minus ``exponent``, mean 1 under it."""
    smooth = 0.5 * prior + 0.5 / len(prior)
    weights = smooth.pow(-exponent)
    return weights / (weights * prior).sum()
