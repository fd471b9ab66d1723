"""Which photographs a step sees, and how they are cut: a function of the seed and the step's number alone.

So a run resumes to the step, any number of processes sees the same global batch, and a strange batch can be made
again to be looked at.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch.utils.data import Dataset

from tintype.errors import DataError
from tintype.learn.data.photographs import Photograph, Pool
from tintype.learn.recipe import DataRecipe, InputSize, Pairs, Recipe, Source

T = TypeVar("T")
MAX_BROKEN_IN_A_ROW = 20


@dataclass(frozen=True)
class Batch:
    """What a step sees.

    Attributes:
        step: its number.
        pixels: (N, H, W, 3) uint8 sRGB.
        broken: photographs that could not be decoded and were replaced by the next one.
        labels: (N,) int64, places in `BatchPlan.labels`, -1 where nobody said what is on the photograph.
        shown: (N, H, W) float32, the lightness 0..100 that pairs show; not a number where a photograph has none.
    """

    step: int
    pixels: torch.Tensor
    broken: int = 0
    labels: torch.Tensor | None = None
    shown: torch.Tensor | None = None

    def to(self, device: torch.device) -> Batch:
        """Return the same batch on another device."""
        pixels, labels, shown = (
            None if tensor is None else tensor.to(device, non_blocking=True)
            for tensor in (self.pixels, self.labels, self.shown)
        )
        assert pixels is not None
        return Batch(self.step, pixels, self.broken, labels, shown)


@dataclass(frozen=True)
class Piece:
    """One photograph as it is part of a batch: pixels (H, W, 3) uint8, and what a pair shows (H, W), if it is one."""

    photograph: Photograph
    pixels: NDArray[np.uint8]
    shown: NDArray[np.float32] | None
    broken: int


@dataclass(frozen=True)
class Cut:
    """One photograph's part in a batch: which one, and what its own random numbers follow from."""

    stream: Stream
    position: int
    seed: int


@dataclass
class Stream:
    """Endless shuffled passes over a pool: position -> photograph."""

    pool: Pool
    seed: int
    orders: dict[int, NDArray[np.int64]] = field(default_factory=dict)

    def __getitem__(self, position: int) -> Photograph:
        count = len(self.pool.train)
        turn, place = divmod(position, count)
        if turn not in self.orders:
            self.orders = {turn: np.random.default_rng((self.seed, 7, turn)).permutation(count)}
        return self.pool.train[int(self.orders[turn][place])]


class BatchPlan(Dataset[Batch]):
    """All batches of a training, each a function of its number.

    Args:
        recipe: sizes, shares, seed, number of samples.
        pools: the photographs.
        rank, world: this process and the number of processes; each gets its part of the global batch.
    """

    def __init__(self, recipe: Recipe, pools: Sequence[Pool], *, rank: int = 0, world: int = 1) -> None:
        self.recipe, self.rank, self.world = recipe, rank, world
        self.streams = [Stream(pool, recipe.seed + 1000 * i) for i, pool in enumerate(pools)]
        self.sizes = _draw_sizes(recipe)
        counts = np.array([[*_quota(size, [pool.source for pool in pools])] for size in recipe.data.sizes])
        _check_quotas(counts, [pool.source for pool in pools])
        per_step = counts[self.sizes]
        self.starts = np.concatenate([np.zeros((1, len(pools)), np.int64), per_step.cumsum(0)])
        self.samples = self.starts.sum(1)
        if any(size.count % world for size in recipe.data.sizes):
            raise DataError(f"data.sizes: every count must be a multiple of the {world} processes")

    def whole(self) -> BatchPlan:
        """Return the plan of all processes together, the same in each."""
        plan = copy.copy(self)
        plan.rank, plan.world = 0, 1
        return plan

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What may be on the photographs: all labels of the sources in order of the alphabet, without "none"."""
        return tuple(sorted({p.label for s in self.streams for p in s.pool.train} - {"none"}))

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, step: int) -> Batch:
        shape, cuts = self.draw(step)
        pieces = [_cut(cut, shape) for cut in cuts]
        pixels = torch.from_numpy(np.stack([piece.pixels for piece in pieces]))
        labels = self.number([piece.photograph for piece in pieces])
        shown = _stack_shown([piece.shown for piece in pieces], shape)
        return Batch(step, pixels, sum(piece.broken for piece in pieces), labels, shown)

    def draw(self, step: int) -> tuple[tuple[int, int], list[Cut]]:
        """Draw the size (height, width) of a step, and this process's part of its photographs."""
        rng = np.random.default_rng((self.recipe.seed, step))
        size = self.recipe.data.sizes[self.sizes[step]]
        shape = _draw_shape(rng, size.side, self.recipe.data)
        places = [
            (stream, position)
            for stream, first, last in zip(
                self.streams, self.starts[step], self.starts[step + 1], strict=True
            )
            for position in range(first, last)
        ]
        seeds = rng.integers(2**32, size=len(places))
        mine = slice(self.rank, None, self.world)
        return shape, [Cut(*place, int(s)) for place, s in zip(places[mine], seeds[mine], strict=True)]

    def number(self, photographs: Sequence[Photograph]) -> torch.Tensor:
        """Return the labels of photographs as numbers (N,), -1 for "none"."""
        numbers = self._numbers
        return torch.tensor([numbers.get(photograph.label, -1) for photograph in photographs])

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {label: i for i, label in enumerate(self.labels)}


