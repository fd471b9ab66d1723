"""From the pixels of a batch to what the network is shown and asked: on any device, for the whole batch at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F
from torch.utils.data import Dataset

from tintype.color.bins import BIN_COUNT, soft_encode_table
from tintype.color.lab import linear_to_lab, srgb_to_linear
from tintype.learn.data.batches import Batch, BatchPlan
from tintype.learn.data.hints import simulate_hints, simulate_palette
from tintype.learn.recipe import Recipe
from tintype.photos.film_stock import develop_linear, draw_film

GRID = 4  # the answer is given for cells of 4 x 4 input pixels


@dataclass(frozen=True)
class Examples:
    """Inputs and targets of a step.

    Attributes:
        lightness: (N, 1, H, W), 0..100, as film and scanner left it.
        hints: (N, 3, H, W).
        palette: (N, Q + 1).
        ab: (N, 2, H/4, W/4), the true color, clean.
        bins, weights: (N, 5, H/4, W/4), the same softly encoded.
        broken: photographs of the batch that had to be replaced.
    """

    lightness: Tensor
    hints: Tensor
    palette: Tensor
    ab: Tensor
    bins: Tensor
    weights: Tensor
    broken: int = 0


def make_examples(batch: Batch, recipe: Recipe, *, salt: int = 0) -> Examples:
    """Develop the photographs, draw hints and palettes, encode the truth.

    All randomness follows from the recipe's seed, the batch's step and ``salt`` (the process's rank).
    """
    device = batch.pixels.device
    seed = np.random.SeedSequence((recipe.seed, batch.step, salt)).generate_state(2)
    generator = torch.Generator(device).manual_seed(int(seed[0]))
    linear = _linear_table(device)[batch.pixels.long()]
    ab = linear_to_lab(linear)[..., 1:].permute(0, 3, 1, 2)
    film = draw_film(
        np.random.default_rng(seed[1]), len(linear), recipe.film.strength, clean_share=recipe.film.clean
    )
    noise = torch.randn(linear.shape[:3], generator=generator, device=device)
    lightness = develop_linear(linear, film, noise)[:, None]
    coarse = F.avg_pool2d(ab, GRID)
    bins, weights = encode_bins(coarse)
    return Examples(
        lightness=lightness,
        hints=simulate_hints(ab, recipe.hints, generator),
        palette=simulate_palette(bin_distribution(bins, weights), recipe.hints, generator),
        ab=coarse,
        bins=bins,
        weights=weights,
        broken=batch.broken,
    )


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


class ExamplePlan(Dataset[Examples]):
    """A `BatchPlan` whose batches are turned into examples where they are made: in a worker on the CPU."""

    def __init__(self, plan: BatchPlan) -> None:
        self.plan = plan

    def __len__(self) -> int:
        return len(self.plan)

    def __getitem__(self, step: int) -> Examples:
        return make_examples(self.plan[step], self.plan.recipe, salt=self.plan.rank)


def iterate_examples(plan: BatchPlan, start: int, device: torch.device) -> Iterator[Examples]:
    """Yield the examples of every step from ``start`` on, on ``device``.

    On the CPU the workers do all of it; for another device they decode and cut, and the rest is done there.
    """
    on_cpu = device.type == "cpu"
    source: Dataset[Batch] | Dataset[Examples] = ExamplePlan(plan) if on_cpu else plan
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
        if isinstance(item, Examples):
            yield item
        else:
            pixels = item.pixels.to(device, non_blocking=True)
            yield make_examples(Batch(item.step, pixels, item.broken), plan.recipe, salt=plan.rank)


def _use_one_thread(_: int) -> None:
    torch.set_num_threads(1)


@cache
def _linear_table(device: torch.device) -> Tensor:
    return srgb_to_linear(torch.arange(256, dtype=torch.float64) / 255).float().to(device)


@cache
def _bin_tables(device: torch.device) -> tuple[Tensor, Tensor]:
    bins, weights = soft_encode_table()
    return torch.from_numpy(bins.copy()).to(device), torch.from_numpy(weights.copy()).to(device)
