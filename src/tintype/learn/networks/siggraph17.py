"""Zhang, Zhu, Isola et al., "Real-Time User-Guided Image Colorization with Learned Deep Priors" (SIGGRAPH 2017).

arXiv:1705.02999. Faithful: the layers and names of the authors' release, so that its weights load strictly: ten
blocks that hand on every second pixel instead of pooling, three shortcuts, a regression of ab at full size, a head
of 529 classes (bins of a 23 x 23 grid) at a quarter of the size that learns alone or teaches the trunk; hints as
ab and mask beside the lightness; and, where the configuration asks for it, the paper's network of 1x1 layers for
global hints, added to the fourth block. The PyTorch release has no such branch.

Different:
- The mask enters as it is, 0 or 1, as in the release and in the Caffe weights. The authors' training code in
  PyTorch subtracts 0.5 from it: weights of that code need the 0.5 subtracted before the network. (At the picture's
  border, which is padded with zeros, no bias makes up for it.)
- A hint's confidence between 0 and 1, which the paper does not know, scales mask and color alike.
- The mean saturation is no input of its own but that of the palette: each bin has the HSV saturation of its color
  at L = 50. In training the histogram and the saturation are revealed independently, half of the time each.
- The training begins with all photographs, not with ten classes of ImageNet, and leaves out none that are nearly
  gray.
- The classes' distribution is for training, for suggestions use a network with bins; the contract has one answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tintype.color.bins import BIN_COUNT, CENTERS
from tintype.color.lab import lab_to_srgb
from tintype.errors import RecipeError
from tintype.learn.networks.blocks import ConvChain, start_for_relu
from tintype.learn.networks.traits import NetworkTraits
from tintype.models.card import SizeRule

AB_SCALE = 110.0
GRID_SIDE = 23
"""The classes are the cells of a grid of 23 x 23 colors, 10 Lab units apart, from -110 to 110 in a and b."""
TEACHERS = ("regression", "classes")


@dataclass(frozen=True)
class SiggraphConfig:
    """Sizes of a `SiggraphNet`.

    Attributes:
        width: channels of the first block; the others have 2, 4 and 8 times as many.
        classes: of the class head, 529.
        global_hints: has the branch for a palette.
        teacher: whose gradient reaches what both heads share, ``regression`` or ``classes`` (the first stages of the
            paper's training); the other head learns alone. It is no size: weights do not tell it.
    """

    width: int = 64
    classes: int = GRID_SIDE**2
    global_hints: bool = False
    teacher: str = "regression"

    def __post_init__(self) -> None:
        if self.teacher not in TEACHERS:
            raise RecipeError(f"teacher is {self.teacher!r}; give one of {', '.join(TEACHERS)}")


class GlobalHints(nn.Sequential):
    """The paper's network for global hints: four 1x1 convolutions with ReLU.

    Shape:
        palette (N, 314): a distribution over the bins and its strength -> (N, width, 1, 1).
    """

    def __init__(self, width: int) -> None:
        layers: list[nn.Module] = []
        for inputs in (BIN_COUNT + 3, width, width, width):
            layers += [nn.Conv2d(inputs, width, 1), nn.ReLU()]
        super().__init__(*layers)
        self.saturation: Tensor
        self.register_buffer("saturation", torch.from_numpy(_saturation_of_bins()), persistent=False)

    def forward(self, palette: Tensor) -> Tensor:
        """Return what is added to every cell."""
        return super().forward(self.say(palette)[:, :, None, None])

    def say(self, palette: Tensor) -> Tensor:
        """Return (N, 316): the histogram, whether there is one, the mean saturation, whether there is one."""
        histogram, strength = palette[:, :BIN_COUNT], palette[:, BIN_COUNT:]
        shown = torch.cat([strength, strength], 1)
        if self.training:
            shown = shown * (torch.rand_like(shown) < 0.5)
        saturation = (histogram * self.saturation).sum(1, keepdim=True)
        return torch.cat([histogram * shown[:, :1], shown[:, :1], saturation * shown[:, 1:], shown[:, 1:]], 1)


class SiggraphNet(nn.Module):
    """The network of ``siggraph17``.

    Shape:
        lightness (N, 1, H, W), 0..100, H and W multiples of 8;
        hints (N, 3, H, W): a, b in Lab units and confidence, zeros where there is none;
        palette (N, 314), for global hints: a distribution over the bins and its strength; None for none ->
        ab (N, 2, H, W) in Lab units; in training also class_logits (N, 529, H/4, W/4), for `encode_classes`.
    """

    def __init__(self, config: SiggraphConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or SiggraphConfig()
        c1, c2, c3, c4 = (config.width * times for times in (1, 2, 4, 8))
        self.model1 = ConvChain(4, c1, c1)
        self.model2 = ConvChain(c1, c2, c2)
        self.model3 = ConvChain(c2, c3, c3, c3)
        self.model4 = ConvChain(c3, c4, c4, c4)
        self.model5 = ConvChain(c4, c4, c4, c4, dilation=2)
        self.model6 = ConvChain(c4, c4, c4, c4, dilation=2)
        self.model7 = ConvChain(c4, c4, c4, c4)
        self.model8up, self.model3short8 = _double(c4, c3), _shortcut(c3, c3)
        self.model8 = ConvChain(c3, c3, c3, first_relu=True)
        self.model9up, self.model2short9 = _double(c3, c2), _shortcut(c2, c2)
        self.model9 = ConvChain(c2, c2, first_relu=True)
        self.model10up, self.model1short10 = _double(c2, c2), _shortcut(c1, c2)
        self.model10 = nn.Sequential(nn.ReLU(), nn.Conv2d(c2, c2, 3, padding=1), nn.LeakyReLU(0.2))
        self.model_class = nn.Sequential(nn.Conv2d(c3, config.classes, 1))
        head = nn.Conv2d(c2, 2, 1)
        self.model_out = nn.Sequential(head, nn.Tanh())
        self.model_global = GlobalHints(c4) if config.global_hints else None
        start_for_relu(self)
        nn.init.normal_(head.weight, std=0.1 / c2**0.5)  # tanh begins in its straight part

    @property
    def traits(self) -> NetworkTraits:
        """What the card says of a network of this configuration."""
        capabilities = {"hints", "palette"} if self.config.global_hints else {"hints"}
        return NetworkTraits(0, 1, frozenset(capabilities), SizeRule(8, default=256, minimum=64))

    def forward(self, lightness: Tensor, hints: Tensor, palette: Tensor | None = None) -> dict[str, Tensor]:
        """Return the contract's output, and in training what the class head says."""
        fine, middle, coarse = self.encode(lightness, hints, palette)
        by_classes = self.config.teacher == "classes"
        taught = [x.detach() if by_classes else x for x in (fine, middle, coarse)]
        outputs = {"ab": self.regress(*taught)}
        if self.training:
            outputs["class_logits"] = self.model_class(coarse if by_classes else coarse.detach())
        return outputs

    def encode(
        self, lightness: Tensor, hints: Tensor, palette: Tensor | None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return what both heads share: features at full size, at 1/2 and at 1/4."""
        confidence = hints[:, 2:]
        ab = hints[:, :2] * confidence / AB_SCALE
        fine = self.model1(torch.cat([(lightness - 50) / 100, ab, confidence], 1))
        middle = self.model2(every_second(fine))
        quarter = self.model3(every_second(middle))
        x = self.model4(every_second(quarter))
        if self.model_global is not None:
            none = lightness.new_zeros(lightness.shape[0], BIN_COUNT + 1)
            x = x + self.model_global(none if palette is None else palette)
        x = self.model7(self.model6(self.model5(x)))
        return fine, middle, self.model8(self.model8up(x) + self.model3short8(quarter))

    def regress(self, fine: Tensor, middle: Tensor, coarse: Tensor) -> Tensor:
        """Return ab (N, 2, H, W) in Lab units."""
        x = self.model9(self.model9up(coarse) + self.model2short9(middle))
        x = self.model10(self.model10up(x) + self.model1short10(fine))
        return self.model_out(x) * AB_SCALE


def every_second(x: Tensor) -> Tensor:
    """Return every second pixel of every second row: (N, C, H, W) -> (N, C, H/2, W/2)."""
    return x[:, :, ::2, ::2]


def encode_classes(ab: Tensor) -> Tensor:
    """Return the class of each color: (N, 2, H, W) in Lab units -> (N, H, W) int64, 0 to 528."""
    cells = ((ab + AB_SCALE) / 10).round().clamp(0, GRID_SIDE - 1).long()
    return cells[:, 0] * GRID_SIDE + cells[:, 1]


def decode_classes(classes: Tensor) -> Tensor:
    """Return the color of each class: (N, H, W) int64 -> (N, 2, H, W) in Lab units."""
    cells = torch.stack([classes.div(GRID_SIDE, rounding_mode="floor"), classes % GRID_SIDE], 1)
    return cells * 10.0 - AB_SCALE


def find_config(state: Mapping[str, Tensor]) -> SiggraphConfig:
    """Return the configuration that a state dict belongs to, with the default teacher.

    Raises:
        KeyError: the weights are of another system.
    """
    first, classes = state["model1.0.weight"], state["model_class.0.weight"]
    if "model10up.0.weight" not in state or first.shape[1] != 4:
        raise KeyError("model10up.0.weight")
    return SiggraphConfig(
        width=first.shape[0], classes=classes.shape[0], global_hints="model_global.0.weight" in state
    )


def _double(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, 2, padding=1))


def _shortcut(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1))


def _saturation_of_bins() -> NDArray[np.float32]:
    """Return the HSV saturation (313,), 0..1, of each bin's color at L = 50, cut at the border of sRGB."""
    lab = np.concatenate([np.full((BIN_COUNT, 1), 50, np.float32), CENTERS], axis=1)
    srgb = lab_to_srgb(lab).clip(0, 1)
    return (1 - srgb.min(1) / srgb.max(1)).astype(np.float32)


CONFIGS: dict[str, SiggraphConfig] = {
    "siggraph17": SiggraphConfig(),
    "siggraph17-global": SiggraphConfig(global_hints=True),
    "siggraph17-test": SiggraphConfig(width=8, global_hints=True),
}
