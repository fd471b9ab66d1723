"""A linear probe: what an encoder knows, told by how well a linear classifier reads it (Alain and Bengio 2016).

Coloring needs no labels, and yet an encoder that learned to color has to know what is in a photograph (Zhang et al.
2016, section 3.3). Here its features, averaged over the photograph, are classified by a linear layer that is trained
on labeled photographs; nothing else learns. The same network with random weights, and with the published weights of
its backbone, are read beside it in the same way.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.color.lab import srgb_to_lab
from tintype.errors import DataError, RecipeError
from tintype.learn.data.batches import center_crops, open_or_none
from tintype.learn.data.photographs import Photograph, load_pools
from tintype.learn.networks import create_network
from tintype.learn.networks.traits import traits_of
from tintype.learn.optimize import encoder_of
from tintype.learn.recipe import DataRecipe, Source
from tintype.learn.release import load_trained
from tintype.learn.validate import unguided_inputs

CHUNK = 64
CALIBRATION = 512
"""Photographs from which random networks learn the statistics of their norms."""
PENALTIES = (1e-5, 1e-4, 1e-3, 1e-2)
"""Of the classifier's weights; the best one on an eighth of the training photographs is taken."""


@dataclass(frozen=True)
class Reading:
    """How well one encoder was read.

    Attributes:
        encoder: ``trained``, ``random`` or ``published``.
        features: their number.
        photographs: that the classifier was trained on.
        held_out: that it was judged on.
        classes: number of labels.
        top1: share of held-out photographs whose label came first.
        interval: half of the 95 % interval of ``top1``.
        top5: share whose label was among the first five.
        chance: ``top1`` of guessing.
    """

    encoder: str
    features: int
    photographs: int
    held_out: int
    classes: int
    top1: float
    interval: float
    top5: float
    chance: float


@dataclass(frozen=True)
class LabeledPhotographs:
    """Photographs of a size, with what is on them.

    Attributes:
        lightness: (N, 1, side, side), 0..100.
        labels: (N,) int64.
    """

    lightness: Tensor
    labels: Tensor


def probe(
    weights: Path,
    source: str,
    *,
    root: str = "",
    side: int = 64,
    layer: str = "",
    held_out: int = 5,
    seed: int = 1,
) -> list[Reading]:
    """Read the encoder of a training, the same one with random weights, and the published one where there is one.

    Args:
        weights: of a training, or its folder.
        source: labeled photographs, shards or a folder, as of `Source.match`.
        root: their folder; empty: ``TINTYPE_DATA``.
        side: of the squares that the encoders are shown.
        layer: name of the part whose features are read; empty: the deepest features of the network's encoder.
        held_out: one photograph of so many is judged.
        seed: of the random weights.

    Raises:
        DataError: no photographs, or fewer than two labels.
        RecipeError: the network has no such layer.
    """
    trained, recipe = load_trained(weights)
    shown, judged, classes = _load(root, source, side, held_out)
    readings = []
    for name, network in _networks(trained, recipe, seed, shown.lightness):
        features = [read_features(network, part.lightness, layer) for part in (shown, judged)]
        top1, top5 = classify(features[0], shown.labels, features[1], judged.labels, classes)
        spread = 1.96 * math.sqrt(max(top1 * (1 - top1), 1e-9) / len(judged.labels))
        counts = (features[0].shape[1], len(shown.labels), len(judged.labels), classes)
        readings.append(Reading(name, *counts, top1, spread, top5, 1 / classes))
    return readings


