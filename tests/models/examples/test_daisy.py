import numpy as np
import pytest
import skimage.data
from skimage.feature import daisy

from tintype.models.examples.daisy import (
    DaisyLayout,
    blur,
    blur_matrix,
    cell_centers,
    describe_places,
    normalize,
)

LIGHTNESS = skimage.data.camera()[::6, ::5].astype(np.float32) / 255


@pytest.mark.parametrize(
    "layout", [DaisyLayout(12, 2, 6, 8), DaisyLayout(6, 1, 3, 8), DaisyLayout(15, 3, 8, 4)]
)
def test_descriptors_are_those_of_scikit_image(layout):
    radius = int(layout.radius)
    expected = daisy(
        LIGHTNESS.astype(np.float64),
        **{"step": 5, "radius": radius, "rings": layout.rings, "histograms": layout.petals},
        **{"orientations": layout.orientations, "normalization": "off"},
    )
    rows, columns = (np.arange(radius, side - radius, 5) for side in LIGHTNESS.shape)
    found = describe_places(LIGHTNESS, rows, columns, layout)
    assert found.shape == (*expected.shape[:2], layout.length)
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_every_place_has_a_descriptor_however_small_the_photograph_is():
    found = describe_places(LIGHTNESS[:5, :7], np.arange(5), np.arange(7), DaisyLayout(20, 2, 6, 8))
    assert found.shape == (5, 7, 104)
    assert np.isfinite(found).all()


def test_blurring_keeps_the_mean_and_what_is_even():
    np.testing.assert_allclose(blur_matrix(9, 2.5).sum(axis=1), 1, atol=1e-6)
    blurred = blur(np.full((6, 30, 2), 3, np.float32), 40)  # wider than the picture
    np.testing.assert_allclose(blurred, 3, rtol=1e-5)


def test_flat_places_stay_near_zero():
    strong, weak = normalize(np.array([[30.0, 40.0], [0.003, 0.004]], np.float32), least=1.0)
    assert np.linalg.norm(strong) == pytest.approx(50 / 51)
    assert np.linalg.norm(weak) < 0.01


def test_cell_centers_lie_inside():
    assert cell_centers(16, 4).tolist() == [2, 6, 10, 14]
    assert cell_centers(3, 1).tolist() == [0, 1, 2]
