"""Strokes found in a painted picture: which pixels are paint, of how many colors, and what hangs together.

A stroke has soft edges, and a JPEG has noise and colors that run over by some pixels: neither is a color of its
own. So colors are counted where paint is even, and a pixel at an edge is paint where it is nearer to the paint than
to what lies below.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import GuidanceError
from tintype.guidance.colors import Lab, parse_color

Floats = NDArray[np.float32]
Places = NDArray[np.bool_]
Labels = NDArray[np.int32]

MOST_COLORS = 64
"""More colors than a person mixes are those of a photograph."""

MOST_STROKES = 150
"""On an opaque picture; a person who paints more than that paints on a transparent layer."""

_LONGEST_SIDE = 1024  # what is painted roughly need not be read finely
_LEAST_CHROMA = 14.0  # from what lies below: a gray JPEG stays within 8
_SEE_THROUGH = 0.01  # share of a picture from which on its transparency means something
_EVEN = 12.0  # neighbors of an even color differ by less, in Lab units
_SAME = 16.0  # colors that are nearer to each other are one
_MINOR, _SHADE = 0.15, 26.0  # a color with so little paint, so near to another, is the other
_AT_EDGES = 0.1  # what a pixel at an edge counts, beside one where paint is even
_MOST_CELLS = 2000  # of Lab that colors are looked for in
_SMALLEST = 2e-5  # of a picture's area: less is a speck
_FEWEST_PIXELS = 6
_MUCH_LARGER = 4.0  # times the area of its edge is a stroke
_BETWEEN = 12.0  # Lab units from the straight line between two colors
_BUSIEST = 0.6  # of an opaque picture's area: with more paint than that it is none that was painted over
_MANY, _MUCH = 40, 0.15  # strokes on such a share of an opaque picture's area: it is a photograph


@dataclass(frozen=True, eq=False)
class Stroke:
    """Paint of one color that hangs together.

    Attributes:
        color: CIE Lab.
        top, left: of its box, in cells of `Painting`.
        mask: (rows, columns) bool.
    """

    color: Lab
    top: int
    left: int
    mask: Places

    @property
    def area(self) -> int:
        """Number of cells."""
        return int(self.mask.sum())


@dataclass(frozen=True, eq=False)
class Painting:
    """What was painted.

    Attributes:
        size: (height, width) of the picture.
        cell: side of a cell, in pixels of the picture.
        strokes: from top to bottom.
    """

    size: tuple[int, int]
    cell: int
    strokes: tuple[Stroke, ...]


def find_strokes(lab: Floats, alpha: Floats | None = None) -> Painting:
    """Find the strokes of a painted picture.

    Args:
        lab: (H, W, 3), CIE Lab. On an opaque picture paint is what has color: it may be painted on white, or over a
            gray copy of the photograph.
        alpha: (H, W), 0 transparent to 1 opaque, or None. Where a part is transparent, paint is what is not, gray
            and white paint too.

    Raises:
        GuidanceError: no paint, or so much of so many colors that this is a photograph.
    """
    opacity = None if alpha is None or (alpha < 0.5).mean() < _SEE_THROUGH else alpha
    ground = np.zeros(2, np.float32) if opacity is not None else np.median(lab[..., 1:], axis=(0, 1))
    score = _tell_colored(lab, ground) if opacity is None else opacity
    size = (lab.shape[0], lab.shape[1])
    cell = min(-(-max(size) // _LONGEST_SIDE), *size)
    lab, score = _reduce(lab, score, cell)
    painted = score > 0.5
    _check_amount(painted, opaque=opacity is None)
    labels, centers = _label_colors(lab, painted)
    labels = _absorb_edges(labels, centers, ground if opacity is None else None)
    if opacity is None:
        labels = _keep_nearer_to_paint(lab[..., 1:] - ground, labels, centers[:, 1:] - ground)
    strokes = _gather(lab, labels, _find_even(lab, painted))
    _check_strokes(strokes, float(painted.mean()), opaque=opacity is None)
    return Painting(size, cell, strokes)


_NO_PAINT = "there is no paint on it; paint with color on white, on a gray copy, or on a transparent layer"
_TOO_MUCH = (
    "it looks like a photograph and no scribble; paint on a transparent layer, or give it as --reference or --palette"
)  # fmt: skip


def _tell_colored(lab: Floats, ground: Floats) -> Floats:
    """Return how far colors are from the ground's, 0.5 where they begin to be paint."""
    away = np.moveaxis(lab[..., 1:] - ground, -1, 0)
    return np.asarray(np.hypot(*away) / (2 * _LEAST_CHROMA), np.float32)


