import numpy as np
import pytest
from PIL import Image
from skimage import data

from tintype.guidance.alignment import Alignment, align, fit_matches
from tintype.guidance.keypoints import find_keypoints

CAMERA = (data.camera()[::2, ::2] / 2.55).astype(np.float32)  # (256, 256)


def resized(picture, size):
    return np.asarray(Image.fromarray(picture).resize(size[::-1], Image.Resampling.BICUBIC))


def check(alignment, matrix, tolerance=1.0):
    """Hold an alignment against the true map at places in the middle of the photograph."""
    places = np.stack(np.meshgrid(np.linspace(90, 170, 5), np.linspace(90, 170, 5)), axis=-1).reshape(-1, 2)
    true = places @ np.array(matrix)[:, :2].T + np.array(matrix)[:, 2]
    assert np.abs(alignment.move(places) - true).max() < tolerance


def test_photograph_lies_on_itself():
    found = align(CAMERA, CAMERA)
    check(found, [[1, 0, 0], [0, 1, 0]], 1e-6)
    assert not found.mirrored
    assert found.scale == pytest.approx(1)


def test_crop_is_found_in_its_photograph():
    crop = resized(CAMERA[40:240, 50:250], (260, 260))
    found = align(CAMERA, crop)
    check(found, [[1.3, 0, -65], [0, 1.3, -52]])
    assert found.scale == pytest.approx(1.3, rel=0.01)


def test_mirrored_photograph_is_found():
    found = align(CAMERA, CAMERA[:, ::-1])
    check(found, [[-1, 0, 256], [0, 1, 0]])
    assert found.mirrored


def test_tone_and_grain_are_allowed_for():
    noise = np.random.default_rng(0).normal(0, 3, CAMERA.shape)
    aged = (25 + 60 * (CAMERA / 100) ** 1.6 + noise).astype(np.float32)
    check(align(CAMERA, aged), [[1, 0, 0], [0, 1, 0]])


def test_turned_scan_is_found():
    turned = np.asarray(Image.fromarray(CAMERA).rotate(8, Image.Resampling.BICUBIC))
    sine, cosine = np.sin(np.deg2rad(8)), np.cos(np.deg2rad(8))
    turn = np.array([[cosine, sine], [-sine, cosine]])
    shift = np.array([128, 128]) - turn @ [128, 128]
    check(align(CAMERA, turned), np.column_stack([turn, shift]))


def test_other_photographs_do_not_lie_on_each_other():
    others = [data.coins()[:256, :256], data.moon()[::2, ::2], data.brick()[::2, ::2]]
    for other in others:
        assert align(CAMERA, (other / 2.55).astype(np.float32)) is None


@pytest.mark.parametrize("size", [(1, 1), (8, 200), (64, 64)])
def test_photographs_without_corners_do_not_lie_on_each_other(size):
    assert align(np.full(size, 40, np.float32), CAMERA) is None
    assert align(CAMERA, np.full(size, 40, np.float32)) is None


def test_most_matches_decide():
    random = np.random.default_rng(0)
    first = random.uniform(0, 300, (100, 2))
    second = first @ np.array([[1.2, 0.1], [-0.1, 1.2]]).T + (5, -7)
    second[:60] = random.uniform(0, 300, (60, 2))
    found = fit_matches(first, second)
    assert found.matrix == pytest.approx(np.array([[1.2, 0.1, 5], [-0.1, 1.2, -7]]), abs=0.02)
    assert found.support == pytest.approx(40, abs=1)


def test_too_few_matches_give_no_map():
    assert fit_matches(np.ones((2, 2)), np.ones((2, 2))) is None
    assert fit_matches(np.ones((9, 2)), np.ones((9, 2))) is None  # all one place


def test_map_of_larger_photographs_and_back():
    small = Alignment(np.array([[1.5, 0.2, 3], [-0.1, 1.4, 4]]), 10, mirrored=False)
    first, second = np.array([0.1, 0.2]), np.array([0.5, 0.25])
    places = np.random.default_rng(0).uniform(0, 1000, (20, 2))
    large = small.in_pixels(first, second)
    assert large.move(places) == pytest.approx(small.move(places * first) / second)
    assert large.inverse().move(large.move(places)) == pytest.approx(places)
    assert small.shifted(np.array([1, 2])).move(places) == pytest.approx(
        small.move(places) + np.array([1, 2])
    )


def test_same_photographs_give_the_same_map():
    crop = resized(CAMERA[40:240, 50:250], (260, 260))
    assert np.array_equal(align(CAMERA, crop).matrix, align(CAMERA, crop).matrix)
    assert len(find_keypoints(crop).places)
