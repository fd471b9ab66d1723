"""The distance between the mean of the predicted distribution and the true color."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

UNIT = 10.0  # Lab units that count as 1: the distance of two bins


def expected_color(logits: Tensor, centers: Tensor) -> Tensor:
    """Return the mean ab (N, 2, h, w) of the distribution given by logits (N, Q, h, w); centers (Q, 2)."""
    return F.conv2d(logits.float().softmax(1), centers.t()[:, :, None, None])


def smooth_color_distance(logits: Tensor, ab: Tensor, centers: Tensor) -> Tensor:
    """Return the smooth L1 distance of the expected color from ab (N, 2, h, w), in units of 10 Lab units."""
    return F.smooth_l1_loss(expected_color(logits, centers) / UNIT, ab / UNIT)
