import math

import numpy as np
import pytest

from tintype.errors import StudyError
from tintype.measure.study.agreement import alpha_interval, fleiss_kappa, krippendorff_alpha, pooled_alpha

# Krippendorff, "Computing Krippendorff's alpha-reliability" (2011): section A (two observers, ten units, two values),
# B (two observers, twelve units, five values), C (four observers, twelve units, some not rated: 0).
BINARY = ["0100000010", "1110010000"]
TWO_OBSERVERS = ["aabbdccceddd", "babbbcccedda"]
WITH_GAPS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
    [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
]

# Fleiss (1971), in the form of his example that is most often reprinted: ten units, fourteen raters, five categories.
FOURTEEN_RATERS = [
    [0, 0, 0, 0, 14],
    [0, 2, 6, 4, 2],
    [0, 0, 3, 5, 6],
    [0, 3, 9, 2, 0],
    [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0],
    [3, 2, 6, 3, 0],
    [2, 5, 3, 2, 2],
    [6, 5, 2, 1, 0],
    [0, 2, 2, 3, 7],
]


def counts(ratings, missing=None):
    """Turn ratings (raters, units) into counts (units, categories)."""
    names = sorted({value for row in ratings for value in row} - {missing})
    return np.array(
        [[sum(row[unit] == name for row in ratings) for name in names] for unit in range(len(ratings[0]))]
    )


def alpha_by_coincidences(table):
    """Follow the paper's steps one by one: the matrix of coincidences, then its off-diagonal."""
    table = table[table.sum(axis=1) > 1]
    matrix = sum(
        (np.outer(unit, unit) - np.diag(unit)) / (unit.sum() - 1) for unit in table.astype(np.float64)
    )
    by_value, total = matrix.sum(axis=0), matrix.sum()
    observed = matrix.sum() - np.trace(matrix)
    expected = (total**2 - (by_value**2).sum()) / (total - 1)
    return 1 - observed / expected


def test_alpha_of_binary_data_is_the_published_one():
    assert krippendorff_alpha(counts(BINARY)) == pytest.approx(0.095, abs=5e-4)


def test_alpha_of_two_observers_is_the_published_one():
    assert krippendorff_alpha(counts(TWO_OBSERVERS)) == pytest.approx(0.692, abs=5e-4)


def test_alpha_with_gaps_is_the_published_one():
    assert krippendorff_alpha(counts(WITH_GAPS, missing=0)) == pytest.approx(0.743, abs=5e-4)


def test_alpha_follows_the_matrix_of_coincidences():
    table = np.random.default_rng(0).integers(0, 4, (30, 5))
    assert krippendorff_alpha(table) == pytest.approx(alpha_by_coincidences(table), abs=1e-12)


def test_kappa_is_the_published_one():
    assert fleiss_kappa(FOURTEEN_RATERS) == pytest.approx(0.210, abs=5e-4)


def test_kappa_leaves_out_units_of_one_rater():
    assert fleiss_kappa([*FOURTEEN_RATERS, [1, 0, 0, 0, 0]]) == fleiss_kappa(FOURTEEN_RATERS)


def test_chance_gives_no_agreement():
    table = np.random.default_rng(1).multinomial(6, [0.5, 0.3, 0.2], 4000)
    assert krippendorff_alpha(table) == pytest.approx(0, abs=0.02)
    assert fleiss_kappa(table) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("table", [[[3, 0], [3, 0]], [[1, 0], [0, 1]], np.zeros((0, 2))])
def test_agreement_that_cannot_be_known_is_not_made_up(table):
    assert math.isnan(krippendorff_alpha(table))
    assert math.isnan(fleiss_kappa(table))
    assert not alpha_interval([np.array(table, dtype=np.float64)]).has_bounds


def test_pooled_alpha_counts_chance_within_each_kind():
    # In each kind everyone says the same of every unit: chance explains all of it, although kinds differ.
    kinds = [np.array([[4.0, 0.0]] * 5), np.array([[0.0, 4.0]] * 5)]
    assert krippendorff_alpha(np.concatenate(kinds)) == 1
    assert math.isnan(pooled_alpha(kinds)(np.ones((1, 10)))[0])


def test_pooled_alpha_of_one_kind_twice_is_nearly_its_own():
    table = counts(WITH_GAPS, missing=0).astype(np.float64)
    pooled = pooled_alpha([table, table])(np.ones((1, 24)))[0]
    assert pooled == pytest.approx(krippendorff_alpha(table), abs=1e-12)


def test_weights_stand_for_repeated_units():
    table = counts(WITH_GAPS, missing=0).astype(np.float64)
    weights = np.array([0, 2, 1, 1, 1, 3, 1, 0, 1, 1, 1, 0])
    drawn = np.repeat(table, weights, axis=0)
    assert pooled_alpha([table])(weights[None].astype(np.float64))[0] == pytest.approx(
        krippendorff_alpha(drawn)
    )


def test_interval_of_alpha_holds_it_and_narrows_with_units():
    random = np.random.default_rng(3)

    def rate(units):
        likely = random.uniform(0, 1, units)
        ones = random.binomial(8, likely)
        return np.stack([8.0 - ones, 1.0 * ones], axis=1)

    few, many = alpha_interval([rate(20)]), alpha_interval([rate(500)])
    # Ratings of beta-distributed chances: alpha is var(p) / (mean(p) (1 - mean(p))) = (1/12) / (1/4).
    assert many.low < 1 / 3 < many.high
    assert few.low < few.value < few.high
    assert many.high - many.low < (few.high - few.low) / 2


@pytest.mark.parametrize("table", [[1, 2], [[1, -1]]])
def test_counts_that_are_no_ratings_are_refused(table):
    with pytest.raises(StudyError, match="no ratings"):
        krippendorff_alpha(table)