def _reduce(lab: Floats, score: Floats, cell: int) -> tuple[Floats, Floats]:
    """Let the most painted pixel stand for each cell, so that colors do not mix and thin lines do not break."""
    if cell == 1:
        return lab, score
    height, width = (side // cell * cell for side in score.shape)
    blocks = _blocks(score[:height, :width, None], cell)[..., 0]
    chosen = blocks.argmax(-1)[..., None]
    colors = np.take_along_axis(_blocks(lab[:height, :width], cell), chosen[..., None], 2)[:, :, 0]
    return colors, np.take_along_axis(blocks, chosen, 2)[..., 0]


def _blocks(planes: Floats, cell: int) -> Floats:
    """Return (h, w, cell * cell, C)."""
    height, width, channels = planes.shape
    split = planes.reshape(height // cell, cell, width // cell, cell, channels)
    return split.transpose(0, 2, 1, 3, 4).reshape(height // cell, width // cell, cell * cell, channels)


def _check_amount(painted: Places, *, opaque: bool) -> None:
    if not painted.any():
        raise GuidanceError(_NO_PAINT)
    if opaque and painted.mean() > _BUSIEST:
        raise GuidanceError(_TOO_MUCH)


def _check_strokes(strokes: tuple[Stroke, ...], painted: float, *, opaque: bool) -> None:
    if not strokes:
        raise GuidanceError(_NO_PAINT)
    if opaque and (len(strokes) > MOST_STROKES or (len(strokes) > _MANY and painted > _MUCH)):
        raise GuidanceError(_TOO_MUCH)


def _find_even(lab: Floats, painted: Places) -> Places:
    """Tell where paint has paint of the same color on all four sides."""
    even = painted.copy()
    for axis in (0, 1):
        near = np.square(np.diff(lab, axis=axis)).sum(-1) < _EVEN**2
        both = near & np.delete(painted, 0, axis) & np.delete(painted, -1, axis)
        open_end = [(0, 0), (0, 0)]
        for side in (0, 1):
            open_end[axis] = (1, 0) if side == 0 else (0, 1)
            even &= np.pad(both, open_end)
    return even


def _label_colors(lab: Floats, painted: Places) -> tuple[Labels, Floats]:
    """Return the number of each cell's color, -1 where there is no paint, and the colors (n, 3)."""
    even = _find_even(lab, painted)
    centers = _find_colors(lab[painted], np.where(even, 1.0, _AT_EDGES)[painted])
    if len(centers) > MOST_COLORS:
        raise GuidanceError(_TOO_MUCH)
    labels = np.full(painted.shape, -1, np.int32)
    labels[even] = _nearest(lab[even], centers)
    for _ in range(3):  # a soft edge is two or three cells wide
        _spread(labels, painted)
    rest = painted & (labels < 0)
    labels[rest] = _nearest(lab[rest], centers)
    return labels, centers


def _find_colors(colors: Floats, weights: NDArray[np.float64]) -> Floats:
    """Return the colors (n, 3) that paint (N, 3) has, the most frequent first.

    Colors are counted in cells of Lab; the cell with most paint around it takes all that is near, and so on with what
    is left.
    """
    _, place = np.unique(np.round(colors / (12, 6, 6)).astype(np.int32), axis=0, return_inverse=True)
    mass = np.bincount(place.ravel(), weights)
    sums = [np.bincount(place.ravel(), weights * channel) for channel in colors.T]
    fullest = np.argsort(-mass)[:_MOST_CELLS]
    left, means = mass[fullest], np.stack(sums, 1)[fullest] / mass[fullest, None]
    near = np.stack([_distances(means, mean) < _SAME for mean in means])
    least = max(_FEWEST_PIXELS * _AT_EDGES, 0.001 * mass.sum())
    found: list[tuple[NDArray[np.float64], float]] = []
    while (len(found) <= MOST_COLORS and (around := near @ left).max() > least) or not found:
        taken = near[around.argmax()]
        color = (means[taken] * left[taken, None]).sum(0) / left[taken].sum()
        if not any(_is_shade((color, left[taken].sum()), other) for other in found):
            found.append((color, float(left[taken].sum())))
        left[taken] = 0
    return np.array([color for color, _ in found], np.float32)


def _is_shade(color: tuple[NDArray[np.float64], float], other: tuple[NDArray[np.float64], float]) -> bool:
    """Tell whether a color, with its mass, is only what JPEG makes of another that there is much more of."""
    return bool(color[1] < _MINOR * other[1] and _distances(color[0], other[0]) < _SHADE)


def _distances(colors: NDArray[Any], color: NDArray[Any]) -> NDArray[np.floating[Any]]:
    """Return distances in Lab, in which lightness counts half: paint is shaded by what lies below."""
    distances: NDArray[np.floating[Any]] = np.sqrt(np.square((colors - color) * (0.5, 1, 1)).sum(-1))
    return distances


def _nearest(colors: Floats, centers: Floats) -> NDArray[np.int64]:
    best, distance = np.zeros(len(colors), np.int64), np.full(len(colors), np.inf)
    for number, center in enumerate(centers):
        here = _distances(colors, center)
        best[here < distance] = number
        distance = np.minimum(distance, here)
    return best


def _spread(labels: Labels, painted: Places) -> None:
    """Give cells without a color that of a neighbor."""
    for axis, step in ((0, 1), (0, -1), (1, 1), (1, -1)):
        moved = np.roll(labels, step, axis)
        edge = [slice(None), slice(None)]
        edge[axis] = slice(0, 1) if step == 1 else slice(-1, None)
        moved[tuple(edge)] = -1
        taken = painted & (labels < 0) & (moved >= 0)
        labels[taken] = moved[taken]


def _absorb_edges(labels: Labels, centers: Floats, ground: Floats | None) -> Labels:
    """Give a soft edge the color of the stroke that it is the edge of.

    An edge touches a stroke that is much larger, and its color lies between that of the stroke and what it is laid
    on, or another paint.
    """
    parts = label_parts(labels)
    counts = np.bincount(parts[parts >= 0], minlength=1)
    colors = np.full(len(counts), -1, np.int32)
    colors[parts[parts >= 0]] = labels[parts >= 0]
    owner = colors.copy()
    for small, large in _neighbors(parts):
        if counts[large] < _MUCH_LARGER * counts[small]:
            continue
        color, other = centers[colors[small], 1:], centers[colors[large], 1:]
        grounds = [centers[i, 1:] for i in range(len(centers)) if i not in (colors[small], colors[large])]
        grounds += [ground] if ground is not None else []
        if any(_distance_to_segment(color, other, end) < _BETWEEN for end in (other, *grounds)):
            owner[small] = colors[large]
    return np.where(parts >= 0, owner[parts], -1).astype(np.int32)


def _neighbors(parts: Labels) -> list[tuple[int, int]]:
    """Return pairs of parts that touch, in both orders, those with the longest common border last."""
    pairs = []
    for axis in (0, 1):
        one, other = np.delete(parts, 0, axis), np.delete(parts, -1, axis)
        touching = (one != other) & (one >= 0) & (other >= 0)
        pairs += [np.stack([one[touching], other[touching]]), np.stack([other[touching], one[touching]])]
    found, lengths = np.unique(np.concatenate(pairs, 1), axis=1, return_counts=True)
    return [(int(a), int(b)) for a, b in found.T[np.argsort(lengths, kind="stable")]]


def _distance_to_segment(point: Floats, start: Floats, end: Floats) -> float:
    along = end - start
    part = np.clip(((point - start) * along).sum() / max(float(np.square(along).sum()), 1e-6), 0, 1)
    return float(np.hypot(*(start + part * along - point)))


def _keep_nearer_to_paint(ab: Floats, labels: Labels, centers: Floats) -> Labels:
    """Take away what is less than half of its color: where JPEG lets colors run, and the outside of soft edges."""
    colors = centers[labels]
    share = (ab * colors).sum(-1) / np.maximum(np.square(colors).sum(-1), 1e-6)
    return np.where(share >= 0.5, labels, -1).astype(np.int32)


def _gather(lab: Floats, labels: Labels, even: Places) -> tuple[Stroke, ...]:
    """Return what hangs together, but specks."""
    parts = label_parts(labels)
    least = max(_FEWEST_PIXELS, _SMALLEST * labels.size)
    counts = np.bincount(parts[parts >= 0], minlength=1)
    large = np.flatnonzero(counts >= least)
    order = np.argsort(parts.ravel(), kind="stable")
    ends = np.searchsorted(parts.ravel()[order], np.arange(len(counts) + 1))
    return tuple(_as_stroke(order[ends[i] : ends[i + 1]], lab, even) for i in large)


def _as_stroke(cells: NDArray[np.intp], lab: Floats, even: Places) -> Stroke:
    rows, columns = np.divmod(cells, lab.shape[1])
    top, left = int(rows.min()), int(columns.min())
    mask = np.zeros((int(rows.max()) - top + 1, int(columns.max()) - left + 1), np.bool_)
    mask[rows - top, columns - left] = True
    inside = even[rows, columns]
    kept = lab[rows, columns][inside if inside.any() else slice(None)]
    lightness, a, b = (float(value) for value in np.median(kept, axis=0))
    return Stroke(parse_color((min(max(lightness, 0.0), 100.0), a, b)), top, left, mask)


def label_parts(labels: Labels) -> Labels:
    """Number what hangs together, corners included: (H, W), -1 where the labels are.

    >>> label_parts(np.array([[1, -1, 1], [-1, 1, 2]], np.int32)).tolist()
    [[0, -1, 0], [-1, 0, 1]]
    """
    rows, starts, stops = _find_runs(labels)
    owner = [*range(len(rows))]

    def root(run: int) -> int:
        while owner[run] != run:
            owner[run] = owner[owner[run]]
            run = owner[run]
        return run

    kinds = labels[rows, starts] if len(rows) else np.empty(0, np.int32)
    firsts = np.searchsorted(rows, np.arange(labels.shape[0] + 1)).tolist()
    begins, ends, colors = starts.tolist(), stops.tolist(), kinds.tolist()
    for (above, here), (_, after) in pairwise(pairwise(firsts)):
        for upper, lower in _touching(begins, ends, (above, here), (here, after)):
            if colors[upper] == colors[lower]:
                owner[root(lower)] = root(upper)
    roots = np.array([root(run) for run in range(len(rows))], np.int64)
    numbers = np.unique(roots, return_inverse=True)[1].astype(np.int32)
    parts = np.full(labels.shape, -1, np.int32)
    parts[labels >= 0] = np.repeat(numbers, stops - starts)
    return parts


def _find_runs(labels: Labels) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return row, first column and end of each run of equal labels that are not -1."""
    change = np.ones((labels.shape[0], labels.shape[1] + 1), np.bool_)
    change[:, 1:-1] = labels[:, 1:] != labels[:, :-1]
    rows, columns = np.nonzero(change)
    is_start = columns < labels.shape[1]
    kept = np.flatnonzero(is_start)
    kept = kept[labels[rows[kept], columns[kept]] >= 0]
    return rows[kept], columns[kept], columns[kept + 1]


def _touching(
    begins: list[int], ends: list[int], above: tuple[int, int], below: tuple[int, int]
) -> Iterator[tuple[int, int]]:
    """Yield pairs of runs of two rows that touch, at corners too."""
    first = below[0]
    for upper in range(*above):
        while first < below[1] and ends[first] < begins[upper]:
            first += 1
        lower = first
        while lower < below[1] and begins[lower] <= ends[upper]:
            yield upper, lower
            lower += 1