def center_crops(photographs: Sequence[Photograph], side: int) -> torch.Tensor:
    """Return center squares (N, side, side, 3) uint8, for validation."""
    crops = [_resize(picture, (side, side), _center(picture)) for picture in (p.open() for p in photographs)]
    return torch.from_numpy(np.stack(crops))


def center_shown(photographs: Sequence[Photograph], side: int) -> torch.Tensor | None:
    """Return what pairs show of the same squares as `Batch.shown`, (N, side, side); None where nothing is a pair."""
    shape = (side, side)
    return _stack_shown([_shown_square(photograph, shape) for photograph in photographs], shape)


def _shown_square(photograph: Photograph, shape: tuple[int, int]) -> NDArray[np.float32] | None:
    if photograph.shown is None:
        return None
    picture = photograph.open()
    return _shown_part(photograph, picture.size, _center(picture), shape)


def _center(picture: Image.Image) -> tuple[float, float, float, float]:
    short = min(picture.size)
    left, top = (picture.width - short) / 2, (picture.height - short) / 2
    return left, top, left + short, top + short


def _draw_sizes(recipe: Recipe) -> NDArray[np.int64]:
    """Return for each step the index of its input size, enough steps for all samples."""
    sizes = recipe.data.sizes
    rng = np.random.default_rng((recipe.seed, 3))
    edges = sorted({0.0, 1.0, *(size.since for size in sizes), *(size.until for size in sizes)})
    stretches = []
    for since, until in pairwise(edges):
        shares = np.array([s.share if s.since <= since and s.until >= until else 0.0 for s in sizes])
        if not shares.any():
            raise DataError(f"data.sizes: none is used from {since:g} to {until:g} of the samples")
        stretches.append(_draw_stretch(rng, sizes, shares / shares.sum(), (until - since) * recipe.samples))
    return np.concatenate(stretches)


def _draw_stretch(
    rng: np.random.Generator, sizes: Sequence[InputSize], shares: NDArray[np.float64], samples: float
) -> NDArray[np.int64]:
    """Draw sizes by their shares, until so many samples are shown."""
    mean = float(sum(share * size.count for share, size in zip(shares, sizes, strict=True)))
    drawn = rng.choice(len(sizes), int(samples / mean) + 50, p=shares)
    shown = np.cumsum(np.array([size.count for size in sizes])[drawn])
    return drawn[: int(np.searchsorted(shown, samples)) + 1]


def _quota(size: InputSize, sources: Sequence[Source | Pairs]) -> list[int]:
    """Split a batch over the sources by their shares, to whole photographs that add up to the batch."""
    shares = np.array([s.share if size.side <= s.max_side else 0.0 for s in sources])
    if not shares.any():
        raise DataError(f"data.sizes: no source may be enlarged to {size.side}; raise a max_side")
    edges = np.round(np.cumsum(shares / shares.sum()) * size.count).astype(int)
    return [int(n) for n in np.diff(edges, prepend=0)]


def _check_quotas(counts: NDArray[np.int64], sources: Sequence[Source | Pairs]) -> None:
    for source, most in zip(sources, counts.max(axis=0), strict=True):
        if source.share > 0 and not most:
            raise DataError(
                f"data.sources: {source.match!r} with share {source.share:g} gets no photograph of any batch; raise "
                "its share, its max_side or a count of data.sizes, or leave it away"
            )


