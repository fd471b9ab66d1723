"""From the pixels of a batch to what the network is shown and asked: on any device, for the whole batch at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from tintype.color.bins import BIN_COUNT, soft_encode_table
from tintype.color.lab import linear_to_lab, srgb_to_linear
from tintype.errors import TintypeError
from tintype.learn.data.batches import Batch, BatchPlan
from tintype.learn.data.device_set import StoredPlan
from tintype.learn.data.drawings import make_drawings
from tintype.learn.data.hints import simulate_hints, simulate_palette
from tintype.learn.recipe import Recipe
from tintype.photos.film_stock import develop_linear, draw_film

GRID = 4  # bins are asked for cells of 4 x 4 input pixels


@dataclass(frozen=True)
class Wanted:
    """What a training asks examples for.

    Attributes:
        grid: ``ab`` is the color of cells of so many input pixels each way, as the network answers.
        hints: hints are drawn.
        palette: palettes are drawn.
        whole: the clean photograph is kept at full size, for those who judge pictures.
        enhance: the true ab is multiplied by this.
    """

    grid: int = GRID
    hints: bool = True
    palette: bool = True
    whole: bool = False
    enhance: float = 1.0


@dataclass(frozen=True)
class Examples:
    """Inputs and targets of a step.

    Attributes:
        lightness: (N, 1, H, W), 0..100, as film and scanner left it, as it was drawn, or as a pair shows it.
        hints: (N, 3, H, W), zeros where none were asked for.
        palette: (N, Q + 1), zeros where none were asked for.
        ab: (N, 2, H/k, W/k), the true color, clean, k the network's grid.
        bins, weights: (N, 5, H/4, W/4), the same softly encoded.
        broken: photographs of the batch that had to be replaced.
        labels: (N,) int64, what is on the photographs, -1 where it is not known.
        whole: (N, 3, H, W), Lab of the clean photographs, where it was asked for.
    """

    lightness: Tensor
    hints: Tensor
    palette: Tensor
    ab: Tensor
    bins: Tensor
    weights: Tensor
    broken: int = 0
    labels: Tensor | None = None
    whole: Tensor | None = None


def make_examples(batch: Batch, recipe: Recipe, *, salt: int = 0, wanted: Wanted | None = None) -> Examples:
    """Develop the photographs, draw hints and palettes, encode the truth.

    All randomness follows from the recipe's seed, the batch's step and ``salt`` (the process's rank).
    """
    wanted = wanted or Wanted()
    device = batch.pixels.device
    seed = np.random.SeedSequence((recipe.seed, batch.step, salt)).generate_state(3)
    generator = torch.Generator(device).manual_seed(int(seed[0]))
    linear = _linear_table(device)[batch.pixels.long()]
    lab = linear_to_lab(linear).permute(0, 3, 1, 2)
    ab = lab[:, 1:] if wanted.enhance == 1 else lab[:, 1:] * wanted.enhance
    film = draw_film(
        np.random.default_rng(seed[1]), len(linear), recipe.film.strength, clean_share=recipe.film.clean
    )
    noise = torch.randn(linear.shape[:3], generator=generator, device=device)
    lightness = develop_linear(linear, film, noise)[:, None]
    lightness = show(lightness, lab, batch.shown, recipe, seed=int(seed[2]), generator=generator)
    coarse = color_of_cells(ab, GRID, picked=recipe.loss.picked)
    bins, weights = encode_bins(coarse)
    return Examples(
        lightness=lightness,
        hints=simulate_hints(ab, recipe.hints, generator) if wanted.hints else lab * 0,
        palette=simulate_palette(bin_distribution(bins, weights), recipe.hints, generator)
        if wanted.palette
        else lab.new_zeros(len(lab), BIN_COUNT + 1),
        ab=color_of_cells(ab, wanted.grid, picked=recipe.loss.picked),
        bins=bins,
        weights=weights,
        broken=batch.broken,
        labels=batch.labels,
        whole=torch.cat([lab[:, :1], ab], 1) if wanted.whole else None,
    )


def show(
    lightness: Tensor,
    lab: Tensor,
    shown: Tensor | None,
    recipe: Recipe,
    *,
    seed: int,
    generator: torch.Generator,
) -> Tensor:
    """Return what a network is shown (N, 1, H, W): a gray photograph, a drawing of it, or what a pair shows.

    Args:
        lightness: (N, 1, H, W), of the gray photographs.
        lab: (N, 3, H, W), the color photographs.
        shown: as of `Batch`.
        recipe: how many are drawn, and how.
        seed: of the numbers of the drawings.
        generator: of their fields.
    """
    if recipe.drawing.share > 0:
        rng = np.random.default_rng(seed)
        drawn = torch.from_numpy(rng.random(len(lab)) < recipe.drawing.share).to(lab.device)
        if drawn.any():
            lightness[drawn] = make_drawings(lab[drawn], recipe.drawing.styles, rng, generator)
    if shown is None:
        return lightness
    return torch.where(shown[:, None].isnan(), lightness, shown[:, None])


def color_of_cells(ab: Tensor, grid: int, *, picked: bool = False) -> Tensor:
    """Return ab (N, 2, H, W) as (N, 2, H/grid, W/grid): the mean of each cell, or a pixel picked from its middle."""
    return ab[:, :, grid // 2 :: grid, grid // 2 :: grid] if picked else F.avg_pool2d(ab, grid)


def encode_bins(ab: Tensor) -> tuple[Tensor, Tensor]:
    """Encode ab (N, 2, h, w) softly: bins (int64) and weights, both (N, 5, h, w)."""
    bins, weights = _bin_tables(ab.device)
    a, b = (ab.round().long() + 128).clamp(0, 255).unbind(1)
    return bins[a, b].permute(0, 3, 1, 2), weights[a, b].permute(0, 3, 1, 2)


def bin_distribution(bins: Tensor, weights: Tensor) -> Tensor:
    """Return each photograph's distribution over the bins (N, Q), sum 1."""
    n = len(bins)
    total = torch.zeros(n, BIN_COUNT, device=bins.device)
    total.scatter_add_(1, bins.reshape(n, -1), weights.reshape(n, -1))
    return total / total.sum(1, keepdim=True)


class Told(Dataset[Any]):
    """A plan that gives its errors instead of raising them: a worker would add its whole traceback to the text."""

    def __init__(self, plan: Dataset[Any]) -> None:
        self.plan = plan

    def __getitem__(self, step: int) -> Any:
        try:
            return self.plan[step]
        except TintypeError as error:
            return error


class ExamplePlan(Dataset[Examples]):
    """A `BatchPlan` whose batches are turned into examples where they are made: in a worker on the CPU."""

    def __init__(self, plan: BatchPlan, wanted: Wanted | None = None) -> None:
        self.plan, self.wanted = plan, wanted

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, step: int) -> Examples:
        return make_examples(self.plan[step], self.plan.recipe, salt=self.plan.rank, wanted=self.wanted)


