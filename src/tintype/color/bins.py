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
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np
from array_api_compat import array_namespace, device
from numpy.typing import NDArray

from tintype.color.lab import ArrayT
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
    xp = array_namespace(logits)
    scores = logits
    if prior is not None:
        scores = logits - decoding.rarity * xp.log(smooth_prior(_like(logits, prior)))
    powers = xp.exp((scores - xp.max(scores, axis=-1, keepdims=True)) / decoding.temperature)
    return cast(ArrayT, powers / xp.sum(powers, axis=-1, keepdims=True))


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
    return mean_ab(probabilities(logits, prior, decoding), centers)


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


def _like(array: Any, values: Any) -> Any:
    """Return the values in the library, dtype and on the device of the array."""
    xp = array_namespace(array)
    if isinstance(values, np.ndarray) and not values.flags.writeable:
        values = values.copy()  # torch warns about read-only memory
    return xp.asarray(values, dtype=array.dtype, device=device(array))


def _frozen(array: NDArray[Any]) -> NDArray[Any]:
    array.flags.writeable = False
    return array
