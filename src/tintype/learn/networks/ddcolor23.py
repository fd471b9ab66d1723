"""Kang et al., "DDColor: Towards Photo-Realistic Image Colorization via Dual Decoders" (ICCV 2023, arXiv:2212.11613).

Faithful: the layers and names of the authors' release, so that its weights load strictly: a ConvNeXt encoder; a pixel
decoder that goes up by pixel shuffle, under spectral norm; a color decoder in which 100 learned queries look at three
scales of it in turn, three times (attention to the picture, then among themselves, then a feed-forward layer); their
product, one map a query; and a 1x1 layer that makes ab of the maps and the gray picture. `DdcolorCritic` is the
critic of its adversarial loss.

Different:
- A photograph keeps its aspect ratio and enters at 256, the size of the training and of all published figures. The
  authors' program squeezes it into a square of 512 (`PUBLISHED_SIZE`) and raises ab to full size by copying the
  nearest pixel; here that is done along the photograph's edges.
- In training all four losses have the same truth, not raised in saturation for some; the colorfulness is a mean
  over the batch; the perceptual term compares VGG-16 at the end of each block; crops are mirrored, and not squeezed.
- ``encoder.arch.norm``, on which no answer depends, is kept with the weights and not trained.
- Any timm backbone takes the place of ConvNeXt by configuration; ``ddcolor23-mobilenetv2`` is one whose weights are
  small.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.color.lab import lightness_to_luminance, linear_to_srgb
from tintype.errors import RecipeError
from tintype.learn.networks.convnext import ConvNext, read_weights
from tintype.learn.networks.encoders import TimmEncoder, find_encoder
from tintype.learn.networks.spectral import SelfAttention, SpectralConv
from tintype.learn.networks.traits import NetworkTraits
from tintype.models.card import SizeRule

PUBLISHED_SIZE = SizeRule(32, default=512, minimum=256, square=True)
"""How the authors' program feeds a photograph."""
HEAD_WIDTH = 32
"""Channels of an attention head; their number follows from it."""
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class DdcolorConfig:
    """Sizes of a `DdcolorNet`.

    Attributes:
        backbone: timm's name of the encoder; a ``convnext...`` is built here, with the names of the release.
        backbone_weights: ``local``, ``timm`` or ``none`` (see `TimmEncoder`).
        same_padding: pad another backbone's strided convolutions as TensorFlow does.
        mean: subtracted from gray sRGB (0..1) before the encoder, one for each channel.
        std: divides what remains.
        depths: blocks of each stage of a ConvNeXt.
        dims: their channels.
        width: channels of the pixel decoder at 1/16 and 1/8 of the size; from 1/4 on half as many.
        queries: color queries.
        layers: of the color decoder, a third of them for each scale.
        hidden: channels of the color decoder, a multiple of 32.
        feed_forward: channels between its feed-forward layers.
    """

    backbone: str = "convnext_tiny.fb_in22k"
    backbone_weights: str = "none"
    same_padding: bool = False
    mean: tuple[float, ...] = _IMAGENET_MEAN
    std: tuple[float, ...] = _IMAGENET_STD
    depths: tuple[int, ...] = (3, 3, 9, 3)
    dims: tuple[int, ...] = (96, 192, 384, 768)
    width: int = 512
    queries: int = 100
    layers: int = 9
    hidden: int = 256
    feed_forward: int = 2048

    def __post_init__(self) -> None:
        if self.hidden % HEAD_WIDTH:
            raise RecipeError(f"hidden is {self.hidden}; give a multiple of {HEAD_WIDTH}")


class PixelShuffleUp(nn.Module):
    """Raises the size by pixel shuffle, whose pixels begin equal, and blurs what checkerboard is left.

    Sugawara et al. 2018 (arXiv:1806.02658).

    Shape:
        (N, inputs, H, W) -> (N, outputs, scale * H, scale * W).
    """

    def __init__(self, inputs: int, outputs: int, scale: int, *, norm: bool) -> None:
        super().__init__()
        conv = SpectralConv(inputs, outputs * scale**2, 1, bias=not norm)
        weight = nn.init.kaiming_normal_(torch.empty(outputs, inputs, 1, 1))
        conv.start(weight.repeat_interleave(scale**2, 0))
        self.conv = nn.Sequential(conv, *([nn.BatchNorm2d(outputs * scale**2)] if norm else []))
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        """Return the raised map."""
        x = F.pixel_shuffle(F.relu(self.conv(x)), self.scale)
        return F.avg_pool2d(F.pad(x, (1, 0, 1, 0), mode="replicate"), 2, 1)


