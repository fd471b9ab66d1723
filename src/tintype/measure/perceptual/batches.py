"""Photographs as batches of tensors for networks that measure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Codes = NDArray[np.uint8]
Vectors = NDArray[np.float32]

BATCH = 16
"""Photographs that a network sees at once: more is no faster, and large ones must fit into memory."""
PIXELS = BATCH * 512 * 512
"""Pixels that a network sees at once, at most, unless a single photograph has more."""


def choose_device(name: str | None = None) -> torch.device:
    """Return a device by torch's name; None for CUDA where there is a GPU, else the CPU."""
    return torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))


def in_batches(*columns: Sequence[Codes]) -> Iterator[tuple[list[int], tuple[torch.Tensor, ...]]]:
    """Split photographs into batches of equal size.

    Args:
        *columns: photographs (H, W, 3) uint8; those at the same place have the same shape.

    Yields:
        Their places, and for each column the photographs there: (N, 3, H, W) uint8.
    """
    places: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for place, picture in enumerate(columns[0]):
        places[picture.shape].append(place)
    for (height, width, _), same in places.items():
        count = max(1, min(BATCH, PIXELS // (height * width)))
        for start in range(0, len(same), count):
            chosen = same[start : start + count]
            yield chosen, tuple(_stack([column[place] for place in chosen]) for column in columns)


def each_batch(
    pictures: Sequence[Codes], device: torch.device, compute: Callable[[torch.Tensor], torch.Tensor]
) -> Vectors:
    """Compute one vector for each photograph.

    Args:
        pictures: (H, W, 3) uint8 each, of any sizes.
        device: where to compute.
        compute: (N, 3, H, W) uint8 -> (N, C).

    Returns:
        (N, C) float32, in the order of the pictures.
    """
    vectors: list[Any] = [None] * len(pictures)
    with torch.inference_mode():
        for places, (batch,) in in_batches(pictures):
            found = compute(batch.to(device)).float().cpu().numpy()
            for place, vector in zip(places, found, strict=True):
                vectors[place] = vector
    return np.stack(vectors)


def _stack(pictures: Sequence[Codes]) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(np.stack(pictures).transpose(0, 3, 1, 2)))