def _draw_shape(rng: np.random.Generator, side: int, data: DataRecipe) -> tuple[int, int]:
    """Draw (height, width) of about side * side pixels."""
    aspect = np.exp(rng.uniform(-1, 1) * np.log(data.aspects))
    height = max(1, round(side / np.sqrt(aspect) / data.multiple)) * data.multiple
    width = max(1, round(side * np.sqrt(aspect) / data.multiple)) * data.multiple
    return height, width


def find_whole(cut: Cut, is_whole: Callable[[Photograph], T | None]) -> tuple[T, Photograph, int]:
    """Return the first photograph from a cut's on that is whole, and how many broken ones were passed.

    Raises:
        DataError: too many broken ones in a row.
    """
    for broken in range(MAX_BROKEN_IN_A_ROW):
        photograph = cut.stream[cut.position + broken]
        if (found := is_whole(photograph)) is not None:
            return found, photograph, broken
    name = cut.stream.pool.source.match
    raise DataError(f"source {name!r}: {MAX_BROKEN_IN_A_ROW} broken photographs in a row")


def open_or_none(photograph: Photograph) -> Image.Image | None:
    """Return the decoded photograph, or None where it is broken, or a bomb."""
    try:
        return photograph.open()
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):  # all that Pillow raises
        return None


def take_whole(photographs: Iterable[Photograph], most: int) -> tuple[list[Photograph], int]:
    """Return the first photographs that are whole, and how many broken ones were passed."""
    whole: list[Photograph] = []
    broken = 0
    for photograph in photographs:
        if len(whole) == most:
            break
        if open_or_none(photograph) is None:
            broken += 1
        else:
            whole.append(photograph)
    return whole, broken


def _cut(cut: Cut, shape: tuple[int, int]) -> Piece:
    """Decode, crop, resize and perhaps mirror one photograph; a broken one is replaced by the next."""
    picture, photograph, broken = find_whole(cut, open_or_none)
    rng = np.random.default_rng(cut.seed)
    box = draw_box(rng, picture.size, shape, cut.stream.pool.source.min_crop)
    is_pair = photograph.shown is not None
    pixels = _resize(picture, (shape[1], shape[0]), box)
    shown = _shown_part(photograph, picture.size, box, shape) if is_pair else None
    if rng.random() < 0.5:
        pixels = np.ascontiguousarray(pixels[:, ::-1])
        shown = None if shown is None else np.ascontiguousarray(shown[:, ::-1])
    return Piece(photograph, pixels, shown, broken)


def _shown_part(
    pair: Photograph, size: tuple[int, int], box: tuple[float, float, float, float], shape: tuple[int, int]
) -> NDArray[np.float32]:
    """Return the part (H, W) of what a pair shows that lies in a box of its color picture of size (width, height)."""
    shown = pair.open_shown()
    scale = (shown.width / size[0], shown.height / size[1])
    left, top, right, bottom = (side * by for side, by in zip(box, 2 * scale, strict=True))
    part = (left, top, min(right, shown.width), min(bottom, shown.height))  # rounding may go beyond
    plane = np.asarray(shown.resize((shape[1], shape[0]), Image.Resampling.BICUBIC, box=part), np.float32)
    return plane.clip(0, 100)


def _stack_shown(planes: Sequence[NDArray[np.float32] | None], shape: tuple[int, int]) -> torch.Tensor | None:
    if all(plane is None for plane in planes):
        return None
    nothing = np.full(shape, np.nan, np.float32)
    return torch.from_numpy(np.stack([nothing if plane is None else plane for plane in planes]))


def draw_box(
    rng: np.random.Generator, size: tuple[int, int], shape: tuple[int, int], min_crop: float
) -> tuple[float, float, float, float]:
    """Draw a crop (left, top, right, bottom) of the shape's aspect, or near it where it would be too small."""
    width, height = size
    aspect = shape[1] / shape[0] * np.exp(rng.uniform(-0.1, 0.1))
    largest_width, largest_height = min(width, height * aspect), min(height, width / aspect)
    zoom = np.sqrt(rng.uniform(min_crop, 1.0))
    crop_width, crop_height = largest_width * zoom, largest_height * zoom
    left, top = rng.uniform(0, width - crop_width), rng.uniform(0, height - crop_height)
    return left, top, left + crop_width, top + crop_height


def _resize(
    picture: Image.Image, size: tuple[int, int], box: tuple[float, float, float, float]
) -> NDArray[np.uint8]:
    return np.asarray(picture.resize(size, Image.Resampling.BICUBIC, box=box))
