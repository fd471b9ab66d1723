"""The two sides of adversarial training (Goodfellow et al. 2014, arXiv:1406.2661, and what came after).

Logits are positive for what the critic takes for a photograph.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F

from tintype.errors import RecipeError

KINDS = ("vanilla", "hinge", "least_squares")


def critic_loss(true: Tensor, made: Tensor, kind: str = "vanilla") -> Tensor:
    """Return what the critic has to make small: the mean of its losses on photographs and on what was made.

    Args:
        true: logits for photographs, any shape.
        made: logits for what the generator made.
        kind: ``vanilla``: cross-entropy; ``hinge`` (Lim and Ye 2017, arXiv:1705.02894); ``least_squares`` (Mao et al.
            2017, arXiv:1611.04076).

    Raises:
        RecipeError: an unknown kind.
    """
    true, made = true.float(), made.float()
    if kind == "vanilla":
        return 0.5 * (F.softplus(-true).mean() + F.softplus(made).mean())
    if kind == "hinge":
        return 0.5 * (F.relu(1 - true).mean() + F.relu(1 + made).mean())
    check_kind(kind)
    return 0.5 * ((true - 1).square().mean() + made.square().mean())


def generator_loss(made: Tensor, kind: str = "vanilla") -> Tensor:
    """Return what the generator has to make small, the one that does not saturate.

    Raises:
        RecipeError: an unknown kind.
    """
    made = made.float()
    if kind == "vanilla":
        return F.softplus(-made).mean()
    if kind == "hinge":
        return -made.mean()
    check_kind(kind)
    return (made - 1).square().mean()


def check_kind(kind: str) -> None:
    """Raise RecipeError where there is no such kind."""
    if kind not in KINDS:
        raise RecipeError(f"recipe: adversarial.kind is {kind!r}; give one of {', '.join(KINDS)}")
