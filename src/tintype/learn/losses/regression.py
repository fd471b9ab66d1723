"""The distance between the predicted and the true color."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F

from tintype.errors import RecipeError

UNIT = 10.0  # Lab units that count as 1: the distance of two bins
DISTANCES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "smooth_l1": F.smooth_l1_loss,
    "l1": F.l1_loss,
    "l2": F.mse_loss,
    "huber": F.huber_loss,
}


def color_distance(ab: Tensor, truth: Tensor, kind: str = "smooth_l1", unit: float = UNIT) -> Tensor:
    """Return the mean distance of two colors, per component.

    Args:
        ab: any shape, Lab units.
        truth: of the same shape.
        kind: one of `DISTANCES`.
        unit: Lab units that count as 1.

    Raises:
        RecipeError: an unknown kind.
    """
    if kind not in DISTANCES:
        raise RecipeError(f"recipe: loss.distance is {kind!r}; give one of {', '.join(DISTANCES)}")
    return DISTANCES[kind](ab.float() / unit, truth / unit)


def distribution_distance(
    log_probabilities: Tensor, ab: Tensor, centers: Tensor, kind: str = "smooth_l1", unit: float = UNIT
) -> Tensor:
    """Return the distance between the expected color of distributions over bins and the true one.

    Args:
        log_probabilities: (M, Q), of M cells.
        ab: (M, 2), their true color.
        centers: (Q, 2), Lab units.
        kind: one of `DISTANCES`.
        unit: Lab units that count as 1.
    """
    return color_distance(log_probabilities.exp() @ (centers / unit), ab / unit, kind, 1.0)
