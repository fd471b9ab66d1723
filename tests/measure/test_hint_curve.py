import numpy as np
import pytest
from skimage import data
from skimage.metrics import peak_signal_noise_ratio

from tintype.color.lab import srgb_to_lab
from tintype.errors import TintypeError
from tintype.measure.figures import left_gray, tinted
from tintype.measure.hint_curve import (
    HINT_CURVE_COUNTS,
    ZHANG17,
    HintCurve,
    hint_curve,
    psnr_by_hints,
)
from tintype.measure.hints import draw_hints, name_seed
from tintype.measure.kernel import HintKernel

KERNEL = HintKernel(place=0.2, lightness=15.0, shrinkage=0.1)


def reduced(picture):
    return np.ascontiguousarray(picture[::4, ::4])


def open_with_kernel(true):
    """Color by the baseline without a network, from the guidance alone."""
    lab = srgb_to_lab(true / 255.0)

    def paint(guidance):
        if not guidance.marks:
            return left_gray(true)
        hints = draw_hints(lab, len(guidance.marks), name_seed("coffee"))
        assert [mark.x for mark in guidance.marks] == [hint.left for hint in hints]
        return tinted(true, KERNEL.spread(lab[..., 0], hints))

    return paint


def test_each_number_of_hints_is_judged_with_so_many():
    true = reduced(data.coffee())
    counts = (0, 1, 10)
    found = psnr_by_hints("coffee", true, open_with_kernel(true), counts)
    lab = srgb_to_lab(true / 255.0)
    hints = draw_hints(lab, 10, name_seed("coffee"))
    results = [left_gray(true), *(tinted(true, KERNEL.spread(lab[..., 0], hints[:n])) for n in (1, 10))]
    assert found == pytest.approx([peak_signal_noise_ratio(true, result) for result in results])
    assert found[2] > found[0] + 3


def test_curve_of_a_set_is_the_mean_of_its_photographs():
    photographs = [("coffee", reduced(data.coffee())), ("coffee", reduced(data.chelsea()))]
    curve = hint_curve(photographs, open_with_kernel, counts=(0, 5))
    assert curve.psnr.shape == (2, 2)
    first, second = curve.steps()
    assert (first.count, second.count) == (0, 5)
    assert second.psnr.value == pytest.approx(curve.psnr[:, 1].mean())
    assert second.gain.value == pytest.approx(second.psnr.value - first.psnr.value)
    assert second.gain.low <= second.gain.value <= second.gain.high
    assert first.gain.value == 0


def test_published_curve_stands_beside():
    steps = [*HintCurve((0, 10, 11), np.full((3, 3), 25.0)).steps()]
    assert [step.published for step in steps] == [24.43, 28.42, None]
    assert steps[1].published_gain == pytest.approx(3.99)
    assert steps[2].published_gain is None


def test_curve_without_a_start_has_no_gain():
    (step,) = HintCurve((5,), np.full((2, 1), 25.0)).steps()
    assert step.gain is None


def test_published_curve_is_whole():
    """The numbers of hints are those of the release, and more hints never hurt."""
    counts = np.round(10 ** np.arange(-0.1, 2.8, 0.1))
    counts[0] = 0
    assert [*ZHANG17] == np.unique(counts.astype(int)).tolist()
    assert (np.diff([*ZHANG17.values()]) > 0).all()
    assert set(HINT_CURVE_COUNTS) <= set(ZHANG17)


def test_no_photographs_are_refused():
    with pytest.raises(TintypeError, match="give at least one photograph"):
        hint_curve([], open_with_kernel)
