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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.color.lab import lab_to_srgb
from tintype.errors import DataError, TrainingError
from tintype.learn.cheng_config import CONFIGS, SIZE, ChengConfig, OnStep
from tintype.learn.cheng_curve import write_curve
from tintype.learn.cheng_samples import Samples, find_vocabulary, sample_pixels
from tintype.learn.data.photographs import Photograph
from tintype.learn.unfinished import Unfinished
from tintype.models.array_file import fingerprint_of, write_arrays
from tintype.models.card import Card
from tintype.models.catalog import ModelFile, find_model
from tintype.models.examples.cheng15 import AB_UNIT, HIDDEN_LAYERS, Cheng, Ensemble
from tintype.models.examples.cheng_features import LOCAL_LENGTH, Encoder
from tintype.models.examples.clusters import find_clusters, nearest
from tintype.photos.atomic import atomic_file

Floats = NDArray[np.float32]


MOMENTS = 10
"""How many times each network is looked at along its training, the last time at the end."""


@dataclass(frozen=True)
class Course:
    """What the networks were along their training.

    Attributes:
        ensembles: after each `MOMENTS`th of the steps of every network; the last one is the result.
        seconds: (MOMENTS,) that all of them were trained until then.
    """

    ensembles: list[Ensemble]
    seconds: NDArray[np.float64]


@dataclass(frozen=True)
class _Settled:
    """What a network was along its training, and the photographs that it is for."""

    networks: list[PixelNet]
    members: list[int]


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
    held_out: Sequence[Photograph] = (),
    curve: Path | None = None,
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
        held_out: photographs on which it is watched how the networks learn.
        curve: of the table that says so; see `tintype.learn.cheng_curve.write_curve`.

    Returns:
        The model, as ``find_model`` would return it.

    Raises:
        DataError: fewer photographs than clusters, or one that can't be read.
        ModelNotFoundError, BrokenModelError: the encoder.
        OutputExistsError, WriteFailedError: the file is in the way or can't be written.
        TrainingError: the gradient of a network is not a number; the batch is saved among what is unfinished.
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
    course = fit_course(samples, words["words"], config, tell, unfinished=unfinished)
    if curve and held_out:
        watched = sample_pixels(held_out, eye, words["words"], config, lambda *_: None)
        write_curve(curve, watched, course.ensembles, course.seconds)
    arrays = course.ensembles[-1].to_arrays()
    card = _draft_card(name, config, chosen, license, data or f"{len(photographs)} photographs")
    parameters = sum(
        array.size for item, array in arrays.items() if item not in ("vocabulary", "mean", "scale")
    )
    card = replace(card, parameters=parameters, sha256=fingerprint_of(arrays))
    with atomic_file(Path(path), overwrite=overwrite) as stream:
        write_arrays(stream, arrays, card.to_json(indent=1))
    unfinished.forget()
    return ModelFile(Path(path), card)


def fit_course(
    samples: Samples,
    vocabulary: Floats,
    config: ChengConfig,
    tell: OnStep,
    *,
    unfinished: Unfinished | None = None,
) -> Course:
    """Sort photographs into clusters and train a network for each; see the module."""
    flat = samples.vectors.reshape(-1, samples.vectors.shape[-1])
    mean = flat.mean(axis=0)
    scale = 1 / (flat.std(axis=0) + np.float32(0.05))  # what hardly varies must not become loud
    vectors = torch.from_numpy((samples.vectors - mean) * scale)
    truth = torch.from_numpy(samples.ab / np.float32(AB_UNIT))
    unfinished = unfinished or Unfinished()
    settled: list[_Settled] = []
    seconds = np.zeros(MOMENTS)
    left = np.arange(len(vectors))
    for number in range(config.rounds):
        is_last = number == config.rounds - 1
        again = []
        for cluster, members in _sort(samples.outlines, left, config):
            tell(f"round {number + 1}", cluster + 1, config.clusters)
            networks, took = _trained(vectors[members], truth[members], config, (number, cluster), unfinished)
            seconds += took
            good = _psnr(networks[-1], vectors[members], samples, members) >= config.settled
            kept = members if is_last else members[good]
            again += [] if is_last else [*members[~good]]
            if len(kept):
                settled.append(_Settled(networks, [*kept]))
        left = np.array(sorted(again), np.intp)
    looks = (
        np.stack([column[one.members].mean(axis=0) for one in settled])
        for column in (samples.outlines, samples.histograms)
    )
    known = (vocabulary, *looks, mean, scale)
    ensembles = [
        Ensemble(*known, **_stack(moment)) for moment in zip(*(it.networks for it in settled), strict=True)
    ]
    return Course(ensembles, seconds)


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
    vectors: Tensor, truth: Tensor, config: ChengConfig, seed: tuple[int, int], unfinished: Unfinished
) -> tuple[list[PixelNet], NDArray[np.float64]]:
    """Train a network, or take it from what was trained before the process was killed; see `_train`."""

    def train() -> Mapping[str, NDArray[Any]]:
        states, seconds = _train(vectors, truth, config, seed, unfinished)
        weights = {name: torch.stack([state[name] for state in states]).numpy() for name in states[0]}
        return {**weights, "seconds": np.array(seconds)}

    kept = dict(unfinished.keep("network-{}-{}".format(*seed), train))
    seconds = kept.pop("seconds")
    networks = [PixelNet(vectors.shape[-1]).eval() for _ in seconds]
    for moment, network in enumerate(networks):
        network.load_state_dict({name: torch.from_numpy(weight[moment]) for name, weight in kept.items()})
    return networks, seconds


