"""From who was preferred to whom to one scale: the model of Bradley and Terry.

The chance that i is preferred to j is 1 / (1 + exp(s_j - s_i)). Scores s are natural logarithms; only differences
mean something, so their mean is 0: 0 is the average competitor, +0.69 is preferred to it two times of three.
Ties are not modeled.

Sources: Bradley and Terry, "Rank analysis of incomplete block designs" (1952); Hunter, "MM algorithms for
generalized Bradley-Terry models" (2004), for when the scores exist; Firth, "Bias reduction of maximum likelihood
estimates" (1993).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tintype.errors import StudyError
from tintype.measure.statistics import LEVEL, Interval

Floats = NDArray[np.float64]

_STEPS = 200
_TOLERANCE = 1e-10


@dataclass(frozen=True)
class Fit:
    """Scores of competitors that were all compared with each other, directly or through others.

    Attributes:
        scores: (K,), natural logarithms, mean 0.
        covariance: (K, K) of the scores; each answer taken as independent.
        clustered: (K, K), answers of one participant taken as alike; None where there are fewer than two.
        is_reduced: whether Firth's penalty was needed since some competitor, or group of them, won or lost all
            its comparisons with the rest, and its plain score would be infinite.
        deviance: 2 (log likelihood of the shares themselves - log likelihood of the scores); the larger, the worse do
            the preferences fit on one scale.
        freedom: degrees of freedom of the deviance: compared pairs - (K - 1).
    """

    scores: Floats
    covariance: Floats
    clustered: Floats | None
    is_reduced: bool
    deviance: float
    freedom: int

    def interval(self, index: int, level: float = LEVEL) -> Interval:
        """Return a score with its bounds, wide enough for answers of one participant being alike if known."""
        covariance = self.covariance if self.clustered is None else self.clustered
        return _wald(float(self.scores[index]), float(covariance[index, index]), level)

    def misfit_p(self) -> float:
        """Return how likely chance alone gives a deviance like this; nan where there is nothing to test.

        Below 0.05 the preferences don't fit on one scale well (A beats B, B beats C, C beats A): read the pairs.
        """
        return chi_squared_tail(self.deviance, self.freedom) if self.freedom > 0 else math.nan


def connected_groups(wins: ArrayLike) -> list[tuple[int, ...]]:
    """Find who can be compared with whom: groups linked by comparisons, in the order of their first member.

    Args:
        wins: (K, K), how often the row was preferred to the column.
    """
    table = _wins(wins)
    linked = _reachable(table + table.T)
    return sorted({tuple(np.flatnonzero(row).tolist()) for row in linked})


def fit_bradley_terry(wins: ArrayLike, by_participant: ArrayLike | None = None) -> Fit:
    """Find the most likely scores.

    Args:
        wins: (K, K), how often the row was preferred to the column; the diagonal is not read.
        by_participant: (P, K, K), the same for each participant, for the covariance that takes a participant's
            answers as alike (a sandwich estimate times P / (P - 1)).

    Raises:
        StudyError: fewer than two competitors, or some can't be compared with the others; see ``connected_groups``.

    >>> fit = fit_bradley_terry([[0, 2], [1, 0]])
    >>> [round(float(score), 4) for score in fit.scores]
    [0.3466, -0.3466]
    """
    table = _wins(wins)
    if len(connected_groups(table)) > 1 or len(table) < 2:
        raise StudyError("scores need two competitors or more, each linked to the others by comparisons")
    is_reduced = not _reachable(table).all()
    scores = _solve(table, is_reduced)
    covariance = _covariance(_information(table, scores))
    clustered = None
    if by_participant is not None and len(each := np.asarray(by_participant, dtype=np.float64)) > 1:
        pulls = np.stack([_gradient(one, scores) for one in each])
        clustered = covariance @ (pulls.T @ pulls) @ covariance * len(each) / (len(each) - 1)
    pairs = int(np.count_nonzero(np.triu(table + table.T)))
    return Fit(scores, covariance, clustered, is_reduced, _deviance(table, scores), pairs - len(table) + 1)


def chi_squared_tail(value: float, freedom: int) -> float:
    """Return how likely a chi-squared variable of whole degrees of freedom exceeds a value, 0..1.

    Formula: Abramowitz and Stegun 26.4.4 and 26.4.5, a finite sum.

    >>> round(chi_squared_tail(3.841459, 1), 6)
    0.05
    """
    half = max(value, 0.0) / 2
    if freedom % 2:
        term, tail, steps = math.sqrt(half / math.pi) * 2 * math.exp(-half), math.erfc(math.sqrt(half)), 1.5
    else:
        term, tail, steps = math.exp(-half), 0.0, 1.0
    for _ in range(freedom // 2):
        tail += term
        term *= half / steps
        steps += 1
    return min(tail, 1.0)


def _solve(wins: Floats, is_reduced: bool) -> Floats:
    """Climb to the top of the (penalized) likelihood by Newton steps, halved where they would overshoot."""
    scores = np.zeros(len(wins))
    for _ in range(_STEPS):
        information = _information(wins, scores)
        covariance = _covariance(information)
        step = covariance @ _gradient(wins, scores, covariance if is_reduced else None)
        reached = _objective(wins, scores, is_reduced)
        while _objective(wins, scores + step, is_reduced) < reached - 1e-9 * abs(reached):
            step = step / 2
        scores = scores + step
        if np.abs(step).max() < _TOLERANCE:
            break
    return np.asarray(scores - scores.mean())


def _objective(wins: Floats, scores: Floats, is_reduced: bool) -> float:
    likelihood = float(np.sum(wins * _log_chances(scores)))
    if not is_reduced:
        return likelihood
    count = len(wins)
    return likelihood + 0.5 * float(np.linalg.slogdet(_information(wins, scores) + 1 / count)[1])


def _gradient(wins: Floats, scores: Floats, reducing: Floats | None = None) -> Floats:
    """Return how the likelihood grows with each score (K,), with Firth's term where a covariance is given."""
    chances = np.exp(_log_chances(scores))
    trials = wins + wins.T
    pull = wins - trials * chances
    if reducing is not None:
        variance = np.diag(reducing)
        of_difference = variance[:, None] + variance - 2 * reducing
        pull = pull + trials * chances * chances.T * of_difference * (0.5 - chances)
    np.fill_diagonal(pull, 0)
    return np.asarray(pull.sum(axis=1))


