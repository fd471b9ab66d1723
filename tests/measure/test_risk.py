import numpy as np
import pytest
from skimage import data

from tintype.color.lab import srgb_to_lab
from tintype.errors import TintypeError
from tintype.measure.risk import area_under_risk, count_risk, doubt_skill, resample_doubt_skill, risk_curve


@pytest.fixture
def cells():
    """Doubt and error of a photograph left gray, by a doubt that half knows where the colors are."""
    errors = np.linalg.norm(srgb_to_lab(data.coffee()[::4, ::4] / 255.0)[..., 1:], axis=-1)
    noise = np.random.default_rng(0).uniform(size=errors.shape)
    return 0.5 * errors / errors.max() + 0.5 * noise, errors


def exact_risks(order, errors):
    """Mean error of the first 1, 2, 3 ... cells, by the definition."""
    ordered = errors.ravel()[np.argsort(order.ravel(), kind="stable")]
    return np.cumsum(ordered) / np.arange(1, ordered.size + 1)


def test_curve_is_that_of_sorted_cells(cells):
    doubt, errors = cells
    curve = risk_curve([count_risk(doubt, errors)])
    places = np.rint(curve.coverage * errors.size).astype(int) - 1
    assert curve.risk == pytest.approx(exact_risks(doubt, errors)[places], rel=0.01)
    assert curve.best == pytest.approx(exact_risks(errors, errors)[places], rel=0.01)
    assert [curve.risk[-1], curve.best[-1]] == pytest.approx([curve.mean] * 2)


def test_area_is_that_of_sorted_cells(cells):
    doubt, errors = cells
    assert area_under_risk([count_risk(doubt, errors)]) == pytest.approx(
        exact_risks(doubt, errors).mean(), rel=1e-3
    )


def test_skill_is_that_of_sorted_cells(cells):
    doubt, errors = cells
    mean = errors.mean()
    best, area = exact_risks(errors, errors).mean(), exact_risks(doubt, errors).mean()
    expected = (mean - area) / (mean - best)
    assert 0.3 < expected < 0.9
    assert doubt_skill([count_risk(doubt, errors)]) == pytest.approx(expected, abs=2e-3)


def test_doubt_that_is_the_error_knows_all(cells):
    _, errors = cells
    assert doubt_skill([count_risk(errors / 250, errors)]) == pytest.approx(1)
    assert doubt_skill([count_risk(1 - errors / 250, errors)]) < -0.5


def test_doubt_that_says_nothing_has_no_skill(cells):
    _, errors = cells
    flat = count_risk(np.full_like(errors, 0.5), errors)
    assert doubt_skill([flat]) == pytest.approx(0, abs=1e-9)
    assert risk_curve([flat]).risk == pytest.approx(errors.mean())


def test_equal_errors_leave_nothing_to_know():
    assert np.isnan(doubt_skill([count_risk(np.linspace(0, 1, 50), np.full(50, 7.0))]))


def test_ends_of_the_scales_are_counted():
    terms = count_risk(np.array([0.0, 1.0, 1.0 + 1e-7]), np.array([0.0, 1000.0, 250.0]))
    assert terms.counts[[0, -1]].tolist() == [1, 2]
    assert terms.best_errors[-1] == 1250


def test_set_is_pooled_and_resampled(cells):
    doubt, errors = cells
    halves = [count_risk(doubt[:50], errors[:50]), count_risk(doubt[50:], errors[50:])]
    assert area_under_risk(halves) == pytest.approx(area_under_risk([count_risk(doubt, errors)]))
    expected = [doubt_skill(which) for which in (halves, halves[:1], halves[1:])]
    assert resample_doubt_skill(halves, [[1, 1], [2, 0], [0, 2]]) == pytest.approx(expected)


def test_a_photograph_may_stand_for_its_cells():
    """Mean doubts and errors of photographs: which ones should a person look at?"""
    doubts, errors = [0.2, 0.4, 0.6], [3.0, 5.0, 10.0]
    assert doubt_skill([count_risk(*it) for it in zip(doubts, errors, strict=True)]) == pytest.approx(1)


def test_no_photographs_are_refused():
    with pytest.raises(TintypeError, match="give at least one photograph"):
        area_under_risk([])
