"""From a finished training to a model file with a card, and what else is read from the training photographs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
from budget import Plan, Trained
from numpy.typing import NDArray
from torch import nn

from tintype.learn.data.batches import center_crops
from tintype.learn.data.photographs import Photograph, load_pools
from tintype.learn.export import export_model
from tintype.learn.networks import create_network
from tintype.learn.networks.traits import traits_of
from tintype.learn.recipe import DataRecipe, Source
from tintype.learn.release import draft_card, load_prior, load_trained
from tintype.models.card import Card
from tintype.models.catalog import ModelFile, find_model
from tintype.models.examples.create import create_examples_model
from tintype.photos.read import read_photo

SHARDS = "train/photos-*.tar"
THUMBNAILS, THUMBNAIL, THINNED = 1000, 128, 4
SEED = 0


def export_trained(plan: Plan, trained: Trained) -> ModelFile:
    """Export the weights of a training, its size that of the plan, or return the model that needs no export."""
    finished = trained.folder / f"{trained.recipe.name}.npz"
    if trained.recipe.loop == "clusters":
        return find_model(finished)
    path = trained.folder / f"{plan.name}.onnx"
    if path.exists():
        return find_model(path)
    weights = trained.folder / f"{plan.weights}.safetensors"
    network, recipe = load_trained(weights)
    card = draft_card(network, recipe, prior=load_prior(weights))
    card = replace(card, size=replace(card.size, default=plan.size), data=describe_data(trained))
    lengths = traits_of(network).lengths
    return export_model(network, card, path, precision="fp32", lengths=lengths).model


def network_of(trained: Trained) -> nn.Module | None:
    """Return the network of a training; None where it is no graph."""
    if trained.recipe.loop == "clusters":
        return None
    return load_trained(trained.folder / "last.safetensors")[0]


def network_of_card(card: Card) -> nn.Module:
    """Return the network that a card's recipe names, with random weights."""
    return create_network(card.recipe["network"], card.recipe["network_changes"], pretrained=False)


def describe_data(trained: Trained) -> str:
    """Return which photographs a training saw, from its record."""
    data = json.loads((trained.folder / "record.json").read_text(encoding="utf-8"))["data"]
    parts = [f"{match} {counts['train']}" for match, counts in data["sources"].items()]
    return f"{', '.join(parts)} ({data['digest'][:16]})"


def training_thumbnails() -> NDArray[np.uint8]:
    """Return pixels (N, h, w, 3), sRGB, of training photographs that were drawn once and for all."""
    crops = center_crops(_draw(THUMBNAILS), THUMBNAIL).numpy()
    return np.ascontiguousarray(crops[:, ::THINNED, ::THINNED])


def create_examples(examples: Sequence[Photograph], path: Path) -> ModelFile:
    """Make the model of a system without training, of example photographs."""
    photos = [read_photo(example.data, keep_ab=True) for example in examples]
    path.parent.mkdir(parents=True, exist_ok=True)
    return create_examples_model(photos, "training-photographs", path, overwrite=True)


def draw_examples(count: int) -> list[Photograph]:
    """Return training photographs of more than one hue, drawn once and for all."""
    colored = (each for each in _draw(10 * count) if read_photo(each.data).hue_count > 1)
    return [*islice(colored, count)]


def _draw(count: int) -> list[Photograph]:
    """Return training photographs, the same ones each time; held-out ones are not among them."""
    (pool,) = load_pools(DataRecipe(sources=(Source(SHARDS),)))
    order = np.random.default_rng(SEED).permutation(len(pool.train))
    return [pool.train[i] for i in order[:count]]
