import numpy as np
import pytest
from skimage import data
from skimage.color import lab2rgb, rgb2ycbcr

from tintype.measure.unaided.look import Look, look_at
from tintype.measure.unaided.skin import find_skin, skin_patchiness, skin_plausibility, skin_share

FACE = look_at(np.ascontiguousarray(data.astronaut()[:250, 120:340]))
"""A woman's face and hair before a flag, and her orange suit."""


def recolored(ab):
    """Return the face with other color where skin was found."""
    changed = FACE.ab.copy()
    changed[find_skin(FACE)] = ab
    return Look(FACE.lightness, changed)


def test_a_face_is_found():
    found = find_skin(FACE)
    assert found[54:108, 54:90].mean() > 0.6
    assert found[132:, :100].mean() < 0.1
    assert 0.1 < skin_share(FACE) < 0.6


@pytest.mark.parametrize("name", ["chelsea", "camera"])
def test_where_there_is_none_nothing_is_said(name):
    codes = getattr(data, name)()
    gray = np.repeat(codes[..., None] if codes.ndim == 2 else codes.mean(axis=2, keepdims=True), 3, axis=2)
    look = look_at(gray.astype(np.uint8))
    assert skin_share(look) == 0
    assert skin_plausibility(look) is None
    assert skin_patchiness(look) is None


def test_colors_are_those_of_the_published_range():
    ycbcr = rgb2ycbcr(lab2rgb(np.dstack([FACE.lightness, FACE.ab])))
    # scikit-image gives the studio range of BT.601: 224 steps where JFIF has 255
    cb, cr = (128 + (ycbcr[..., i] - 128) * 255 / 224 for i in (1, 2))
    found = find_skin(FACE)
    assert cb[found].min() >= 77 - 0.5
    assert cb[found].max() <= 127 + 0.5
    assert cr[found].min() >= 133 - 0.5
    assert cr[found].max() <= 173 + 0.5


def test_a_plain_wall_is_no_skin():
    wall = Look(np.full((80, 80), 60.0), np.full((80, 80, 2), 18.0))
    assert skin_share(wall) == 0


def test_specks_too_small_to_be_skin_say_nothing():
    random = np.random.default_rng(176)
    texture, ab = random.normal(50, 1.5, (80, 80)), np.zeros((80, 80, 2))
    side = random.integers(2, 9)
    for _ in range(random.integers(1, 6)):
        top, left = random.integers(0, 80 - side, 2)
        ab[top : top + side, left : left + side] = (13.0, 17.0)
    specks = Look(texture, ab)
    assert skin_share(specks) > 0.01
    assert skin_plausibility(specks) is None
    assert skin_patchiness(specks) is None


@pytest.mark.parametrize("lightness", [30.0, 50.0, 75.0])
def test_skin_is_found_however_light_it_is(lightness):
    texture = np.random.default_rng(0).normal(lightness, 1.5, (80, 80))
    assert skin_share(Look(texture, np.full((80, 80, 2), (13.0, 17.0)))) > 0.5


def test_odd_color_of_skin_is_implausible():
    odd = recolored((30.0, 8.0))
    assert skin_share(odd) > 0.05
    assert skin_plausibility(odd) < 0.8 * skin_plausibility(recolored((13.0, 17.0)))


def test_patches_count_though_they_are_not_found():
    ab = FACE.ab.copy()
    rows, columns = np.indices(FACE.lightness.shape)
    patch = find_skin(FACE) & (rows % 12 < 5) & (columns % 12 < 5)
    ab[patch] = (-5.0, 3.0)
    patched = Look(FACE.lightness, ab)
    assert skin_share(patched) > 0.05
    assert skin_patchiness(patched) > 1.2 * skin_patchiness(FACE)
    assert skin_plausibility(patched) < skin_plausibility(FACE)
