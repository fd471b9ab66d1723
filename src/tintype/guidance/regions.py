"""A region of a photograph, pixel by pixel, however it was found: a lasso, a mask file, a click that was grown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tintype.errors import GuidanceError
from tintype.guidance.colors import COORDINATE_LIMIT, assign, check_integer, shown


@dataclass(frozen=True)
class Region:
    """Which pixels are meant.

    They are stored as the lengths of their runs, row by row from the top left: first unmarked pixels (0 if the
    first one is marked), then marked ones, then unmarked ones and so on. There is one way to write a region, so
    equal regions have equal digests, which packed pictures (PNG) would not promise.

    Attributes:
        x: left edge of the region's box, whole pixels of the photograph.
        y: top edge of the box.
        width: width of the box.
        height: height of the box.
        runs: lengths of the runs, sum width * height; all but the first above 0, at least two.

    Raises:
        GuidanceError: a value outside of its range, or runs that do not fill the box.
    """

    x: int
    y: int
    width: int
    height: int
    runs: tuple[int, ...]

    def __post_init__(self) -> None:
        for name, low in (("x", 0), ("y", 0), ("width", 1), ("height", 1)):
            assign(self, **{name: check_integer(name, getattr(self, name), low, COORDINATE_LIMIT)})
        assign(self, runs=_check_runs(self.runs, self.width, self.height))

    @classmethod
    def from_array(cls, mask: ArrayLike, *, x: int = 0, y: int = 0, **rest: Any) -> Self:
        """Make a region from a mask.

        Args:
            mask: (height, width), marked where it is not zero.
            x: where its left edge lies in the photograph, pixels.
            y: where its top edge lies.
            rest: of a ``MaskMark``: color or palette, confidence, origin.

        Returns:
            The region, its box cut to what is marked.

        Raises:
            GuidanceError: nothing is marked, or the mask is not a plane.
        """
        marked = np.asarray(mask) != 0
        if marked.ndim != 2 or not marked.any():
            raise GuidanceError(f"mask of shape {marked.shape} marks nothing; give (height, width)")
        rows, columns = (np.flatnonzero(marked.any(axis=axis)) for axis in (1, 0))
        top, left = int(rows[0]), int(columns[0])
        box = marked[top : rows[-1] + 1, left : columns[-1] + 1]
        return cls(x + left, y + top, box.shape[1], box.shape[0], _runs_of(box), **rest)

    def to_array(self) -> NDArray[np.bool]:
        """Return the box as (height, width) bool."""
        marked = np.arange(len(self.runs)) % 2 == 1
        return np.repeat(marked, self.runs).reshape(self.height, self.width)

    def corners(self) -> tuple[tuple[float, float], ...]:
        """Return the points (x, y) that must lie inside of the photograph: middles of the corner pixels."""
        return ((self.x + 0.5, self.y + 0.5), (self.x + self.width - 0.5, self.y + self.height - 0.5))


def _runs_of(box: NDArray[np.bool]) -> tuple[int, ...]:
    flat = box.ravel()
    ends = np.concatenate([[0], np.flatnonzero(flat[1:] != flat[:-1]) + 1, [flat.size]])
    runs = np.diff(ends).tolist()
    return (0, *runs) if flat[0] else tuple(runs)


def _check_runs(runs: Any, width: int, height: int) -> tuple[int, ...]:
    if not isinstance(runs, Sequence) or isinstance(runs, str) or len(runs) < 2:
        raise GuidanceError(f"runs is {shown(runs)}; give two lengths or more, unmarked pixels first")
    limit = COORDINATE_LIMIT**2
    checked = [check_integer(f"runs[{i}]", run, min(i, 1), limit) for i, run in enumerate(runs)]
    if sum(checked) != width * height:
        raise GuidanceError(f"runs sum to {sum(checked)}; they must fill the box of {width} x {height}")
    return tuple(checked)
