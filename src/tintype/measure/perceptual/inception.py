"""Features of Inception v3, for distances of sets: two weights, and three ways of showing it a photograph.

Figures of different ways can't be compared; the name says which one it is.

``inception_tf``
    The network of 2015 from TensorFlow, ported by pytorch-fid and torch-fidelity: the Frechet distance that
    most papers mean. Pictures are enlarged to 299 x 299 as TensorFlow 1 did it (bilinear), and enter as -1..1.
``inception_torchvision``
    torchvision's own Inception v3, 299 x 299 (bilinear, half-pixel centers, no antialiasing), -1..1.
``inception_ddcolor``
    The same weights as DDColor's published table was measured with, and shown as its code does it: sRGB p of
    0..1 is taken for -1..1 and standardized twice, so that red enters as 0.229 p + 0.199, green as
    0.224 p + 0.136 and blue as 0.225 p + 0.037: an eighth of the contrast that the network learned from. Only
    this one may stand beside DDColor, ColorFormer, BigColor and the others in that table.

Features: the 2,048 numbers of the last pool. Source: Heusel et al., "GANs trained by a two time-scale update
rule converge to a local Nash equilibrium" (2017); for the third, ``basicsr/metrics/custom_fid.py`` and
``basicsr/models/color_model.py`` of DDColor.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.errors import MissingWeightsError
from tintype.measure.perceptual.batches import Codes, Vectors, choose_device, each_batch
from tintype.measure.perceptual.torchvision_operators import import_torchvision
from tintype.measure.perceptual.weights import FoundWeights, find_weights, load_state

SIDE = 299

_DDCOLOR_FACTOR = (0.229, 0.224, 0.225)
_DDCOLOR_SHIFT = (0.199, 0.136, 0.037)


class TensorflowInception:
    """``inception_tf``, by torch-fidelity.

    Args:
        device: torch's name; None for a GPU where there is one.

    Attributes:
        weights: which file it came from.

    Raises:
        MissingWeightsError: its weights are not on this machine.
    """

    def __init__(self, device: str | None = None) -> None:
        found = find_weights("inception_tf")
        self.weights = found.label
        self._device = choose_device(device)
        self._network = _load_tensorflow(found).to(self._device)

    def __call__(self, pictures: Sequence[Codes]) -> Vectors:
        """Return features (N, 2048) of photographs, (H, W, 3) uint8 sRGB each."""
        return each_batch(pictures, self._device, lambda batch: self._network(batch)[0])


class TorchvisionInception:
    """``inception_torchvision``, or ``inception_ddcolor``.

    Args:
        as_ddcolor: show photographs as DDColor's code does.
        device: torch's name; None for a GPU where there is one.

    Attributes:
        weights: which file it came from.

    Raises:
        MissingWeightsError: its weights are not on this machine.
    """

    def __init__(self, *, as_ddcolor: bool = False, device: str | None = None) -> None:
        found = find_weights("inception_torchvision")
        self.weights = found.label
        self._device = choose_device(device)
        self._network = _load_torchvision(found).to(self._device)
        factor, shift = (_DDCOLOR_FACTOR, _DDCOLOR_SHIFT) if as_ddcolor else ((2.0,) * 3, (-1.0,) * 3)
        self._factor, self._shift = (
            torch.tensor(values, device=self._device)[:, None, None] for values in (factor, shift)
        )

    def __call__(self, pictures: Sequence[Codes]) -> Vectors:
        """Return features (N, 2048) of photographs, (H, W, 3) uint8 sRGB each."""
        return each_batch(pictures, self._device, self._compute)

    def _compute(self, batch: Tensor) -> Tensor:
        srgb = F.interpolate(batch.float() / 255, (SIDE, SIDE), mode="bilinear", align_corners=False)
        features: Tensor = self._network(srgb * self._factor + self._shift)
        return features


def _load_tensorflow(found: FoundWeights) -> Any:
    import_torchvision()
    from torch_fidelity import FeatureExtractorInceptionV3  # noqa: PLC0415 - needs torchvision first

    try:
        return FeatureExtractorInceptionV3(
            "inception-v3-compat", ["2048"], feature_extractor_weights_path=str(found.path)
        )
    except (RuntimeError, EOFError) as error:
        raise _unfit(found, error) from error


@lru_cache(maxsize=1)
def _load_torchvision(found: FoundWeights) -> nn.Module:
    """Build the network once for both ways of showing photographs to it."""
    models = import_torchvision().models
    network: nn.Module = models.inception_v3(weights=None, init_weights=False)
    try:
        network.load_state_dict(load_state(found.path))
    except RuntimeError as error:
        raise _unfit(found, error) from error
    network.fc = nn.Identity()
    return network.eval().requires_grad_(requires_grad=False)


def _unfit(found: FoundWeights, error: Exception) -> MissingWeightsError:
    return MissingWeightsError(f"{found.path} does not fit Inception v3 ({error}); download it again")
