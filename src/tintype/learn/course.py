"""What goes on around the steps of every kind of training: rates, logs, validation, checkpoints, the end."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import torch
from torch import Tensor
from torch.utils.tensorboard import SummaryWriter

from tintype.errors import RecipeError, TrainingError
from tintype.learn.data.examples import Examples, Wanted, iterate_examples
from tintype.learn.objective import needs_pictures
from tintype.learn.optimize import rate_factor
from tintype.learn.release import BEST, LAST
from tintype.learn.run import CHECKPOINT, Run, save_run, save_weights
from tintype.learn.validate import HeldOut, figure_names, validate, write_contact_sheet
from tintype.photos.atomic import atomic_file

LOG_EVERY = 20

Figures = dict[str, float]
Step = Callable[[Run, Examples], Figures]
"""Shows a batch and learns from it; what it returns goes into the log."""

Progress = Callable[[int, int, Figures], None]
"""Called with samples shown, samples in all, and the latest figures."""


def follow(
    run: Run, held_out: HeldOut, take_step: Step, *, stop_after: float | None, progress: Progress | None
) -> None:
    """Step through the plan until it ends, patience ends, or the time is over; then save."""
    known, watched = figure_names(run.traits), run.recipe.validation.watch
    if watched not in known:
        raise RecipeError(f"recipe: validation.watch is {watched!r}; give one of {', '.join(known)}")
    if run.fabric.is_global_zero:
        _forget_later_rows(run.folder / "curves.csv", run.shown)
    if not run.step and not (run.folder / CHECKPOINT).exists():
        # A full disk is better known now; and weights without any checkpoint will be those of another training.
        save_run(run)
    events = SummaryWriter(run.folder / "events", purge_step=run.shown + 1)
    with events as writer, _flushed_denormals():
        deadline = time.monotonic() + 60 * stop_after if stop_after else float("inf")
        _follow(run, held_out, take_step, writer, deadline=deadline, progress=progress)
    save_run(run)


@contextmanager
def _flushed_denormals() -> Iterator[None]:
    """Take numbers under 1e-38 for zero: softmax leaves many, and a processor may be thirty times slower on them."""
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def _follow(
    run: Run,
    held_out: HeldOut,
    take_step: Step,
    writer: SummaryWriter,
    *,
    deadline: float,
    progress: Progress | None,
) -> None:
    saved = time.monotonic()
    figures: Figures = {}
    if run.is_out_of_patience:
        return
    for examples in iterate_examples(run.plan, run.step, run.fabric.device, wanted_by(run)):
        _seed_dropout(run)
        figures |= take_step(run, examples)
        run.step += 1
        run.broken += examples.broken
        if run.step % LOG_EVERY == 0 and run.fabric.is_global_zero:
            figures["broken"] = float(run.broken)
            _log(writer, "train", figures, run.shown)
        if progress and run.fabric.is_global_zero:
            progress(run.shown, run.recipe.samples, figures)
        if _is_validation_due(run):
            judge(run, held_out, writer)
            if run.is_out_of_patience:
                return
        if time.monotonic() - saved > 60 * run.recipe.checkpoint_minutes:
            save_run(run)
            saved = time.monotonic()
        # Processes that do not leave together would wait for each other; their clocks begin at different times.
        if deadline < float("inf") and run.fabric.broadcast(time.monotonic() > deadline):
            return


def _seed_dropout(run: Run) -> None:
    """Let what networks draw follow from the step alone, so that an interrupted run goes on to the same weights."""
    sequence = np.random.SeedSequence((run.recipe.seed, 11, run.step, run.fabric.global_rank))
    torch.manual_seed(int(sequence.generate_state(1)[0]))


def wanted_by(run: Run) -> Wanted:
    """Return what a run's examples must hold."""
    return Wanted(
        grid=run.traits.grid,
        hints="hints" in run.traits.capabilities,
        palette="palette" in run.traits.capabilities,
        whole=needs_pictures(run.recipe),
        enhance=run.recipe.loss.enhance,
    )


def set_rates(run: Run, optimizer: Any) -> float:
    """Give every group of an optimizer the rate of this moment; return the part of the full rate."""
    factor = rate_factor(run.shown, run.recipe.samples, run.recipe.optimizer)
    for group in optimizer.param_groups:
        group["lr"] = factor * group["peak"]
    return factor