def iterate_examples(
    plan: BatchPlan, start: int, device: torch.device, wanted: Wanted | None = None
) -> Iterator[Examples]:
    """Yield the examples of every step from ``start`` on, on ``device``.

    On the CPU the workers do all of it; for another device they decode and cut, and the rest is done there. Where
    the recipe keeps the whole set on the device, all is done there.
    """
    if plan.recipe.data.on_device:
        stored = StoredPlan(plan, device)
        for step in range(start, len(plan)):
            yield make_examples(stored[step], plan.recipe, salt=plan.rank, wanted=wanted)
        return
    on_cpu = device.type == "cpu"
    source = Told(ExamplePlan(plan, wanted) if on_cpu else plan)
    workers = plan.recipe.data.workers
    loader = torch.utils.data.DataLoader(
        source,
        batch_size=None,
        sampler=range(start, len(plan)),
        num_workers=workers,
        worker_init_fn=_use_one_thread,
        prefetch_factor=4 if workers else None,
        pin_memory=not on_cpu,
    )
    for item in loader:
        if isinstance(item, TintypeError):
            raise item
        if isinstance(item, Examples):
            yield item
        else:
            yield make_examples(item.to(device), plan.recipe, salt=plan.rank, wanted=wanted)


def _use_one_thread(_: int) -> None:
    torch.set_num_threads(1)


@cache
def _linear_table(device: torch.device) -> Tensor:
    return srgb_to_linear(torch.arange(256, dtype=torch.float64) / 255).float().to(device)


@cache
def _bin_tables(device: torch.device) -> tuple[Tensor, Tensor]:
    bins, weights = soft_encode_table()
    return torch.from_numpy(bins.copy()).to(device), torch.from_numpy(weights.copy()).to(device)
