"""Deshpande, Lu, Yeh, Chong and Forsyth, "Learning Diverse Image Colorization" (CVPR 2017, arXiv:1612.01958).

Faithful: a variational autoencoder makes a code of 64 numbers of a color field of 64 x 64 (`FieldEncoder`, for
training alone) and a field of a code, beside features of the gray picture at four scales; a mixture density network
of seven convolutions on the features of Zhang et al. 2016 says which codes fit a photograph: eight Gaussians of
fixed variance. The means, most likely first, give eight diverse colorings. The losses are in
`tintype.learn.losses.variational`. The layers are those of the authors' later version; the first had one more dense
layer of 4096 in the mixture network.

Different:
- The contract's ``latent`` is drawn from a standard normal distribution, all of it: 64 numbers of noise, then one for
  each Gaussian, by which one of them is chosen (`MixtureNetwork.choose`). So a latent of noise is a sample of the
  mixture, and zeros give the mean of the likeliest Gaussian; `latents_in_order` gives the eight means.
- The features are computed at 256 x 256 (32 x 32 cells) and after the seventh block's batch norm, not at 224 x 224
  and before it; both lead to 4 x 4 cells. They come with the network, with the names of ``eccv16``, so that its
  weights load into them; the paper's training keeps them fixed.
- Any timm backbone takes their place by configuration; ``divcolor17-mobilenetv2`` is one.
- All terms of the loss are means over the batch; the authors' divergence is a sum. Rare colors weigh one over the
  prior mixed half and half with the uniform distribution, as for the other systems here; the authors' weigh one over
  the prior itself.
- Dropout keeps seven in ten, as the first version does, before the last layer of encoder and mixture network.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.errors import ModelNotFoundError, RecipeError
from tintype.learn.networks.blocks import ConvChain, start_for_relu, start_for_tanh, upsample
from tintype.learn.networks.encoders import (
    GrayRgb,
    TimmEncoder,
    find_encoder,
    find_weights,
)
from tintype.learn.networks.traits import NetworkTraits
from tintype.learn.read_state import read_state
from tintype.models.card import SizeRule

AB_SCALE = 128.0
VARIANCE = 0.1
"""Of each number of a code, in every Gaussian of the mixture.

The authors write sigma = 0.1. In the loss of their first version (TensorFlow) squared distances are divided by
2 sigma: there it is a variance, and so it is here. Their later version (PyTorch) multiplies them by 50, which is
1 / (2 sigma^2), as for a standard deviation, and takes the root of the sum, which is the likelihood of no Gaussian.
"""
CERTAIN = 12.0
"""A number of the latent that chooses its Gaussian whatever the others say."""
ZHANG = "eccv16"


@dataclass(frozen=True)
class DivcolorConfig:
    """Sizes of a `DivcolorNet`.

    Attributes:
        side: of the square color field, a multiple of 16; the network sees four times as much of the photograph.
        width: channels of the autoencoder's first convolution; the others have 2, 4 and 8 times as many.
        code: length of the code of a color field.
        components: Gaussians of the mixture.
        mixture_widths: channels of the mixture network's seven convolutions; the fourth, sixth and seventh halve.
        dropout: share of features that are dropped in training. It is no size: weights do not tell it.
        backbone: where the mixture network's features come from: ``eccv16`` or timm's name.
        backbone_weights: ``local``, ``timm`` (not for ``eccv16``) or ``none`` (see `TimmEncoder`).
        feature_width: channels of the first block of ``eccv16``.
        same_padding: pad a timm backbone's strided convolutions as TensorFlow does.
        mean: subtracted from gray sRGB (0..1) before a timm backbone, one for each channel.
        std: divides what remains.
    """

    side: int = 64
    width: int = 128
    code: int = 64
    components: int = 8
    mixture_widths: tuple[int, ...] = (384, 320, 288, 256, 128, 96, 64)
    dropout: float = 0.3
    backbone: str = ZHANG
    backbone_weights: str = "none"
    feature_width: int = 64
    same_padding: bool = False
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.5, 0.5, 0.5)

    def __post_init__(self) -> None:
        if self.side % 16:
            raise RecipeError(f"side is {self.side}; give a multiple of 16")
        if self.backbone == ZHANG and self.backbone_weights == "timm":
            raise RecipeError("backbone_weights is 'timm', which has no eccv16; give 'local' or 'none'")


class Mixture(NamedTuple):
    """The Gaussians of a photograph's codes, likeliest first.

    Attributes:
        log_shares: (N, components), logarithms of their probabilities, falling.
        means: (N, components, code).
    """

    log_shares: Tensor
    means: Tensor


def _unit(inputs: int, outputs: int, kernel: int, stride: int = 1) -> nn.Sequential:
    """Return a convolution, ReLU and batch norm."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2)
    return nn.Sequential(conv, nn.ReLU(), nn.BatchNorm2d(outputs))


