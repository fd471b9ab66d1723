"""Tintype's own network: a pretrained encoder, a guided decoder, a distribution over the ab bins.

Nothing here is from a single paper. The distribution over bins is Zhang et al. 2016 (arXiv:1603.08511), hints as
input are Zhang et al. 2017 (arXiv:1705.02999), the U-Net is Ronneberger et al. 2015.

The encoder sees only the photograph, so its features and classes do not depend on the guidance. Guidance enters
the decoder at every scale: as tokens of the attention (so that a hint reaches everything that looks alike), and
beside the skip connections (so that it stays exact in its place).

``tintype-attention`` is the same network with a query for each bin that looks at the decoder's scales before it
answers (`tintype.learn.networks.color_queries`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.color.bins import BIN_COUNT
from tintype.color.lab import lightness_to_luminance, linear_to_srgb
from tintype.errors import BrokenModelError
from tintype.learn.networks.blocks import ConvUnit, GlobalBlock, ResidualUnit, upsample
from tintype.learn.networks.color_queries import ColorQueries
from tintype.learn.networks.encoders import TimmEncoder
from tintype.learn.networks.traits import NetworkTraits

AB_SCALE = 110.0
IMAGENET_CLASSES = 1000
"""Classes of the weights with which the backbones come."""


@dataclass(frozen=True)
class TintypeConfig:
    """Sizes of a `TintypeNet`.

    Attributes:
        backbone: timm's name of the encoder.
        backbone_weights: ``local``, ``timm`` or ``none`` (see `TimmEncoder`).
        recognizer: classes come from a copy of the encoder as it was before it learned to color (`give_recognizer`).
        same_padding: pad the encoder's strided convolutions as TensorFlow does.
        mean: subtracted from gray sRGB (0..1) before the encoder.
        std: divides what remains.
        widths: channels of the decoder at 1/16, 1/8 and 1/4 of the input's size.
        blocks: number of global blocks at 1/16.
        heads: attention heads of each.
        ratio: widening of their feed-forward half.
        classes: classes of the encoder's classifier, 0 for none.
        color_layers: of the color queries, which look at one scale of the decoder each; 0 for no queries.
        color_width: channels of the color queries, a multiple of 16.
        encoder_overrides: further arguments of ``timm.create_model``.
    """

    backbone: str = "mobilenetv2_100"
    backbone_weights: str = "none"
    recognizer: bool = False
    same_padding: bool = True
    mean: float = 0.5
    std: float = 0.5
    widths: tuple[int, int, int] = (256, 160, 80)
    blocks: int = 2
    heads: int = 8
    ratio: float = 2.0
    classes: int = 1000
    color_layers: int = 0
    color_width: int = 128
    encoder_overrides: dict[str, Any] = field(default_factory=dict)


class HintSpread(nn.Module):
    """Carries the color of hints to every cell by kernels in place and lightness.

    That neighbors of like lightness have like color is what colorization with scribbles was first built on (Levin
    et al. 2004). Each head has a reach in place and in lightness of its own, and a weight for "no hint", all learned;
    so the network need not learn to copy colors over distances, only when not to.

    Shape:
        lightness (N, 1, H, W), hints (N, 3, H, W) -> (N, 3 * heads, H/8, W/8): for each head a and b (divided by
        110, fading with the distance) and the weight of all hints, 0..1.
    """

    def __init__(self, heads: int) -> None:
        super().__init__()
        place = torch.logspace(-1.3, -0.4, heads)  # reach in units of the longer side
        tone = torch.logspace(-1.2, -0.7, heads)  # in units of 100 L
        self.log_place = nn.Parameter(-torch.log(2 * place.square()))
        self.log_tone = nn.Parameter(-torch.log(2 * tone.square()))
        self.none = nn.Parameter(torch.full((heads,), -3.0))

    def forward(self, lightness: Tensor, hints: Tensor) -> Tensor:
        """Return the spread colors at 1/8 of the input's size."""
        with torch.no_grad():  # nothing here is learned
            confidence = hints[:, 2:]
            given = torch.cat([coordinates(hints), lightness / 100, hints[:, :2] / AB_SCALE], 1)
            means = F.avg_pool2d(given * confidence, 16) / (F.avg_pool2d(confidence, 16) + 1e-6)
            keys, asked = means.flatten(2), F.avg_pool2d(given[:, :3], 8)
            peak = (F.max_pool2d(confidence, 16).flatten(2) + 1e-9).log()[:, None]
            values = torch.cat([keys[:, 3:], torch.ones_like(keys[:, :1])], 1)
        scores = peak - self.square_distances(asked.flatten(2), keys[:, :3])
        none = self.none[:, None, None].expand(*scores.shape[:3], 1)
        weights = torch.cat([none, scores], 3).softmax(3)[..., 1:]
        spread = weights @ values.transpose(1, 2)[:, None]
        return spread.transpose(2, 3).reshape(
            hints.shape[0], -1, *asked.shape[2:]
        )  # len() would fix the batch

    def square_distances(self, asked: Tensor, keys: Tensor) -> Tensor:
        """Return squared distances (N, heads, A, K) between places (x, y, L), of shape (N, 3, A) and (N, 3, K)."""
        scale = torch.stack([self.log_place, self.log_place, self.log_tone], 1).mul(0.5).exp()[..., None]
        asked, keys = asked[:, None] * scale, keys[:, None] * scale
        with _full_precision(asked):  # in bfloat16 the difference of large squares would be noise
            product = asked.transpose(2, 3) @ keys
        return asked.square().sum(2)[..., None] + keys.square().sum(2)[:, :, None] - 2 * product


