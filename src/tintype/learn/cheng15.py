"""Training cheng15: photographs sorted into clusters, and a small network for each.

The paper and what differs from it: `tintype.models.examples.cheng15`. The clusters are adaptive: photographs are
sorted by their global descriptor, a network is trained for each cluster, and those photographs that it colors well
(PSNR above a threshold) leave, settled in it. What is left is sorted anew and gets networks of its own; in the last
round everything settles. A cluster without photographs is dropped, and what chooses a cluster later are the means
of global descriptor and semantic histogram over the photographs that settled in it.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.errors import DataError
from tintype.learn.data.photographs import Photograph
from tintype.learn.unfinished import Unfinished
from tintype.models.array_file import fingerprint_of, write_arrays
from tintype.models.card import Card, SizeRule
from tintype.models.catalog import ModelFile, find_model
from tintype.models.examples.cheng15 import AB_UNIT, HIDDEN_LAYERS, Cheng, Ensemble
from tintype.models.examples.cheng_features import LOCAL_LENGTH, Encoder, view
from tintype.models.examples.clusters import find_clusters, nearest
from tintype.photos.atomic import atomic_file

Floats = NDArray[np.float32]
OnStep = Callable[[str, int, int], object]
"""Told what is being done, how much of it is done, and how much there is."""

SIZE = SizeRule(multiple=32, default=256, minimum=64, maximum=384)
_MOST_WORDS = 40_000  # features that the vocabulary is found in
_PART = 64  # photographs that are looked at between two files of what is unfinished


@dataclass(frozen=True)
class ChengConfig:
    """How cheng15 is trained.

    Attributes:
        clusters: of photographs in each round.
        rounds: of sorting; networks are `clusters` x `rounds` at most.
        settled: PSNR, dB, from which on a photograph stays with the network that colored it.
        things: semantic numbers of a pixel; the paper has 47 classes (not verified).
        pixels: that are taken from each photograph.
        steps: of each network.
        batch: pixels in a step.
        rate: of Adam, falling to 0 along a half cosine.
        seconds: all networks together stop after that time, those of each round after their share; 0: no limit.
        size: at which photographs are looked at; see ``SizeRule``.
        seed: of all that is drawn.
    """

    clusters: int = 6
    rounds: int = 2
    settled: float = 26.0
    things: int = 47
    pixels: int = 384
    steps: int = 6000
    batch: int = 1024
    rate: float = 1e-3
    seconds: float = 0.0
    size: int = 256
    seed: int = 0

    @property
    def share(self) -> float:
        """Seconds that each network may take."""
        return self.seconds / (self.clusters * self.rounds) if self.seconds else math.inf


CONFIGS = {
    "cheng15": ChengConfig(),
    "cheng15-test": ChengConfig(
        clusters=2, rounds=2, things=6, pixels=256, steps=150, batch=256, rate=4e-3, size=96
    ),
}
"""The sizes by name; the second one is for tests."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Photographs reduced to some of their pixels.

    Attributes:
        vectors: (photographs, pixels, D).
        ab: (photographs, pixels, 2), Lab units.
        lightness: (photographs, pixels) CIE L.
        outlines: (photographs, G).
        histograms: (photographs, S).
    """

    vectors: Floats
    ab: Floats
    lightness: Floats
    outlines: Floats
    histograms: Floats


_COLUMNS = tuple(each.name for each in fields(Samples))


@dataclass
class _Settled:
    """A network and the photographs that it is for."""

    network: nn.Sequential
    members: list[int] = field(default_factory=list)


class PixelNet(nn.Sequential):
    """The network of a cluster: three hidden layers of half the length of its input, ReLU, and two numbers."""

    def __init__(self, length: int) -> None:
        widths = [length] + [length // 2] * HIDDEN_LAYERS
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            layers += [nn.Linear(before, after), nn.ReLU()]
        super().__init__(*layers, nn.Linear(widths[-1], 2))


def train_cheng15(
    photographs: Sequence[Photograph],
    path: str | Path,
    *,
    name: str = "cheng15@0",
    config: ChengConfig | None = None,
    encoder: str | Path | ModelFile = "tintype-small",
    license: str = "Apache-2.0",
    data: str = "",
    on_step: OnStep | None = None,
    overwrite: bool = False,
    unfinished: Unfinished | None = None,
) -> ModelFile:
    """Train the networks and write the model.

    Args:
        photographs: in color; `tintype.learn.data.photographs.load_pools` loads them.
        path: of the file that is written; its name ends in .npz.
        name: ``cheng15@version`` or ``cheng15-words@version``.
        config: of `CONFIGS`, or one's own; None for the default.
        encoder: the model whose features say what a pixel belongs to; the same must be found when coloring.
        license: SPDX expression of the weights.
        data: what the photographs are, for the card.
        on_step: told how far it is.
        overwrite: replace a file that is there.
        unfinished: keeps what takes long, so that a training that was killed goes on; of the same photographs and
            configuration.

    Returns:
        The model, as ``find_model`` would return it.

    Raises:
        DataError: fewer photographs than clusters, or one that can't be read.
        ModelNotFoundError, BrokenModelError: the encoder.
        OutputExistsError, WriteFailedError: the file is in the way or can't be written.
    """
    config, tell = config or CONFIGS["cheng15"], on_step or (lambda *_: None)
    unfinished = unfinished or Unfinished()
    if len(photographs) < config.clusters:
        raise DataError(
            f"{len(photographs)} photographs are too few for {config.clusters} clusters; give more"
        )
    chosen = encoder if isinstance(encoder, ModelFile) else find_model(encoder)
    eye = Encoder(chosen)
    words = unfinished.keep("words", lambda: {"words": find_vocabulary(photographs, eye, config, tell)})
    samples = sample_pixels(photographs, eye, words["words"], config, tell, unfinished=unfinished)
    ensemble = fit_ensemble(samples, words["words"], config, tell, unfinished=unfinished)
    arrays = ensemble.to_arrays()
    card = _draft_card(name, config, chosen, license, data or f"{len(photographs)} photographs")
    parameters = sum(
        array.size for item, array in arrays.items() if item not in ("vocabulary", "mean", "scale")
    )
    card = replace(card, parameters=parameters, sha256=fingerprint_of(arrays))
    with atomic_file(Path(path), overwrite=overwrite) as stream:
        write_arrays(stream, arrays, card.to_json(indent=1))
    unfinished.forget()
    return ModelFile(Path(path), card)


def find_vocabulary(
    photographs: Sequence[Photograph], eye: Encoder, config: ChengConfig, tell: OnStep
) -> Floats:
    """Find the things (S, C) that photographs are made of: clusters of features, of unit length."""
    random = np.random.default_rng(config.seed)
    some = random.permutation(len(photographs))[: max(config.things, 256)]
    found: list[Floats] = []
    for number, index in enumerate(some):
        lightness, _ = reduce_photograph(photographs[index], config.size)
        features = eye.features(lightness)
        found.append(features.reshape(-1, features.shape[-1]))
        tell("vocabulary", number + 1, len(some))
    words = np.concatenate(found)
    words = words[random.permutation(len(words))[:_MOST_WORDS]]
    centers = find_clusters(words, config.things, config.seed)
    return np.asarray(centers / np.maximum(np.linalg.norm(centers, axis=1, keepdims=True), 1e-6), np.float32)


def sample_pixels(
    photographs: Sequence[Photograph],
    eye: Encoder,
    vocabulary: Floats,
    config: ChengConfig,
    tell: OnStep,
    *,
    unfinished: Unfinished | None = None,
) -> Samples:
    """Look at every photograph and keep some of its pixels."""
    unfinished, parts = unfinished or Unfinished(), list[Mapping[str, Floats]]()
    for first in range(0, len(photographs), _PART):

        def look(first: int = first) -> Mapping[str, Floats]:
            random = np.random.default_rng((config.seed + 1, first))
            seen = []
            for number, photograph in enumerate(photographs[first : first + _PART], start=first + 1):
                seen.append(_look(photograph, eye, vocabulary, config, random))
                tell("photographs", number, len(photographs))
            columns = zip(*seen, strict=True)
            return {name: np.stack(column) for name, column in zip(_COLUMNS, columns, strict=True)}

        parts.append(unfinished.keep(f"photographs-{first:06d}", look))
    return Samples(*(np.concatenate([part[name] for part in parts]) for name in _COLUMNS))


def _look(
    photograph: Photograph,
    eye: Encoder,
    vocabulary: Floats,
    config: ChengConfig,
    random: np.random.Generator,
) -> tuple[Floats, ...]:
    """Return of one photograph what `Samples` holds of all."""
    lightness, ab = reduce_photograph(photograph, config.size)
    seen = view(lightness, eye.features(lightness), vocabulary)
    rows, across = (random.integers(0, side, config.pixels) for side in lightness.shape)
    return seen.pixels(rows, across), ab[rows, across], lightness[rows, across], seen.outline, seen.histogram


def reduce_photograph(photograph: Photograph, size: int) -> tuple[Floats, Floats]:
    """Return lightness (H, W) and ab (H, W, 2) of a photograph at the size at which it is looked at.

    Raises:
        DataError: it can't be read.
    """
    try:
        picture = photograph.open()
        height, width = SIZE.fit(picture.height, picture.width, size)
        small = picture.resize((width, height), Image.Resampling.BICUBIC)
    except OSError as error:
        raise DataError(f"{photograph.key} can't be read ({error}); leave it out") from error
    lab = srgb_to_lab(np.asarray(small, np.float32) / 255)
    return np.clip(lab[..., 0], 0, 100), np.ascontiguousarray(lab[..., 1:])


def fit_ensemble(
    samples: Samples,
    vocabulary: Floats,
    config: ChengConfig,
    tell: OnStep,
    *,
    unfinished: Unfinished | None = None,
) -> Ensemble:
    """Sort photographs into clusters and train a network for each; see the module."""
    flat = samples.vectors.reshape(-1, samples.vectors.shape[-1])
    mean = flat.mean(axis=0)
    scale = 1 / (flat.std(axis=0) + np.float32(0.05))  # what hardly varies must not become loud
    vectors = torch.from_numpy((samples.vectors - mean) * scale)
    truth = torch.from_numpy(samples.ab / np.float32(AB_UNIT))
    settled: list[_Settled] = []
    left = np.arange(len(vectors))
    for number in range(config.rounds):
        is_last = number == config.rounds - 1
        again = []
        for cluster, members in _sort(samples.outlines, left, config):
            tell(f"round {number + 1}", cluster + 1, config.clusters)
            network = _trained(vectors[members], truth[members], config, (number, cluster), unfinished)
            good = _psnr(network, vectors[members], samples, members) >= config.settled
            kept = members if is_last else members[good]
            again += [] if is_last else [*members[~good]]
            if len(kept):
                settled.append(_Settled(network, [*kept]))
        left = np.array(sorted(again), np.intp)
    return _assemble(settled, samples, vocabulary, mean, scale)


def _sort(
    outlines: Floats, members: NDArray[np.intp], config: ChengConfig
) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yield the clusters that photographs fall into by their global descriptors."""
    if not len(members):
        return
    centers = find_clusters(outlines[members], config.clusters, config.seed)
    owner = nearest(outlines[members], centers)
    for cluster in range(len(centers)):
        if (owner == cluster).any():
            yield cluster, members[owner == cluster]


