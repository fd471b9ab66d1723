"""Which parameters learn how fast, and when."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch import nn

from tintype.errors import RecipeError
from tintype.learn.networks.encoders import TimmEncoder
from tintype.learn.recipe import OptimizerRecipe

KINDS = ("adamw", "adam", "sgd", "adadelta")


def encoder_of(network: nn.Module) -> nn.Module | None:
    """Return the part of a network that may begin with a backbone's published weights, or None."""
    for owner in (network, getattr(network, "generator", None)):
        encoder = getattr(owner, "encoder", None)
        if isinstance(encoder, nn.Module):
            return encoder
    return None


def freeze(network: nn.Module, recipe: OptimizerRecipe) -> None:
    """Stop the gradient of the encoder's first stages."""
    encoder = encoder_of(network)
    body = encoder.body if isinstance(encoder, TimmEncoder) else encoder
    for name, parameter in body.named_parameters() if body is not None else ():
        if name.startswith(recipe.frozen):
            parameter.requires_grad_(False)


def parameter_groups(network: nn.Module, recipe: OptimizerRecipe) -> list[dict[str, Any]]:
    """Split the trained parameters by learning rate and weight decay; ``peak`` is a group's full rate."""
    encoder = encoder_of(network)
    encoding = {id(p) for p in encoder.parameters()} if encoder is not None else set()
    groups: dict[tuple[float, float], list[nn.Parameter]] = {}
    for parameter in _trained(network):
        rate = recipe.encoder_rate if id(parameter) in encoding else recipe.rate
        decay = recipe.weight_decay if parameter.ndim > 1 else 0.0
        groups.setdefault((rate, decay), []).append(parameter)
    return [
        {"params": parameters, "lr": rate, "peak": rate, "weight_decay": decay}
        for (rate, decay), parameters in groups.items()
    ]


def create_optimizer(groups: Iterable[dict[str, Any]], recipe: OptimizerRecipe) -> torch.optim.Optimizer:
    """Return the optimizer that a recipe names.

    Raises:
        RecipeError: an unknown kind.
    """
    if recipe.kind == "adamw":
        return torch.optim.AdamW(groups, betas=recipe.betas, fused=True)
    if recipe.kind == "adam":
        return torch.optim.Adam(groups, betas=recipe.betas, fused=True)
    if recipe.kind == "sgd":
        return torch.optim.SGD(groups, momentum=0.9)
    if recipe.kind == "adadelta":
        return torch.optim.Adadelta(groups)
    raise RecipeError(f"recipe: optimizer.kind is {recipe.kind!r}; give one of {', '.join(KINDS)}")


def rate_factor(shown: int, samples: int, recipe: OptimizerRecipe) -> float:
    """Return the part of the full rate after ``shown`` samples: warm-up, constant, drops, then down to zero.

    The long constant part lets a run be prolonged, or ended early, without having been planned so; its averaged
    weights are good at any time (Hu et al. 2024, arXiv:2404.06395, "warmup-stable-decay").
    """
    warm = min(1.0, (shown + 1) / max(1, recipe.warmup))
    decay_from = samples * (1 - recipe.decay)
    falls = recipe.decay > 0 and shown > decay_from
    left = max(0.0, (samples - shown) / (samples - decay_from)) if falls else 1.0
    dropped: float = recipe.drop ** sum(shown >= part * samples for part in recipe.drops)
    return warm * left * dropped


def train_mode(network: nn.Module, recipe: OptimizerRecipe) -> None:
    """Put all but the encoder into training mode.

    The encoder's batch norms keep their statistics: those of batches of a few enlarged thumbnails would spoil
    them, and the network should answer alike at every size.
    """
    network.train()
    encoder = encoder_of(network)
    if encoder is not None and recipe.fixed_norms:
        encoder.eval()


def pretrained_encoder(network: nn.Module) -> nn.Module:
    """Return a frozen copy of the encoder as it is before training, the teacher of its classifier.

    Raises:
        RecipeError: the network has no encoder with a classifier to teach.
    """
    encoder = encoder_of(network)
    if not isinstance(encoder, TimmEncoder) or not hasattr(network, "gray_input"):
        raise RecipeError("recipe: loss.distillation needs a network whose encoder classifies; set it to 0")
    teacher: nn.Module = copy.deepcopy(encoder.body)
    return teacher.eval().requires_grad_(False)


def _trained(network: nn.Module) -> Iterator[nn.Parameter]:
    return (parameter for parameter in network.parameters() if parameter.requires_grad)
