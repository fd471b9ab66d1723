"""Training by a recipe, and the plain loop: show a batch, measure the loss, take a step.

A run has a folder: ``record.json`` (recipe, data, versions, revision), ``curves.csv`` and TensorBoard events,
``sheets/`` with contact sheets, ``checkpoint.pt`` to go on from, ``best.safetensors`` and ``last.safetensors``
(averaged weights). Starting again with the same folder goes on at the step where it stopped.

What goes on around the steps stands in ``course.py``, the terms of the loss in ``objective.py``. Adversarial and
variational training are loops of their own.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.utilities.rank_zero import rank_zero_only

from tintype.errors import RecipeError
from tintype.learn.adversarial import start_adversarial
from tintype.learn.clusters import train_clusters
from tintype.learn.course import Figures, Progress, Step, descend, follow, is_logged, set_rates, values_of
from tintype.learn.data.batches import BatchPlan
from tintype.learn.data.examples import Examples
from tintype.learn.data.photographs import load_pools
from tintype.learn.objective import inputs_for, loss_terms
from tintype.learn.optimize import train_mode
from tintype.learn.recipe import Recipe
from tintype.learn.release import BEST
from tintype.learn.run import Run, note_broken, resume_run, start_run, write_record
from tintype.learn.validate import load_held_out
from tintype.learn.variational import start_variational
from tintype.photos.atomic import remove_leftovers

__all__ = ["Progress", "is_first_process", "train"]


def train(
    recipe: Recipe,
    folder: Path,
    *,
    accelerator: str = "auto",
    devices: int | str = "auto",
    stop_after: float | None = None,
    progress: Progress | None = None,
) -> Path:
    """Train by a recipe and return the path of the best averaged weights, or of a model that needs no export.

    Args:
        recipe: see `Recipe`; its ``loop`` tells how.
        folder: the run's folder; a checkpoint in it is gone on from.
        accelerator: Fabric's name of the kind of device; this machine must have one.
        devices: how many; under ``torchrun`` each process takes its part of every batch.
        stop_after: minutes after which the run saves and returns, to be gone on with later.
        progress: told after every step.

    Raises:
        TrainingError: a recipe, data or checkpoint that can't be used, or a loss that is not a number.
        WriteFailedError: a checkpoint could not be saved; the last good one is kept.
    """
    if recipe.loop == "clusters":
        return train_clusters(recipe, folder, stop_after=stop_after, progress=progress)
    fabric = _start_fabric(accelerator, devices, recipe.precision)
    joined_before = _is_in_group()
    fabric.launch()
    best = _train(recipe, folder, fabric, stop_after, progress)
    if _is_in_group() and not joined_before:
        _leave_group()
    return best


def _start_fabric(accelerator: str, devices: int | str, precision: str) -> Fabric:
    try:
        return Fabric(accelerator=accelerator, devices=devices, precision=precision)  # type: ignore[arg-type]
    except (ValueError, TypeError, RuntimeError, ImportError) as error:
        raise RecipeError(
            f"no training with accelerator {accelerator!r}, devices {devices!r} and precision {precision!r}: "
            f"{_first_sentence(error)}; try --accelerator auto --devices auto"
        ) from error


def _first_sentence(error: Exception) -> str:
    return str(error).partition(". ")[0].rstrip(".")


def is_first_process() -> bool:
    """Return whether this is the process that speaks for all of a training."""
    return int(getattr(rank_zero_only, "rank", 0)) == 0


def _train(
    recipe: Recipe, folder: Path, fabric: Fabric, stop_after: float | None, progress: Progress | None
) -> Path:
    if fabric.is_global_zero:
        remove_leftovers(folder)
    pools = load_pools(recipe.data)
    plan = BatchPlan(recipe, pools, rank=fabric.global_rank, world=fabric.world_size)
    run = start_run(recipe, folder, fabric, plan)
    step = _start_loop(run)
    resume_run(run)
    held_out = load_held_out(pools, recipe, fabric.device)
    if fabric.is_global_zero:
        write_record(folder, run.recipe, pools, str(fabric.device), fabric.world_size)
    follow(run, held_out, step, stop_after=stop_after, progress=progress)
    broken: Any = fabric.all_reduce(torch.tensor(run.broken), reduce_op="sum")
    if fabric.is_global_zero:
        note_broken(folder, int(broken) + held_out.broken)
    fabric.barrier()  # whoever comes back finds everything written
    return folder / BEST


def _is_in_group() -> bool:
    return torch.distributed.is_available() and torch.distributed.is_initialized()


def _leave_group() -> None:
    """End the threads of gloo, which else may abort the process at its end (pytorch/pytorch#179291).

    Not to be called after an error, when other processes still wait for this one.
    """
    gc.collect()  # networks in it keep the threads running
    torch.distributed.destroy_process_group()


def _start_loop(run: Run) -> Step:
    """Return the kind of step that the recipe asks for, with what it needs besides."""
    loops: dict[str, Callable[[Run], Step]] = {
        "plain": lambda _: take_step,
        "adversarial": start_adversarial,
        "variational": start_variational,
    }
    if run.recipe.loop not in loops:
        raise RecipeError(
            f"recipe: loop is {run.recipe.loop!r}; give one of {', '.join([*loops, 'clusters'])}"
        )
    return loops[run.recipe.loop](run)


def take_step(run: Run, examples: Examples) -> Figures:
    """Show one batch and take one step; the terms of the loss come back now and then, for the log."""
    train_mode(run.network, run.recipe.optimizer)
    factor = set_rates(run, run.optimizer)
    outputs = run.model(**inputs_for(run.traits, examples))
    terms = loss_terms(run, outputs, examples)
    norm = descend(run, run.model, run.optimizer, terms, examples)
    run.update_average()
    if not is_logged(run):
        return {}
    return {**values_of(run, terms), "gradient_norm": norm, "rate": factor}