class PixelBlock(nn.Module):
    """One step up of the pixel decoder: (N, below, H, W), (N, skip, 2H, 2W) -> (N, outputs, 2H, 2W)."""

    def __init__(self, below: int, skip: int, outputs: int) -> None:
        super().__init__()
        self.shuf = PixelShuffleUp(below, outputs, 2, norm=True)
        self.bn = nn.BatchNorm2d(skip)
        nn.init.constant_(self.bn.bias, 1e-3)
        conv = SpectralConv(outputs + skip, outputs, bias=False)
        self.conv = nn.Sequential(conv, nn.ReLU(), nn.BatchNorm2d(outputs))

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        """Return the joined map."""
        return self.conv(F.relu(torch.cat([self.shuf(below), self.bn(skip)], 1)))


class Attention(nn.Module):
    """Attention with many heads and the names of ``nn.MultiheadAttention``.

    Shape:
        asking (N, Q, C), keys (N, K, C), values (N, K, C) -> (N, Q, C).
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.heads = channels // HEAD_WIDTH
        self.in_proj_weight = nn.Parameter(torch.empty(3 * channels, channels))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * channels))
        self.out_proj = nn.Linear(channels, channels)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.xavier_uniform_(self.out_proj.weight)
        nn.init.zeros_(self.out_proj.bias)

    def forward(self, asking: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """Return the mixed values."""
        weights, biases = self.in_proj_weight.chunk(3), self.in_proj_bias.chunk(3)
        parts = (F.linear(*part) for part in zip((asking, keys, values), weights, biases, strict=True))
        q, k, v = (x.unflatten(2, (self.heads, HEAD_WIDTH)).transpose(1, 2) for x in parts)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.out_proj(mixed.transpose(1, 2).flatten(2))


class CrossAttentionLayer(nn.Module):
    """Queries look at a picture: (N, Q, C), their places, (N, K, C), its places -> (N, Q, C)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.multihead_attn = Attention(channels)
        self.norm = nn.LayerNorm(channels)

    def forward(self, queries: Tensor, places: Tensor, cells: Tensor, cell_places: Tensor) -> Tensor:
        """Return the queries and what they saw, normed."""
        seen = self.multihead_attn(queries + places, cells + cell_places, cells)
        return self.norm(queries + seen)


class SelfAttentionLayer(nn.Module):
    """Queries look at each other: (N, Q, C), their places -> (N, Q, C)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.self_attn = Attention(channels)
        self.norm = nn.LayerNorm(channels)

    def forward(self, queries: Tensor, places: Tensor) -> Tensor:
        """Return the queries and what they saw, normed."""
        placed = queries + places
        return self.norm(queries + self.self_attn(placed, placed, queries))


class FeedForwardLayer(nn.Module):
    """Two linear layers with a ReLU between, beside the identity, then a layer norm: (N, Q, C) -> (N, Q, C)."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(channels, hidden), nn.Linear(hidden, channels)
        self.norm = nn.LayerNorm(channels)
        nn.init.xavier_uniform_(self.linear1.weight)
        nn.init.xavier_uniform_(self.linear2.weight)

    def forward(self, queries: Tensor) -> Tensor:
        """Return the changed queries."""
        return self.norm(queries + self.linear2(F.relu(self.linear1(queries))))


class Perceptron(nn.Module):
    """Three linear layers with ReLU between: (N, Q, channels) -> (N, Q, outputs)."""

    def __init__(self, channels: int, outputs: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(channels, n) for n in (channels, channels, outputs))

    def forward(self, x: Tensor) -> Tensor:
        """Return the last layer's answer."""
        first, second, last = self.layers
        return last(F.relu(second(F.relu(first(x)))))


class ColorDecoder(nn.Module):
    """Learned color queries that look at three scales of the pixel decoder in turn.

    Shape:
        three maps (N, C_i, H_i, W_i), coarsest first -> embeddings of the colors (N, queries, width / 2).
    """

    def __init__(self, config: DdcolorConfig) -> None:
        super().__init__()
        hidden, half = config.hidden, config.width // 2
        self.query_feat = nn.Embedding(config.queries, hidden)
        self.query_embed = nn.Embedding(config.queries, hidden)
        self.level_embed = nn.Embedding(3, hidden)
        inputs = (config.width, config.width, half)
        self.input_proj = nn.ModuleList(_projection(channels, hidden) for channels in inputs)
        count = range(config.layers)
        self.transformer_cross_attention_layers = nn.ModuleList(CrossAttentionLayer(hidden) for _ in count)
        self.transformer_self_attention_layers = nn.ModuleList(SelfAttentionLayer(hidden) for _ in count)
        self.transformer_ffn_layers = nn.ModuleList(
            FeedForwardLayer(hidden, config.feed_forward) for _ in count
        )
        self.decoder_norm = nn.LayerNorm(hidden)
        self.color_embed = Perceptron(hidden, half)

    def forward(self, scales: list[Tensor]) -> Tensor:
        """Return the embeddings."""
        seen = [self.look(x, i) for i, x in enumerate(scales)]
        places = self.query_embed.weight[None]
        queries = self.query_feat.weight[None].expand(scales[0].shape[0], -1, -1)
        layers = zip(
            self.transformer_cross_attention_layers,
            self.transformer_self_attention_layers,
            self.transformer_ffn_layers,
            strict=True,
        )
        for i, (cross, among, feed) in enumerate(layers):
            queries = feed(among(cross(queries, places, *seen[i % 3]), places))
        return self.color_embed(self.decoder_norm(queries))

    def look(self, x: Tensor, level: int) -> tuple[Tensor, Tensor]:
        """Return the cells (N, K, hidden) of a map, and their places (1, K, hidden)."""
        cells = self.input_proj[level](x).flatten(2).transpose(1, 2) + self.level_embed.weight[level]
        return cells, place_code(x, cells.shape[2])


