"""The ab bins: soft encoding, priors, decoding, entropy.

A network's answer is a distribution over 313 bins of the ab plane for each cell of a grid. It is trained on
the plain distribution; what Zhang, Isola and Efros, "Colorful Image Colorization" (2016) put into training
is done here, when decoding: logits minus ``rarity`` times the log of the prior, softmax at ``temperature``,
mean.

The functions work on numpy arrays and torch tensors alike (see ``tintype.color.lab``); the bins are the last
axis.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import NDArray

from tintype.color.lab import ArrayT
from tintype.color.regions import find_regions, soften
from tintype.errors import GuidanceError

BIN_SIZE = 10
"""Distance between neighboring bin centers, in Lab units."""

PRIOR_UNIFORM = 0.5
"""Share of the uniform distribution mixed into a prior before its log is taken (lambda of Zhang 2016)."""

# The bins of the release of Zhang 2016 (github.com/richzhang/colorization, resources/pts_in_hull.npy; BSD-2,
# Copyright (c) 2016 Richard Zhang, Phillip Isola, Alexei A. Efros), in its order: (a, lowest b, highest b).
_ROWS = (
    (-90, 50, 90), (-80, 20, 90), (-70, 0, 90), (-60, -20, 90), (-50, -30, 100),
    (-40, -40, 100), (-30, -50, 100), (-20, -50, 100), (-10, -60, 100), (0, -70, 100),
    (10, -80, 90), (20, -80, 90), (30, -90, 90), (40, -100, 90), (50, -100, 80),
    (60, -110, 80), (70, -110, 80), (80, -110, 70), (90, -110, 70), (100, -90, 0),
)  # fmt: skip

CENTERS: NDArray[np.float32] = np.array(
    [(a, b) for a, low, high in _ROWS for b in range(low, high + 1, BIN_SIZE)], dtype=np.float32
)
"""Centers of the bins (313, 2): a, b in Lab units."""
CENTERS.flags.writeable = False

BIN_COUNT = len(CENTERS)
"""Number of bins, 313."""

# How samples are drawn; found by best-of-8 error, variance within photographs and blotches, see sample().
_REGIONS = 4
_SOFTNESS = 0.4
_SHARED = 0.25  # share of a region's draw that all regions have in common
_REACH = 1.1  # how far a region's color lies from its mean, in standard deviations
_WINDOW = (
    0.12  # variance that cells keep around their region's color, in variances of the cell, and beyond ...
)
_LEAST_WINDOW = 15.0  # ... this much: narrower windows would snap to the centers of the bins
_FARTHEST = 3.2  # how far a cell follows its region, in standard deviations of the cell
_ENCODING_VARIANCE = 15.0  # of a certain color, in each direction, at temperature 1: no doubt of the network
_MOST_COLORS = 8  # that a person is offered
_SEEDS_APART = 15.0  # different colors: further than the corners of one square of bins
_ROUNDS = 10  # of k-means: more change nothing that a person sees
_LEAST_SEED = 0.004  # share of a bin that may found a color of its own
_LEAST_VARIANCE = 1.0  # beyond that, so that certain cells can be divided by it
_HELLINGER_UNIT = 0.3  # distributions that far apart differ as much as ...
_LIGHTNESS_UNIT = 25.0  # ... this much lightness


@dataclass(frozen=True)
class Decoding:
    """How a distribution over bins becomes one color: the user's vividness.

    Attributes:
        rarity: r, how much rare colors are preferred, 0 (the distribution as it is) to 2.
        temperature: T, 1 gives the mean of the distribution, small values its highest peak; 0.01 to 10.

    Raises:
        GuidanceError: a value outside of its range.
    """

    rarity: float = 0.6
    temperature: float = 0.6

    def __post_init__(self) -> None:
        if not 0 <= self.rarity <= 2:
            raise GuidanceError(f"decoding: rarity is {self.rarity}; give a number from 0 to 2")
        if not 0.01 <= self.temperature <= 10:
            raise GuidanceError(f"decoding: temperature is {self.temperature}; give a number from 0.01 to 10")


@dataclass(frozen=True)
class LikelyColor:
    """A color that a cell may have: its ab in Lab units and its share of the distribution, 0..1."""

    a: float
    b: float
    mass: float


def soft_encode(ab: ArrayT, neighbors: int = 5, sigma: float = 5.0) -> tuple[ArrayT, ArrayT]:
    """Spread each color over its nearest bins (Zhang 2016).

    Args:
        ab: (..., 2) float, Lab units; colors outside of all bins go to the nearest ones.
        neighbors: number of bins for each color.
        sigma: width of the Gaussian that weighs them by distance, Lab units.

    Returns:
        Indices of the bins (..., neighbors), int64, nearest first, and their weights (..., neighbors), sum 1.

    >>> import numpy as np
    >>> indices, weights = soft_encode(np.array([12.0, 0.0]))
    >>> CENTERS[indices].tolist()
    [[10.0, 0.0], [20.0, 0.0], [10.0, -10.0], [10.0, 10.0], [0.0, 0.0]]
    >>> weights.round(3)
    array([0.612, 0.184, 0.083, 0.083, 0.037])
    """
    xp = array_namespace(ab)
    centers = _like(ab, CENTERS)
    offsets = ab[..., None, :] - centers
    squares = offsets[..., 0] ** 2 + offsets[..., 1] ** 2
    indices = xp.argsort(squares, axis=-1, stable=True)[..., :neighbors]
    nearest = xp.take_along_axis(squares, indices, axis=-1)
    weights = xp.exp((nearest[..., :1] - nearest) / (2 * sigma**2))
    return cast(ArrayT, indices), weights / xp.sum(weights, axis=-1, keepdims=True)


def soft_encode_dense(ab: NDArray[Any]) -> NDArray[np.float32]:
    """Spread each color (..., 2) over its nearest bins, as whole distributions (..., Q) that sum to 1."""
    indices, weights = soft_encode(np.asarray(ab, dtype=np.float32))
    shares = np.zeros((*indices.shape[:-1], BIN_COUNT), dtype=np.float32)
    np.put_along_axis(shares, indices.astype(np.intp), weights, axis=-1)
    return shares


@cache
def soft_encode_table(
    neighbors: int = 5, sigma: float = 5.0
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Compute ``soft_encode`` of all whole ab, for training.

    Returns:
        Indices int64 and weights float32, both (256, 256, neighbors), at [a + 128, b + 128] for -128..127.
    """
    axis = np.arange(-128, 128, dtype=np.float32)
    rows = [soft_encode(np.stack([np.full_like(axis, a), axis], axis=-1), neighbors, sigma) for a in axis]
    indices, weights = (np.stack(column) for column in zip(*rows, strict=True))
    return _frozen(indices), _frozen(weights)


