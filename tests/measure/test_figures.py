import numpy as np
import pytest
import skimage.color
import skimage.data
import skimage.metrics

from tintype.errors import TintypeError
from tintype.measure.auc import auc
from tintype.measure.figures import judge, judge_photograph, left_gray, tinted, to_codes


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
