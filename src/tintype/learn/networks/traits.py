"""What a network is to those who do not know its file: its system, and what its card follows from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import nn

from tintype.errors import ContractError
from tintype.models.card import SizeRule


@dataclass(frozen=True)
class NetworkTraits:
    """What the card of a network says before it is trained.

    Attributes:
        bins: number of ab bins of ``bin_logits``, or 0 where the network gives ``ab``.
        grid: the output's height and width are the input's divided by it.
        capabilities: what the network takes and gives besides, out of `tintype.models.card.CAPABILITIES`.
        size: which input sizes it takes, and the one that its paper uses.
        lengths: K, S, Z of the inputs ``context``, ``style`` and ``latent``, where it has them.
        class_list: which list its classes are of, out of `tintype.models.card.CLASS_LISTS`; empty if of none.
    """

    bins: int
    grid: int
    capabilities: frozenset[str] = frozenset()
    size: SizeRule = field(default_factory=SizeRule)
    lengths: Mapping[str, int] = field(default_factory=dict)
    class_list: str = ""


@dataclass(frozen=True)
class System:
    """A colorization system: what its file has to offer.

    Attributes:
        name: as in the name of its models, for example "eccv16".
        configs: name of a size to its configuration, a dataclass.
        network: the class; it takes a configuration and keeps it as its attribute ``config``.
        find_config: the configuration that a state dict belongs to; raises KeyError where it is of another system.
            A system with a backbone of timm takes its name as ``backbone``, for one that is in none of ``configs``.
    """

    name: str
    configs: Mapping[str, Any]
    network: type[nn.Module]
    find_config: Callable[..., Any]


def traits_of(network: nn.Module) -> NetworkTraits:
    """Return the attribute ``traits`` of a network.

    Raises:
        ContractError: it has none.
    """
    traits = getattr(network, "traits", None)
    if not isinstance(traits, NetworkTraits):
        raise ContractError(f"{type(network).__name__} has no traits; give it a property that returns them")
    return traits
