"""The whole set as bytes on the training device, cut there: decoding, the slowest step, is done once.

Every photograph becomes a square of ``data.stored_side`` pixels. A batch draws the same crops as `BatchPlan`, from
the same numbers; it samples them with two points each way for every pixel, and takes their mean.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

from tintype.errors import DataError
from tintype.learn.data.batches import Batch, BatchPlan, Cut, draw_box, find_whole, open_or_none
from tintype.learn.data.photographs import Photograph

Stored = tuple[int, tuple[int, int]]  # place in the set, and the photograph's own (width, height)


class StoredPlan:
    """A `BatchPlan` whose photographs lie on a device, decoded.

    Args:
        plan: which photographs a step sees, and how they are cut.
        device: where they are kept; three bytes times ``stored_side`` squared for each.

    Raises:
        DataError: the device has no room for them, or some are pairs.
    """

    def __init__(self, plan: BatchPlan, device: torch.device) -> None:
        if plan.recipe.data.pairs:
            raise DataError("data.on_device holds no pairs; set it to false")
        self.plan, self.device = plan, device
        self.places: dict[int, Stored | None] = {}
        side = plan.recipe.data.stored_side
        photographs = [p for stream in plan.streams for p in stream.pool.train]
        try:
            self.pixels = torch.empty(len(photographs), 3, side, side, dtype=torch.uint8, device=device)
        except RuntimeError as error:
            raise DataError(
                f"data.on_device: {len(photographs)} photographs of {side} x {side} do not fit on {device}; lower "
                "data.stored_side or set data.on_device to false"
            ) from error
        with ThreadPoolExecutor() as threads:
            decoded = threads.map(lambda photograph: _decode(photograph, side), photographs)
            for place, (photograph, found) in enumerate(zip(photographs, decoded, strict=True)):
                self._keep(place, photograph, found)

    def __getitem__(self, step: int) -> Batch:
        shape, cuts = self.plan.draw(step)
        places, photographs, grids, broken = [], [], [], 0
        for cut in cuts:
            (place, size), photograph, passed = find_whole(cut, lambda p: self.places[id(p)])
            places.append(place)
            photographs.append(photograph)
            grids.append(_transform(cut, size, shape))
            broken += passed
        pixels = self._sample(torch.tensor(places), torch.from_numpy(np.stack(grids)), shape)
        return Batch(step, pixels, broken, self.plan.number(photographs).to(self.device))

    def _keep(self, place: int, photograph: Photograph, found: tuple[Tensor, tuple[int, int]] | None) -> None:
        self.places[id(photograph)] = None if found is None else (place, found[1])
        if found is not None:
            self.pixels[place] = found[0].to(self.device)

    def _sample(self, places: Tensor, transforms: Tensor, shape: tuple[int, int]) -> Tensor:
        """Return the crops (N, H, W, 3) uint8 that affine transforms (N, 2, 3) ask for."""
        source = self.pixels[places.to(self.device)].float()
        fine = (2 * shape[0], 2 * shape[1])
        grid = F.affine_grid(transforms.to(self.device), [len(places), 3, *fine], align_corners=False)
        sampled = F.grid_sample(source, grid, padding_mode="border", align_corners=False)
        return F.avg_pool2d(sampled, 2).round().byte().permute(0, 2, 3, 1)


def _decode(photograph: Photograph, side: int) -> tuple[Tensor, tuple[int, int]] | None:
    picture = open_or_none(photograph)
    if picture is None:
        return None
    squeezed = np.array(picture.resize((side, side), Image.Resampling.BICUBIC))
    return torch.from_numpy(squeezed).permute(2, 0, 1), picture.size


def _transform(cut: Cut, size: tuple[int, int], shape: tuple[int, int]) -> np.ndarray:
    """Return the affine transform (2, 3) from a crop's coordinates to its photograph's, both in -1..1."""
    rng = np.random.default_rng(cut.seed)
    left, top, right, bottom = draw_box(rng, size, shape, cut.stream.pool.source.min_crop)
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    width, height = size
    return np.array(
        [
            [mirror * (right - left) / width, 0.0, (left + right) / width - 1],
            [0.0, (bottom - top) / height, (top + bottom) / height - 1],
        ],
        np.float32,
    )
