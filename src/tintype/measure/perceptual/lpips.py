"""LPIPS: how different two photographs look to a network that learned it from people.

Formula: the features of five (AlexNet, VGG16) or seven (SqueezeNet) layers, scaled to unit length along the
channels; their squared difference, weighted for each channel by the published linear heads; the mean over
the places, summed over the layers. Version 0.1, at the photographs' own size, sRGB scaled to -1..1.

Range: 0 (equal) to about 1. No unit. Lower is better.

Source: Zhang, Isola, Efros, Shechtman, Wang, "The unreasonable effectiveness of deep features as a perceptual
metric" (2018); heads and layers from the package ``lpips``.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import combinations
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from tintype.errors import MissingWeightsError, TintypeError
from tintype.measure.perceptual.batches import Codes, choose_device, in_batches
from tintype.measure.perceptual.torchvision_operators import import_torchvision
from tintype.measure.perceptual.weights import find_weights, load_state

Backbone = Literal["alex", "vgg", "squeeze"]

SMALLEST_SIDE = 32
"""Pixels; a smaller photograph vanishes in AlexNet."""


class Lpips:
    """LPIPS with one backbone.

    Args:
        backbone: ``alex`` is the usual choice for comparing, ``vgg`` the usual one of losses; papers that don't
            say which mostly mean ``alex``.
        device: torch's name; None for a GPU where there is one.

    Attributes:
        weights: which file the backbone came from.

    Raises:
        MissingWeightsError: the backbone's weights are not on this machine.
    """

    def __init__(self, backbone: Backbone = "alex", device: str | None = None) -> None:
        found = find_weights(backbone)
        self.weights = found.label
        self._device = choose_device(device)
        self._network = _create(backbone, load_state(found.path)).to(self._device)

    def __call__(self, one: Codes, other: Codes) -> float:
        """Return the distance of two photographs, (H, W, 3) uint8 sRGB of equal size."""
        return float(self.distances([one], [other])[0])

    def distances(self, ones: Sequence[Codes], others: Sequence[Codes]) -> NDArray[np.float64]:
        """Return the distances (N,) of N pairs; the sizes may differ from pair to pair, but not within one.

        Raises:
            TintypeError: the two of a pair differ in size, or one is smaller than `SMALLEST_SIDE`.
        """
        for one, other in zip(ones, others, strict=True):
            _check_sizes(one, other)
        distances = np.empty(len(ones))
        with torch.inference_mode():
            for places, (first, second) in in_batches(ones, others):
                distances[places] = self._measure(self._see(first), self._see(second))
        return distances

    def pairwise(self, pictures: Sequence[Codes]) -> NDArray[np.float64]:
        """Return the distances (K (K - 1) / 2,) of all pairs of photographs; each is looked at only once.

        Their mean is the diversity of K samples. Order: as ``itertools.combinations``.

        Raises:
            TintypeError: they differ in size, or are smaller than `SMALLEST_SIDE`.
        """
        for picture in pictures:
            _check_sizes(pictures[0], picture)
        with torch.inference_mode():
            seen = [self._see(batch) for _, (batch,) in in_batches(pictures)]
            layers = [torch.cat(parts) for parts in zip(*seen, strict=True)]
            pairs = combinations([[layer[i : i + 1] for layer in layers] for i in range(len(pictures))], 2)
            return np.array([self._measure(one, other)[0] for one, other in pairs])

    def _see(self, batch: Tensor) -> list[Tensor]:
        """Return the layers' features, of unit length along the channels."""
        import lpips  # noqa: PLC0415 - needs torchvision first

        srgb = batch.to(self._device).float() / 127.5 - 1
        outputs = self._network.net(self._network.scaling_layer(srgb))
        return [lpips.normalize_tensor(layer) for layer in outputs]

    def _measure(self, one: list[Tensor], other: list[Tensor]) -> NDArray[np.float64]:
        heads = self._network.lins
        layers = [
            head((a - b).square()).mean((1, 2, 3)) for head, a, b in zip(heads, one, other, strict=True)
        ]
        values: NDArray[np.float64] = reduce(torch.add, layers).double().cpu().numpy()
        return values


def _create(backbone: Backbone, state: Mapping[str, Tensor]) -> Any:
    """Build the network of the package ``lpips`` without letting it download, and fill in the backbone."""
    import_torchvision()
    import lpips  # noqa: PLC0415 - needs torchvision first

    with warnings.catch_warnings():  # it calls torchvision with an argument that has a new name
        warnings.filterwarnings("ignore", category=UserWarning, module="torchvision")
        network = lpips.LPIPS(net=backbone, version="0.1", pnet_rand=True, verbose=False)
    try:
        # "slice2.5.weight" of lpips is "features.5.weight" of torchvision
        own = {name: state[f"features.{name.partition('.')[2]}"] for name in network.net.state_dict()}
        network.net.load_state_dict(own)
    except (KeyError, RuntimeError) as error:
        raise MissingWeightsError(
            f"the weights do not fit {backbone} ({error}); download them again"
        ) from error
    return network.eval().requires_grad_(requires_grad=False)


def _check_sizes(one: Codes, other: Codes) -> None:
    if one.shape != other.shape:
        raise TintypeError(f"LPIPS can't compare {one.shape} with {other.shape}; give two of the same size")
    if min(one.shape[:2]) < SMALLEST_SIDE:
        height, width = one.shape[:2]
        raise TintypeError(
            f"LPIPS needs {SMALLEST_SIDE} pixels a side, but a photograph is {width} x {height}; enlarge it"
        )