def smooth_prior(prior: ArrayT, uniform: float = PRIOR_UNIFORM) -> ArrayT:
    """Mix a prior (..., Q), which sums to 1, with the uniform distribution, so that no bin is impossible.

    >>> import numpy as np
    >>> smooth_prior(np.array([1.0, 0.0]))
    array([0.75, 0.25])
    """
    return cast(ArrayT, (1 - uniform) * prior + uniform / prior.shape[-1])


def probabilities(logits: ArrayT, prior: Any | None, decoding: Decoding) -> ArrayT:
    """Turn a network's logits into the distribution that is decoded.

    Args:
        logits: (..., Q) float, as the network gives them.
        prior: (Q,), how often each bin occurs in the training photographs, unsmoothed, sum 1
            (``smooth_prior`` is applied here); None leaves rarity without effect.
        decoding: rarity and temperature.

    Returns:
        (..., Q) of the dtype of the logits, sum 1.
    """
    powers = _powers(logits, prior, decoding)
    return cast(ArrayT, powers / array_namespace(logits).sum(powers, axis=-1, keepdims=True))


def _powers(logits: Any, prior: Any | None, decoding: Decoding) -> Any:
    """Return what `probabilities` are when divided by their sum; the largest is 1."""
    xp = array_namespace(logits)
    scores = logits
    if prior is not None:
        scores = logits - decoding.rarity * xp.log(smooth_prior(_like(logits, prior)))
    return xp.exp((scores - xp.max(scores, axis=-1, keepdims=True)) / decoding.temperature)


