import math

import numpy as np
import pytest

from tintype.errors import TintypeError
from tintype.measure.auc import Auc, ErrorTable, auc


def slow_auc(true, result):
    """The definition, pixel by pixel."""
    pixels = list(zip(true.reshape(-1, 2).tolist(), result.reshape(-1, 2).tolist(), strict=True))[::7]
    bins = [(round(a / 10), round(b / 10)) for (a, b), _ in pixels]
    errors = [math.dist(one, two) for one, two in pixels]
    figures = []
    for weights in ([1.0] * len(pixels), [1 / bins.count(own) for own in bins]):
        shares = [
            sum(w for w, e in zip(weights, errors, strict=True) if e <= t) / sum(weights) for t in range(151)
        ]
        figures.append(100 * sum(shares) / 151)
    return figures


def test_auc_agrees_with_the_slow_definition():
    rng = np.random.default_rng(1)
    true = rng.normal(0, 25, (40, 45, 2))
    result = true + rng.normal(0, 1, (40, 45, 2)) * rng.uniform(0, 120, (40, 45, 1))
    found = auc(true, result)
    assert [found.raw, found.rebalanced] == pytest.approx(slow_auc(true, result), abs=1e-9)


def test_rebalanced_auc_weighs_rare_colors_like_frequent_ones():
    true = np.zeros((70, 2))
    true[63:] = [60, 0]  # one pixel of ten that are taken
    found = auc(true, np.zeros((70, 2)))
    # Right at every threshold, or from 60 on: 91 of 151.
    assert found.raw == pytest.approx(100 * (0.9 + 0.1 * 91 / 151))
    assert found.rebalanced == pytest.approx(100 * (0.5 + 0.5 * 91 / 151))


@pytest.mark.parametrize(
    ("error", "reached"), [(0, 151), (0.2, 150), (1, 150), (1.001, 149), (150, 1), (150.5, 0)]
)
def test_errors_are_rounded_up_into_thresholds(error, reached):
    found = auc(np.zeros((1, 2)), np.array([[error, 0.0]]))
    assert found.raw == pytest.approx(100 * reached / 151)


def test_table_pools_photographs_with_the_bins_of_all():
    rng = np.random.default_rng(2)
    true, result = rng.normal(0, 20, (2, 7 * 50, 2))
    table = ErrorTable()
    table.add(true[: 7 * 20], result[: 7 * 20])
    table.add(true[7 * 20 :], result[7 * 20 :])
    assert table.auc() == auc(true, result)


def test_colors_beyond_all_bins_are_counted():
    assert auc(np.array([[400.0, -400.0]]), np.array([[400.0, -400.0]])) == Auc(100, 100)


def test_table_of_nothing_is_refused():
    with pytest.raises(TintypeError, match="at least one photograph"):
        ErrorTable().auc()