class Tower(nn.ModuleList):
    """Four strided convolutions: (N, inputs, H, W) -> list of maps at 1/2, 1/4, 1/8 and 1/16 of the size."""

    def __init__(self, inputs: int, width: int) -> None:
        kernels = {width: 5, 2 * width: 5, 4 * width: 5, 8 * width: 3}
        units = []
        for outputs, kernel in kernels.items():
            units.append(_unit(inputs, outputs, kernel, 2))
            inputs = outputs
        super().__init__(units)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the maps, finest first."""
        maps = []
        for unit in self:
            x = unit(x)
            maps.append(x)
        return maps


class FieldEncoder(nn.Module):
    """The encoder of the autoencoder; it is needed to train, not to color.

    Shape:
        ab (N, 2, h, w) in Lab units, seen as (side, side) -> mean and logarithm of the variance of its code, both
        (N, code).
    """

    def __init__(self, config: DivcolorConfig) -> None:
        super().__init__()
        self.side = config.side
        self.tower = Tower(2, config.width)
        cells = (config.side // 16) ** 2
        self.to_code = nn.Sequential(
            nn.Flatten(), nn.Dropout(config.dropout), nn.Linear(8 * config.width * cells, 2 * config.code)
        )
        start_for_relu(self)

    def forward(self, ab: Tensor) -> tuple[Tensor, Tensor]:
        """Return (mean, log_variance)."""
        field = F.interpolate(ab / AB_SCALE, (self.side, self.side), mode="bilinear", align_corners=False)
        mean, log_variance = self.to_code(self.tower(field)[-1]).chunk(2, 1)
        return mean, log_variance


class FieldDecoder(nn.Module):
    """The decoder: code (N, code), maps of the gray picture -> ab (N, 2, side, side) in Lab units."""

    def __init__(self, config: DivcolorConfig) -> None:
        super().__init__()
        width = config.width
        self.units = nn.ModuleList(
            [
                _unit(8 * width + config.code, 4 * width, 3),
                *(_unit(4 * times * width, times * width, 5) for times in (2, 1)),
                _unit(2 * width, width // 2, 5),
            ]
        )
        self.head = nn.Conv2d(width // 2, 2, 5, padding=2)

    def forward(self, code: Tensor, gray: list[Tensor]) -> Tensor:
        """Return the color field."""
        cells = gray[-1].shape[2:]
        x = self.units[0](torch.cat([code[:, :, None, None].expand(-1, -1, *cells), gray[-1]], 1))
        for unit, skip in zip(list(self.units)[1:], gray[2::-1], strict=True):
            x = unit(torch.cat([upsample(x), skip], 1))
        return AB_SCALE * torch.tanh(self.head(upsample(x)))


class ZhangFeatures(nn.Module):
    """Seven blocks of ``eccv16``, under its names: lightness (N, 1, H, W) -> (N, 8 * width, H/8, W/8)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        c1, c2, c3, c4 = (width * times for times in (1, 2, 4, 8))
        self.channels = c4
        self.model1 = ConvChain(1, c1, c1, stride=2)
        self.model2 = ConvChain(c1, c2, c2, stride=2)
        self.model3 = ConvChain(c2, c3, c3, c3, stride=2)
        self.model4 = ConvChain(c3, c4, c4, c4)
        self.model5 = ConvChain(c4, c4, c4, c4, dilation=2)
        self.model6 = ConvChain(c4, c4, c4, c4, dilation=2)
        self.model7 = ConvChain(c4, c4, c4, c4)

    def forward(self, lightness: Tensor) -> Tensor:
        """Return the features."""
        x = (lightness - 50) / 100
        for block in self.children():
            x = block(x)
        return x

    def load(self, state: Mapping[str, Tensor]) -> None:
        """Take the weights of an `EccvNet`, whose last block and bins are left out.

        Raises:
            ModelNotFoundError: they are no such weights, or of another width.
        """
        mine = {name: tensor for name, tensor in state.items() if re.match(r"model[1-7]\.", name)}
        try:
            self.load_state_dict(mine)
        except RuntimeError as error:
            raise ModelNotFoundError(f"the weights are of no eccv16 of this width: {error}"[:200]) from error


