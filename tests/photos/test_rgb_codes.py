"""Codes keep the lightness, in every space and at every depth; neutral stays neutral, black black, white white."""

import numpy as np
import pytest

from tintype.color.gamut import limit_chroma
from tintype.color.lab import WHITE, linear_to_lab, luminance_to_lightness
from tintype.photos.profile import SRGB, RgbSpace
from tintype.photos.rgb_codes import LIGHTNESS_TOLERANCE, RgbCoder

ADOBE = np.array([(0.6068, 0.1953, 0.1979), (0.2974, 0.6274, 0.0753), (0.0248, 0.0649, 0.9103)])
PROPHOTO = np.array([(0.8273, 0.1402, 0.0325), (0.2880, 0.7119, 0.0001), (0.0, 0.0, 1.0)])


def create_space(matrix, gamma):
    relative = matrix / matrix.sum(axis=1, keepdims=True)
    return RgbSpace("test", b"icc", relative * WHITE[:, None], np.linspace(0, 1, 65536) ** gamma)


SPACES = {
    "srgb": SRGB,
    "adobe": create_space(ADOBE, 563 / 256),
    "prophoto": create_space(PROPHOTO, 1.8),
    "straight": create_space(SRGB.relative_matrix, 1.0),
    "steep": create_space(PROPHOTO, 2.6),
}


@pytest.fixture(scope="module", params=[(name, depth) for name in SPACES for depth in (8, 16)], ids=str)
def coder(request):
    name, depth = request.param
    return SPACES[name], depth, RgbCoder(SPACES[name], depth)


def lightness_of(space, codes):
    return luminance_to_lightness(space.decode(codes) @ space.relative_matrix[1])


def code_lightness(space, depth):
    return luminance_to_lightness(space.decode_table(depth)).astype(np.float32)


def lightness_error(space, coder, lightness, ab):
    codes = coder.encode(np.asarray(lightness, np.float32), np.asarray(ab, np.float32))
    return np.abs(lightness_of(space, codes) - lightness).max()


def wild_ab(count, seed):
    """Colors from nearly gray to far beyond what exists."""
    random = np.random.default_rng(seed)
    return random.normal(size=(2, count)) * random.choice([2, 20, 60, 150], count)


def test_lightness_of_every_code_is_kept_with_any_color(coder):
    space, depth, made = coder
    lightness = np.resize(code_lightness(space, depth), 1 << 18)
    assert lightness_error(space, made, lightness, wild_ab(lightness.size, 1)) <= LIGHTNESS_TOLERANCE[depth]


def test_lightness_between_the_codes_is_kept_with_any_color(coder):
    space, depth, made = coder
    random = np.random.default_rng(2)
    # Half of them are dark: that is where a code makes most difference.
    lightness = (random.random(1 << 18) * np.repeat([100, 12], 1 << 17)).astype(np.float32)
    assert lightness_error(space, made, lightness, wild_ab(lightness.size, 3)) <= LIGHTNESS_TOLERANCE[depth]


def test_lightness_of_all_8_bit_grays_is_kept_over_the_whole_ab_plane():
    made = RgbCoder(SRGB, 8)
    axis = np.arange(-130, 131, 2.6)
    lightness, a, b = np.meshgrid(code_lightness(SRGB, 8), axis, axis, indexing="ij")
    worst = lightness_error(SRGB, made, lightness, np.stack([a, b]))
    assert worst <= LIGHTNESS_TOLERANCE[8]
    assert worst > 0.2  # so much is lost to rounding; less would mean that nothing was colored


def test_neutral_codes_return_exactly(coder):
    space, depth, made = coder
    lightness = code_lightness(space, depth)
    codes = made.encode(lightness, np.zeros((2, lightness.size), np.float32))
    np.testing.assert_array_equal(codes, np.repeat(np.arange(lightness.size)[:, None], 3, axis=1))


def test_black_and_white_take_no_color(coder):
    _, depth, made = coder
    ab = wild_ab(5000, 4).astype(np.float32)
    assert (made.encode(np.zeros_like(ab[0]), ab) == 0).all()
    assert (made.encode(np.full_like(ab[0], 100), ab) == 2**depth - 1).all()


def test_color_is_what_was_asked_for_where_it_exists(coder):
    space, depth, made = coder
    random = np.random.default_rng(5)
    lab = (random.random((20000, 3)) * (30, 24, 24) + (40, -12, -12)).astype(np.float32)
    found = linear_to_lab(space.decode(made.encode(lab[:, 0], lab[:, 1:].T)), space.relative_matrix)
    worst = {8: 5.0, 16: 0.02}[depth]  # the straight curve has few 8-bit codes for dark colors
    assert np.abs(found - lab).max() < worst


def test_color_that_does_not_exist_loses_chroma_alone():
    ab = wild_ab(20000, 6).astype(np.float32)
    lightness = np.linspace(5, 95, 20000, dtype=np.float32)
    found = linear_to_lab(SRGB.decode(RgbCoder(SRGB, 16).encode(lightness, ab)))
    expected = limit_chroma(np.stack([lightness, *ab], axis=-1))
    assert np.abs(found - expected).max() < 0.02


def test_growing_chroma_makes_no_step():
    chroma = np.linspace(0, 180, 1801)
    made = RgbCoder(SRGB, 16)
    for lightness in (8, 30, 60, 90, 97):
        for hue in range(0, 360, 10):
            angle = np.radians(hue)
            ab = np.outer((np.cos(angle), np.sin(angle)), chroma).astype(np.float32)
            codes = made.encode(np.full(chroma.size, lightness, np.float32), ab)
            found = linear_to_lab(SRGB.decode(codes))
            assert np.abs(np.diff(found, axis=0)).max() < 0.13


def test_codes_have_the_shape_and_type_of_the_picture():
    lightness, ab = np.full((4, 5), 40, np.float32), np.full((2, 4, 5), 10, np.float32)
    assert RgbCoder(SRGB, 8).encode(lightness, ab).shape == (4, 5, 3)
    assert RgbCoder(SRGB, 16).encode(lightness, ab).dtype == np.uint16