def descend(run: Run, model: Any, optimizer: Any, terms: Mapping[str, Tensor], examples: Examples) -> float:
    """Take one step down the sum of the terms; return the norm of the gradient.

    Raises:
        TrainingError: the sum, or its gradient, is not a number; the batch is saved.
        RecipeError: there are no terms.
    """
    if not terms:
        raise RecipeError(
            "recipe: no term of the loss has a weight; give one to loss.classification or another"
        )
    loss = torch.stack([*terms.values()]).sum()
    if not torch.isfinite(loss):
        _stop_at_broken_batch(run, examples, "the loss")
    run.fabric.backward(loss)
    return follow_gradient(run, model, optimizer, examples)


def follow_gradient(run: Run, model: Any, optimizer: Any, examples: Examples) -> float:
    """Let an optimizer take its step down the gradient that is there; return the gradient's norm.

    Raises:
        TrainingError: the gradient is not a number; the batch is saved.
    """
    clip = run.recipe.optimizer.clip
    norm = run.fabric.clip_gradients(model, optimizer, max_norm=clip, error_if_nonfinite=False)
    if norm is not None and not torch.isfinite(norm):
        _stop_at_broken_batch(run, examples, "the gradient of the loss")
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    return float(norm or 0.0) if is_logged(run) else 0.0


def is_logged(run: Run) -> bool:
    """Tell whether the step that is being taken goes into the log."""
    return (run.step + 1) % LOG_EVERY == 0


def values_of(run: Run, terms: Mapping[str, Tensor]) -> Figures:
    """Return the terms of a loss as numbers, means over all processes."""
    values = torch.stack([term.detach().float() for term in terms.values()])
    shared: Any = run.fabric.all_reduce(values, reduce_op="mean")
    return dict(zip(terms, shared.tolist(), strict=True))


def enter_phase(run: Run, phase: str) -> None:
    """Note the phase of a training; with a new one, the search for the best weights starts anew."""
    if run.phase != phase:
        run.phase, run.best, run.stale = phase, float("inf"), 0


def judge(run: Run, held_out: HeldOut, writer: SummaryWriter) -> None:
    """Validate the averaged weights, keep them if they are the best, write curves and a contact sheet."""
    network = run.average.module
    network.eval()
    figures = validate(network, held_out, run.prior)
    # That of the first process: the others' may differ in the last digit, and all must decide alike.
    score = run.fabric.broadcast(_score(figures, run.recipe.validation.watch))
    run.stale = 0 if score < run.best else run.stale + 1
    run.best = min(run.best, score)
    if not run.fabric.is_global_zero:
        return
    _log(writer, "held_out", figures, run.shown)
    _append_curve(run.folder / "curves.csv", {"samples": run.shown, **figures})
    save_weights(run, LAST)
    if run.stale == 0:
        save_weights(run, BEST)
    sheets = run.folder / "sheets"
    sheets.mkdir(exist_ok=True)
    write_contact_sheet(
        network, held_out, run.prior, sheets / f"{run.shown:09d}.jpg", run.recipe.validation.sheet
    )


def _score(figures: Figures, watched: str) -> float:
    """Return the watched figure, turned so that lower is better."""
    return figures[watched] if watched == "loss" or watched.endswith("error") else -figures[watched]


def _is_validation_due(run: Run) -> bool:
    """Tell whether the last step crossed a multiple of ``validation.every`` samples, or was the last of all."""
    every = run.recipe.validation.every
    before = int(run.plan.samples[run.step - 1])
    return run.shown // every > before // every or run.step == len(run.plan)


def _log(writer: SummaryWriter, group: str, figures: Figures, shown: int) -> None:
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


def _forget_later_rows(path: Path, shown: int) -> None:
    """Remove what was noted after the checkpoint that a killed run goes on from: it will be found again."""
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    kept = [line for line in lines[1:] if line.endswith(b"\n") and int(line.split(b",")[0]) <= shown]
    if len(kept) < len(lines) - 1:
        with atomic_file(path, overwrite=True) as file:
            file.writelines([lines[0], *kept])


def _stop_at_broken_batch(run: Run, examples: Examples, what: str) -> NoReturn:
    """Save the batch that broke something, leave the last checkpoint as it is, and stop."""
    path = run.folder / f"broken_step_{run.step}.pt"
    torch.save(vars(examples), path)
    raise TrainingError(
        f"{what} is not a number at step {run.step}: the batch is in {path}; lower optimizer.rate or go on from "
        "the last checkpoint with precision='32-true'"
    )
