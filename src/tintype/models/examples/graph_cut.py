"""Graph cuts: labels for the cells of a grid that suit each cell and its neighbors, by alpha expansion.

Boykov, Veksler and Zabih, "Fast Approximate Energy Minimization via Graph Cuts" (PAMI 2001). The energy is::

    E(labels) = sum over cells of cost[cell, label] + sum over edges of weight * distance[label, other label]

One move offers the label alpha to all cells at once; which of them take it is one minimum cut, found exactly
as a maximum flow. Moves go on until none helps: then no single cell, and no set of cells that take the same
label, can lower the energy. SciPy finds the flow, in whole numbers: energies are rounded to `_UNIT`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import MissingExtraError

Floats = NDArray[np.floating[Any]]
Labels = NDArray[np.intp]

_UNIT = 1000.0
_MOST = 1 << 22  # capacities stay far below 2 ** 31, so that the flow through a cell can't overflow


@dataclass(frozen=True, eq=False)
class Edges:
    """Which cells are neighbors.

    Attributes:
        first: (edges,) index of one cell, row by row.
        second: (edges,) index of the other.
        weight: (edges,) of the difference of their labels.
    """

    first: Labels
    second: Labels
    weight: Floats


def connect_grid(height: int, width: int) -> Edges:
    """Connect each cell of a grid with its eight neighbors; those at a corner weigh less, as they are farther."""
    index = np.arange(height * width).reshape(height, width)
    pairs = [
        (index[:, :-1], index[:, 1:], 1.0),
        (index[:-1], index[1:], 1.0),
        (index[:-1, :-1], index[1:, 1:], 0.5**0.5),
        (index[:-1, 1:], index[1:, :-1], 0.5**0.5),
    ]
    return Edges(
        np.concatenate([one.ravel() for one, _, _ in pairs]),
        np.concatenate([other.ravel() for _, other, _ in pairs]),
        np.concatenate([np.full(one.size, weight) for one, _, weight in pairs]),
    )


def find_energy(costs: Floats, edges: Edges, distances: Floats, labels: Labels) -> float:
    """Return the energy of labels (cells,); the other arguments are those of `expand`."""
    apart = distances[labels[edges.first], labels[edges.second]]
    return float(costs[np.arange(len(labels)), labels].sum() + (edges.weight * apart).sum())


def expand(costs: Floats, edges: Edges, distances: Floats, cycles: int = 4) -> Labels:
    """Find labels of low energy.

    Args:
        costs: (cells, labels), what each label costs in each cell.
        edges: the neighbors.
        distances: (labels, labels), a metric: symmetric, 0 on the diagonal, no detour shorter than the way.
        cycles: how often every label is offered at most.

    Returns:
        (cells,) the labels.

    Raises:
        MissingExtraError: SciPy is not installed.

    >>> costs = np.array([[0, 5], [3, 2], [0, 5]])  # the middle one would be 1, but for its neighbors
    >>> expand(costs, Edges(np.array([0, 1]), np.array([1, 2]), np.ones(2)), 2 * (1 - np.eye(2))).tolist()
    [0, 0, 0]
    """
    labels: Labels = costs.argmin(axis=1)
    energy = find_energy(costs, edges, distances, labels)
    useful = np.flatnonzero((costs < np.partition(costs, 1, axis=1)[:, 1:2] + _RIVALRY).any(axis=0))
    unhelpful = 0
    for alpha in np.tile(useful, cycles):
        moved = _offer(alpha, costs, edges, distances, labels)
        lower = find_energy(costs, edges, distances, moved)
        unhelpful = 0 if lower < energy - 1e-6 else unhelpful + 1
        if lower < energy:
            labels, energy = moved, lower
        if unhelpful == len(useful):
            break
    return labels


_RIVALRY = 4.0
"""A label that everywhere costs so much more than the second best of a cell is never offered."""


def _offer(alpha: int, costs: Floats, edges: Edges, distances: Floats, labels: Labels) -> Labels:
    """Return the labels after the best move in which cells keep their label or take alpha."""
    cells = np.arange(len(labels))
    keep, take = costs[cells, labels], costs[:, alpha]
    one, other = labels[edges.first], labels[edges.second]
    both_keep = edges.weight * distances[one, other]
    second_takes = edges.weight * distances[one, alpha]
    first_takes = edges.weight * distances[alpha, other]
    # Of the four costs of a pair, one part depends on each cell alone; what is left is paid where only the
    # second takes alpha (Kolmogorov and Zabih, "What Energy Functions Can Be Minimized via Graph Cuts?", 2004).
    gain = take - keep
    gain = gain + np.bincount(edges.first, first_takes - both_keep, len(labels))
    gain = gain - np.bincount(edges.second, first_takes, len(labels))
    together = np.maximum(second_takes + first_takes - both_keep, 0)
    return np.where(_cut(gain, edges, together), alpha, labels)


def _cut(gain: Floats, edges: Edges, together: Floats) -> NDArray[np.bool_]:
    """Tell which cells take the offer: the side of the sink of a minimum cut.

    Args:
        gain: (cells,), what it costs more to take it.
        edges: the neighbors.
        together: (edges,), what it costs if the second takes it and the first does not.
    """
    csr_array, breadth_first_order, maximum_flow = _import_scipy()
    count = len(gain)
    source, sink, cells = count, count + 1, np.arange(count)
    starts = np.concatenate([np.full(count, source), cells, edges.first])
    ends = np.concatenate([cells, np.full(count, sink), edges.second])
    capacities = _round(np.concatenate([np.maximum(gain, 0), np.maximum(-gain, 0), together]))
    graph = csr_array((capacities, (starts, ends)), shape=(count + 2, count + 2))
    flow = maximum_flow(graph, source, sink, method="dinic").flow
    reached = breadth_first_order(graph - flow, source, return_predecessors=False)
    takes = np.ones(count + 2, bool)
    takes[reached] = False
    return takes[:count]


def _round(energies: Floats) -> NDArray[np.int32]:
    return np.asarray(np.minimum(np.rint(energies * _UNIT), _MOST), np.int32)


def _import_scipy() -> tuple[Any, Any, Any]:
    try:
        from scipy.sparse import csr_array  # noqa: PLC0415 - optional, and heavy
        from scipy.sparse.csgraph import breadth_first_order, maximum_flow  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError(
            "charpiat08 needs SciPy for its graph cut: pip install 'tintype[examples]'"
        ) from error
    return csr_array, breadth_first_order, maximum_flow
