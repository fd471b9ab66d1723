"""The distance between the mean of the predicted distribution and the true color."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

UNIT = 10.0  # Lab units that count as 1: the distance of two bins


def smooth_color_distance(log_probabilities: Tensor, ab: Tensor, centers: Tensor) -> Tensor:
    """Return the smooth L1 distance between the expected and the true color, in units of 10 Lab units.

    Args:
        log_probabilities: (M, Q), of M cells.
        ab: (M, 2), their true color.
        centers: (Q, 2), Lab units.
    """
    return F.smooth_l1_loss(log_probabilities.exp() @ (centers / UNIT), ab / UNIT)