def _trained(
    vectors: Tensor, truth: Tensor, config: ChengConfig, seed: tuple[int, int], unfinished: Unfinished | None
) -> PixelNet:
    """Train a network, or take it from what was trained before the process was killed."""
    network = PixelNet(vectors.shape[-1])

    def train() -> Mapping[str, NDArray[Any]]:
        state = _train(vectors, truth, config, seed).state_dict()
        return {name: weight.numpy() for name, weight in state.items()}

    kept = (unfinished or Unfinished()).keep("network-{}-{}".format(*seed), train)
    network.load_state_dict({name: torch.from_numpy(weight) for name, weight in kept.items()})
    return network.eval()


def _train(vectors: Tensor, truth: Tensor, config: ChengConfig, seed: tuple[int, int]) -> PixelNet:
    """Train a network on photographs (n, pixels, D) with truth (n, pixels, 2), by squared error."""
    drawn = int(np.random.SeedSequence((config.seed, *seed)).generate_state(1)[0])
    generator = torch.Generator().manual_seed(drawn)
    torch.manual_seed(drawn)
    network = PixelNet(vectors.shape[-1])
    flat, goal = vectors.flatten(0, 1), truth.flatten(0, 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=config.rate)
    start, step, done = time.monotonic(), 0, 0.0
    while done < 1:
        optimizer.param_groups[0]["lr"] = config.rate * (1 + math.cos(math.pi * done)) / 2
        some = torch.randint(len(flat), (config.batch,), generator=generator)
        optimizer.zero_grad()
        torch.autograd.backward(F.mse_loss(network(flat[some]), goal[some]))
        optimizer.step()
        step += 1
        done = max(step / config.steps, (time.monotonic() - start) / config.share)
    return network.eval()