class HintMaps(nn.Module):
    """What is said of each cell at three scales: the hints in it, and those that reach it.

    Shape:
        lightness (N, 1, H, W), hints (N, 3, H, W) -> three maps (N, channels, H/s, W/s), s = 4, 8, 16: a and b of
        the cell's own hints (divided by 110), their highest and their mean confidence, then those of `HintSpread`.
    """

    def __init__(self, heads: int = 4) -> None:
        super().__init__()
        self.spread = HintSpread(heads)
        self.channels = 4 + 3 * heads

    def forward(self, lightness: Tensor, hints: Tensor) -> list[Tensor]:
        """Return the maps, finest first."""
        spread = self.spread(lightness, hints)
        spreads = [upsample(spread), spread, F.avg_pool2d(spread, 2)]
        return [torch.cat([_local(hints, 4 << i), one], 1) for i, one in enumerate(spreads)]


def _full_precision(like: Tensor) -> AbstractContextManager[None]:
    """Switch autocast off where it is on; an exporter need not see it."""
    kind = like.device.type
    return torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else nullcontext()


def coordinates(like: Tensor) -> Tensor:
    """Return x and y (N, 2, H, W) of the pixels of ``like`` (N, C, H, W), in units of its longer side."""
    n, _, height, width = like.shape
    y = torch.arange(height, device=like.device, dtype=torch.float32) / max(height, width)
    x = torch.arange(width, device=like.device, dtype=torch.float32) / max(height, width)
    return torch.stack([x.expand(height, width), y[:, None].expand(height, width)]).expand(n, -1, -1, -1)


def _local(hints: Tensor, size: int) -> Tensor:
    """Return (N, 4, H/size, W/size): the hints' mean color, their highest and their mean confidence in each cell."""
    confidence = hints[:, 2:]
    cover, peak = F.avg_pool2d(confidence, size), F.max_pool2d(confidence, size)
    mean = F.avg_pool2d(hints[:, :2] * confidence, size) / (cover + 1e-6)
    return torch.cat([mean * peak / AB_SCALE, peak, cover], 1)


class Stage(nn.Module):
    """One scale of the decoder: what came from below, the encoder's features and the hints become one map.

    A vector for the whole photograph (its global context and its palette) scales and shifts the channels.
    """

    def __init__(self, inputs: int, width: int, vector: int) -> None:
        super().__init__()
        self.fuse = ConvUnit(inputs, width, 1)
        self.modulate = nn.Linear(vector, 2 * width)
        nn.init.zeros_(self.modulate.weight)
        nn.init.zeros_(self.modulate.bias)
        self.refine = ResidualUnit(width)

    def forward(self, below: Tensor, skip: Tensor, hints: Tensor, vector: Tensor) -> Tensor:
        """Return (N, width, H, W) at the scale of ``skip``."""
        x = self.fuse(torch.cat([below, skip, hints], 1))
        scale, shift = self.modulate(vector)[:, :, None, None].chunk(2, 1)
        return self.refine(x * (1 + scale) + shift)