def decode(logits: ArrayT, prior: Any | None, decoding: Decoding, centers: Any = CENTERS) -> ArrayT:
    """Turn a network's logits into color: the mean of ``probabilities``.

    Args:
        logits: (..., Q) float, as the network gives them.
        prior: (Q,) as in ``probabilities``.
        decoding: rarity and temperature.
        centers: (Q, 2), Lab units.

    Returns:
        ab (..., 2) of the dtype of the logits, Lab units.

    >>> import numpy as np
    >>> logits = np.where((CENTERS == (20, 30)).all(axis=1), 20.0, 0.0)
    >>> decode(logits, None, Decoding(rarity=0.0, temperature=1.0)).round(3)
    array([20., 30.])
    """
    powers = _powers(logits, prior, decoding)
    total = array_namespace(logits).sum(powers, axis=-1, keepdims=True)
    return cast(
        ArrayT, mean_ab(powers, centers) / total
    )  # dividing two numbers is faster than dividing them all


def mean_ab(shares: ArrayT, centers: Any = CENTERS) -> ArrayT:
    """Average the centers (Q, 2) with a distribution (..., Q) as weights: ab (..., 2), Lab units."""
    return cast(ArrayT, shares @ _like(shares, centers))


def entropy(shares: ArrayT) -> ArrayT:
    """Measure the doubt of distributions.

    Args:
        shares: (..., Q) float, sum 1.

    Returns:
        (...,) of the same dtype: 0 where one bin is certain, 1 where all are equally likely.

    >>> import numpy as np
    >>> entropy(np.array([[1.0, 0.0], [0.5, 0.5]]))
    array([0., 1.])
    """
    xp = array_namespace(shares)
    tiny = float(xp.finfo(shares.dtype).smallest_normal)
    terms = shares * xp.log(xp.where(shares > tiny, shares, xp.full_like(shares, tiny)))
    # A sum of certain cells is -0.0 without the absolute value.
    return cast(ArrayT, xp.abs(xp.sum(terms, axis=-1)) / math.log(shares.shape[-1]))


def likely_colors(cell: NDArray[Any], count: int, centers: NDArray[Any] = CENTERS) -> list[LikelyColor]:
    """Find the different colors that a cell may have, for a person to choose from.

    A distribution mostly has one peak, near gray, so its peaks would be no choice. Its bins are divided into groups
    by k-means instead, as Zhang 2017 suggests colors. The weights are the roots of the shares, so that a rare color
    is a group of its own and not an extreme of the usual one.

    Args:
        cell: (Q,) float, the distribution of one cell, sum 1.
        count: how many colors to return at most, of the eight at most that there are.
        centers: (Q, 2), Lab units.

    Returns:
        The colors with the largest mass, largest first; the masses of all sum to 1. Fewer than ``count`` where there
        are fewer.

    >>> import numpy as np
    >>> cell = soft_encode_dense(np.array([[40.0, 30.0], [42.0, 30.0], [-20.0, 20.0]])).mean(axis=0)
    >>> [(round(color.a), round(color.b), round(color.mass, 2)) for color in likely_colors(cell, 5)]
    [(41, 30, 0.67), (-20, 20, 0.33)]
    """
    group_of = _group(np.sqrt(cell), _spread_seeds(cell, centers), centers)
    found = []
    for group in np.unique(group_of):
        weights = np.sqrt(np.where(group_of == group, cell, 0))
        if (mass := float((weights**2).sum())) > 0:
            a, b = weights @ centers / weights.sum()
            found.append(LikelyColor(float(a), float(b), mass))
    return sorted(found, key=lambda color: -color.mass)[:count]


