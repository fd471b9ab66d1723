import json

import numpy as np
import pytest
from scipy.spatial.distance import mahalanobis
from scipy.stats import entropy

from tintype.color.bins import CENTERS
from tintype.measure.unaided.look import Look, look_at
from tintype.measure.unaided.naturalness import (
    STATISTICS,
    color_statistics,
    rarest_surprise,
    strangeness,
    surprise,
)
from tintype.measure.unaided.reference import BANDS, CELLS, color_cells, load_reference, parse_reference

RANDOM = np.random.default_rng(0)


@pytest.fixture(scope="module")
def reference():
    """A reference by hand: the shares of colors drawn at random."""
    root = RANDOM.normal(size=(len(STATISTICS), len(STATISTICS)))
    document = {
        "photographs": 3,
        "data": "none",
        "colors": RANDOM.integers(0, 50, (BANDS, CELLS)).tolist(),
        "mean": RANDOM.normal(size=len(STATISTICS)).tolist(),
        "covariance": (root @ root.T).tolist(),
        "skin_mean": [15, 18],
        "skin_covariance": [[20, 5], [5, 25]],
    }
    return parse_reference(json.dumps(document))


def test_reference_that_comes_with_it_is_sound():
    reference = load_reference()
    assert reference.photographs >= 100
    assert reference.colors.sum(axis=1) == pytest.approx(1)
    assert reference.colors.min() > 0
    assert np.linalg.eigvalsh(reference.covariance).min() > 0
    assert np.linalg.eigvalsh(reference.skin_covariance).min() > 0


def test_each_center_of_a_bin_has_a_cell_of_its_own():
    band, cell = color_cells(np.full(len(CENTERS), 50.0), CENTERS)
    assert set(band) == {BANDS // 2}
    assert len(set(cell)) == len(CENTERS)
    assert cell.max() < CELLS


@pytest.mark.parametrize("color", [(200.0, 0.0), (-200.0, 300.0), (0.0, -500.0)])
def test_colors_outside_go_to_the_nearest_cell(color):
    nearest = np.clip(color, (-90, -110), (100, 100))
    found, expected = (color_cells(np.array(100.0), np.array(ab)) for ab in (color, nearest))
    assert found == expected


def test_surprise_of_the_references_own_colors_is_its_entropy(reference):
    shares = reference.colors[2]
    counts = np.rint(shares * 160000).astype(int)
    cells = np.arange(CELLS).repeat(counts)[: 300 * 500].reshape(300, 500)
    ab = np.stack([cells // 22 * 10.0 - 90, cells % 22 * 10.0 - 110], axis=2)
    look = Look(np.full(cells.shape, 40.0), ab)
    assert surprise(look, reference) == pytest.approx(entropy(shares), abs=0.1)
    assert rarest_surprise(look, reference) > surprise(look, reference)


def test_rarest_surprise_is_that_of_a_tenth(reference):
    ab = np.zeros((20, 20, 2))
    ab[:2] = (90.0, -100.0)
    look = Look(np.full((20, 20), 99.0), ab)
    expected = -np.log(reference.colors[color_cells(np.array(99.0), np.array((90.0, -100.0)))])
    common = -np.log(reference.colors[color_cells(np.array(99.0), np.zeros(2))])
    assert rarest_surprise(look, reference) == pytest.approx(max(expected, common))
    assert surprise(look, reference) == pytest.approx(0.1 * expected + 0.9 * common)


def test_strangeness_is_mahalanobis_distance(lab, reference):
    look = Look(lab[..., 0], lab[..., 1:])
    expected = mahalanobis(color_statistics(look), reference.mean, np.linalg.inv(reference.covariance))
    assert strangeness(look, reference) == pytest.approx(expected / np.sqrt(len(STATISTICS)), rel=1e-6)


def test_statistics_are_those_of_numpy(lab):
    found = dict(zip(STATISTICS, color_statistics(Look(lab[..., 0], lab[..., 1:])), strict=True))
    a, b = lab[..., 1], lab[..., 2]
    assert found["mean a"] == pytest.approx(a.mean())
    assert np.expm1(found["log deviation of b"]) == pytest.approx(b.std())
    assert found["b with lightness"] == pytest.approx(np.corrcoef(lab[..., 0].ravel(), b.ravel())[0, 1])
    assert np.expm1(found["log chroma"]) == pytest.approx(np.hypot(a, b).mean())


def test_gray_has_finite_statistics():
    gray = look_at(np.full((20, 20, 3), 128, np.uint8))
    assert np.isfinite(color_statistics(gray)).all()
    assert np.isfinite(strangeness(gray))


@pytest.mark.parametrize("fault", ["garish", "sepia", "pale"])
def test_strange_photographs_are_strange(lab, spoiled, fault):
    assert strangeness(spoiled(lab, fault, 1.0)) > strangeness(spoiled(lab, fault, 0.0))


def test_garish_colors_are_surprising(lab, spoiled):
    assert rarest_surprise(spoiled(lab, "garish", 1.0)) > rarest_surprise(spoiled(lab, "garish", 0.0))