def _projection(inputs: int, outputs: int) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, 1)
    nn.init.kaiming_uniform_(layer.weight, a=1)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def place_code(like: Tensor, channels: int) -> Tensor:
    """Return the sines and cosines (1, H*W, channels) that tell the cells of a map (N, C, H, W) by y and x.

    Vaswani et al. 2017 (arXiv:1706.03762), on places that go from 0 to 2 pi over the picture, whatever its size.
    """
    half = channels // 2
    steps = torch.arange(half, device=like.device, dtype=torch.float32)
    wavelengths = 10_000 ** (2 * steps.div(2, rounding_mode="floor") / half)
    height, width = like.shape[2:]
    y, x = (_waves(side, wavelengths) for side in (height, width))
    grid = torch.cat([y[:, None].expand(-1, width, -1), x[None].expand(height, -1, -1)], 2)
    return grid.reshape(1, height * width, channels)


def _waves(side: int, wavelengths: Tensor) -> Tensor:
    """Return (side, len(wavelengths)): sine and cosine by turns."""
    place = torch.arange(1, side + 1, device=wavelengths.device, dtype=torch.float32)
    angle = (place / (side + 1e-6) * (2 * torch.pi))[:, None] / wavelengths
    return torch.stack([angle[:, 0::2].sin(), angle[:, 1::2].cos()], 2).flatten(1)


class DualDecoder(nn.Module):
    """Pixel decoder and color decoder: features at 1/4, 1/8, 1/16, 1/32 -> one map a query, (N, queries, H, W)."""

    def __init__(self, config: DdcolorConfig, channels: tuple[int, ...]) -> None:
        super().__init__()
        e4, e8, e16, e32 = channels
        wide, half = config.width, config.width // 2
        self.layers = nn.ModuleList(
            [PixelBlock(e32, e16, wide), PixelBlock(wide, e8, wide), PixelBlock(wide, e4, half)]
        )
        self.last_shuf = PixelShuffleUp(half, half, 4, norm=False)
        self.color_decoder = ColorDecoder(config)

    def forward(self, features: list[Tensor]) -> Tensor:
        """Return the product of the queries' embeddings and the pixels'."""
        x, scales = features[3], []
        for block, skip in zip(self.layers, features[2::-1], strict=True):
            x = block(x, skip)
            scales.append(x)
        colors, pixels = self.color_decoder(scales), self.last_shuf(x)
        return torch.einsum("nqc,nchw->nqhw", colors, pixels)


