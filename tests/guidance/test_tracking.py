import numpy as np
import pytest
from skimage import data

from tintype.guidance.alignment import Alignment
from tintype.guidance.tracking import sample, track

CAMERA = (data.camera()[::2, ::2] / 2.55).astype(np.float32)
STILL = Alignment(np.array([[1.0, 0, 0], [0, 1, 0]]), 100, mirrored=False)
PLACES = np.array([[120.5, 60.5], [60.5, 200.5], [200.5, 30.5]])


def test_what_stands_still_stays():
    tracks = track(CAMERA, CAMERA, STILL, PLACES)
    assert np.array_equal(tracks.places, PLACES)
    assert tracks.likeness == pytest.approx(1, abs=1e-6)
    assert tracks.confidence.min() > 0.99


def test_what_moved_is_followed():
    moved = CAMERA.copy()
    moved[30:100, 90:160] = np.roll(CAMERA, (4, -6), axis=(0, 1))[30:100, 90:160]
    tracks = track(CAMERA, moved, STILL, PLACES)
    assert tracks.places - PLACES == pytest.approx(np.array([[-6, 4], [0, 0], [0, 0]]))


def test_tone_does_not_matter():
    tracks = track(CAMERA, 90 - 0.3 * (100 - CAMERA), STILL, PLACES)
    assert np.array_equal(tracks.places, PLACES)
    assert tracks.likeness[0] > 0.9


def test_flat_places_stay_where_the_map_says():
    flat = np.full((100, 120), 60, np.float32)
    noise = np.random.default_rng(0).normal(0, 0.3, flat.shape).astype(np.float32)
    tracks = track(flat, flat + noise, STILL, np.array([[50.5, 50.5]]))
    assert np.hypot(*(tracks.places[0] - 50.5)) <= 2
    assert tracks.confidence[0] > 0.9


def test_what_is_gone_is_not_believed():
    random = np.random.default_rng(0)
    gone = (50 + 25 * random.normal(size=CAMERA.shape)).astype(np.float32)
    assert track(CAMERA, gone, STILL, PLACES[:1]).confidence[0] < 0.6


def test_what_lies_outside_has_no_likeness():
    tracks = track(CAMERA, CAMERA[:50], STILL, PLACES)
    assert tracks.likeness[0] == -1
    assert tracks.confidence[:2].tolist() == [0, 0]
    assert tracks.confidence[2] > 0.9


def test_places_at_the_border_are_found():
    places = np.array([[0.5, 0.5], [255.5, 255.5]])
    tracks = track(CAMERA, CAMERA, STILL, places)
    assert np.array_equal(tracks.places, places)


def test_sample_is_linear_between_pixels():
    picture = np.arange(12, dtype=np.float32).reshape(3, 4)
    places = np.array([[0.5, 0.5], [1.0, 0.5], [3.5, 2.5], [2.0, 1.5], [0.1, 0.5], [-0.1, 0.5], [4.1, 1]])
    values = sample(picture, places)
    assert values[:5].tolist() == [0, 0.5, 11, 5.5, 0]
    assert np.isnan(values[5:]).all()
    assert sample(np.full((1, 1), 7, np.float32), np.array([[0.5, 0.5]])).tolist() == [7]