class PaletteEncoder(nn.Module):
    """The palette input as a vector and as a shift of the bins' logits.

    If a photograph's colors are known to follow q instead of the prior p, Bayes multiplies each cell's
    distribution by q / p. A learned gain times the strength says how far to go.

    Shape:
        palette (N, Q + 1) -> vector (N, C), logit shift (N, Q).
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.embed = nn.Sequential(nn.Linear(BIN_COUNT, width), nn.ReLU(), nn.Linear(width, width))
        self.gain = nn.Parameter(torch.tensor(0.3))
        self.prior: Tensor
        self.register_buffer("prior", torch.full((BIN_COUNT,), 1.0 / BIN_COUNT))

    def forward(self, palette: Tensor) -> tuple[Tensor, Tensor]:
        """Return (vector, logit shift); both are zero where the strength is."""
        distribution, strength = palette[:, :BIN_COUNT], palette[:, BIN_COUNT:]
        shift = ((distribution + 1e-3).log() - (self.prior + 1e-3).log()) * self.gain
        return self.embed(distribution.sqrt()) * strength, shift * strength


class TintypeNet(nn.Module):
    """The network of the models ``tintype-*``.

    Shape:
        lightness (N, 1, H, W), 0..100, H and W multiples of 32;
        hints (N, 3, H, W): a, b in Lab units and confidence, zeros where there is none;
        palette (N, 314): a distribution over the bins and its strength;
        context (N, K, h, w), optional: the context of a look at another size, zeros where there was none ->
        bin_logits (N, 313, H/4, W/4), context_out (N, K, H/32, W/32), features (N, C, H/16, W/16) of unit
        length, classes (N, 1000), class_map (N, 1000, H/32, W/32) when it is not in training, where no loss asks for
        it.
    """

    def __init__(self, config: TintypeConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or TintypeConfig()
        self.encoder = _create_encoder(config, 0 if config.recognizer else config.classes)
        self.recognizer = _create_encoder(config, config.classes) if config.recognizer else None
        if self.recognizer is not None:
            self.recognizer.requires_grad_(requires_grad=False)
        c2, c4, c8, c16, c32 = self.encoder.channels
        wide, middle, narrow = config.widths
        self.hint_maps = HintMaps()
        said = self.hint_maps.channels
        self.context = nn.Sequential(nn.Linear(c32, wide), nn.ReLU(), nn.Linear(wide, wide))
        self.palette = PaletteEncoder(wide)
        self.deepest = ConvUnit(c32, wide, 1)
        self.fuse = ConvUnit(wide + c16 + said, wide, 1)
        self.blocks = nn.ModuleList(
            GlobalBlock(wide, config.heads, config.ratio) for _ in range(config.blocks)
        )
        self.to_middle = ConvUnit(wide, middle, 1)
        self.middle = Stage(middle + c8 + said, middle, wide)
        self.to_narrow = ConvUnit(middle, narrow, 1)
        self.narrow = Stage(narrow + c4 + 4 * c2 + said, narrow, wide)
        self.head = nn.Conv2d(narrow, BIN_COUNT, 1)
        self.colors = (
            ColorQueries(config.widths, config.color_width, config.color_layers)
            if config.color_layers
            else None
        )
        self.feature_norm = nn.BatchNorm1d(c16 + c32, affine=False)

    @property
    def traits(self) -> NetworkTraits:
        """What the card says of a network of this configuration."""
        capabilities = {"hints", "palette", "samples", "suggestions", "doubt", "features", "context"}
        classes = {"classes"} if self.config.classes else set()
        if self.config.classes and (self.recognizer or self.encoder).has_class_map:
            classes.add("class_map")
        named = "imagenet-1k" if self.config.classes == IMAGENET_CLASSES else ""
        return NetworkTraits(
            BIN_COUNT,
            4,
            frozenset(capabilities | classes),
            lengths={"context": self.encoder.channels[-1]},
            class_list=named,
        )

    def gray_input(self, lightness: Tensor) -> Tensor:
        """Return lightness (N, 1, H, W) as gray RGB (N, 3, H, W) in the backbone's range."""
        gray = linear_to_srgb(lightness_to_luminance(lightness))
        return ((gray - self.config.mean) / self.config.std).expand(-1, 3, -1, -1)

    def matching_features(self, encoded: list[Tensor]) -> Tensor:
        """Return standardized features (N, C, H/16, W/16) of unit length, for matching photographs."""
        joined = torch.cat([encoded[3], upsample(encoded[4])], 1)
        n, channels, height, width = joined.shape
        cells = self.feature_norm(joined.flatten(2).float())
        return F.normalize(cells.view(n, channels, height, width), dim=1)

    def decode(self, encoded: list[Tensor], hint_maps: list[Tensor], palette: Tensor) -> Tensor:
        """Return the bins' logits (N, 313, H/4, W/4)."""
        e2, e4, e8, e16, e32 = encoded
        hints4, hints8, hints16 = hint_maps
        palette_vector, shift = self.palette(palette)
        vector = self.context(e32.mean((2, 3))) + palette_vector
        x = self.fuse(torch.cat([upsample(self.deepest(e32)), e16, hints16], 1))
        x = x + vector[:, :, None, None]
        for block in self.blocks:
            x = block(x)
        middle = self.middle(upsample(self.to_middle(x)), e8, hints8, vector)
        fine = torch.cat([e4, F.pixel_unshuffle(e2, 2)], 1)
        narrow = self.narrow(upsample(self.to_narrow(middle)), fine, hints4, vector)
        logits = self.head(narrow) + shift[:, :, None, None]
        return logits if self.colors is None else logits + self.colors([x, middle, narrow], palette)

    def forward(
        self, lightness: Tensor, hints: Tensor, palette: Tensor, context: Tensor | None = None
    ) -> dict[str, Tensor]:
        """Return the contract's outputs."""
        gray = self.gray_input(lightness)
        encoded = self.encoder(gray)
        deepest = encoded[4] if context is None else _given_or_own(context, encoded[4])
        outputs = {
            "bin_logits": self.decode([*encoded[:4], deepest], self.hint_maps(lightness, hints), palette),
            "context_out": encoded[4],
            "features": self.matching_features(encoded),
        }
        if self.config.classes:
            outputs |= self.recognize(gray, encoded[4])
        return outputs

    def recognize(self, gray: Tensor, deepest: Tensor) -> dict[str, Tensor]:
        """Return ``classes`` and ``class_map``, as far as the backbone gives them and training has a use for them."""
        encoder = self.encoder
        if self.recognizer is not None:
            if self.training:
                return {}
            encoder, deepest = self.recognizer, self.recognizer(gray)[-1]
        if self.training or not encoder.has_class_map:
            return {"classes": encoder.classify(deepest)}
        cells = encoder.map_classes(deepest)
        return {"classes": cells.mean((2, 3)), "class_map": cells}


