import numpy as np
import pytest
from skimage import data
from sklearn.calibration import calibration_curve

from tintype.color.bins import soft_encode_dense
from tintype.color.lab import srgb_to_lab
from tintype.errors import TintypeError
from tintype.measure.auc import nearest_bins
from tintype.measure.calibration import (
    calibration_error,
    count_reliability,
    reliability_curve,
    resample_calibration_error,
)


def cells_of(picture):
    """The true ab of a photograph's cells, every eighth pixel."""
    return srgb_to_lab(picture[::8, ::8] / 255.0)[..., 1:]


def doubting(true_ab, seed=0):
    """A model that often takes one color for another, and is unsure by a different degree everywhere."""
    random = np.random.default_rng(seed)
    shifted = true_ab + random.normal(0, 6, true_ab.shape)
    sure = random.uniform(0.05, 1, true_ab.shape[:-1])[..., None]
    return sure * soft_encode_dense(shifted) + (1 - sure) / 313


@pytest.fixture
def coffee():
    true_ab = cells_of(data.coffee())
    return doubting(true_ab), true_ab


def test_curve_is_that_of_scikit_learn(coffee):
    shares, true_ab = coffee
    right = nearest_bins(true_ab.reshape(-1, 2)) == shares.reshape(-1, 313).argmax(axis=1)
    accuracy, confidence = calibration_curve(right, shares.max(axis=-1).ravel(), n_bins=15)
    curve = reliability_curve([count_reliability(shares, true_ab, truth="nearest")])
    found = curve.share > 0
    assert np.allclose(curve.accuracy[found], accuracy)
    assert np.allclose(curve.confidence[found], confidence)
    assert np.isnan(curve.accuracy[~found]).all()


@pytest.mark.parametrize("picture", [data.coffee(), data.chelsea(), data.astronaut()])
def test_error_is_that_of_torchmetrics(picture):
    from tintype.measure.perceptual.torchvision_operators import import_torchvision

    import_torchvision()
    import torch
    from torchmetrics.functional.classification import multiclass_calibration_error

    true_ab = cells_of(picture)
    shares = doubting(true_ab).astype(np.float64)
    target = torch.from_numpy(nearest_bins(true_ab.reshape(-1, 2)))
    expected = multiclass_calibration_error(torch.from_numpy(shares.reshape(-1, 313)), target, 313, n_bins=15)
    found = calibration_error([count_reliability(shares, true_ab, truth="nearest")])
    assert found == pytest.approx(float(expected), abs=1e-6)


def test_model_that_says_the_soft_truth_is_calibrated():
    true_ab = np.rint(cells_of(data.astronaut()))
    sure = count_reliability(soft_encode_dense(true_ab), true_ab)
    assert calibration_error([sure]) < 1e-6
    # By its nearest bin alone the same model seems too modest.
    assert calibration_error([count_reliability(soft_encode_dense(true_ab), true_ab, truth="nearest")]) > 0.3


def test_model_that_draws_its_own_truth_is_calibrated():
    """Colors drawn from a distribution are what it promises, whatever it is."""
    random = np.random.default_rng(1)
    shares = random.dirichlet(np.full(313, 0.02), 20_000)
    from tintype.color.bins import CENTERS

    drawn = (shares.cumsum(axis=1) < random.uniform(size=(20_000, 1))).sum(axis=1).clip(0, 312)
    assert calibration_error([count_reliability(shares, CENTERS[drawn], truth="nearest")]) < 0.02


def test_boastful_model_is_not_calibrated(coffee):
    shares, true_ab = coffee
    boasting = shares**4 / (shares**4).sum(axis=-1, keepdims=True)
    modest, loud = (count_reliability(it, true_ab) for it in (shares, boasting))
    assert calibration_error([loud]) > calibration_error([modest]) + 0.1
    curve = reliability_curve([loud])
    assert (curve.accuracy[-3:] < curve.confidence[-3:]).all()


def test_certain_cells_belong_to_the_last_interval():
    shares = np.zeros((1, 313))
    shares[0, 0] = 1
    terms = count_reliability(shares, np.array([[-90.0, 50.0]]), truth="nearest")
    assert terms.counts[-1] == terms.hits[-1] == 1


def test_set_is_pooled_and_resampled(coffee):
    shares, true_ab = coffee
    halves = [count_reliability(shares[:25], true_ab[:25]), count_reliability(shares[25:], true_ab[25:])]
    whole = count_reliability(shares, true_ab)
    assert calibration_error(halves) == pytest.approx(calibration_error([whole]))
    resampled = resample_calibration_error(halves, [[1, 1], [2, 0], [0, 2]])
    expected = [calibration_error(which) for which in (halves, halves[:1], halves[1:])]
    assert resampled == pytest.approx(expected)


def test_no_photographs_are_refused():
    with pytest.raises(TintypeError, match="give at least one photograph"):
        calibration_error([])
