"""Small pictures from large ones, by averages over square blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray


def find_step(shape: Sequence[int], side: int) -> int:
    """Return the side of the blocks that bring the longer side of a picture down to `side` or less.

    `shape` begins with height and width. The blocks are never longer than the shorter side: a picture that is
    all but a line keeps its length.
    """
    height, width = shape[:2]
    return max(1, min(-(-max(height, width) // side), height, width))


def average_blocks(picture: NDArray[Any], step: int, *, samples: int = 0) -> NDArray[np.float32]:
    """Average the blocks of step x step pixels; a rest at the lower and right edge is left out.

    Args:
        picture: (height, width) or (height, width, channels), any real type.
        step: the side of a block; at most height and width.
        samples: average only a grid of about this many pixels a side of a block, 0 for all of them.

    Returns:
        (height // step, width // step[, channels]) float32.

    >>> average_blocks(np.array([[0, 2, 9], [2, 4, 9]]), 2)
    array([[2.]], dtype=float32)
    """
    rows, columns = picture.shape[0] // step, picture.shape[1] // step
    stride = max(1, step // samples) if samples else 1
    cut = picture[: rows * step, : columns * step]
    blocks = cut.reshape(rows, step, columns, step, *picture.shape[2:])
    places = range(0, step, stride)
    # Adding shifted pictures is several times faster than numpy's mean over two short axes.
    total = np.zeros((rows, columns, *picture.shape[2:]), np.float32)
    for down in places:
        for right in places:
            total += blocks[:, down, :, right]
    total /= len(places) ** 2
    return total
