"""What a network is under the contract of a model: the part of its card that follows from its sizes alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

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
        lengths: of the inputs ``style`` and ``latent``, where it has them.
    """

    bins: int
    grid: int
    capabilities: frozenset[str] = frozenset()
    size: SizeRule = field(default_factory=SizeRule)
    lengths: Mapping[str, int] = field(default_factory=dict)


def traits_of(network: nn.Module) -> NetworkTraits:
    """Return the attribute ``traits`` of a network.

    Raises:
        ContractError: it has none.
    """
    traits = getattr(network, "traits", None)
    if not isinstance(traits, NetworkTraits):
        raise ContractError(f"{type(network).__name__} has no traits; give it a property that returns them")
    return traits
