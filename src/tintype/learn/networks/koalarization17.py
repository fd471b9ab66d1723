"""Baldassarre, Gonzalez Morin and Rodes-Guirao, "Deep Koalarization" (2017, arXiv:1712.03400).

The full title goes on: "Image Colorization using CNNs and Inception-ResNet-v2".

Faithful: the layers of the paper's table 1 - an encoder of eight convolutions down to an eighth of the size; the
frozen Inception-ResNet-v2, which sees the gray photograph at 299 x 299 and whose logits stand for the photograph as a
whole; the fusion, which repeats them at every position and mixes them with the encoder's features by one 1x1
convolution; the decoder with nearest-neighbor upsampling, which ends in a tanh and is doubled once more. ReLU
everywhere, no batch norm. ``koalarization17-tutorial`` has the decoder of the widely copied tutorial by E. Wallner
("How to colorize black & white photos with just 100 lines of neural network code", 2017).

Different:
- The paper's weights of Inception-ResNet-v2 have 1001 classes, the first of which is "background"; timm's have 1000.
  The tutorial, whose Keras weights have 1000 too, is met exactly.
- The copy for the feature extractor is squeezed into the square without a border. (That the paper pads instead, to
  keep the aspect, could not be verified.)
- Any timm backbone takes the place of Inception-ResNet-v2 by configuration; ``koalarization17-mobilenetv2`` is one
  whose weights are small.
- The embedding is computed with the photograph and not beforehand, so that crops can be random. `embed` and
  `colorize` are the two halves, for who wants it otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from tintype.errors import RecipeError
from tintype.learn.networks.blocks import reduce_to, start_for_relu, start_for_tanh
from tintype.learn.networks.encoders import GrayRgb, TimmEncoder, find_encoder
from tintype.learn.networks.traits import NetworkTraits
from tintype.models.card import SizeRule

AB_SCALES = {"paper": 127.0, "tutorial": 128.0}
"""Lab units of the tanh's 1, by decoder."""


@dataclass(frozen=True)
class KoalarizationConfig:
    """Sizes of a `KoalarizationNet`.

    Attributes:
        decoder: ``paper`` or ``tutorial``.
        width: channels of the first convolution; the others have 1/4, 1/2, 1, 2, 4 and 8 times as many.
        backbone: timm's name of the feature extractor.
        backbone_weights: ``local``, ``timm`` or ``none`` (see `TimmEncoder`).
        same_padding: pad its strided convolutions as TensorFlow does; Inception-ResNet-v2 has its padding within.
        mean: subtracted from gray sRGB (0..1) before it, one for each channel.
        std: divides what remains.
        classes: its classes, the length of the embedding.
        side: of the square copy that it sees.
    """

    decoder: str = "paper"
    width: int = 64
    backbone: str = "inception_resnet_v2"
    backbone_weights: str = "none"
    same_padding: bool = False
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.5, 0.5, 0.5)
    classes: int = 1000
    side: int = 299

    def __post_init__(self) -> None:
        if self.decoder not in AB_SCALES:
            raise RecipeError(f"decoder is {self.decoder!r}; give one of {', '.join(AB_SCALES)}")