def sample(
    logits: NDArray[Any],
    prior: NDArray[Any] | None,
    decoding: Decoding,
    count: int,
    seed: int,
    *,
    lightness: NDArray[Any] | None = None,
    centers: NDArray[Any] = CENTERS,
) -> list[NDArray[np.float32]]:
    """Draw different colorings of one picture, each of them coherent.

    The picture is divided into a few soft regions that look alike (by distribution and lightness). Each
    region draws a color around its mean, partly together with the others; each cell then keeps what its own
    distribution allows near its region's color. So a region changes as a whole, along its own edges, a cell
    that is certain keeps its color, and no cell gets a color that the network does not believe in. The draws
    come in pairs of opposites, four pairs in directions as different as they can be: few samples show much.

    Args:
        logits: (h, w, Q) float, as the network gives them.
        prior: (Q,) as in ``probabilities``.
        decoding: rarity and temperature of the distribution that is drawn from.
        count: number of samples; the first n samples are the same for every count.
        seed: the same seed gives the same samples.
        lightness: (h, w), CIE L at the size of the grid, so that regions follow the edges of the photograph.
        centers: (Q, 2), Lab units.

    Returns:
        ``count`` times ab (h, w, 2) float32, Lab units.
    """
    shares = probabilities(np.asarray(logits, dtype=np.float32), prior, decoding)
    memberships = find_regions(_looks(shares, lightness), _REGIONS, _SOFTNESS)
    known = _ENCODING_VARIANCE * min(decoding.temperature, 1.0)
    cells = _Cells(shares, memberships, np.asarray(centers, dtype=np.float32), known)
    return [cells.colored(draw) for draw in _draws(count, seed)]


def _like(array: Any, values: Any) -> Any:
    """Return the values in the library, dtype and on the device of the array."""
    xp = array_namespace(array)
    if isinstance(values, np.ndarray) and not values.flags.writeable:
        values = values.copy()  # torch warns about read-only memory
    return xp.asarray(values, dtype=array.dtype, device=device(array))


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array


def _spread_seeds(cell: NDArray[Any], centers: NDArray[Any]) -> list[int]:
    """Return bins to begin groups with: the likeliest, and again the likeliest of those far from all before."""
    worth = np.where(cell >= min(_LEAST_SEED, cell.max()), np.sqrt(cell), 0)
    seeds = [int(worth.argmax())]
    while len(seeds) < _MOST_COLORS:
        distance = np.linalg.norm(centers[:, None] - centers[seeds], axis=-1).min(axis=-1)
        gain = np.where(distance >= _SEEDS_APART, worth, 0)
        if not gain.any():
            break
        seeds.append(int(gain.argmax()))
    return seeds


def _group(weights: NDArray[Any], seeds: list[int], centers: NDArray[Any]) -> NDArray[np.intp]:
    """Divide bins among groups by Lloyd's k-means, weighted."""
    middles = centers[seeds].astype(float)
    for _ in range(_ROUNDS):
        nearest = np.linalg.norm(centers[:, None] - middles, axis=-1).argmin(axis=-1)
        member = (nearest[:, None] == np.arange(len(seeds))) * weights[:, None]
        total = member.sum(axis=0)
        middles = np.where(
            total[:, None] > 0, member.T @ centers / np.maximum(total, 1e-12)[:, None], middles
        )
    return np.asarray(nearest, np.intp)


def _looks(shares: NDArray[Any], lightness: NDArray[Any] | None) -> NDArray[Any]:
    looks = [np.sqrt(shares) / _HELLINGER_UNIT]
    if lightness is not None:
        looks.append(np.asarray(lightness, dtype=np.float32)[..., None] / _LIGHTNESS_UNIT)
    return soften(np.concatenate(looks, axis=-1))


