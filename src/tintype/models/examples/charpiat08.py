"""charpiat08: a photograph takes its colors from color photographs that are like it. No network.

Guillaume Charpiat, Matthias Hofmann, Bernhard Schoelkopf, "Automatic Image Colorization via Multimodal
Predictions", ECCV 2008 (hal.inria.fr/inria-00481552).

Faithful: colors are Lab, in bins found in the examples; each place is described by local gradients at three
scales, reduced by PCA, and its lightness; a Parzen window over the nearest examples gives the probability of
every color and the expected variation of color there; a graph cut by alpha expansion finds the colors that
suit the photograph as a whole, where neighbors of different color cost the less the more variation is
expected between them; a person's landmarks are given colors that the cut can't change.

Different:

- DAISY takes the place of SURF.
- The work is done on cells of 4 x 4 pixels of a reduced photograph; Tintype raises the color to full size.
- A landmark is an example, too: places near it that look alike tend to its color. In the paper it acts through
  its neighbors alone, and would stay a spot wherever the examples disagree with it.
- The cut chooses among bins. Afterwards each cell takes the mean of its own distribution near the bin that was
  chosen, which takes the steps out of the color.
- The answer is a distribution, so that the door of the other models fits: `_CUT_SHARE` of each cell for the
  color of the cut, the rest for what the examples say of this cell alone. Decoded at the default temperature it
  is the cut's color; suggestions, alternatives and doubt speak of the whole of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import CENTERS
from tintype.models.card import Card
from tintype.models.examples.charpiat_features import GRID, Projection, average
from tintype.models.examples.clusters import nearest_few, squared_distances
from tintype.models.examples.graph_cut import Edges, connect_grid, expand

Floats = NDArray[np.float32]

_CUT_SHARE = 0.7
_ENCODING = (
    6.0  # sigma of a color's spread over the 313 bins, Lab units: 4.2 at the default temperature of 0.5
)
_NEAR = 10.0  # sigma, Lab units: what of a cell's distribution belongs to the bin that the cut chose
_FLOOR = 1e-3  # share of all colors together where the examples know none of them
_LEAST_VARIATION = 1.0  # Lab units from cell to cell: no place is expected to be quite even
_HARD = 1e4  # cost of every other color at a landmark
_SURE = 0.99  # confidence of a landmark that the cut can't change
_LANDMARK_WEIGHT = 4.0  # of a landmark against all examples, in a cell that looks as it does
_LANDMARK_WIDTH = 1.5  # of its window over descriptors, in bandwidths: a person means more than one texture
_LANDMARK_REACH = 0.12  # sigma of its influence, as a share of the diagonal
_MOST_LANDMARKS = 48  # different colors


@dataclass(frozen=True, eq=False)
class Memory:
    """What is kept of the examples; the arrays of a model file are its fields.

    Attributes:
        mean: (D,) of the raw descriptors.
        components: (D, k) principal components.
        descriptors: (n, k + 3) of the examples' cells.
        labels: (n,) index into `palette` of their colors.
        variation: (n,) of their color, Lab units.
        palette: (bins, 2) ab of the bins.
        bandwidth: sigma of the Parzen window, in units of the descriptors.
        smoothness: what a difference of one Lab unit between neighbors costs at a variation of one.
        neighbors: how many examples the window looks at.
    """

    mean: Floats
    components: Floats
    descriptors: Floats
    labels: NDArray[np.integer[Any]]
    variation: Floats
    palette: Floats
    bandwidth: float
    smoothness: float
    neighbors: int

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Memory:
        """Return what lies in a model's file; KeyError where an array is missing."""
        found = {item.name: arrays[item.name] for item in fields(cls)}
        numbers = {name: array.item() for name, array in found.items() if array.ndim == 0}
        return cls(**{**found, **numbers})

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return what is stored: every field as an array."""
        return {item.name: np.asarray(getattr(self, item.name)) for item in fields(self)}

    @property
    def projection(self) -> Projection:
        """What turns a photograph into descriptors."""
        return Projection(self.mean, self.components)


@dataclass(frozen=True, eq=False)
class Prediction:
    """What the examples say of each cell by itself.

    Attributes:
        shares: (cells, bins) float32, probability of every color, sum 1.
        variation: (cells,) float32, expected difference of color to the next cell, Lab units.
        nearest: (cells,) float32, squared distance to the nearest example.
    """

    shares: Floats
    variation: Floats
    nearest: Floats


@dataclass(frozen=True, eq=False)
class Landmarks:
    """Colors that a person gave to cells.

    Attributes:
        cells: (m,) indices.
        colors: (m,) indices into `palette`.
        confidence: (m,) 0..1.
        palette: (c, 2) the different colors, ab.
    """

    cells: NDArray[np.intp]
    colors: NDArray[np.intp]
    confidence: Floats
    palette: Floats


class Charpiat:
    """The method, with the examples that it remembers.

    Raises:
        KeyError: an array is missing.
    """

    capabilities = frozenset({"hints", "samples", "suggestions", "doubt"})

    def __init__(self, card: Card, arrays: Mapping[str, NDArray[Any]], threads: int | None = None) -> None:
        self.card = card
        self.memory = Memory.from_arrays(arrays)

    def run(self, feeds: Mapping[str, Floats]) -> dict[str, Floats]:
        """Color one photograph: `bin_logits` (Q, H / 4, W / 4); see `tintype.models.examples.method.Method`."""
        lightness = feeds["lightness"][0]
        descriptors = self.memory.projection.describe(lightness)
        size = (descriptors.shape[0], descriptors.shape[1])
        cells = descriptors.reshape(-1, descriptors.shape[-1])
        landmarks = find_landmarks(feeds["hints"])
        prediction = predict(self.memory, cells)
        shares = add_landmarks(prediction, cells, landmarks, size, self.memory.bandwidth)
        palette = np.concatenate([self.memory.palette, landmarks.palette])
        neighborhood = connect_cells(prediction.variation, size, self.memory.smoothness)
        labels = cut(shares, palette, landmarks, neighborhood)
        logits = encode_answer(shares, palette, labels)
        return {"bin_logits": np.ascontiguousarray(logits.T.reshape(-1, *size))}


def predict(memory: Memory, cells: Floats) -> Prediction:
    """Ask the nearest examples of each cell (n, k + 3): a Parzen window over their descriptors."""
    indices, squares = nearest_few(cells, memory.descriptors, memory.neighbors)
    weights = window_weights(squares, memory.bandwidth)
    shares = np.zeros((len(cells), len(memory.palette)), np.float32)
    np.add.at(shares, (np.arange(len(cells))[:, None], memory.labels[indices]), weights)
    shares = (1 - _FLOOR) * shares + np.float32(_FLOOR / shares.shape[1])
    variation = (weights * memory.variation[indices]).sum(axis=1)
    return Prediction(shares, variation, squares.min(axis=1))


def window_weights(squares: Floats, bandwidth: float) -> Floats:
    """Return the weights (n, m) of examples at squared distances; each row sums to 1, however far they are."""
    weights = np.exp((squares.min(axis=1, keepdims=True) - squares) / (2 * bandwidth**2))
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), np.float32)


def find_landmarks(hints: Floats) -> Landmarks:
    """Find the cells that a hint map (3, H, W) gives a color to; alike colors become one."""
    picture = np.moveaxis(hints, 0, -1)
    sums = average(np.concatenate([picture[..., :2] * picture[..., 2:], picture[..., 2:]], axis=-1))
    height, width = sums.shape[:2]
    blocks = hints[2].reshape(height, GRID, width, GRID)
    confidence = np.asarray(blocks.max(axis=(1, 3)), np.float32).ravel()
    cells = np.flatnonzero(confidence > 0)
    flat = sums.reshape(-1, 3)[cells]
    colors, which = _merge(flat[:, :2] / flat[:, 2:])
    return Landmarks(cells, which, confidence[cells], colors)


def _merge(ab: Floats) -> tuple[Floats, NDArray[np.intp]]:
    """Return the different colors of ab (m, 2), rounded as coarsely as is needed to have few, and whose is which."""
    step = 1.0
    while True:
        colors, which = np.unique(np.rint(ab / step) * step, axis=0, return_inverse=True)
        if len(colors) <= _MOST_LANDMARKS:
            means = [ab[which.ravel() == i].mean(axis=0) for i in range(len(colors))]
            return np.array(means, np.float32).reshape(-1, 2), which.ravel()
        step *= 2


def add_landmarks(
    prediction: Prediction, cells: Floats, landmarks: Landmarks, size: tuple[int, int], bandwidth: float
) -> Floats:
    """Return probabilities (cells, bins + landmarks' colors).

    What looks more like a landmark nearby than like any example tends to the landmark's color.
    """
    shares, width = prediction.shares, 2 * (_LANDMARK_WIDTH * bandwidth) ** 2
    pulls = np.zeros((len(shares), len(landmarks.palette)), np.float32)
    places = np.stack(np.unravel_index(np.arange(len(cells)), size), axis=1) / np.hypot(*size)
    for color in range(len(landmarks.palette)):
        own = landmarks.cells[landmarks.colors == color]
        unlike = np.maximum(squared_distances(cells, cells[own]) - prediction.nearest[:, None], 0) / width
        far = squared_distances(places, places[own]) / (2 * _LANDMARK_REACH**2)
        trust = landmarks.confidence[landmarks.colors == color]
        pulls[:, color] = (np.exp(-unlike - far) * trust).max(axis=1)
    whole = np.concatenate([shares, _LANDMARK_WEIGHT * pulls + np.float32(_FLOOR / shares.shape[1])], axis=1)
    whole /= whole.sum(axis=1, keepdims=True)
    given = np.zeros((len(landmarks.cells), whole.shape[1]), np.float32)
    given[np.arange(len(given)), shares.shape[1] + landmarks.colors] = 1
    trust = landmarks.confidence[:, None]
    whole[landmarks.cells] = trust * given + (1 - trust) * whole[landmarks.cells]
    return whole


def connect_cells(variation: Floats, size: tuple[int, int], smoothness: float) -> Edges:
    """Connect neighbors, the more weakly the more variation (cells,) is expected of their color.

    The weight is `smoothness` over the harmonic mean of the two variations.
    """
    edges = connect_grid(*size)
    ease = 1 / (variation + _LEAST_VARIATION)
    weight = smoothness * edges.weight * (ease[edges.first] + ease[edges.second]) / 2
    return Edges(edges.first, edges.second, weight)


def cut(shares: Floats, palette: Floats, landmarks: Landmarks, edges: Edges) -> NDArray[np.intp]:
    """Find the colors (cells,) that suit the whole photograph, as indices into the palette (bins, 2)."""
    costs = -np.log(np.maximum(shares.astype(np.float64), 1e-9))
    sure = landmarks.confidence >= _SURE
    costs[landmarks.cells[sure]] = _HARD
    costs[landmarks.cells[sure], len(palette) - len(landmarks.palette) + landmarks.colors[sure]] = 0
    distances = np.sqrt(squared_distances(palette, palette))
    np.fill_diagonal(distances, 0)
    return expand(costs, edges, distances)


def encode_answer(shares: Floats, palette: Floats, labels: NDArray[np.intp]) -> Floats:
    """Return logits (cells, Q): of the cut's colors and, less, of all that each cell may have."""
    chosen = refine(shares, palette, labels)
    mixed = _CUT_SHARE * spread(chosen) + (1 - _CUT_SHARE) * shares @ spread(palette)
    return np.log(mixed + np.float32(1e-8))


def refine(shares: Floats, palette: Floats, labels: NDArray[np.intp]) -> Floats:
    """Return the mean color (cells, 2) of each cell's distribution near the color that was chosen for it."""
    near = np.exp(-squared_distances(palette, palette) / (2 * _NEAR**2))
    weights = shares * near[labels] + np.float32(1e-12) * near[labels]
    return np.asarray(weights @ palette / weights.sum(axis=1, keepdims=True), np.float32)


def spread(ab: Floats) -> Floats:
    """Spread colors (n, 2) over the 313 bins as Gaussians: (n, Q), sum 1."""
    scores = -squared_distances(ab, CENTERS) / (2 * _ENCODING**2)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