def _psnr(
    network: PixelNet, vectors: Tensor, samples: Samples, members: NDArray[np.intp]
) -> NDArray[np.floating[Any]]:
    """Return the PSNR, dB of 8-bit sRGB, with which a network colors the sampled pixels of each photograph."""
    with torch.no_grad():
        ab = network(vectors).numpy() * np.float32(AB_UNIT)
    lightness = samples.lightness[members][..., None]
    ours, true = (np.concatenate([lightness, each], axis=-1) for each in (ab, samples.ab[members]))
    errors = (np.clip(lab_to_srgb(ours), 0, 1) - np.clip(lab_to_srgb(true), 0, 1)) ** 2
    return np.asarray(-10 * np.log10(np.maximum(errors.mean(axis=(1, 2)), 1e-10)))


def _assemble(
    settled: list[_Settled], samples: Samples, vocabulary: Floats, mean: Floats, scale: Floats
) -> Ensemble:
    """Stack the networks' weights, and what photographs of theirs look like."""
    layers = [[layer for layer in one.network if isinstance(layer, nn.Linear)] for one in settled]
    stacks = zip(*layers, strict=True)
    weights: dict[str, Floats] = {}
    for name, stack in zip(("first", "second", "third", "last"), stacks, strict=True):
        weights[name] = np.stack([layer.weight.detach().numpy().T for layer in stack])
        weights[f"{name}_bias"] = np.stack([layer.bias.detach().numpy() for layer in stack])
    outlines = np.stack([samples.outlines[one.members].mean(axis=0) for one in settled])
    histograms = np.stack([samples.histograms[one.members].mean(axis=0) for one in settled])
    return Ensemble(vocabulary, outlines, histograms, mean, scale, **weights)


def _draft_card(name: str, config: ChengConfig, encoder: ModelFile, license: str, data: str) -> Card:
    return Card(
        name=name,
        system="cheng15",
        bins=0,
        grid=1,
        size=SIZE,
        capabilities=Cheng.capabilities,
        license=license,
        summary="Colors pixel by pixel, from patch, texture and meaning (Cheng 2015).",
        data=data,
        recipe={
            **{"name": "cheng15", **asdict(config)},
            **{"encoder": encoder.card.name, "encoder_sha256": encoder.card.sha256},
        },
        origin=f"Semantic features of {encoder.card.name} ({encoder.card.license}): {encoder.card.origin}",
        failures=(
            "It gives the mean of all colors that a pixel may have, which is pale.",
            f"Its vectors of {LOCAL_LENGTH + config.things} numbers know little of shapes.",
        ),
    )
