"""The networks that can be trained: one file a system, named after its paper."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from torch import nn

from tintype.errors import RecipeError
from tintype.learn.networks import (
    ddcolor23,
    divcolor17,
    eccv16,
    iizuka16,
    koalarization17,
    nogan,
    pix2pix,
    siggraph17,
    tintype,
)
from tintype.learn.networks.traits import System

SYSTEMS: tuple[System, ...] = (
    System("tintype", tintype.CONFIGS, tintype.TintypeNet, tintype.find_config),
    System("eccv16", eccv16.CONFIGS, eccv16.EccvNet, eccv16.find_config),
    System("siggraph17", siggraph17.CONFIGS, siggraph17.SiggraphNet, siggraph17.find_config),
    System("iizuka16", iizuka16.CONFIGS, iizuka16.IizukaNet, iizuka16.find_config),
    System(
        "koalarization17",
        koalarization17.CONFIGS,
        koalarization17.KoalarizationNet,
        koalarization17.find_config,
    ),
    System("pix2pix", pix2pix.CONFIGS, pix2pix.Pix2pixNet, pix2pix.find_config),
    System("nogan", nogan.CONFIGS, nogan.NoganNet, nogan.find_config),
    System("divcolor17", divcolor17.CONFIGS, divcolor17.DivcolorNet, divcolor17.find_config),
    System("ddcolor23", ddcolor23.CONFIGS, ddcolor23.DdcolorNet, ddcolor23.find_config),
)
"""Every system, in the order in which they are asked whose weights a file holds."""


def create_network(
    name: str, changes: Mapping[str, Any] | None = None, *, pretrained: bool = True
) -> nn.Module:
    """Build a network of any system by the name of its configuration, with some fields changed.

    Args:
        name: for example "tintype-small" or "eccv16".
        changes: field of the configuration to its value.
        pretrained: False leaves out the published weights of a backbone, for whoever loads all weights at once.

    Raises:
        RecipeError: an unknown name or field.
    """
    system = _system_with(name)
    config = system.configs[name]
    known = {field.name for field in dataclasses.fields(config)}
    for key in changes or {}:
        if key not in known:
            raise RecipeError(
                f"recipe: unknown key network_changes.{key}; known are {', '.join(sorted(known))}"
            )
    values = {key: tuple(v) if isinstance(v, list) else v for key, v in (changes or {}).items()}
    if not pretrained and "backbone_weights" in known:
        values["backbone_weights"] = "none"
    return system.network(dataclasses.replace(config, **values))


def system_of(network: nn.Module) -> System:
    """Return the system that a network is of.

    Raises:
        RecipeError: none of `SYSTEMS`.
    """
    for system in SYSTEMS:
        if isinstance(network, system.network):
            return system
    raise RecipeError(f"{type(network).__name__} is of no system; known are {_names(SYSTEMS)}")


def _system_with(name: str) -> System:
    for system in SYSTEMS:
        if name in system.configs:
            return system
    known = [each for system in SYSTEMS for each in system.configs if not each.endswith("-test")]
    raise RecipeError(f"network {name!r} is not known; known are {', '.join(known)}")


def _names(systems: tuple[System, ...]) -> str:
    return ", ".join(system.name for system in systems)
