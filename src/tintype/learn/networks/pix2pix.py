"""Isola, Zhu, Zhou and Efros, "Image-to-Image Translation with Conditional Adversarial Networks" (CVPR 2017).

arXiv:1611.07004. Faithful: the generator of the paper's appendix, a U-Net of eight 4x4 convolutions with stride 2
down to a single cell and eight transposed ones up, with skips between equal sizes, leaky ReLU 0.2 on the way down and
ReLU on the way up, batch norm everywhere but in the outermost layers and the innermost convolution, dropout of a half
in the first three layers up, and a tanh; the discriminator of 70 x 70 patches (`PatchDiscriminator`), which sees
lightness and color together; weights drawn with a standard deviation of 0.02; L1 weighs 100 beside the adversarial
loss (`L1_WEIGHT`).

``pix2pix-pretrained`` is the well-known practical variant: the encoder is an ImageNet ResNet-18, the decoder that of
`tintype.learn.networks.unet`, and the generator is first trained with L1 alone.

Different:
- Dropout, the paper's only noise, is off when a photograph is colored, and batch norm uses what it saw in training:
  the same photograph gets the same color every time. (The paper itself found that its noise changes little.)
- No biases before a batch norm, which would undo them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tintype.learn.networks.encoders import GrayRgb, TimmEncoder, find_encoder
from tintype.learn.networks.traits import NetworkTraits
from tintype.learn.networks.unet import ShuffleDecoder
from tintype.models.card import SizeRule

AB_SCALE = 110.0
L1_WEIGHT = 100.0
"""What the mean absolute error of color in -1..1 (ab divided by 110) weighs beside the adversarial loss."""


@dataclass(frozen=True)
class Pix2pixConfig:
    """Sizes of a `Pix2pixNet` and of its discriminator.

    Attributes:
        width: channels of the first convolution of generator and discriminator; the others have up to 8 times as
            many.
        downs: how many times the generator halves the size; without a backbone.
        backbone: timm's name of the encoder; "" for the paper's generator.
        backbone_weights: ``local``, ``timm`` or ``none`` (see `TimmEncoder`).
        same_padding: pad the encoder's strided convolutions as TensorFlow does.
        mean: subtracted from gray sRGB (0..1) before the encoder, one for each channel.
        std: divides what remains.
    """

    width: int = 64
    downs: int = 8
    backbone: str = ""
    backbone_weights: str = "none"
    same_padding: bool = False
    mean: tuple[float, ...] = (0.485, 0.456, 0.406)
    std: tuple[float, ...] = (0.229, 0.224, 0.225)


class UnetGenerator(nn.Module):
    """The paper's generator.

    Shape:
        lightness (N, 1, H, W), 0..100, H and W multiples of 2^downs -> (N, 2, H, W), -1..1.
    """

    def __init__(self, config: Pix2pixConfig) -> None:
        super().__init__()
        widths = [config.width * min(2**i, 8) for i in range(config.downs)]
        last = config.downs - 1
        self.downs = nn.ModuleList(
            _down(widths[i - 1] if i else 1, widths[i], relu=i > 0, norm=0 < i < last)
            for i in range(config.downs)
        )
        self.ups = nn.ModuleList(
            _up(widths[i] * (1 if i == last else 2), widths[i - 1], dropout=last - i < 3)
            for i in range(last, 0, -1)
        )
        self.head = nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(2 * widths[0], 2, 4, 2, 1), nn.Tanh())
        draw_weights(self)

    def forward(self, lightness: Tensor) -> Tensor:
        """Return the color."""
        x, skips = lightness / 50 - 1, []
        for down in self.downs:
            x = down(x)
            skips.append(x)
        skips.pop()
        for up in self.ups:
            x = torch.cat([up(x), skips.pop()], 1)
        return self.head(x)


class PretrainedGenerator(nn.Module):
    """The generator of the practical variant.

    Shape:
        lightness (N, 1, H, W), 0..100, H and W multiples of 32 -> (N, 2, H, W), -1..1.
    """

    def __init__(self, config: Pix2pixConfig) -> None:
        super().__init__()
        self.gray = GrayRgb(config.mean, config.std)
        self.encoder = TimmEncoder(
            config.backbone,
            weights=config.backbone_weights,
            same_padding=config.same_padding,
            classes=0,
        )
        self.decoder = ShuffleDecoder(self.encoder.channels)

    def forward(self, lightness: Tensor) -> Tensor:
        """Return the color."""
        rgb = self.gray(lightness)
        return self.decoder(rgb, self.encoder(rgb))


class Pix2pixNet(nn.Module):
    """The network of ``pix2pix``.

    Shape:
        lightness (N, 1, H, W), 0..100, H and W multiples of 2^downs, or of 32 with a backbone ->
        ab (N, 2, H, W) in Lab units.
    """

    def __init__(self, config: Pix2pixConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or Pix2pixConfig()
        self.generator = PretrainedGenerator(config) if config.backbone else UnetGenerator(config)

    @property
    def traits(self) -> NetworkTraits:
        """What the card says of a network of this configuration."""
        multiple = 32 if self.config.backbone else 2**self.config.downs
        return NetworkTraits(0, 1, frozenset(), SizeRule(multiple, default=256, minimum=max(64, multiple)))

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        """Return the contract's output."""
        return {"ab": self.generator(lightness) * AB_SCALE}


