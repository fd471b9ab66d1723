import math

import numpy as np
import pytest
import skimage.color
import skimage.data
import skimage.metrics

from tintype.color.difference import colorfulness
from tintype.errors import TintypeError
from tintype.measure.auc import auc
from tintype.measure.fidelity import ms_ssim, psnr_ab
from tintype.measure.figures import (
    FIGURES,
    judge,
    judge_photograph,
    left_gray,
    statistic_of,
    summarize,
    tinted,
    to_codes,
)


def photographs():
    return [
        np.ascontiguousarray(getattr(skimage.data, name)()[:90, :110])
        for name in ("astronaut", "coffee", "chelsea")
    ]


def reference(true):
    """The gray baseline of a photograph as scikit-image sees it: PSNR, SSIM, Delta E, true ab."""
    lab = skimage.color.rgb2lab(true)
    gray = np.round(np.clip(skimage.color.lab2rgb(lab * [1, 0, 0]), 0, 1) * 255) / 255
    one = true / 255
    delta_e = skimage.color.deltaE_ciede2000(lab[::2, ::2], skimage.color.rgb2lab(gray)[::2, ::2]).mean()
    likeness = skimage.metrics.structural_similarity(one, gray, channel_axis=2, data_range=1)
    return skimage.metrics.peak_signal_noise_ratio(one, gray), likeness, delta_e, lab[..., 1:]


def test_gray_baseline_agrees_with_scikit_image():
    found = judge((true, left_gray(true)) for true in photographs())
    references = [reference(true) for true in photographs()]
    signal, likeness, delta_e = np.mean([r[:3] for r in references], axis=0)
    assert found.psnr == pytest.approx(signal, abs=0.01)
    assert found.ssim == pytest.approx(likeness, abs=1e-3)
    assert found.delta_e == pytest.approx(delta_e, abs=0.01)
    assert found.colorfulness == 0
    assert found.true_colorfulness > 20
    assert found.count == 3


def test_auc_is_pooled_over_photographs():
    true = photographs()
    found = judge((picture, left_gray(picture)) for picture in true)
    # Every seventh pixel of each photograph: 9900 is no multiple of 7, so each is picked on its own.
    picked = np.concatenate([reference(picture)[3].reshape(-1, 2)[::7] for picture in true])
    expected = auc(np.repeat(picked, 7, axis=0), np.zeros((len(picked) * 7, 2)))
    assert found.auc["set"].raw == pytest.approx(expected.raw, abs=0.05)
    assert found.auc["set"].rebalanced == pytest.approx(expected.rebalanced, abs=0.05)


def test_left_gray_keeps_the_lightness():
    true = photographs()[0]
    gray = left_gray(true)
    assert np.ptp(gray, axis=2).max() == 0
    difference = skimage.color.rgb2lab(gray)[..., 0] - skimage.color.rgb2lab(true)[..., 0]
    assert np.abs(difference).max() < 0.27


def test_tinted_with_the_true_ab_is_the_truth():
    true = photographs()[1]
    lab = skimage.color.rgb2lab(true)
    assert np.abs(tinted(true, lab[..., 1:]).astype(int) - true).max() <= 1


def test_to_codes_clips_and_rounds():
    assert to_codes(np.array([-0.1, 0.5, 0.4999, 2.0])).tolist() == [0, 128, 127, 255]


@pytest.mark.parametrize(
    "result",
    [np.zeros((90, 109, 3), np.uint8), np.zeros((90, 110), np.uint8), np.zeros((90, 110, 3), np.float32)],
)
def test_judge_refuses_pictures_that_do_not_match(result):
    with pytest.raises(TintypeError, match="same size in 8-bit color"):
        judge_photograph(photographs()[0], result)


def test_judge_of_nothing_is_refused():
    with pytest.raises(TintypeError, match="at least one photograph"):
        judge([])


def colored(true, seed=0):
    """A result that is off in color and, a little, in everything else."""
    noise = np.random.default_rng(seed).normal(0, 6, true.shape)
    return np.clip(0.5 * true + 0.4 * left_gray(true) + 12 + noise, 0, 255).astype(np.uint8)


def judged(size=180):
    names = ("astronaut", "coffee", "chelsea")
    true = [np.ascontiguousarray(getattr(skimage.data, name)()[:size, :size]) for name in names]
    return [judge_photograph(picture, colored(picture, seed)) for seed, picture in enumerate(true)]


