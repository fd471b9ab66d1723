"""Iizuka, Simo-Serra and Ishikawa, "Let there be Color!" (SIGGRAPH 2016, ACM Transactions on Graphics 35(4)).

The full title goes on: "Joint End-to-end Learning of Global and Local Image Priors for Automatic Image Colorization
with Simultaneous Classification".

Faithful: the parts with the layers of the paper's table 1 - six low-level convolutions, strided instead of pooled,
whose weights serve the photograph and its copy of 224 x 224; the global features network on the copy, four
convolutions and three fully connected layers; two mid-level convolutions on the photograph at its own size; the
fusion layer, which joins the global vector to the features of every position through one shared matrix; the
colorization network with nearest-neighbor upsampling, which ends in a sigmoid at half the photograph's size; and the
classifier on the second to last global layer, trained jointly (`CLASS_WEIGHT`), so that the global network learns
what the scene is. Batch norm and ReLU follow every layer but the last ones. ``style`` is the global vector of another
photograph.

Different:
- The sigmoid's 0..1 stands for -110..110 Lab units in a and b; the paper only says that colors are normalized.
- While training on photographs of the copy's own size, the low-level features are computed once, since both passes
  would be the same.
- The classes are those of the training photographs, not the paper's 205 kinds of scenes.
- The released weights are licensed for non-commercial use in another format, so no names were kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tintype.learn.networks.blocks import ConvUnit, reduce_to, start_for_relu, start_for_tanh
from tintype.learn.networks.traits import NetworkTraits
from tintype.models.card import SizeRule

AB_SCALE = 110.0
CLASS_WEIGHT = 1 / 300
"""The paper's alpha: what the classifier's cross-entropy weighs beside the mean squared error of color in 0..1."""


@dataclass(frozen=True)
class IizukaConfig:
    """Sizes of an `IizukaNet`.

    Attributes:
        width: channels of the first convolution; the others have half to 8 times as many, the global vector 4 times.
        side: of the square copy that the global features network sees, a multiple of 32.
        classes: of the classifier, 205 scenes in the paper; 0 for none.
    """

    width: int = 64
    side: int = 224
    classes: int = 205


class Dense(nn.Sequential):
    """A fully connected layer, batch norm, ReLU: (N, inputs) -> (N, outputs)."""

    def __init__(self, inputs: int, outputs: int) -> None:
        linear = nn.Linear(inputs, outputs, bias=False)
        nn.init.kaiming_normal_(linear.weight)
        super().__init__(linear, nn.BatchNorm1d(outputs), nn.ReLU())


class Fusion(nn.Module):
    """Joins the global vector to the features of every position, and mixes both by one matrix for all positions.

    Shape:
        features (N, C, H, W), vector (N, C) -> (N, C, H, W).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mix = ConvUnit(2 * channels, channels, 1)

    def forward(self, features: Tensor, vector: Tensor) -> Tensor:
        """Return the fused features."""
        everywhere = vector[:, :, None, None].expand(-1, -1, features.shape[2], features.shape[3])
        return self.mix(torch.cat([everywhere, features], 1))


class IizukaNet(nn.Module):
    """The network of ``iizuka16``.

    Shape:
        lightness (N, 1, H, W), 0..100, H and W multiples of 8;
        style (N, S): ``style_out`` of another photograph; zeros, or None, for the photograph's own ->
        ab (N, 2, H/2, W/2) in Lab units, style_out (N, S), classes (N, classes) where there are any.
    """

    def __init__(self, config: IizukaConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or IizukaConfig()
        half, c1, c2, c4, c8, c16 = (config.width * times // 2 for times in (1, 2, 4, 8, 16, 32))
        self.low = nn.Sequential(
            *(ConvUnit(1, c1, stride=2), ConvUnit(c1, c2)),
            *(ConvUnit(c2, c2, stride=2), ConvUnit(c2, c4)),
            *(ConvUnit(c4, c4, stride=2), ConvUnit(c4, c8)),
        )
        self.global_convs = nn.Sequential(
            *(ConvUnit(c8, c8, stride=2), ConvUnit(c8, c8), ConvUnit(c8, c8, stride=2), ConvUnit(c8, c8))
        )
        self.global_dense = nn.Sequential(Dense(c8 * (config.side // 32) ** 2, c16), Dense(c16, c8))
        self.global_vector = Dense(c8, c4)
        self.mid = nn.Sequential(ConvUnit(c8, c8), ConvUnit(c8, c4))
        self.fusion = Fusion(c4)
        head = nn.Conv2d(half, 2, 3, padding=1)
        self.color = nn.Sequential(
            *(ConvUnit(c4, c2), nn.Upsample(scale_factor=2.0)),
            *(ConvUnit(c2, c1), ConvUnit(c1, c1), nn.Upsample(scale_factor=2.0)),
            *(ConvUnit(c1, half), head, nn.Sigmoid()),
        )
        self.classifier = (
            nn.Sequential(Dense(c8, c4), nn.Linear(c4, config.classes)) if config.classes else None
        )
        start_for_relu(self)
        start_for_tanh(head)

    @property
    def traits(self) -> NetworkTraits:
        """What the card says of a network of this configuration."""
        capabilities = {"style", "classes"} if self.config.classes else {"style"}
        size = SizeRule(8, default=self.config.side, minimum=64)
        return NetworkTraits(0, 2, frozenset(capabilities), size, {"style": 4 * self.config.width})

    def forward(self, lightness: Tensor, style: Tensor | None = None) -> dict[str, Tensor]:
        """Return the contract's outputs."""
        low, low_of_copy = self.see(lightness)
        scene = self.global_dense(self.global_convs(low_of_copy).flatten(1))
        own = self.global_vector(scene)
        vector = own if style is None else torch.where(style.abs().sum(1, keepdim=True) > 0, style, own)
        color = self.color(self.fusion(self.mid(low), vector))
        outputs = {"ab": (2 * color - 1) * AB_SCALE, "style_out": own}
        if self.classifier is not None:
            outputs["classes"] = self.classifier(scene)
        return outputs

    def see(self, lightness: Tensor) -> tuple[Tensor, Tensor]:
        """Return the low-level features of the photograph and of its square copy."""
        side = self.config.side
        low = self.low(lightness / 100 - 0.5)
        if self.training and lightness.shape[2:] == (side, side):
            return low, low
        return low, self.low(reduce_to(lightness, (side, side)) / 100 - 0.5)


def find_config(state: Mapping[str, Tensor]) -> IizukaConfig:
    """Return the configuration that a state dict belongs to.

    Raises:
        KeyError: the weights are of another system.
    """
    width = state["low.0.0.weight"].shape[0]
    cells = state["global_dense.0.0.weight"].shape[1] // (8 * width)
    last = state.get("classifier.1.weight")
    return IizukaConfig(width, 32 * round(cells**0.5), 0 if last is None else last.shape[0])


CONFIGS: dict[str, IizukaConfig] = {
    "iizuka16": IizukaConfig(),
    "iizuka16-test": IizukaConfig(width=8, side=64, classes=10),
}