def _draws(count: int, seed: int) -> Iterator[NDArray[Any]]:
    """Yield normal draws (1 + regions, 2) in pairs of opposites, each four pairs at right angles."""
    random = np.random.default_rng(seed)
    shape = (1 + _REGIONS, 2)
    group = []
    for number in range(count):
        if number % 8 == 0:
            normal = random.standard_normal((4, shape[0] * shape[1]))
            directions = np.linalg.qr(normal.T)[0].T
            group = [*(directions * np.linalg.norm(normal, axis=1, keepdims=True))]
        draw = group[number % 8 // 2].reshape(shape)
        yield draw if number % 2 == 0 else -draw


class _Cells:
    """The distributions of a picture's cells, their moments and their regions, ready to be drawn from."""

    def __init__(
        self, shares: NDArray[Any], memberships: NDArray[Any], centers: NDArray[Any], known: float
    ) -> None:
        self.shape = shares.shape[:2]
        self.logs = np.log(shares.reshape(-1, shares.shape[-1]) + np.float32(1e-12))
        self.memberships = memberships.reshape(len(self.logs), -1)
        self.centers = centers
        self.mean, self.covariance = _moments(shares.reshape(self.logs.shape), centers)
        self.precision = np.linalg.inv(_doubt(self.covariance, known))
        weights = self.memberships / self.memberships.sum(axis=0)
        self.region_mean = weights.T @ self.mean
        region = np.einsum("cr,cij->rij", weights, self.covariance)
        self.region_root = _root(region)
        width = _WINDOW * region + _LEAST_WINDOW * np.eye(2, dtype=np.float32)
        self.window = np.linalg.inv(np.einsum("cr,rij->cij", self.memberships, width))

    def colored(self, draw: NDArray[Any]) -> NDArray[np.float32]:
        """Color the picture with a draw (1 + regions, 2): the common part first."""
        mixed = math.sqrt(_SHARED) * draw[0] + math.sqrt(1 - _SHARED) * draw[1:]
        wanted = self.region_mean + _REACH * np.einsum("rij,rj->ri", self.region_root, mixed)
        return self._near(self.memberships @ wanted).reshape(*self.shape, 2)

    def _near(self, wanted: NDArray[Any]) -> NDArray[np.float32]:
        """Find each cell's mean color near the color (cells, 2) that is wanted there."""
        offset = wanted - self.mean
        deviations = np.sqrt(np.einsum("ci,cij,cj->c", offset, self.precision, offset))
        target = self.mean + offset * np.minimum(1, _FARTHEST / np.maximum(deviations, 1e-6))[:, None]
        scores = self.logs + _window(self.window, target, self.centers)
        weights = np.exp(scores - scores.max(axis=1, keepdims=True))
        return np.asarray(weights @ self.centers / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def _moments(shares: NDArray[Any], centers: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Compute mean (cells, 2) and covariance (cells, 2, 2) of distributions (cells, Q)."""
    mean = shares @ centers
    products = (centers[:, :, None] * centers[:, None, :]).reshape(-1, 4)
    return mean, (shares @ products).reshape(-1, 2, 2) - mean[:, :, None] * mean[:, None, :]


def _doubt(covariance: NDArray[Any], known: float) -> NDArray[Any]:
    """Subtract from the covariance (cells, 2, 2) of distributions the variance that is no doubt."""
    return _change_values(covariance, lambda values: np.maximum(values - known, _LEAST_VARIANCE))


def _root(matrices: NDArray[Any]) -> NDArray[Any]:
    """Compute the symmetric square roots of positive matrices (n, 2, 2)."""
    return _change_values(matrices, lambda values: np.sqrt(np.maximum(values, 0)))


def _change_values(matrices: NDArray[Any], change: Callable[[NDArray[Any]], NDArray[Any]]) -> NDArray[Any]:
    """Apply a function to the eigenvalues of symmetric matrices (n, 2, 2)."""
    values, vectors = np.linalg.eigh(matrices)
    return np.asarray((vectors * change(values)[:, None, :]) @ vectors.swapaxes(1, 2))


def _window(precision: NDArray[Any], target: NDArray[Any], centers: NDArray[Any]) -> NDArray[Any]:
    """Compute the logs of Gaussians around targets (cells, 2) at all centers, but for a constant: (cells, Q)."""
    linear = np.einsum("cij,cj->ci", precision, target)
    terms = np.concatenate([linear, -0.5 * precision.reshape(-1, 4)], axis=1)
    products = (centers[:, :, None] * centers[:, None, :]).reshape(-1, 4)
    return np.asarray(terms @ np.concatenate([centers, products], axis=1).T)
