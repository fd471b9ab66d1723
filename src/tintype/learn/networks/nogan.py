"""NoGAN, the idea of Jason Antic's DeOldify (2018-2019), on an encoder of ours; it has no paper.

A generator that already learned to color with a feature loss, and a critic that already learned to tell its pictures
from true ones, need only a short adversarial training: it stops at the turning point, where the critic's advice
begins to harm. Generator and critic follow what DeOldify's documentation and code say of its "artistic" model.

Faithful: a U-Net on a pretrained encoder whose blocks are one and a half times as wide as what enters them, doubling
by pixel shuffle with a blur, self-attention at an eighth of the size, spectral norm and batch norm in every layer of
the decoder; a last residual unit that also sees the photograph. The critic: three times a 3x3 and a strided 4x4
convolution, twice as wide each time, spectral norm everywhere, self-attention in the first block, dropout of
channels, a map of opinions instead of one (`NoganCritic`).

Different:
- The encoder is any timm backbone, a MobileNetV2 by default; ``nogan-resnet34`` has the artistic model's ResNet-34.
- The answer is ab in Lab units, with a tanh, instead of RGB in a range of -3..3 from which the luma is thrown away.
- The critic sees lightness and ab, scaled to -1..1, instead of RGB.
- The training has one turn of critic and both, with the rate and the weights of the "stable" model, and one rate for
  all sizes; docs/systems/nogan.md tells all of it.
- All weights but the encoder's start as He et al. 2015 propose; under spectral norm only their direction matters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tintype.learn.networks.encoders import GrayRgb, TimmEncoder, find_encoder
from tintype.learn.networks.spectral import SelfAttention, SpectralConv
from tintype.learn.networks.traits import NetworkTraits
from tintype.learn.networks.unet import ShuffleDecoder
from tintype.models.card import SizeRule

AB_SCALE = 110.0
DROPOUT = 0.15
"""Share of channels that the critic forgets, half as many behind its first layer."""


@dataclass(frozen=True)
class NoganConfig:
    """Sizes of a `NoganNet` and of its critic.

    Attributes:
        backbone: timm's name of the encoder.
        backbone_weights: ``local``, ``timm`` or ``none`` (see `TimmEncoder`).
        same_padding: pad the encoder's strided convolutions as TensorFlow does.
        mean: subtracted from gray sRGB (0..1) before the encoder, one for each channel.
        std: divides what remains.
        factor: the decoder's blocks are so many times as wide as what enters them.
        critic_width: channels of the critic's first convolution. It is no size of the network, whose weights do not
            tell it.
    """

    backbone: str = "mobilenetv2_100"
    backbone_weights: str = "none"
    same_padding: bool = True
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.5, 0.5, 0.5)
    factor: float = 1.5
    critic_width: int = 256


class NoganNet(nn.Module):
    """The network of ``nogan``.

    Shape:
        lightness (N, 1, H, W), 0..100, H and W multiples of 32 -> ab (N, 2, H, W) in Lab units.
    """

    def __init__(self, config: NoganConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or NoganConfig()
        self.gray = GrayRgb(config.mean, config.std)
        self.encoder = TimmEncoder(
            config.backbone,
            weights=config.backbone_weights,
            same_padding=config.same_padding,
            classes=0,
        )
        self.decoder = ShuffleDecoder(
            self.encoder.channels, factor=config.factor, spectral=True, blur=True, attention=True
        )

    @property
    def traits(self) -> NetworkTraits:
        """What the card says of a network of this configuration."""
        return NetworkTraits(0, 1, frozenset(), SizeRule(32, default=256, minimum=64))

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        """Return the contract's output."""
        rgb = self.gray(lightness)
        return {"ab": self.decoder(rgb, self.encoder(rgb)) * AB_SCALE}


class NoganCritic(nn.Module):
    """Tells for each part of a photograph whether its color is true.

    It takes part in training alone; weights of the network do not hold it.

    Shape:
        lightness (N, 1, H, W), 0..100, and ab (N, 2, H, W) in Lab units, H and W multiples of 16 from 64 ->
        logits (N, 1, H/16 - 3, W/16 - 3), positive for true.
    """

    def __init__(self, width: int = 256) -> None:
        super().__init__()
        layers: list[nn.Module] = [_conv(3, width, 4, 2), nn.Dropout2d(DROPOUT / 2)]
        for i in range(3):
            layers += [_conv(width, width, 3, 1), nn.Dropout2d(DROPOUT), _conv(width, 2 * width, 4, 2)]
            width *= 2
            if i == 0:
                layers.append(SelfAttention(width))
        layers.append(_conv(width, width, 3, 1))
        self.layers = nn.Sequential(*layers, SpectralConv(width, 1, 4, padding=0, bias=False))

    def forward(self, lightness: Tensor, ab: Tensor) -> Tensor:
        """Return the logits."""
        return self.layers(torch.cat([lightness / 50 - 1, ab / AB_SCALE], 1))


def create_critic(config: NoganConfig) -> NoganCritic:
    """Return the critic that trains beside a network of this configuration."""
    return NoganCritic(config.critic_width)


def _conv(inputs: int, outputs: int, kernel: int, stride: int) -> nn.Module:
    """Return a convolution with spectral norm and a leaky ReLU."""
    return nn.Sequential(SpectralConv(inputs, outputs, kernel, stride=stride), nn.LeakyReLU(0.2))


def find_config(state: Mapping[str, Tensor], backbone: str | None = None) -> NoganConfig:
    """Return the configuration that a state dict belongs to, with the default width of the critic.

    Raises:
        BrokenModelError: an unknown backbone.
        KeyError: the weights are of another system.
    """
    factor = _find_factor(state)
    backbones = [backbone] if backbone else [config.backbone for config in CONFIGS.values()]
    return NoganConfig(factor=factor, **find_encoder(state, backbones))


def _find_factor(state: Mapping[str, Tensor]) -> float:
    """Return the factor with the fewest decimals that gives the decoder's blocks their widths."""
    convs = "decoder.blocks.{}.convs.0.0.weight_orig"
    shapes = [state[convs.format(0)].shape]
    while convs.format(len(shapes)) in state:
        shapes.append(state[convs.format(len(shapes))].shape)
    outputs = [shape[0] for shape in shapes]
    joined = [*(shape[1] for shape in shapes[:-1]), shapes[-1][1] // 2]
    least = max(o / j for o, j in zip(outputs, joined, strict=True))
    for decimals in range(1, 9):
        factor = math.ceil(least * 10**decimals) / 10**decimals
        if [int(j * factor) for j in joined] == outputs:
            return factor
    return least


CONFIGS: dict[str, NoganConfig] = {
    "nogan": NoganConfig(backbone_weights="local"),
    "nogan-resnet34": NoganConfig(
        backbone="resnet34",
        backbone_weights="local",
        same_padding=False,
        mean=(0.485, 0.456, 0.406),
        std=(0.229, 0.224, 0.225),
    ),
    "nogan-test": NoganConfig(backbone="mobilenetv2_035", factor=1.0, critic_width=8),
}