class KoalarizationNet(nn.Module):
    """The network of ``koalarization17``.

    Shape:
        lightness (N, 1, H, W), 0..100, H and W multiples of 8 -> ab (N, 2, H, W) in Lab units.
    """

    def __init__(self, config: KoalarizationConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or KoalarizationConfig()
        c1, c2, c4, c8 = (config.width * times for times in (1, 2, 4, 8))
        self.gray = GrayRgb(config.mean, config.std)
        self.local = nn.Sequential(
            *_convs(1, c1, stride=2),
            *_convs(c1, c2),
            *_convs(c2, c2, stride=2),
            *_convs(c2, c4),
            *_convs(c4, c4, stride=2),
            *_convs(c4, c8, c8, c4),
        )
        self.fusion = nn.Sequential(nn.Conv2d(c4 + config.classes, c4, 1), nn.ReLU())
        head, self.decoder = _create_decoder(config)
        start_for_relu(self)
        start_for_tanh(head)
        self.encoder = TimmEncoder(
            config.backbone,
            weights=config.backbone_weights,
            same_padding=config.same_padding,
            classes=config.classes,
        ).requires_grad_(requires_grad=False)
        self.register_buffer("side", torch.tensor(config.side))  # no weight tells it

    @property
    def traits(self) -> NetworkTraits:
        """What the card says of a network of this configuration."""
        return NetworkTraits(0, 1, frozenset(), SizeRule(8, default=224, minimum=64))

    def train(self, mode: bool = True) -> KoalarizationNet:
        """Switch to training; the feature extractor stays as it is."""
        super().train(mode)
        self.encoder.eval()
        return self

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        """Return the contract's output."""
        return {"ab": self.colorize(lightness, self.embed(lightness))}

    def embed(self, lightness: Tensor) -> Tensor:
        """Return what the feature extractor says of photographs, its logits (N, classes)."""
        copy = reduce_to(lightness, (self.config.side, self.config.side))
        with torch.no_grad():
            return self.encoder.body(self.gray(copy))

    def colorize(self, lightness: Tensor, embedding: Tensor) -> Tensor:
        """Return ab (N, 2, H, W) of photographs and their embeddings."""
        local = self.local(lightness / 50 - 1)
        repeated = embedding[:, :, None, None].expand(-1, -1, local.shape[2], local.shape[3])
        color = self.decoder(self.fusion(torch.cat([local, repeated], 1)))
        return color * AB_SCALES[self.config.decoder]


def _convs(*channels: int, stride: int = 1) -> list[nn.Module]:
    """Return 3x3 convolutions, a ReLU after each, from the first number of channels to the last."""
    layers: list[nn.Module] = []
    for i in range(1, len(channels)):
        layers += [nn.Conv2d(channels[i - 1], channels[i], 3, stride, padding=1), nn.ReLU()]
    return layers


def _create_decoder(config: KoalarizationConfig) -> tuple[nn.Conv2d, nn.Sequential]:
    """Return the last convolution, and all layers from the fused features to tanh, doubled to full size."""
    quarter, half, c1, c2, c4 = (config.width * times // 4 for times in (1, 2, 4, 8, 16))
    paper = config.decoder == "paper"
    second, third, last = ((c1, c1), (half,), half) if paper else ((c1,), (half, quarter), quarter)
    head = nn.Conv2d(last, 2, 3, padding=1)
    return head, nn.Sequential(
        *(*_convs(c4, c2), nn.Upsample(scale_factor=2.0)),
        *(*_convs(c2, *second), nn.Upsample(scale_factor=2.0)),
        *_convs(c1, *third),
        *(head, nn.Tanh(), nn.Upsample(scale_factor=2.0)),
    )


def find_config(state: Mapping[str, Tensor], backbone: str | None = None) -> KoalarizationConfig:
    """Return the configuration that a state dict belongs to.

    Raises:
        BrokenModelError: an unknown backbone.
        KeyError: the weights are of another system.
    """
    width, mixed = state["local.0.weight"].shape[0], state["fusion.0.weight"]
    classes = mixed.shape[1] - mixed.shape[0]
    convs = [
        tensor.shape[0] for name, tensor in state.items() if name.startswith("decoder.") and tensor.ndim > 1
    ]
    backbones = [backbone] if backbone else [config.backbone for config in CONFIGS.values()]
    return KoalarizationConfig(
        decoder="paper" if convs[2] == width else "tutorial",
        width=width,
        classes=classes,
        side=int(state["side"]),
        **find_encoder(state, backbones, classes=classes),
    )


_MOBILE = KoalarizationConfig(
    backbone="mobilenetv2_100", backbone_weights="local", same_padding=True, side=224
)
CONFIGS: dict[str, KoalarizationConfig] = {
    "koalarization17": KoalarizationConfig(backbone_weights="local"),
    "koalarization17-tutorial": KoalarizationConfig("tutorial", backbone_weights="local"),
    "koalarization17-mobilenetv2": _MOBILE,
    "koalarization17-test": KoalarizationConfig(
        width=16, backbone="mobilenetv2_035", same_padding=True, classes=10, side=64
    ),
}
