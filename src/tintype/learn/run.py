"""A training between two steps: its state, its checkpoints, its record."""

from __future__ import annotations

import json
import os
import pickle
import platform
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from safetensors.torch import save_file
from torch import Tensor, nn

from tintype.color.bins import BIN_COUNT, CENTERS
from tintype.color.lab import srgb_to_lab
from tintype.errors import RecipeError, TrainingError, WriteFailedError
from tintype.learn.data.batches import BatchPlan
from tintype.learn.data.examples import GRID, bin_distribution, encode_bins
from tintype.learn.data.photographs import Pool, digest_of
from tintype.learn.losses.classification import rebalancing_weights
from tintype.learn.networks import create_network
from tintype.learn.networks.encoders import import_timm
from tintype.learn.networks.tintype import TintypeNet
from tintype.learn.optimize import freeze, parameter_groups, pretrained_encoder
from tintype.learn.recipe import Recipe, recipe_to_dict

CHECKPOINT = "checkpoint.pt"
PRIOR_PHOTOS = 4000
PACKAGES = ("tintype", "torch", "timm", "lightning-fabric", "numpy", "pillow")


@dataclass
class Run:
    """Everything that a training needs between two steps."""

    recipe: Recipe
    folder: Path
    fabric: Fabric
    plan: BatchPlan
    network: TintypeNet
    model: Any  # the network as Fabric wrapped it
    optimizer: Any
    average: Any
    teacher: nn.Module | None
    prior: Tensor
    class_weights: Tensor | None
    centers: Tensor
    step: int = 0
    best: float = float("inf")
    stale: int = 0
    broken: int = 0

    @property
    def shown(self) -> int:
        """Number of photographs shown so far, over all processes."""
        return int(self.plan.samples[self.step])


def start_run(recipe: Recipe, folder: Path, fabric: Fabric, plan: BatchPlan) -> Run:
    """Build the network and what goes with it, from the checkpoint in the folder where there is one."""
    fabric.seed_everything(recipe.seed, verbose=False)
    network = create_network(recipe.network, recipe.network_changes)
    if not isinstance(network, TintypeNet):
        raise RecipeError(
            f"recipe: network {recipe.network!r} is none of system tintype, which this loop trains"
        )
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    prior = measure_prior(plan)
    network.palette.prior.copy_(prior)
    device = fabric.device
    teacher = pretrained_encoder(network).to(device) if recipe.loss.distillation else None
    freeze(network, recipe.optimizer)
    groups = parameter_groups(network, recipe.optimizer)
    optimizer = torch.optim.AdamW(groups, betas=recipe.optimizer.betas, fused=True)
    average = _average_of(network, recipe, plan).to(device)
    model, optimizer = fabric.setup(network, optimizer)
    weights = rebalancing_weights(prior, recipe.loss.rebalance).to(device) if recipe.loss.rebalance else None
    run = Run(
        recipe=recipe,
        folder=folder,
        fabric=fabric,
        plan=plan,
        network=network,
        model=model,
        optimizer=optimizer,
        average=average,
        teacher=teacher,
        prior=prior.to(device),
        class_weights=weights,
        centers=torch.from_numpy(CENTERS.copy()).to(device),
    )
    _resume(run)
    return run


def measure_prior(plan: BatchPlan) -> Tensor:
    """Return how often each bin occurs in the first photographs of the plan: (Q,), sum 1."""
    total, shown = torch.zeros(BIN_COUNT), 0
    for step in range(len(plan)):
        pixels = plan[step].pixels[:, ::GRID, ::GRID]
        ab = srgb_to_lab(pixels.float() / 255)[..., 1:].permute(0, 3, 1, 2)
        total += bin_distribution(*encode_bins(ab)).sum(0)
        shown += len(pixels)
        if shown >= PRIOR_PHOTOS:
            break
    return total / total.sum()


def save_run(run: Run) -> None:
    """Save everything needed to go on; the last good checkpoint stays until the new one is whole.

    Raises:
        WriteFailedError: the disk is full or the folder may not be written.
    """
    state = {
        "model": run.network.state_dict(),
        "average": run.average.module.state_dict(),
        "optimizer": run.optimizer.state_dict(),
        "step": run.step,
        "best": run.best,
        "stale": run.stale,
        "broken": run.broken,
        "recipe": recipe_to_dict(run.recipe),
    }
    if run.fabric.is_global_zero:
        _replace(run.folder / CHECKPOINT, lambda path: torch.save(state, path))


def save_weights(run: Run, name: str) -> None:
    """Save the averaged weights as ``name`` in the run's folder, with what is needed to rebuild the network."""
    weights = {key: value.contiguous() for key, value in run.average.module.state_dict().items()}
    metadata = {
        "recipe": json.dumps(recipe_to_dict(run.recipe)),
        "samples": str(run.shown),
        "step": str(run.step),
    }
    _replace(run.folder / name, lambda path: save_file(weights, path, metadata))


def write_record(run: Run, pools: Sequence[Pool]) -> None:
    """Write ``record.json``: recipe, data, versions, revision, machine."""
    record = {
        "recipe": recipe_to_dict(run.recipe),
        "data": {
            "digest": digest_of(pools),
            "sources": {p.source.match: {"train": len(p.train), "held_out": len(p.held_out)} for p in pools},
        },
        "versions": {name: _version(name) for name in PACKAGES} | {"python": platform.python_version()},
        "revision": _revision(),
        "machine": {
            "processor": platform.processor() or platform.machine(),
            "cores": os.cpu_count(),
            "device": str(run.fabric.device),
            "processes": run.fabric.world_size,
        },
    }
    text = json.dumps(record, indent=1)
    _replace(run.folder / "record.json", lambda path: path.write_text(text, "utf-8"))


def _average_of(network: TintypeNet, recipe: Recipe, plan: BatchPlan) -> Any:
    """Return an exponential moving average of the weights with the recipe's half-life."""
    import_timm()
    from timm.utils.model_ema import ModelEmaV3  # noqa: PLC0415 - can be imported only after import_timm

    batch = plan.samples[-1] / len(plan)
    decay = 0.5 ** (batch / recipe.optimizer.average)
    return ModelEmaV3(network, decay=decay, use_warmup=True, warmup_power=0.8)


def _resume(run: Run) -> None:
    path = run.folder / CHECKPOINT
    if not path.exists():
        return
    try:
        state = torch.load(path, map_location=run.fabric.device, weights_only=True)
        run.network.load_state_dict(state["model"])
        run.average.module.load_state_dict(state["average"])
        run.optimizer.load_state_dict(state["optimizer"])
    except (OSError, RuntimeError, KeyError, ValueError, EOFError, pickle.UnpicklingError) as error:
        raise TrainingError(
            f"checkpoint {path} can't be gone on from ({error}); move it away to start anew, or use the recipe it "
            "was made with"
        ) from error
    run.step, run.best, run.stale = state["step"], state["best"], state["stale"]
    run.broken = state["broken"]


def _replace(path: Path, write: Any) -> None:
    """Write beside ``path``, then move into place, so that a full disk never spoils what was there."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write(partial)
        partial.replace(path)
    except (OSError, RuntimeError) as error:
        partial.unlink(missing_ok=True)
        raise WriteFailedError(f"{path} could not be written ({error}); the last good one is kept") from error


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _revision() -> str:
    """Return the git revision of the source, with ``+changes`` where it was edited; "unknown" outside a checkout."""
    git = ["git", "-C", str(Path(__file__).parent)]
    try:
        head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True)
        status = subprocess.run(
            [*git, "status", "--porcelain", "."], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return head.stdout.strip() + ("+changes" if status.stdout.strip() else "")
