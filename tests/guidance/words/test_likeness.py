import numpy as np
import pytest

from tintype.guidance.words.likeness import PARTS, describe, likeness, main_parts

SIZE = (40, 50)


@pytest.fixture
def left():
    mask = np.zeros(SIZE, bool)
    mask[:, :25] = True
    return mask


def test_tones_tell_inside_from_outside(left):
    lightness = np.where(left, 80, 25).astype(np.float32)
    told = likeness(describe(lightness), left, ~left)
    assert told.dtype == np.float32
    assert told[left].min() > 0.5
    assert told[~left].max() < -0.5


def test_texture_tells_what_tones_do_not(left):
    checks = np.indices(SIZE).sum(0) % 2 * 30 - 15
    lightness = (50 + np.where(left, checks, 0)).astype(np.float32)
    told = likeness(describe(lightness), left, ~left)
    assert told[:, :20].mean() > 0.3
    assert told[:, 30:].mean() < -0.3


def test_expected_colors_tell_what_tones_do_not(left):
    shares = np.zeros((*SIZE, 12), np.float32)
    shares[..., 3], shares[..., 7] = left, ~left
    lightness = np.full(SIZE, 50, np.float32)
    told = likeness(describe(lightness, main_parts(shares, 3)), left, ~left)
    assert told[left].min() > 0.5
    assert told[~left].max() < -0.5
    assert np.abs(likeness(describe(lightness), left, ~left)).max() < 1e-6


def test_parts_keep_what_differs_most():
    random = np.random.default_rng(0)
    shares = random.dirichlet(np.full(20, 0.3), SIZE).astype(np.float32)
    parts = main_parts(shares)
    assert parts.shape == (*SIZE, PARTS)
    deviations = parts.std((0, 1))
    assert deviations[0] == pytest.approx(1)
    assert (np.diff(deviations) <= 1e-6).all()


def test_equal_cells_have_no_parts():
    parts = main_parts(np.full((*SIZE, 20), 0.05, np.float32))
    assert np.abs(parts).max() < 1e-3


def test_nothing_inside_looks_like_nothing(left):
    looks = describe(np.full(SIZE, 50, np.float32))
    assert not likeness(looks, np.zeros(SIZE, bool), left).any()
    assert not likeness(looks, left, np.zeros(SIZE, bool)).any()