def test_every_figure_of_a_photograph_agrees_with_its_reference():
    true = np.ascontiguousarray(skimage.data.astronaut()[:180, :201])
    result = colored(true)
    found = judge_photograph(true, result).values()
    one, two = true / 255, result / 255
    lab, other = skimage.color.rgb2lab(true), skimage.color.rgb2lab(result)
    ab, other_ab = lab[..., 1:], other[..., 1:]
    colorful, truly = colorfulness(two), colorfulness(one)
    expected = {
        "psnr": (skimage.metrics.peak_signal_noise_ratio(true, result), 1e-9),
        "psnr_ab": (psnr_ab(ab, other_ab), 0.01),
        "ssim": (skimage.metrics.structural_similarity(one, two, channel_axis=2, data_range=1), 5e-6),
        "ms_ssim": (ms_ssim(one, two), 1e-6),
        "delta_e": (skimage.color.deltaE_ciede2000(lab[::2, ::2], other[::2, ::2]).mean(), 0.005),
        "ab_error": (np.linalg.norm(ab - other_ab, axis=2).mean(), 0.005),
        "auc_set": (auc(ab, other_ab).raw, 0.05),
        "auc_zhang16": (auc(ab, other_ab, "zhang16").raw, 0.05),
        "colorfulness": (colorful, 1e-4),
        "true_colorfulness": (truly, 1e-4),
        "colorfulness_difference": (truly - colorful, 1e-4),
    }
    assert found.keys() == expected.keys()
    for name, (value, tolerance) in expected.items():
        assert found[name] == pytest.approx(value, abs=tolerance), name


def test_equal_pictures_are_perfect():
    true = skimage.data.astronaut()[:180, :180]
    found = judge_photograph(true, true)
    assert found.psnr == found.psnr_ab == math.inf
    assert [found.ssim, found.ms_ssim] == pytest.approx([1, 1])
    assert [found.delta_e, found.ab_error, found.colorfulness_difference, found.auc] == [0, 0, 0, 100]


def test_a_gray_truth_can_be_judged():
    gray = left_gray(skimage.data.astronaut()[:180, :180])
    found = judge_photograph(gray, gray[::-1].copy())
    assert found.auc == 100
    assert found.colorfulness == found.true_colorfulness == found.ab_error == 0


def test_small_photographs_have_no_ms_ssim():
    true = photographs()[0]
    assert math.isnan(judge_photograph(true, left_gray(true)).ms_ssim)


def test_figures_of_a_set_are_means_of_those_of_photographs():
    each = judged()
    found = summarize(each).values()
    assert list(found) == list(FIGURES)
    for name, value in found.items():
        if "auc_" not in name and name != "colorfulness_difference_of_means":
            assert value == pytest.approx(np.mean([figures.values()[name] for figures in each]))


def test_equal_pictures_in_a_set_count_only_where_they_are_chosen():
    true = np.ascontiguousarray(skimage.data.coffee()[:180, :180])
    small = photographs()[0]
    pairs = [(true, colored(true)), (true, true), (small, colored(small))]
    each = [judge_photograph(*pair) for pair in pairs]
    weights = np.array([[2, 0, 1], [1, 1, 1]])
    assert statistic_of(each, "psnr")(weights) == pytest.approx(
        [(2 * each[0].psnr + each[2].psnr) / 3, math.inf]
    )
    assert np.isnan(statistic_of(each, "ms_ssim")(weights)).all()
    assert statistic_of(each[:2], "ms_ssim")(weights[:1, :2]) == pytest.approx([each[0].ms_ssim])


def test_both_differences_of_colorfulness():
    duller = judged()
    more = judge_photograph(left_gray(skimage.data.coffee()[:180, :180]), skimage.data.coffee()[:180, :180])
    found = summarize([*duller, more])
    differences = [each.colorfulness - each.true_colorfulness for each in [*duller, more]]
    assert found.colorfulness_difference == pytest.approx(np.mean(np.abs(differences)))
    assert found.colorfulness_difference_of_means == pytest.approx(abs(np.mean(differences)))
    assert found.colorfulness_difference_of_means < found.colorfulness_difference


@pytest.mark.parametrize("name", FIGURES)
def test_statistic_of_weights_is_the_summary_of_what_they_choose(name):
    each = judged()
    weights = np.array([[1, 1, 1], [2, 0, 1], [0, 3, 0]])
    found = statistic_of(each, name)(weights)
    for value, times in zip(found, weights, strict=True):
        chosen = [figures for figures, count in zip(each, times, strict=True) for _ in range(count)]
        assert value == pytest.approx(summarize(chosen).values()[name])


def test_protocols_may_be_chosen():
    true = photographs()[0]
    found = judge_photograph(true, colored(true), ["zhang16"])
    assert "auc_set" not in found.values()
    assert found.auc == found.values()["auc_zhang16"]
    assert "rebalanced_auc_set" not in summarize([found]).values()
    with pytest.raises(TintypeError, match="no AuC protocol 'ctest10k'"):
        judge_photograph(true, true, ["ctest10k"])


def test_every_figure_is_explained():
    for figure in FIGURES.values():
        assert figure.title
        assert figure.what.endswith(".")
        assert figure.source
        assert figure.better in ("higher", "lower", "neither")
