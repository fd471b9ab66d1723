"""Zhang, Isola and Efros, "Colorful Image Colorization" (ECCV 2016, arXiv:1603.08511).

Faithful: the layers of the authors' release (22 convolutions in eight blocks, dilated by 2 in blocks 5 and 6 instead
of striding further, batch norm once a block), the 313 bins at a quarter of the input's size, the fixed layer
``model_out`` of the bins' centers, and all names, so that the released weights load strictly. Soft encoding and the
weights of rare colors belong to the loss, the annealed mean (`ANNEALED_MEAN`) to the decoding, as in the paper.

Different:
- Weights start as He et al. 2015 propose instead of by k-means on activations.
- Soft encoding takes the paper's 5 nearest bins, where the release's code takes 10.
- The uniform half of the smoothed prior lies on all 313 bins; in the release on those that occur.
- A cell's true color is that of its middle pixel; the release takes the first one.
- Photographs keep their aspect ratio; the release squeezes them into a square of 256.
- ``model_out`` is no parameter: the paper fixes it, and decoding by `tintype.color.bins` does not pass through it.
  `EccvNet.mean_color` alone uses it, which decodes as the PyTorch release does, without a temperature of its own.
  (The Caffe release multiplies the logits by 2.606, which is 1 / 0.38.)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.color.bins import BIN_COUNT, CENTERS, Decoding
from tintype.learn.networks.blocks import ConvChain, start_for_relu
from tintype.learn.networks.traits import NetworkTraits
from tintype.models.card import SizeRule

AB_SCALE = 110.0
ANNEALED_MEAN = Decoding(rarity=0.0, temperature=0.38)
"""The paper's decoding of its network, which is trained with the weights of rare colors."""


@dataclass(frozen=True)
class EccvConfig:
    """Sizes of an `EccvNet`.

    Attributes:
        width: channels of the first block; the others have 2, 4 and 8 times as many.
    """

    width: int = 64


class BinCenters(nn.Module):
    """A 1x1 convolution whose fixed weights are the centers of the bins.

    Shape:
        probabilities (N, 313, H, W) -> mean ab (N, 2, H, W) divided by 110.
    """

    def __init__(self) -> None:
        super().__init__()
        self.weight: Tensor
        self.register_buffer("weight", torch.from_numpy(CENTERS.T.copy())[:, :, None, None] / AB_SCALE)

    def forward(self, probabilities: Tensor) -> Tensor:
        """Return the mean of the centers."""
        return F.conv2d(probabilities, self.weight)


class EccvNet(nn.Module):
    """The network of ``eccv16``.

    Shape:
        lightness (N, 1, H, W), 0..100, H and W multiples of 8 -> bin_logits (N, 313, H/4, W/4).
    """

    def __init__(self, config: EccvConfig | None = None) -> None:
        super().__init__()
        self.config = config or EccvConfig()
        c1, c2, c3, c4 = (self.config.width * times for times in (1, 2, 4, 8))
        self.model1 = ConvChain(1, c1, c1, stride=2)
        self.model2 = ConvChain(c1, c2, c2, stride=2)
        self.model3 = ConvChain(c2, c3, c3, c3, stride=2)
        self.model4 = ConvChain(c3, c4, c4, c4)
        self.model5 = ConvChain(c4, c4, c4, c4, dilation=2)
        self.model6 = ConvChain(c4, c4, c4, c4, dilation=2)
        self.model7 = ConvChain(c4, c4, c4, c4)
        self.model8 = nn.Sequential(
            *(nn.ConvTranspose2d(c4, c3, 4, 2, padding=1), nn.ReLU()),
            *(nn.Conv2d(c3, c3, 3, padding=1), nn.ReLU()),
            *(nn.Conv2d(c3, c3, 3, padding=1), nn.ReLU()),
            nn.Conv2d(c3, BIN_COUNT, 1),
        )
        self.model_out = BinCenters()
        start_for_relu(self)

    @property
    def traits(self) -> NetworkTraits:
        """What the card says of every network of this system."""
        capabilities = frozenset({"samples", "suggestions", "doubt"})
        return NetworkTraits(BIN_COUNT, 4, capabilities, SizeRule(8, default=256, minimum=64))

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        """Return the contract's outputs."""
        x = self.model3(self.model2(self.model1((lightness - 50) / 100)))
        return {"bin_logits": self.model8(self.model7(self.model6(self.model5(self.model4(x)))))}

    def mean_color(self, bin_logits: Tensor) -> Tensor:
        """Return ab (N, 2, 4H, 4W) in Lab units of logits (N, 313, H, W), as the PyTorch release decodes them."""
        mean = self.model_out(bin_logits.softmax(1))
        return F.interpolate(mean, scale_factor=4.0, mode="bilinear", align_corners=False) * AB_SCALE


def find_config(state: Mapping[str, Tensor]) -> EccvConfig:
    """Return the configuration that a state dict belongs to.

    Raises:
        KeyError: the weights are of another system.
    """
    if state["model8.6.weight"].shape[0] != BIN_COUNT:
        raise KeyError("model8.6.weight")
    return EccvConfig(width=state["model1.0.weight"].shape[0])


CONFIGS: dict[str, EccvConfig] = {
    "eccv16": EccvConfig(),
    "eccv16-test": EccvConfig(width=8),
}