class MixtureNetwork(nn.Module):
    """The mixture density network: features (N, inputs, side/2, side/2) -> `Mixture`."""

    def __init__(self, inputs: int, config: DivcolorConfig) -> None:
        super().__init__()
        widths = (inputs, *config.mixture_widths)
        strides = (1, 1, 1, 2, 1, 2, 2)
        sizes = zip(widths, widths[1:], strides, strict=False)
        self.units = nn.Sequential(*(_unit(a, b, 5, stride) for a, b, stride in sizes))
        cells = (config.side // 16) ** 2
        self.to_mixture = nn.Sequential(
            nn.Flatten(),
            nn.Dropout(config.dropout),
            nn.Linear(widths[-1] * cells, (config.code + 1) * config.components),
        )
        self.code, self.components = config.code, config.components

    def forward(self, features: Tensor) -> Mixture:
        """Return the Gaussians, likeliest first."""
        numbers = self.to_mixture(self.units(features))
        means, logits = numbers.split([self.code * self.components, self.components], 1)
        log_shares, order = logits.log_softmax(1).topk(self.components, 1)
        means = means.unflatten(1, (self.components, self.code))
        return Mixture(log_shares, means.gather(1, order[:, :, None].expand(-1, -1, self.code)))

    def choose(self, mixture: Mixture, latent: Tensor) -> Tensor:
        """Return the code (N, code) that a latent (N, code + components) stands for.

        Its last numbers run a race: each Gaussian arrives after an exponential time over its probability, and the
        first one wins, so that with normal numbers each wins as often as it is probable. Equal numbers leave the
        likeliest in front; a larger one is faster.
        """
        noise, numbers = latent.split([self.code, self.components], 1)
        above = 0.5 * torch.erfc(numbers / math.sqrt(2))  # uniform, where the numbers are normal
        time = -torch.log1p(-above.clamp(max=1 - 1e-6))
        winner = (mixture.log_shares - time.clamp(min=1e-30).log()).argmax(1)
        picked = winner[:, None, None].expand(-1, 1, self.code)
        return mixture.means.gather(1, picked)[:, 0] + math.sqrt(VARIANCE) * noise


class DivcolorNet(nn.Module):
    """The network of ``divcolor17``.

    Shape:
        lightness (N, 1, H, W), 0..100, H and W multiples of 4; whatever they are, a square of 4 * side is looked at;
        latent (N, code + components), drawn from a standard normal distribution; None or zeros for the likeliest;
        code (N, code): colors by this code instead, to train the autoencoder ->
        ab (N, 2, H/4, W/4) in Lab units; in training also log_shares and means, as of `Mixture`.
    """

    def __init__(self, config: DivcolorConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or DivcolorConfig()
        if config.backbone == ZHANG:
            self.features = ZhangFeatures(config.feature_width)
            inputs = self.features.channels
        else:
            self.gray = GrayRgb(config.mean, config.std)
            inputs = self._add_encoder(config)
        self.tower = Tower(1, config.width)
        self.decoder = FieldDecoder(config)
        self.mixture = MixtureNetwork(inputs, config)
        own = [self.features] if config.backbone == ZHANG else []
        for part in (self.tower, self.decoder, self.mixture, *own):
            start_for_relu(part)
        start_for_tanh(self.decoder.head)
        if config.backbone == ZHANG and config.backbone_weights == "local":
            self.features.load(_read_eccv16())
        self.borrowed.requires_grad_(requires_grad=False)

    @property
    def borrowed(self) -> nn.Module:
        """What the network looks through, which the paper's training leaves as it is."""
        return self.features if self.config.backbone == ZHANG else self.encoder

    def _add_encoder(self, config: DivcolorConfig) -> int:
        """Build a timm backbone and return the channels of its deepest features."""
        name, weights = config.backbone, config.backbone_weights
        self.encoder = TimmEncoder(name, weights=weights, same_padding=config.same_padding, classes=0)
        return self.encoder.channels[-1]

    @property
    def traits(self) -> NetworkTraits:
        """What the card says of a network of this configuration: one size, a square, as in the paper."""
        seen, length = 4 * self.config.side, self.config.code + self.config.components
        rule = SizeRule(4, default=seen, minimum=seen, maximum=seen, fixed=True, square=True)
        return NetworkTraits(0, 4, frozenset({"latent"}), rule, {"latent": length})

    def look(self, lightness: Tensor) -> Tensor:
        """Return the part of a photograph (N, 1, H, W) that is seen: all of it, as a square of 4 * side."""
        size = 4 * self.config.side, 4 * self.config.side
        return F.interpolate(lightness, size, mode="bilinear", align_corners=False)

    def mix(self, lightness: Tensor) -> Mixture:
        """Return which codes fit photographs (N, 1, H, W)."""
        return self._mix(self.look(lightness))

    def _mix(self, seen: Tensor) -> Mixture:
        if self.config.backbone == ZHANG:
            return self.mixture(self.features(seen))
        deepest, half = self.encoder(self.gray(seen))[-1], self.config.side // 2
        return self.mixture(F.interpolate(deepest, (half, half), mode="bilinear", align_corners=False))

    def forward(
        self, lightness: Tensor, latent: Tensor | None = None, code: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return the contract's output, and in training the mixture, unless a code makes it superfluous."""
        height, width = lightness.shape[2:]
        seen, told = self.look(lightness), {}
        if code is None:
            mixture = self._mix(seen)
            code = self.mixture.choose(mixture, self.no_latent(lightness) if latent is None else latent)
            told = mixture._asdict() if self.training else {}
        field = self.decoder(code, self.tower(F.avg_pool2d(seen, 4) / 50 - 1))
        ab = F.interpolate(field, (height // 4, width // 4), mode="bilinear", align_corners=False)
        return {"ab": ab, **told}

    def no_latent(self, like: Tensor) -> Tensor:
        """Return the latents (N, code + components) of the likeliest colors of photographs (N, 1, H, W)."""
        return like.new_zeros(like.shape[0], self.config.code + self.config.components)


def _read_eccv16() -> dict[str, Tensor]:
    if (path := find_weights(ZHANG)) is None:
        raise ModelNotFoundError(
            "no weights of eccv16: put eccv16.safetensors into a folder and name it in TINTYPE_WEIGHTS, "
            "or give --set network_changes.backbone_weights=none (random)"
        )
    return read_state(path)


def latents_in_order(config: DivcolorConfig, count: int | None = None) -> Tensor:
    """Return the latents (count, code + components) of the Gaussians' means, likeliest first; None for all."""
    count = config.components if count is None else count
    latents = torch.zeros(count, config.code + config.components)
    latents[torch.arange(count), config.code + torch.arange(count)] = CERTAIN
    return latents


def find_config(state: Mapping[str, Tensor], backbone: str | None = None) -> DivcolorConfig:
    """Return the configuration that a state dict belongs to, with the default dropout.

    Raises:
        BrokenModelError: an unknown backbone.
        KeyError: the weights are of another system.
    """
    width, last = state["tower.0.0.weight"].shape[0], state["mixture.to_mixture.2.weight"]
    code = state["decoder.units.0.0.weight"].shape[1] - 8 * width
    widths = tuple(state[f"mixture.units.{i}.0.weight"].shape[0] for i in range(7))
    return DivcolorConfig(
        side=16 * math.isqrt(last.shape[1] // widths[-1]),
        width=width,
        code=code,
        components=last.shape[0] // (code + 1),
        mixture_widths=widths,
        **_find_backbone(state, backbone),
    )


def _find_backbone(state: Mapping[str, Tensor], backbone: str | None) -> dict[str, Any]:
    if "features.model1.0.weight" in state:
        return {"feature_width": state["features.model1.0.weight"].shape[0]}
    known = [config.backbone for config in CONFIGS.values() if config.backbone != ZHANG]
    return find_encoder(state, [backbone] if backbone else known)


CONFIGS: dict[str, DivcolorConfig] = {
    "divcolor17": DivcolorConfig(backbone_weights="local"),
    "divcolor17-mobilenetv2": DivcolorConfig(
        backbone="mobilenetv2_100", backbone_weights="local", same_padding=True
    ),
    "divcolor17-test": DivcolorConfig(
        side=32, width=8, code=16, mixture_widths=(24, 16, 16, 16, 16, 16, 16), feature_width=4
    ),
}
