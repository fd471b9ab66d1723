"""Colors that don't exist lose chroma: at constant lightness and hue, all of them, no more than needed, smoothly."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tintype.color.gamut import chroma_limits, is_in_gamut, limit_chroma, max_chroma, reduce_chroma
from tintype.color.lab import LINEAR_TO_RELATIVE_XYZ, lab_to_linear, linear_to_lab, srgb_to_lab

# Linear RGB -> XYZ over white, as ICC profiles of these spaces have it (rows scaled to sum to 1).
ADOBE = np.array([(0.6068, 0.1953, 0.1979), (0.2974, 0.6274, 0.0753), (0.0248, 0.0649, 0.9103)])
PROPHOTO = np.array([(0.8273, 0.1402, 0.0325), (0.2880, 0.7119, 0.0001), (0.0, 0.0, 1.0)])
SPACES = {
    "srgb": LINEAR_TO_RELATIVE_XYZ,
    "adobe": ADOBE / ADOBE.sum(axis=1, keepdims=True),
    "prophoto": PROPHOTO / PROPHOTO.sum(axis=1, keepdims=True),
}

labs = arrays(np.float64, (20, 3), elements=st.floats(-120, 120)).map(
    lambda lab: lab * (0.5, 1, 1) + (50, 0, 0)
)


@pytest.fixture(scope="module", params=SPACES, ids=str)
def matrix(request):
    return SPACES[request.param]


def wild_colors(count=60000, dtype=np.float64):
    random = np.random.default_rng(3)
    return (random.random((count, 3)) * (100, 300, 300) - (0, 150, 150)).astype(dtype)


def real_colors(steps=18):
    axis = np.linspace(0, 1, steps)
    return np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(-1, 3)


def from_polar(lightness, chroma, hue):
    parts = np.broadcast_arrays(lightness, chroma * np.cos(np.radians(hue)), chroma * np.sin(np.radians(hue)))
    return np.stack(parts, axis=-1)


def chroma_of(lab):
    return np.hypot(lab[..., 1], lab[..., 2])


def lightness_lost(lab, matrix):
    """How far L moves where linear light is clipped, as every writer of files must."""
    return np.abs(linear_to_lab(np.clip(lab_to_linear(lab, matrix), 0, 1), matrix)[..., 0] - lab[..., 0])


def test_all_colors_of_the_cube_are_in_gamut(matrix):
    assert is_in_gamut(linear_to_lab(real_colors(), matrix), matrix=matrix).all()


def test_colors_beyond_the_cube_are_out_of_gamut(matrix):
    outside = np.array([(1.01, 0.5, 0.5), (0.5, -0.01, 0.5), (0.2, 0.2, 1.01)])
    assert not is_in_gamut(linear_to_lab(outside, matrix), matrix=matrix).any()


def test_gamut_of_a_tensor_equals_that_of_an_array():
    colors = wild_colors(1000)
    assert (is_in_gamut(torch.tensor(colors)).numpy() == is_in_gamut(colors)).all()


def test_tolerance_widens_the_gamut():
    almost = linear_to_lab(np.array([1.001, 0.2, 0.2]))
    assert not is_in_gamut(almost)
    assert is_in_gamut(almost, tolerance=0.01)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_existing_colors_are_left_alone(dtype, matrix):
    colors = linear_to_lab(real_colors().astype(dtype), matrix)
    assert (reduce_chroma(colors, matrix) == colors).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("reduce", [reduce_chroma, limit_chroma])
def test_result_exists_at_the_same_lightness_and_hue(reduce, dtype, matrix):
    colors = wild_colors(dtype=dtype)
    result = reduce(colors, matrix)
    assert result.dtype == dtype
    assert (result[:, 0] == colors[:, 0]).all()
    factor = chroma_of(result) / chroma_of(colors)
    assert factor.max() <= 1 + 1e-6
    np.testing.assert_allclose(result[:, 1:], colors[:, 1:] * factor[:, None], atol=1e-4)
    assert lightness_lost(result.astype(np.float64), matrix).max() < 5e-4


def test_reduced_color_lies_on_the_surface(matrix):
    colors = wild_colors(20000)
    result = reduce_chroma(colors, matrix)
    reduced = chroma_of(result) < chroma_of(colors)
    assert reduced.mean() > 0.3
    farther = result[reduced] * (1, 1.001, 1.001)
    assert not is_in_gamut(farther[chroma_of(farther) > 2], matrix=matrix).any()


@given(colors=labs)
def test_reducing_twice_changes_nothing_more(colors):
    once = reduce_chroma(colors)
    np.testing.assert_allclose(reduce_chroma(once), once, atol=1e-3)


@pytest.mark.parametrize(("reduce", "most"), [(reduce_chroma, 1e-3), (limit_chroma, 0)])
@pytest.mark.parametrize("lightness", [-5.0, 0.0, 100.0, 104.0])
def test_black_and_white_and_beyond_become_gray(reduce, most, lightness):
    result = reduce(from_polar(lightness, 40.0, np.arange(0, 360, 5.0)))
    assert (result[:, 0] == lightness).all()
    assert np.abs(result[:, 1:]).max() <= most


@pytest.mark.parametrize("reduce", [reduce_chroma, limit_chroma])
def test_input_is_left_alone(reduce):
    colors = wild_colors(100)
    colors.flags.writeable = False
    assert reduce(colors) is not colors


@pytest.mark.parametrize("reduce", [reduce_chroma, limit_chroma])
def test_shape_of_a_picture_is_kept(reduce):
    colors = wild_colors(600)
    np.testing.assert_array_equal(reduce(colors.reshape(20, 30, 3)).reshape(-1, 3), reduce(colors))


def test_growing_chroma_grows_until_the_surface_and_stays_there():
    chroma = np.linspace(0, 200, 4001)
    for lightness in (20.0, 50.0, 80.0):
        for hue in range(0, 360, 15):
            steps = np.diff(chroma_of(reduce_chroma(from_polar(lightness, chroma, hue))))
            assert steps.min() > -1e-3
            assert steps.max() < 0.051


def test_limit_has_no_step_along_lightness_or_hue(matrix):
    lightness = np.linspace(0, 100, 10001)
    for hue in (0.0, 40.0, 100.0, 102.85, 104.0, 200.0, 306.0):
        limited = chroma_of(limit_chroma(from_polar(lightness, 250.0, hue), matrix))
        assert np.abs(np.diff(limited)).max() < 0.5  # of 0.01 L; the spike of yellow ends with a drop by 70
    hue = np.linspace(0, 360, 36001)
    for level in (10.0, 50.0, 90.0, 94.0, 97.0, 99.0):
        limited = chroma_of(limit_chroma(from_polar(level, 250.0, hue), matrix))
        assert np.abs(np.diff(limited)).max() < 0.42  # of 0.01 degrees
        assert abs(limited[0] - limited[-1]) < 1e-3


def test_limit_takes_little_from_colors_that_exist():
    colors = srgb_to_lab(real_colors(52))
    lost = chroma_of(colors) - chroma_of(limit_chroma(colors))
    assert np.quantile(lost, 0.99) < 1
    assert (lost > 5).mean() < 0.002  # the spike of yellow


def test_limit_follows_the_exact_surface():
    colors = wild_colors(20000)
    colors = colors[colors[:, 0] < 93]
    gap = chroma_of(reduce_chroma(colors)) - chroma_of(limit_chroma(colors))
    assert gap.min() > -0.01
    assert gap.mean() < 0.1


def test_limits_are_computed_once():
    assert chroma_limits() is chroma_limits(LINEAR_TO_RELATIVE_XYZ.copy())


@pytest.mark.parametrize("corner", [(1, 0, 0), (0, 1, 0), (0, 0, 1), (0, 1, 1), (1, 0, 1)])
def test_max_chroma_at_the_corners_of_the_cube_is_theirs(corner):
    lab = srgb_to_lab(np.array(corner, dtype=np.float64))
    hue = np.degrees(np.arctan2(lab[2], lab[1]))
    # A corner is a cusp: a hair beside it the limit is lower by as much as rounding moves it.
    assert max_chroma(lab[:1], np.array(hue))[0] == pytest.approx(chroma_of(lab), abs=0.01)


def test_yellow_is_a_spike_that_reduce_leaves_alone():
    yellow = srgb_to_lab(np.array([1.0, 1.0, 0.0]))
    hue = np.degrees(np.arctan2(yellow[2], yellow[1]))
    assert chroma_of(yellow) > 96
    assert max_chroma(yellow[:1], np.array(hue))[0] < 40
    assert (reduce_chroma(yellow) == yellow).all()


def test_max_chroma_broadcasts_and_is_zero_where_no_color_is():
    chroma = max_chroma(np.array([[-1.0], [0.0], [50.0], [100.0], [101.0]]), np.array([0.0, 90.0, -90.0]))
    assert chroma.shape == (5, 3)
    assert (chroma[[0, 1, 3, 4]] < 1e-3).all()
    assert (chroma[2] > 40).all()


def test_wider_space_keeps_colors_that_srgb_lacks():
    colors = linear_to_lab(np.array([[0.0, 1.0, 0.0]]), SPACES["adobe"])
    assert (reduce_chroma(colors, SPACES["adobe"]) == colors).all()
    assert chroma_of(reduce_chroma(colors))[0] < chroma_of(colors)[0] - 10