def _given_or_own(context: Tensor, own: Tensor) -> Tensor:
    """Return the context at the size of a look's own map, or that map where all of the context is zero."""
    given = F.interpolate(context, own.shape[2:], mode="bilinear", align_corners=False)
    return torch.where(context.flatten(1).any(1)[:, None, None, None], given, own)


def give_recognizer(network: TintypeNet, weights: str = "local") -> TintypeNet:
    """Return a trained network with its backbone as it was published beside its encoder, which loses its classifier.

    An encoder that learned to color has other features, and the classifier that it came with no longer reads them.
    What it does not know any more it can't be asked for; a copy that never learned to color can.

    Args:
        network: what was trained; it stays as it is.
        weights: of the copy, see `TimmEncoder`.

    Raises:
        ModelNotFoundError: no weights of the backbone.
    """
    given = TintypeNet(replace(network.config, recognizer=True, backbone_weights=weights))
    own = given.state_dict()
    given.load_state_dict({k: v for k, v in network.state_dict().items() if k in own}, strict=False)
    return given.train(network.training)


def _create_encoder(config: TintypeConfig, classes: int) -> TimmEncoder:
    return TimmEncoder(
        config.backbone,
        weights=config.backbone_weights,
        same_padding=config.same_padding,
        classes=classes,
        overrides=config.encoder_overrides,
    )


