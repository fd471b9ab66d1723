"""Samples of whole pictures, and the likely colors of one cell."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.color.bins import (
    BIN_COUNT,
    CENTERS,
    Decoding,
    decode,
    likely_colors,
    probabilities,
    sample,
    soft_encode_dense,
)

PLAIN = Decoding(rarity=0.0, temperature=1.0)
SIZE = 24


def logits_of(shares):
    return np.log(shares + 1e-6).astype(np.float32)


def mixture(*parts):
    """A distribution of (share, a, b)."""
    return sum(share * soft_encode_dense(np.array([a, b], dtype=np.float32)) for share, a, b in parts)


COAT = mixture((0.5, 40, 20), (0.5, -20, -40))
MEADOW = mixture((0.6, -30, 40), (0.4, 10, 30))
SKY = mixture((0.7, -5, -30), (0.3, 30, 30))
CERTAIN = mixture((1.0, 20, 30))


def picture_of_bands(*bands):
    """Lightness, map of bands and logits of a picture of equal bands, one above the other."""
    rows = np.repeat(np.arange(len(bands)), SIZE // len(bands))
    parts = np.repeat(rows[:, None], SIZE, axis=1)
    return parts * 60.0 / len(bands) + 20, parts, logits_of(np.stack(bands))[parts]


def automatic(logits):
    return decode(logits, None, PLAIN)


def draw(logits, count=8, seed=0, **options):
    return sample(logits, None, PLAIN, count, seed, **options)


def test_samples_have_the_shape_of_the_grid_and_float32():
    _, _, logits = picture_of_bands(COAT, MEADOW)
    samples = draw(logits[:, :10], count=3)
    assert [(ab.shape, ab.dtype) for ab in samples] == [((SIZE, 10, 2), np.float32)] * 3


def test_samples_repeat_with_the_seed_and_differ_without():
    lightness, _, logits = picture_of_bands(COAT, MEADOW)
    first, again = (draw(logits, seed=7, lightness=lightness) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(np.subtract(first, draw(logits, seed=8, lightness=lightness))).max() > 5
    assert all(np.abs(one - two).max() > 5 for one, two in pairwise(first))


def test_first_samples_do_not_depend_on_the_count():
    _, _, logits = picture_of_bands(COAT, MEADOW)
    np.testing.assert_array_equal(draw(logits, count=11)[:3], draw(logits, count=3))


def test_no_samples_are_an_empty_list():
    assert draw(picture_of_bands(COAT)[2], count=0) == []


def test_cells_that_look_alike_share_the_draw_wherever_they_lie():
    lightness, _, logits = picture_of_bands(COAT, MEADOW, COAT)
    for ab in draw(logits, lightness=lightness * 0 + 50):
        inner_top, inner_bottom = ab[1:6], ab[-6:-1]
        assert inner_top.std(axis=(0, 1)).max() < 0.5
        np.testing.assert_allclose(inner_top.mean(axis=(0, 1)), inner_bottom.mean(axis=(0, 1)), atol=0.5)


def test_noise_in_the_logits_makes_no_speckle():
    lightness, _, logits = picture_of_bands(COAT, MEADOW, SKY)
    random = np.random.default_rng(0)
    cells = random.standard_normal((SIZE, SIZE, 1)) * random.standard_normal(BIN_COUNT) * 0.3
    noisy = (logits + cells).astype(np.float32)

    def speckle(ab):
        return np.abs(np.diff(ab, axis=1)).mean()

    samples = draw(noisy, lightness=lightness)
    assert np.mean([speckle(ab) for ab in samples]) < 1.5 * speckle(automatic(noisy))
    assert np.abs(samples - automatic(noisy)).mean() > 5 * np.mean([speckle(ab) for ab in samples])


def test_parts_of_different_lightness_are_drawn_apart():
    lightness, parts, logits = picture_of_bands(COAT, COAT)
    lightness = np.where(parts == 0, 10, 90)
    apart = [
        np.linalg.norm(ab[parts == 0].mean(axis=0) - ab[parts == 1].mean(axis=0))
        for ab in draw(logits, lightness=lightness)
    ]
    together = [
        np.linalg.norm(ab[parts == 0].mean(axis=0) - ab[parts == 1].mean(axis=0)) for ab in draw(logits)
    ]
    assert np.mean(apart) > 10
    assert np.max(together) < 1


def test_cell_that_is_certain_keeps_its_color():
    lightness, _, logits = picture_of_bands(COAT, MEADOW)
    logits[5, 5] = logits_of(CERTAIN)
    for ab in draw(logits, lightness=lightness):
        np.testing.assert_allclose(ab[5, 5], automatic(logits)[5, 5], atol=2)


def test_samples_decide_where_the_mean_hesitates():
    _, _, logits = picture_of_bands(COAT)
    hues = np.array([(40, 20), (-20, -40)])

    def hesitation(ab):
        return np.linalg.norm(ab[..., None, :] - hues, axis=-1).min(axis=-1).mean()

    found = [hesitation(ab) for ab in draw(logits, count=16)]
    assert np.median(found) < 0.35 * hesitation(automatic(logits))
    chosen = [ab.mean(axis=(0, 1))[0] > 10 for ab in draw(logits, count=40)]
    assert 0.3 < np.mean(chosen) < 0.7


def test_samples_stay_among_the_colors_of_the_distribution():
    _, _, logits = picture_of_bands(COAT)
    across = np.array([60.0, -60.0]) / np.hypot(60, 60)  # at right angles to the line between both colors
    for ab in draw(logits, count=16):
        assert np.abs((ab - automatic(logits)) @ across).max() < 6


def test_mean_of_many_samples_is_near_the_automatic_color():
    lightness, _, logits = picture_of_bands(COAT, MEADOW, SKY)
    mean = np.mean(draw(logits, count=64, lightness=lightness), axis=0)
    assert np.linalg.norm(mean - automatic(logits), axis=-1).mean() < 7


def test_regions_draw_around_their_own_mean():
    lightness, parts, logits = picture_of_bands(
        mixture((0.5, 60, 20), (0.5, 40, -10)), mixture((0.5, -50, 40), (0.5, -40, 0))
    )
    mean = np.mean(draw(logits, count=32, lightness=lightness), axis=0)
    for part in range(2):
        expected = automatic(logits)[parts == part].mean(axis=0)
        np.testing.assert_allclose(mean[parts == part].mean(axis=0), expected, atol=4)


def test_decoding_applies_to_samples():
    _, _, logits = picture_of_bands(COAT, MEADOW)
    sharp = sample(logits, None, Decoding(0.0, 0.05), 4, 0)
    shares = probabilities(logits, None, Decoding(0.0, 0.05))
    peaks = CENTERS[shares.argmax(axis=-1)]
    meadow = np.s_[SIZE // 2 + 2 :]
    for ab in sharp:
        np.testing.assert_allclose(ab[meadow], peaks[meadow], atol=3)


def truth_of_bands(parts, random, hues):
    return np.array([hues[part][random.integers(len(hues[part]))] for part in range(len(hues))])[parts]


def test_best_of_eight_beats_the_automatic_color_within_photographs():
    hues = [[(40, 20), (-20, -40)], [(-30, 40), (10, 30)], [(-5, -30), (30, 30)]]
    lightness, parts, logits = picture_of_bands(COAT, MEADOW, SKY)
    random = np.random.default_rng(0)
    mean = automatic(logits)
    plain, best, within, whole = [], [], 0.0, 0.0
    for seed in range(12):
        truth = truth_of_bands(parts, random, hues)
        samples = draw(logits, seed=seed, lightness=lightness)
        plain.append(np.linalg.norm(mean - truth, axis=-1).mean())
        best.append(min(np.linalg.norm(ab - truth, axis=-1).mean() for ab in samples))
        offsets = np.stack(samples) - mean
        whole += np.square(offsets).sum(axis=-1).mean()
        within += np.square(offsets - offsets.mean(axis=(1, 2), keepdims=True)).sum(axis=-1).mean()
    assert np.mean(best) < 0.75 * np.mean(plain)
    assert within > 0.5 * whole


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (5, 1), (2, 2)])
def test_smallest_grids_can_be_sampled(shape):
    logits = np.broadcast_to(logits_of(COAT), (*shape, BIN_COUNT))
    for ab in draw(logits, count=2, lightness=np.full(shape, 50.0)):
        assert ab.shape == (*shape, 2)
        assert np.isfinite(ab).all()


def test_certain_picture_has_one_sample():
    certain = np.full((6, 6, BIN_COUNT), -40.0, dtype=np.float16)
    certain[..., 100] = 40
    for ab in draw(certain):
        np.testing.assert_allclose(ab, np.broadcast_to(CENTERS[100], (6, 6, 2)), atol=0.1)


def test_likely_colors_are_the_peaks_with_their_mass():
    found = likely_colors(mixture((0.6, 50, 30), (0.3, -30, 30), (0.1, 0, -50)), 5)
    assert [round(color.mass, 2) for color in found] == [0.6, 0.3, 0.1]
    for color, expected in zip(found, [(50, 30), (-30, 30), (0, -50)], strict=True):
        assert (color.a, color.b) == pytest.approx(expected, abs=1.5)


def test_neighboring_bins_are_one_likely_color():
    found = likely_colors(mixture((0.4, 20, 20), (0.35, 30, 20), (0.25, 25, 28)), 5)
    assert found[0].mass > 0.9
    assert (found[0].a, found[0].b) == pytest.approx((24.8, 22), abs=1.5)


def test_flanks_of_one_peak_are_a_choice():
    distance = np.linalg.norm(CENTERS - (0, 5), axis=-1)
    shares = np.exp(-distance / 8)
    found = likely_colors(shares / shares.sum(), 5)
    assert len(found) == 5
    colors = np.array([(color.a, color.b) for color in found])
    apart = np.linalg.norm(colors[:, None] - colors, axis=-1)[~np.eye(5, dtype=bool)]
    assert apart.min() > 12


def test_likely_colors_are_no_more_than_asked_for():
    shares = mixture((0.6, 50, 30), (0.3, -30, 30), (0.1, 0, -50))
    assert likely_colors(shares, 2) == likely_colors(shares, 5)[:2]
    assert likely_colors(shares, 0) == []


def test_likely_colors_of_ignorance_share_all_mass():
    found = likely_colors(np.full(BIN_COUNT, 1 / BIN_COUNT), BIN_COUNT)
    assert sum(color.mass for color in found) == pytest.approx(1)


@given(
    st.lists(
        st.tuples(st.floats(0.05, 1), st.integers(-60, 60), st.integers(-60, 60)), min_size=1, max_size=4
    )
)
def test_masses_sum_to_one_and_fall(parts):
    shares = mixture(*parts)
    found = likely_colors(shares / shares.sum(), BIN_COUNT)
    masses = [color.mass for color in found]
    assert sum(masses) == pytest.approx(1, abs=1e-5)
    assert masses == sorted(masses, reverse=True)
