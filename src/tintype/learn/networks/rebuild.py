"""A network found again in its weights: a checkpoint needs no file beside it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from torch import Tensor, nn

from tintype.errors import BrokenModelError
from tintype.learn.networks import SYSTEMS
from tintype.learn.networks.traits import System


def rebuild_network(state: Mapping[str, Tensor], backbone: str | None = None) -> nn.Module:
    """Build the network that fits a state dict, whatever its system, and load it strictly.

    Args:
        state: what ``state_dict()`` gave.
        backbone: timm's name, where it is none of those in the systems' configurations.

    Raises:
        BrokenModelError: the weights are of no system, or of an unknown backbone.
    """
    reasons = []
    for system in SYSTEMS:
        try:
            return _rebuild(system, state, backbone)
        except (BrokenModelError, RuntimeError) as error:  # its own names, but other sizes or further weights
            reasons.append(f"{system.name}: {error}")
        except KeyError:  # another system's
            continue
    raise BrokenModelError(f"the weights fit no network of Tintype: {'; '.join(reasons) or _known(state)}")


def _rebuild(system: System, state: Mapping[str, Tensor], backbone: str | None) -> nn.Module:
    named = {"backbone": backbone} if backbone and _has_backbone(system) else {}
    network = system.network(system.find_config(state, **named))
    network.load_state_dict(dict(state))
    return network


def _has_backbone(system: System) -> bool:
    return any(
        field.name == "backbone" for config in system.configs.values() for field in dataclasses.fields(config)
    )


def _known(state: Mapping[str, Tensor]) -> str:
    first = next(iter(state), "nothing")
    return f"they begin with {first!r}; known are {', '.join(system.name for system in SYSTEMS)}"