def _information(wins: Floats, scores: Floats) -> Floats:
    """Return Fisher's information (K, K); each row sums to 0."""
    chances = np.exp(_log_chances(scores))
    weights = (wins + wins.T) * chances * chances.T
    np.fill_diagonal(weights, 0)
    return np.asarray(np.diag(weights.sum(axis=1)) - weights)


def _covariance(information: Floats) -> Floats:
    """Invert the information among scores whose sum is 0."""
    count = len(information)
    return np.asarray(np.linalg.inv(information + 1 / count)) - 1 / count


def _log_chances(scores: Floats) -> Floats:
    return -np.logaddexp(0, scores[None, :] - scores[:, None])


def _deviance(wins: Floats, scores: Floats) -> float:
    trials = wins + wins.T
    with np.errstate(divide="ignore", invalid="ignore"):
        gain = np.where(wins > 0, np.log(wins / trials) - _log_chances(scores), 0)
    return 2 * float(np.sum(wins * gain))


def _wald(value: float, variance: float, level: float) -> Interval:
    reach = NormalDist().inv_cdf((1 + level) / 2) * math.sqrt(max(variance, 0.0))
    return Interval(value, value - reach, value + reach)


def _reachable(links: Floats) -> NDArray[np.bool_]:
    """Say who is reached from whom over any number of links; everyone reaches himself."""
    reached = (links > 0) | np.eye(len(links), dtype=bool)
    for _ in range(len(links).bit_length()):
        reached = (reached.astype(np.float64) @ reached) > 0
    return reached


def _wins(wins: ArrayLike) -> Floats:
    table: NDArray[Any] = np.array(wins, dtype=np.float64)
    if table.ndim != 2 or table.shape[0] != table.shape[1] or (table < 0).any():
        raise StudyError(f"wins of shape {table.shape} are no comparisons; give (K, K), 0 or more")
    np.fill_diagonal(table, 0)
    return table
