"""The loop that trains a colorizer, readable from top to bottom.

A run has a folder: ``record.json`` (recipe, data, versions, revision), ``curves.csv`` and TensorBoard events,
``sheets/`` with contact sheets, ``checkpoint.pt`` to go on from, ``best.safetensors`` and ``last.safetensors``
(averaged weights). Starting again with the same folder goes on at the step where it stopped.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import torch
from lightning_fabric import Fabric
from torch import Tensor
from torch.nn import functional as F
from torch.utils.tensorboard import SummaryWriter

from tintype.errors import TrainingError
from tintype.learn.data.batches import BatchPlan
from tintype.learn.data.examples import Examples, iterate_examples
from tintype.learn.data.photographs import load_pools
from tintype.learn.losses.classification import cells_of, classifier_distillation, soft_cross_entropy
from tintype.learn.losses.regression import smooth_color_distance
from tintype.learn.optimize import rate_factor, train_mode
from tintype.learn.recipe import Recipe
from tintype.learn.run import Run, save_run, save_weights, start_run, write_record
from tintype.learn.validate import HeldOut, load_held_out, validate, write_contact_sheet

LOG_EVERY = 20

Progress = Callable[[int, int, dict[str, float]], None]
"""Called with samples shown, samples in all, and the latest figures."""


def train(
    recipe: Recipe,
    folder: Path,
    *,
    accelerator: str = "auto",
    devices: int | str = "auto",
    stop_after: float | None = None,
    progress: Progress | None = None,
) -> Path:
    """Train by a recipe and return the path of the best averaged weights.

    Args:
        recipe: see `Recipe`.
        folder: the run's folder; a checkpoint in it is gone on from.
        accelerator: Fabric's name of the kind of device.
        devices: how many; under ``torchrun`` each process takes its part of every batch.
        stop_after: minutes after which the run saves and returns, to be gone on with later.
        progress: told after every step.

    Raises:
        TrainingError: a recipe, data or checkpoint that can't be used, or a loss that is not a number.
        WriteFailedError: a checkpoint could not be saved; the last good one is kept.
    """
    fabric = Fabric(accelerator=accelerator, devices=devices, precision=recipe.precision)  # type: ignore[arg-type]
    fabric.launch()
    pools = load_pools(recipe.data)
    plan = BatchPlan(recipe, pools, rank=fabric.global_rank, world=fabric.world_size)
    run = start_run(recipe, folder, fabric, plan)
    held_out = load_held_out(pools, recipe.validation, fabric.device)
    if fabric.is_global_zero:
        write_record(run, pools)
    with SummaryWriter(folder / "events") as writer, _flushed_denormals():
        _learn(run, held_out, writer, stop_after, progress)
    save_run(run)
    return folder / "best.safetensors"


@contextmanager
def _flushed_denormals() -> Iterator[None]:
    """Take numbers under 1e-38 for zero: softmax leaves many, and a processor may be thirty times slower on them."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _learn(
    run: Run, held_out: HeldOut, writer: SummaryWriter, stop_after: float | None, progress: Progress | None
) -> None:
    """Step through the plan until it ends, patience ends, or the time is over."""
    recipe, plan = run.recipe, run.plan
    deadline = time.monotonic() + 60 * stop_after if stop_after else float("inf")
    saved = time.monotonic()
    figures: dict[str, float] = {}
    for examples in iterate_examples(plan, run.step, run.fabric.device):
        figures |= _take_step(run, examples)
        if run.step % LOG_EVERY == 0 and run.fabric.is_global_zero:
            _log(writer, "train", figures, run.shown)
        if progress and run.fabric.is_global_zero:
            progress(run.shown, recipe.samples, figures)
        if _is_validation_due(run):
            _judge(run, held_out, writer)
            if recipe.validation.patience and run.stale >= recipe.validation.patience:
                return
        if time.monotonic() - saved > 60 * recipe.checkpoint_minutes:
            save_run(run)
            saved = time.monotonic()
        if time.monotonic() > deadline:
            return