class PatchDiscriminator(nn.Module):
    """Tells for each patch of 70 x 70 pixels whether its color is true, given its lightness.

    It takes part in training alone; weights of the generator do not hold it.

    Shape:
        lightness (N, 1, H, W), 0..100, and ab (N, 2, H, W) in Lab units -> logits (N, 1, H/8 - 2, W/8 - 2), positive
        for true.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(3, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for i, stride in ((1, 2), (2, 2), (3, 1)):
            outputs = width * 2**i
            layers += [nn.Conv2d(outputs // 2, outputs, 4, stride, 1, bias=False), nn.BatchNorm2d(outputs)]
            layers.append(nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*layers, nn.Conv2d(8 * width, 1, 4, 1, 1))
        draw_weights(self)

    def forward(self, lightness: Tensor, ab: Tensor) -> Tensor:
        """Return the logits."""
        return self.layers(torch.cat([lightness / 50 - 1, ab / AB_SCALE], 1))


def create_critic(config: Pix2pixConfig) -> PatchDiscriminator:
    """Return the discriminator that trains beside a network of this configuration."""
    return PatchDiscriminator(config.width)


def draw_weights(network: nn.Module) -> None:
    """Draw all weights as the paper does: normal, standard deviation 0.02; those of norms around 1."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            nn.init.normal_(module.weight, std=0.02)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            nn.init.normal_(module.weight, 1.0, 0.02)


def _down(inputs: int, outputs: int, *, relu: bool, norm: bool) -> nn.Sequential:
    return nn.Sequential(
        *([nn.LeakyReLU(0.2)] if relu else []),
        nn.Conv2d(inputs, outputs, 4, 2, 1, bias=not norm),
        *([nn.BatchNorm2d(outputs)] if norm else []),
    )


def _up(inputs: int, outputs: int, *, dropout: bool) -> nn.Sequential:
    return nn.Sequential(
        *(nn.ReLU(), nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs)),
        *([nn.Dropout(0.5)] if dropout else []),
    )


def find_config(state: Mapping[str, Tensor], backbone: str | None = None) -> Pix2pixConfig:
    """Return the configuration that a state dict belongs to; with a backbone, the default width.

    Raises:
        BrokenModelError: an unknown backbone.
        KeyError: the weights are of another system.
    """
    state = {n.removeprefix("generator."): t for n, t in state.items() if n.startswith("generator.")}
    if "gray.mean" in state:
        known = [config.backbone for config in CONFIGS.values() if config.backbone]
        return Pix2pixConfig(**find_encoder(state, [backbone] if backbone else known))
    downs = {name.split(".")[1] for name in state if name.startswith("downs.")}
    return Pix2pixConfig(width=state["downs.0.0.weight"].shape[0], downs=len(downs))


CONFIGS: dict[str, Pix2pixConfig] = {
    "pix2pix": Pix2pixConfig(),
    "pix2pix-pretrained": Pix2pixConfig(backbone="resnet18", backbone_weights="local"),
    "pix2pix-pretrained-mobilenetv2": Pix2pixConfig(
        backbone="mobilenetv2_100",
        backbone_weights="local",
        same_padding=True,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
    ),
    "pix2pix-test": Pix2pixConfig(width=8, downs=5),
    "pix2pix-pretrained-test": Pix2pixConfig(width=8, backbone="test_resnet"),
}