def write_readings(path: Path, readings: Sequence[Reading]) -> None:
    """Write readings as a CSV table."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, asdict(readings[0]))
        writer.writeheader()
        for reading in readings:
            values = asdict(reading).items()
            writer.writerow({k: f"{v:.4g}" if isinstance(v, float) else v for k, v in values})


@torch.no_grad()
def read_features(network: nn.Module, lightness: Tensor, layer: str = "") -> Tensor:
    """Return the mean features (N, C) of a part of a network over each photograph.

    Raises:
        RecipeError: the network has no such part.
    """
    part = _part_of(network, layer)
    found: list[Tensor] = []
    handle = part.register_forward_hook(lambda _module, _inputs, output: found.append(_pooled(output)))
    traits = traits_of(network)
    try:
        for chunk in torch.split(lightness, CHUNK):
            network(**unguided_inputs(traits, chunk))
    finally:
        handle.remove()
    return torch.cat(found)


def classify(
    features: Tensor, labels: Tensor, judged: Tensor, wanted: Tensor, classes: int
) -> tuple[float, float]:
    """Train a linear classifier on features (N, C) and labels (N,); return top-1 and top-5 on others, 0..1."""
    mean, std = features.mean(0), features.std(0) + 1e-6
    features, judged = (features - mean) / std, (judged - mean) / std
    inner = torch.arange(len(labels)) % 8 == 0
    best = max(
        PENALTIES,
        key=lambda penalty: _share(
            _fit(features[~inner], labels[~inner], classes, penalty)(features[inner]), labels[inner], 1
        ),
    )
    with torch.no_grad():
        scores = _fit(features, labels, classes, best)(judged)
    return _share(scores, wanted, 1), _share(scores, wanted, min(5, classes))


def _fit(features: Tensor, labels: Tensor, classes: int, penalty: float) -> nn.Linear:
    """Return the logistic regression with the smallest loss."""
    layer = nn.Linear(features.shape[1], classes)
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    optimizer = torch.optim.LBFGS(layer.parameters(), max_iter=100, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        value = F.cross_entropy(layer(features), labels) + penalty * layer.weight.square().sum()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    optimizer.step(loss)  # type: ignore[no-untyped-call]
    return layer


def _share(scores: Tensor, wanted: Tensor, first: int) -> float:
    return float((scores.topk(first, 1).indices == wanted[:, None]).any(1).float().mean())


def _networks(
    trained: nn.Module, recipe: Mapping[str, Any], seed: int, lightness: Tensor
) -> Iterator[tuple[str, nn.Module]]:
    """Yield the networks that are compared, by name."""
    yield "trained", trained
    name, changes = recipe["network"], dict(recipe["network_changes"])
    torch.manual_seed(seed)
    yield "random", _calibrate(create_network(name, changes, pretrained=False), lightness)
    if hasattr(trained.config, "backbone_weights"):
        published = create_network(name, changes | {"backbone_weights": "local"})
        yield "published", published.eval()


def _calibrate(network: nn.Module, lightness: Tensor) -> nn.Module:
    """Let the norms of a random network see photographs, as those of any trained one did."""
    network.train()
    with torch.no_grad():
        for chunk in torch.split(lightness[:CALIBRATION], CHUNK):
            network(**unguided_inputs(traits_of(network), chunk))
    return network.eval()


def _part_of(network: nn.Module, layer: str) -> nn.Module:
    parts: dict[str, nn.Module] = dict(network.named_modules())
    if layer in parts and layer:
        return parts[layer]
    encoder = encoder_of(network)
    if layer or encoder is None:
        known = ", ".join(name for name, _ in network.named_children())
        raise RecipeError(
            f"the network has no layer {layer!r} to read; give one of {known}, or of their parts"
        )
    return encoder


def _pooled(output: Any) -> Tensor:
    """Return (N, C): features averaged over the photograph; of several scales the last."""
    maps: Tensor = output[-1] if isinstance(output, list | tuple) else output
    return maps.float().mean((2, 3)) if maps.ndim == 4 else maps.float()


def _load(
    root: str, source: str, side: int, held_out: int
) -> tuple[LabeledPhotographs, LabeledPhotographs, int]:
    (pool,) = load_pools(DataRecipe(root=root, sources=(Source(source),), held_out=held_out))
    parts = [_whole(part) for part in (pool.train, pool.held_out)]
    names = sorted({photograph.label for photograph in parts[0]})
    if len(names) < 2 or not parts[1]:
        raise DataError(
            f"source {source!r} has {len(names)} labels; a probe needs labeled photographs of two"
        )
    numbers = {name: i for i, name in enumerate(names)}
    known = [[photograph for photograph in part if photograph.label in numbers] for part in parts]
    shown, judged = (_prepare(part, numbers, side) for part in known)
    return shown, judged, len(names)


def _whole(photographs: Sequence[Photograph]) -> list[Photograph]:
    """Return those that are labeled and can be opened."""
    return [p for p in photographs if p.label != "none" and open_or_none(p) is not None]


def _prepare(photographs: Sequence[Photograph], numbers: Mapping[str, int], side: int) -> LabeledPhotographs:
    pixels = center_crops(photographs, side)
    lightness = torch.cat([srgb_to_lab(part.float() / 255)[..., 0] for part in torch.split(pixels, CHUNK)])
    return LabeledPhotographs(lightness[:, None], torch.tensor([numbers[p.label] for p in photographs]))
