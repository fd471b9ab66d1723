"""What a classifier believes to see: MobileNetV2, trained on ImageNet's 1,000 classes.

A photograph that was colored well is recognized more often than a gray one (Zhang, Isola, Efros, "Colorful
image colorization", 2016, which asked VGG-16; figures of other classifiers can't be compared with these).

Protocol: bicubic to a short side of 256 pixels (antialiased), the middle 224 x 224, the weights' own range.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tintype.errors import MissingWeightsError
from tintype.measure.perceptual.batches import Codes, Vectors, choose_device, each_batch
from tintype.measure.perceptual.torchvision_operators import import_torchvision
from tintype.measure.perceptual.weights import FoundWeights, find_weights, load_state

SHORT_SIDE = 256
CROP = 224

_SYNSET = re.compile(r"(?<![A-Za-z0-9])(n\d{8})(?!\d)")


@dataclass(frozen=True, slots=True)
class InputRange:
    """What a network expects: (srgb - mean) / deviation, and how its convolutions pad."""

    mean: tuple[float, float, float]
    deviation: tuple[float, float, float]
    padding: str


_TENSORFLOW = InputRange((0.5,) * 3, (0.5,) * 3, "same")
_TIMM = InputRange((0.485, 0.456, 0.406), (0.229, 0.224, 0.225), "")


class Classifier:
    """MobileNetV2 as a classifier, and as a network that gives features for distances of sets.

    Args:
        device: torch's name; None for a GPU where there is one.

    Attributes:
        weights: which file it came from.

    Raises:
        MissingWeightsError: its weights are not on this machine.
    """

    def __init__(self, device: str | None = None) -> None:
        found = find_weights("mobilenetv2")
        self.weights = found.label
        self._device = choose_device(device)
        expected = _TENSORFLOW if found.path.suffix == ".safetensors" else _TIMM
        self._network = _create(found, expected.padding).to(self._device)
        self._mean, self._deviation = (
            torch.tensor(values, device=self._device)[:, None, None]
            for values in (expected.mean, expected.deviation)
        )

    def __call__(self, pictures: Sequence[Codes]) -> Vectors:
        """Return features (N, 1280), those before the last layer, of photographs (H, W, 3) uint8 sRGB."""
        return each_batch(pictures, self._device, self._compute)

    def classify(self, features: Vectors) -> NDArray[np.int64]:
        """Return the likeliest class (N,), 0..999 in ImageNet's usual order, from features (N, 1280)."""
        with torch.inference_mode():
            logits = self._network.classifier(torch.from_numpy(features).to(self._device))
            classes: NDArray[np.int64] = logits.argmax(1).cpu().numpy()
        return classes

    def _compute(self, batch: Tensor) -> Tensor:
        srgb = (middle(batch.float() / 255) - self._mean) / self._deviation
        features: Tensor = self._network.forward_head(self._network.forward_features(srgb), pre_logits=True)
        return features


def middle(srgb: Tensor) -> Tensor:
    """Return the middle 224 x 224 (N, 3, 224, 224) of photographs (N, 3, H, W) with a short side of 256."""
    height, width = srgb.shape[2:]
    if min(height, width) != SHORT_SIDE:
        scale = SHORT_SIDE / min(height, width)
        size = round(height * scale), round(width * scale)
        srgb = F.interpolate(srgb, size, mode="bicubic", antialias=True, align_corners=False).clamp(0, 1)
    top, left = ((side - CROP) // 2 for side in srgb.shape[2:])
    return srgb[:, :, top : top + CROP, left : left + CROP]


def imagenet_class(name: str) -> int | None:
    """Return the class that a file or folder is named after, or None where the name says none.

    Args:
        name: a path that holds the class's WordNet number, as ImageNet's own files do.

    >>> imagenet_class("n01440764_tench.jpg"), imagenet_class("val/n01443537/ILSVRC2012_val_00000236.JPEG")
    (0, 1)
    >>> imagenet_class("grandmother.png") is None
    True
    """
    numbers = _SYNSET.findall(name)
    return _classes().get(numbers[-1]) if numbers else None


@cache
def _classes() -> dict[str, int]:
    """Return ImageNet's WordNet numbers and their places in the usual order."""
    import_torchvision()
    from timm.data.imagenet_info import ImageNetInfo  # noqa: PLC0415 - needs torchvision first

    info = ImageNetInfo("imagenet-1k")
    numbers: list[str] = info.label_names()  # type: ignore[no-untyped-call]  # timm's own
    return {number: index for index, number in enumerate(numbers)}


def _create(found: FoundWeights, padding: str) -> Any:
    import_torchvision()
    import timm  # noqa: PLC0415 - needs torchvision first

    network = timm.create_model("mobilenetv2_100", pretrained=False, pad_type=padding)
    try:
        network.load_state_dict(load_state(found.path))
    except RuntimeError as error:
        raise MissingWeightsError(
            f"{found.path} does not fit timm's mobilenetv2_100 ({error}); download it again"
        ) from error
    return network.eval().requires_grad_(requires_grad=False)