CONFIGS: dict[str, TintypeConfig] = {
    "tintype-small": TintypeConfig(backbone_weights="local"),
    "tintype-tiny": TintypeConfig(
        backbone="mobilenetv2_035",
        widths=(32, 24, 16),
        blocks=1,
        heads=4,
        ratio=2.0,
        classes=10,
    ),
    "tintype-attention": TintypeConfig(backbone_weights="local", color_layers=6),
    "tintype-attention-test": TintypeConfig(
        backbone="mobilenetv2_035",
        widths=(32, 24, 16),
        blocks=1,
        heads=4,
        ratio=2.0,
        classes=10,
        color_layers=3,
        color_width=32,
    ),
}


def find_config(state: Mapping[str, Tensor], backbone: str | None = None) -> TintypeConfig:
    """Return the configuration of the `TintypeNet` that a state dict belongs to.

    The mean and standard deviation of the backbone's input are no weights: they are those of the configuration
    with the same backbone.

    Raises:
        BrokenModelError: an unknown backbone.
        KeyError: the weights are of no `TintypeNet`.
    """
    wide = state["context.0.weight"].shape[0]
    blocks = {name.split(".")[1] for name in state if name.startswith("blocks.")}
    recognizer = any(name.startswith("recognizer.") for name in state)
    sizes: dict[str, Any] = {
        "widths": (wide, state["to_middle.0.weight"].shape[0], state["head.weight"].shape[1]),
        "blocks": len(blocks),
        "classes": _count_classes(state, "recognizer" if recognizer else "encoder"),
        "recognizer": recognizer,
        "same_padding": any(re.search(r"conv_stem\.1\.", name) for name in state),
        "backbone_weights": "none",
        "color_layers": 0,
    }
    if "colors.own" in state:
        sizes["color_width"] = state["colors.own"].shape[1]
        sizes["color_layers"] = len(
            {name.split(".")[2] for name in state if name.startswith("colors.layers.")}
        )
    if blocks:
        # half a channel more, so that rounding down gives this width again
        sizes["ratio"] = (state["blocks.0.feed.widen.weight"].shape[0] + 0.5) / wide
        sizes["heads"] = len(state["blocks.0.attention.log_reach"])
    base = _find_base(state, backbone, sizes)
    return replace(base, **sizes)


def _count_classes(state: Mapping[str, Tensor], encoder: str) -> int:
    names = (f"{encoder}.body.{layer}.weight" for layer in ("classifier", "fc", "head", "head.fc"))
    weight = next((state[name] for name in names if name in state), None)
    return 0 if weight is None else weight.shape[0]


def _find_base(state: Mapping[str, Tensor], backbone: str | None, sizes: Mapping[str, Any]) -> TintypeConfig:
    """Return the configuration whose backbone has the shapes of the encoder's weights."""
    if backbone:
        return TintypeConfig(backbone=backbone)
    shapes = {n.removeprefix("encoder."): t.shape for n, t in state.items() if n.startswith("encoder.")}
    for config in CONFIGS.values():
        if _encoder_shapes(config, sizes) == shapes:
            return config
    raise BrokenModelError("the weights' backbone is none that Tintype knows; name it")


def _encoder_shapes(config: TintypeConfig, sizes: Mapping[str, Any]) -> dict[str, torch.Size]:
    """Return the shapes of an encoder's weights without making them."""
    with torch.device("meta"):
        encoder = TimmEncoder(
            config.backbone,
            same_padding=sizes["same_padding"],
            classes=0 if sizes["recognizer"] else sizes["classes"],
            overrides=config.encoder_overrides,
        )
    return {name: tensor.shape for name, tensor in encoder.state_dict().items()}
