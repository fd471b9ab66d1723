"""Which parameters learn how fast, and when."""

from __future__ import annotations

import copy
from typing import Any

from torch import nn

from tintype.learn.networks.tintype import TintypeNet
from tintype.learn.recipe import OptimizerRecipe


def freeze(network: TintypeNet, recipe: OptimizerRecipe) -> None:
    """Stop the gradient of the encoder's first stages."""
    for name, parameter in network.encoder.body.named_parameters():
        if name.startswith(recipe.frozen):
            parameter.requires_grad_(False)


def parameter_groups(network: TintypeNet, recipe: OptimizerRecipe) -> list[dict[str, Any]]:
    """Split the trained parameters by learning rate and weight decay; ``peak`` is a group's full rate."""
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            rate = recipe.encoder_rate if name.startswith("encoder.") else recipe.rate
            decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
            groups.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "peak": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]


def rate_factor(shown: int, samples: int, recipe: OptimizerRecipe) -> float:
    """Return the part of the full rate after ``shown`` samples: warm-up, constant, then down to zero.

    The long constant part lets a run be prolonged, or ended early, without having been planned so; its averaged
    weights are good at any time (Hu et al. 2024, arXiv:2404.06395, "warmup-stable-decay").
    """
    warm = min(1.0, (shown + 1) / max(1, recipe.warmup))
    decay_from = samples * (1 - recipe.decay)
    left = 1.0 if shown <= decay_from else max(0.0, (samples - shown) / (samples - decay_from))
    return warm * left


def train_mode(network: TintypeNet) -> None:
    """Put all but the encoder into training mode.

    The encoder's batch norms keep their statistics: those of batches of a few enlarged thumbnails would spoil
    them, and the network should answer alike at every size.
    """
    network.train()
    network.encoder.eval()


def pretrained_encoder(network: TintypeNet) -> nn.Module:
    """Return a frozen copy of the encoder as it is before training, the teacher of its classifier."""
    teacher: nn.Module = copy.deepcopy(network.encoder.body)
    return teacher.eval().requires_grad_(False)