class DdcolorNet(nn.Module):
    """The network of ``ddcolor23``.

    Shape:
        lightness (N, 1, H, W), 0..100, H and W multiples of 32 -> ab (N, 2, H, W) in Lab units.
    """

    def __init__(self, config: DdcolorConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or DdcolorConfig()
        encoder = create_encoder(config)
        self.encoder = nn.ModuleDict({"arch": encoder})
        self.decoder = DualDecoder(config, tuple(encoder.channels)[-4:])
        self.refine_net = nn.Sequential(nn.Sequential(SpectralConv(config.queries + 3, 2, 1)))
        self.mean: Tensor
        self.std: Tensor
        self.register_buffer("mean", torch.tensor(config.mean)[None, :, None, None])
        self.register_buffer("std", torch.tensor(config.std)[None, :, None, None])

    @property
    def traits(self) -> NetworkTraits:
        """What the card says of every network of this system: any aspect ratio, 256 as in its training."""
        return NetworkTraits(0, 1, size=SizeRule(32, default=256, minimum=128))

    def forward(self, lightness: Tensor) -> dict[str, Tensor]:
        """Return the contract's output."""
        gray = (linear_to_srgb(lightness_to_luminance(lightness)) - self.mean) / self.std
        features = self.encoder["arch"](gray)[-4:]
        return {"ab": self.refine_net(torch.cat([self.decoder(features), gray], 1))}


def create_encoder(config: DdcolorConfig) -> ConvNext | TimmEncoder:
    """Build the encoder of a configuration, with its weights.

    Raises:
        ModelNotFoundError: there are no such weights.
    """
    if not config.backbone.startswith("convnext"):
        name, weights = config.backbone, config.backbone_weights
        return TimmEncoder(name, weights=weights, same_padding=config.same_padding, classes=0)
    encoder = ConvNext(config.depths, config.dims)
    if config.backbone_weights != "none":
        encoder.load(read_weights(config.backbone, config.backbone_weights))
    return encoder


class DdcolorCritic(nn.Module):
    """The critic: tells photographs from what the network made, place by place.

    Args:
        width: channels of its first convolution.

    Shape:
        srgb (N, 3, H, W), 0..1, sides at least 64 -> logits (N, places), high for a photograph.
    """

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        layers = [_critic_unit(3, width, 4)]
        for i in range(3):
            layers += [_critic_unit(width, width, 3), _critic_unit(width, 2 * width, 4, attention=i == 0)]
            width *= 2
        last = SpectralConv(width, 1, 4, padding=0, bias=False)
        self.layers = nn.Sequential(*layers, _critic_unit(width, width, 3), nn.Sequential(last))

    def forward(self, srgb: Tensor) -> Tensor:
        """Return the logits."""
        return self.layers(srgb).flatten(1)


def create_critic(config: DdcolorConfig) -> DdcolorCritic:
    """Return the critic that trains beside a network, whatever its configuration."""
    del config
    return DdcolorCritic()


def _critic_unit(inputs: int, outputs: int, kernel: int, *, attention: bool = False) -> nn.Sequential:
    """Return a convolution, halving the size where its kernel is even, a ReLU and self-attention."""
    conv = SpectralConv(inputs, outputs, kernel, stride=2 if kernel == 4 else 1)
    return nn.Sequential(conv, nn.ReLU(), *([SelfAttention(outputs)] if attention else []))


def find_config(state: Mapping[str, Tensor], backbone: str | None = None) -> DdcolorConfig:
    """Return the configuration that a state dict belongs to.

    Raises:
        BrokenModelError: an unknown backbone.
        KeyError: the weights are of another system.
    """
    color = "decoder.color_decoder."
    queries, hidden = state[f"{color}query_feat.weight"].shape
    sizes = DdcolorConfig(
        width=2 * state[f"{color}color_embed.layers.2.weight"].shape[0],
        queries=queries,
        layers=1 + max(int(found[1]) for name in state if (found := re.search(r"ffn_layers\.(\d+)", name))),
        hidden=hidden,
        feed_forward=state[f"{color}transformer_ffn_layers.0.linear1.weight"].shape[0],
    )
    if "encoder.arch.stages.0.0.dwconv.weight" in state:
        return replace(sizes, **_find_convnext(state))
    known = [name for c in CONFIGS.values() if not (name := c.backbone).startswith("convnext")]
    renamed = {name.replace("encoder.arch.", "encoder."): tensor for name, tensor in state.items()}
    named = {"gray.mean": state["mean"], "gray.std": state["std"]}
    return replace(sizes, **find_encoder(renamed | named, [backbone] if backbone else known))


def _find_convnext(state: Mapping[str, Tensor]) -> dict[str, Any]:
    places = [found for name in state if (found := re.search(r"arch\.stages\.(\d)\.(\d+)\.gamma", name))]
    depths = tuple(sum(place[1] == str(i) for place in places) for i in range(4))
    dims = tuple(state[f"encoder.arch.norm{i}.weight"].shape[0] for i in range(4))
    known = (c.backbone for c in CONFIGS.values() if (c.depths, c.dims) == (depths, dims))
    return {"depths": depths, "dims": dims, "backbone": next(known, "convnext")}


_LARGE = DdcolorConfig("convnext_large.fb_in22k", "local", depths=(3, 3, 27, 3), dims=(192, 384, 768, 1536))
_SMALL = DdcolorConfig(depths=(1, 1, 2, 1), dims=(8, 16, 24, 32), width=32, queries=8, layers=3, hidden=64)
_HALVES = (0.5, 0.5, 0.5)
CONFIGS: dict[str, DdcolorConfig] = {
    "ddcolor23-tiny": DdcolorConfig(backbone_weights="local"),
    "ddcolor23-large": _LARGE,
    "ddcolor23-mobilenetv2": DdcolorConfig("mobilenetv2_100", "local", True, _HALVES, _HALVES),
    "ddcolor23-test": replace(_SMALL, backbone="convnext", feed_forward=64),
}
