"""A network's sizes, found again in its weights: a checkpoint needs no file beside it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from tintype.errors import BrokenModelError
from tintype.learn.networks.encoders import TimmEncoder
from tintype.learn.networks.tintype import CONFIGS, TintypeConfig, TintypeNet


def rebuild_network(state: Mapping[str, Tensor], backbone: str | None = None) -> TintypeNet:
    """Build the `TintypeNet` that fits a state dict, and load it.

    Args:
        state: what ``state_dict()`` gave.
        backbone: timm's name, where it is none of those in `CONFIGS`.

    Raises:
        BrokenModelError: the weights are of no `TintypeNet`, or of an unknown backbone.
    """
    try:
        network = TintypeNet(find_config(state, backbone))
        network.load_state_dict(dict(state))
    except (KeyError, RuntimeError) as error:
        raise BrokenModelError(f"the weights fit no network of Tintype: {error}") from error
    return network


def find_config(state: Mapping[str, Tensor], backbone: str | None = None) -> TintypeConfig:
    """Return the configuration of the `TintypeNet` that a state dict belongs to.

    The mean and standard deviation of the backbone's input are no weights: they are those of the configuration
    with the same backbone.

    Raises:
        BrokenModelError: an unknown backbone.
        KeyError: the weights are of no `TintypeNet`.
    """
    wide = state["context.0.weight"].shape[0]
    blocks = {name.split(".")[1] for name in state if name.startswith("blocks.")}
    sizes: dict[str, Any] = {
        "widths": (wide, state["to_middle.0.weight"].shape[0], state["head.weight"].shape[1]),
        "blocks": len(blocks),
        "classes": _count_classes(state),
        "same_padding": any(re.search(r"conv_stem\.1\.", name) for name in state),
        "backbone_weights": "none",
    }
    if blocks:
        # half a channel more, so that rounding down gives this width again
        sizes["ratio"] = (state["blocks.0.feed.widen.weight"].shape[0] + 0.5) / wide
        sizes["heads"] = len(state["blocks.0.attention.log_reach"])
    base = _find_base(state, backbone, sizes)
    return dataclasses.replace(base, **sizes)


def _count_classes(state: Mapping[str, Tensor]) -> int:
    names = (f"encoder.body.{layer}.weight" for layer in ("classifier", "fc", "head", "head.fc"))
    weight = next((state[name] for name in names if name in state), None)
    return 0 if weight is None else weight.shape[0]


def _find_base(state: Mapping[str, Tensor], backbone: str | None, sizes: Mapping[str, Any]) -> TintypeConfig:
    """Return the configuration whose backbone has the shapes of the encoder's weights."""
    if backbone:
        return TintypeConfig(backbone=backbone)
    shapes = {n.removeprefix("encoder."): t.shape for n, t in state.items() if n.startswith("encoder.")}
    for config in CONFIGS.values():
        if _encoder_shapes(config, sizes) == shapes:
            return config
    raise BrokenModelError("the weights' backbone is none that Tintype knows; name it")


def _encoder_shapes(config: TintypeConfig, sizes: Mapping[str, Any]) -> dict[str, torch.Size]:
    """Return the shapes of an encoder's weights without making them."""
    with torch.device("meta"):
        encoder = TimmEncoder(
            config.backbone,
            same_padding=sizes["same_padding"],
            classes=sizes["classes"],
            overrides=config.encoder_overrides,
        )
    return {name: tensor.shape for name, tensor in encoder.state_dict().items()}
