"""From a finished training to what can be exported: its network, and a card with all that the run knows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import nn

from tintype.color.bins import Decoding
from tintype.errors import BrokenModelError, ModelNotFoundError, shorten
from tintype.learn.networks import create_network, system_of
from tintype.learn.networks.traits import traits_of
from tintype.models.card import Card, VividnessStep, name_with_system

_ANNEALED = ((0.0, 0.0, 1.0), (0.5, 0.0, 0.38), (1.0, 0.0, 0.2))  # where training already favored rare colors
BEST, LAST = "best.safetensors", "last.safetensors"
"""Averaged weights of a run: at its best validation, and at its last."""
_PATH = ((0.0, 0.0, 1.0), (0.5, Decoding().rarity, Decoding().temperature), (1.0, 1.0, 0.5))


def load_trained(path: Path) -> tuple[nn.Module, Mapping[str, Any]]:
    """Load what a training saved.

    Args:
        path: a ``.safetensors`` file of a run, or the run's folder.

    Returns:
        The network with its weights, in evaluation mode, and the recipe.

    Raises:
        ModelNotFoundError: no such file, or a folder without one.
        BrokenModelError: the file is damaged, or was not saved by a training.
    """
    path = _weights_in(path)
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            state = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
        recipe = json.loads(metadata["recipe"])
        network = create_network(recipe["network"], recipe["network_changes"], pretrained=False)
        network.load_state_dict(state)
    except OSError as error:
        raise ModelNotFoundError(
            f"{path}: {error.strerror or error}; give the folder of a run, or its {BEST}"
        ) from error
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise BrokenModelError(
            f"{path}: no weights of a training ({shorten(error)}); give those of a run"
        ) from error
    return network.eval(), recipe


def _weights_in(path: Path) -> Path:
    """Return the weights in a run's folder; a file is returned as it is."""
    if not path.is_dir():
        return path
    for name in (BEST, LAST):
        if (path / name).is_file():
            return path / name
    raise ModelNotFoundError(f"{path} holds no {BEST} or {LAST}; give the folder of a run")


def load_prior(path: Path) -> tuple[float, ...] | None:
    """Return how often each bin occurred in the photographs of a training, or None where it has no bins.

    Args:
        path: as of `load_trained`.
    """
    path = _weights_in(path)
    with safe_open(path, "pt") as file:
        prior = json.loads((file.metadata() or {}).get("prior", "[]"))
    return tuple(p / sum(prior) for p in prior) or None


def draft_card(
    network: nn.Module,
    recipe: Mapping[str, Any],
    version: str = "0",
    prior: tuple[float, ...] | None = None,
) -> Card:
    """Return a card with what recipe and run know; license, data, figures and failures are for a person to add.

    Of absolute paths in the recipe it holds the names alone.

    Args:
        network: from `load_trained`.
        recipe: of the run.
        version: what stands behind the ``@`` of the name; it begins with a digit.
        prior: from `load_prior`; None: the network's own, where it has one.
    """
    traits, said = traits_of(network), recipe.get("card", {})
    system = system_of(network).name
    path = _ANNEALED if recipe.get("loss", {}).get("rebalance") else _PATH
    return Card(
        name=f"{name_with_system(recipe['name'], system)}@{version}",
        system=system,
        bins=traits.bins,
        grid=traits.grid,
        size=traits.size,
        capabilities=traits.capabilities,
        license="unknown",
        summary=said.get("summary", ""),
        origin=said.get("origin", ""),
        class_list="" if recipe.get("loss", {}).get("labels") else traits.class_list,
        prior=(prior or _prior_within(network)) if traits.bins else None,
        vividness_path=tuple(VividnessStep(*step) for step in path) if traits.bins else (),
        recipe={key: _without_folders(value) for key, value in recipe.items() if key != "card"},
    )


def _without_folders(value: Any) -> Any:
    """Return a value of a recipe with the last part of absolute paths alone: who reads a card has other folders."""
    if isinstance(value, Mapping):
        return {key: _without_folders(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_without_folders(entry) for entry in value]
    return Path(value).name if isinstance(value, str) and Path(value).is_absolute() else value


def _prior_within(network: nn.Module) -> tuple[float, ...] | None:
    """Return the prior that a network computes with, or None."""
    for name, buffer in network.named_buffers():
        if name.rpartition(".")[2] == "prior":
            prior = buffer.double()
            return tuple((prior / prior.sum()).tolist())
    return None