def _take_step(run: Run, examples: Examples) -> dict[str, float]:
    """Show one batch and take one step; the terms of the loss come back now and then, for the log."""
    train_mode(run.network)
    factor = rate_factor(run.shown, run.recipe.samples, run.recipe.optimizer)
    for group in run.optimizer.param_groups:
        group["lr"] = factor * group["peak"]
    outputs = run.model(examples.lightness, examples.hints, examples.palette)
    terms = _loss_terms(run, outputs, examples)
    loss = torch.stack([*terms.values()]).sum()
    if not torch.isfinite(loss):
        _stop_at_broken_loss(run, examples)
    run.fabric.backward(loss)
    norm = run.fabric.clip_gradients(run.model, run.optimizer, max_norm=run.recipe.optimizer.clip)
    run.optimizer.step()
    run.optimizer.zero_grad(set_to_none=True)
    run.average.update(run.network, run.step)
    run.step += 1
    run.broken += examples.broken
    if run.step % LOG_EVERY:
        return {}
    values = {name: float(term.detach()) for name, term in terms.items()}
    return {**values, "gradient_norm": float(norm or 0.0), "rate": factor, "broken": float(run.broken)}


def _loss_terms(run: Run, outputs: dict[str, Tensor], examples: Examples) -> dict[str, Tensor]:
    """Return the weighted terms of the loss by name."""
    loss = run.recipe.loss
    rows = slice(run.step % loss.rows, None, loss.rows)
    truth = (examples.bins, examples.weights, examples.ab)
    asked = [cells_of(maps, rows) for maps in (outputs["bin_logits"], *truth)]
    answer, (bins, weights, ab) = F.log_softmax(asked[0].float(), 1), asked[1:]
    terms = {
        "classification": loss.classification * soft_cross_entropy(answer, bins, weights, run.class_weights)
    }
    if loss.regression:
        terms["regression"] = loss.regression * smooth_color_distance(answer, ab, run.centers)
    if "classes" in outputs:
        terms["distillation"] = loss.distillation * _classifier_term(run, outputs["classes"], examples)
    return terms


def _classifier_term(run: Run, classes: Tensor, examples: Examples) -> Tensor:
    if run.teacher is None or run.step % run.recipe.loss.distill_every:
        return 0.0 * classes.float().sum()  # every parameter needs a gradient when processes share them
    with torch.no_grad(), run.fabric.autocast():
        believed = run.teacher(run.network.gray_input(examples.lightness))
    return classifier_distillation(classes, believed)


def _is_validation_due(run: Run) -> bool:
    """Tell whether the last step crossed a multiple of ``validation.every`` samples, or was the last of all."""
    every = run.recipe.validation.every
    before = int(run.plan.samples[run.step - 1])
    return run.shown // every > before // every or run.step == len(run.plan)


def _judge(run: Run, held_out: HeldOut, writer: SummaryWriter) -> None:
    """Validate the averaged weights, keep them if they are the best, write curves and a contact sheet."""
    network = run.average.module
    network.eval()
    figures = validate(network, held_out, run.prior)
    run.stale = 0 if figures["loss"] < run.best else run.stale + 1
    run.best = min(run.best, figures["loss"])
    if not run.fabric.is_global_zero:
        return
    _log(writer, "held_out", figures, run.shown)
    _append_curve(run.folder / "curves.csv", {"samples": run.shown, **figures})
    save_weights(run, "last.safetensors")
    if run.stale == 0:
        save_weights(run, "best.safetensors")
    sheets = run.folder / "sheets"
    sheets.mkdir(exist_ok=True)
    write_contact_sheet(
        network, held_out, run.prior, sheets / f"{run.shown:09d}.jpg", run.recipe.validation.sheet
    )


def _log(writer: SummaryWriter, group: str, figures: dict[str, float], shown: int) -> None:
    for name, value in figures.items():
        writer.add_scalar(f"{group}/{name}", value, shown)


def _append_curve(path: Path, row: dict[str, Any]) -> None:
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        if is_new:
            writer.writeheader()
        writer.writerow(
            {key: f"{value:.5g}" if isinstance(value, float) else value for key, value in row.items()}
        )


def _stop_at_broken_loss(run: Run, examples: Examples) -> NoReturn:
    """Save the batch that broke the loss, leave the last checkpoint as it is, and stop."""
    path = run.folder / f"broken_step_{run.step}.pt"
    torch.save(vars(examples), path)
    raise TrainingError(
        f"the loss is not a number at step {run.step}: the batch is in {path}; lower optimizer.rate or go on from "
        "the last checkpoint with precision='32-true'"
    )
