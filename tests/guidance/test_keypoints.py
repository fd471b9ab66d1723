import numpy as np
import pytest
from skimage import data
from skimage.feature import corner_shi_tomasi

from tintype.guidance.keypoints import find_keypoints

CAMERA = (data.camera()[::2, ::2] / 2.55).astype(np.float32)


def test_keypoints_lie_on_corners():
    points = find_keypoints(CAMERA)
    at_full_size = points.places[points.scales == 1].astype(int)
    strength = corner_shi_tomasi(CAMERA.astype(np.float64), sigma=1.8)
    found = strength[at_full_size[:, 1], at_full_size[:, 0]]
    assert len(at_full_size) > 100
    assert np.median(found[:100]) > np.percentile(strength, 95)  # the strongest come first


def test_keypoints_are_found_at_several_scales():
    scales = np.unique(find_keypoints(CAMERA).scales)
    assert scales == pytest.approx([1, 2**0.5, 2, 2**1.5], rel=0.02)


def test_looks_do_not_depend_on_tone():
    points = find_keypoints(CAMERA)
    pale = find_keypoints(20 + 0.5 * CAMERA)
    assert np.array_equal(pale.places[:150], points.places[:150])
    assert (pale.looks[:150] * points.looks[:150]).sum(axis=1).min() > 0.99


@pytest.mark.parametrize("size", [(1, 1), (10, 300), (16, 16), (60, 60)])
def test_small_and_flat_photographs_have_no_keypoints(size):
    points = find_keypoints(np.full(size, 50, np.float32))
    assert points.places.shape == (0, 2)
    assert points.looks.shape == (0, 128)