def _train(
    vectors: Tensor, truth: Tensor, config: ChengConfig, seed: tuple[int, int], unfinished: Unfinished
) -> tuple[list[dict[str, Tensor]], list[float]]:
    """Train a network on photographs (n, pixels, D) with truth (n, pixels, 2), by squared error.

    Returns:
        Its weights after each `MOMENTS`th of its training, and the seconds until then.

    Raises:
        TrainingError: the gradient is not a number; the batch is saved.
    """
    drawn = int(np.random.SeedSequence((config.seed, *seed)).generate_state(1)[0])
    generator = torch.Generator().manual_seed(drawn)
    torch.manual_seed(drawn)
    network = PixelNet(vectors.shape[-1])
    flat, goal = vectors.flatten(0, 1), truth.flatten(0, 1)
    optimizer = torch.optim.Adam(network.parameters(), lr=config.rate)
    states, seconds = list[dict[str, Tensor]](), list[float]()
    start, step, done = time.monotonic(), 0, 0.0
    while done < 1:
        optimizer.param_groups[0]["lr"] = config.rate * (1 + math.cos(math.pi * done)) / 2
        some = torch.randint(len(flat), (config.batch,), generator=generator)
        optimizer.zero_grad()
        torch.autograd.backward(F.mse_loss(network(flat[some]), goal[some]))
        norm = nn.utils.clip_grad_norm_(network.parameters(), math.inf)  # measured, not clipped
        if not torch.isfinite(norm):
            _stop_at_broken_batch(flat[some], goal[some], "{}-{}-{}".format(*seed, step), unfinished)
        optimizer.step()
        step += 1
        elapsed = time.monotonic() - start
        done = min(max(step / config.steps, elapsed / config.share), 1.0)
        while len(states) < int(done * MOMENTS):
            states.append({name: weight.clone() for name, weight in network.state_dict().items()})
            seconds.append(elapsed)
    return states, seconds


def _stop_at_broken_batch(vectors: Tensor, truth: Tensor, step: str, unfinished: Unfinished) -> NoReturn:
    unfinished.keep(f"broken-{step}", lambda: {"vectors": vectors.numpy(), "truth": truth.numpy()})
    where = f": the batch is in {unfinished.folder}" if unfinished.folder else ""
    raise TrainingError(f"the gradient is not a number at step {step}{where}; lower network_changes.rate")


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


def _stack(networks: Sequence[PixelNet]) -> dict[str, Floats]:
    """Stack the weights of networks, by the names that `Ensemble` has for them."""
    layers = [[layer for layer in network if isinstance(layer, nn.Linear)] for network in networks]
    stacks = zip(*layers, strict=True)
    weights: dict[str, Floats] = {}
    for name, stack in zip(("first", "second", "third", "last"), stacks, strict=True):
        weights[name] = np.stack([layer.weight.detach().numpy().T for layer in stack])
        weights[f"{name}_bias"] = np.stack([layer.bias.detach().numpy() for layer in stack])
    return weights


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
