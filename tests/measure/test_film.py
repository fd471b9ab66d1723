import math

import numpy as np
import pytest
import skimage.data
import skimage.transform
from scipy.stats import entropy

from tintype.errors import TintypeError
from tintype.measure.film import color_distribution_consistency, find_occlusions, warp, warped_error


def pan(count=7, step=3):
    """A camera that moves over a photograph: step pixels to the right a frame."""
    photograph = skimage.data.coffee()
    return [np.ascontiguousarray(photograph[40:120, i * step : i * step + 100]) for i in range(count)]


def steady_flow(x, y=0.0, size=(80, 100)):
    return np.full((*size, 2), (x, y))


def reference_cdc(frames):
    def divergence(one, two):
        p, q = (np.histogram(v, bins=256, range=(0, 256))[0] / v.size for v in (one, two))
        return (entropy(p, (p + q) / 2) + entropy(q, (p + q) / 2)) / 2

    figures = [
        [
            divergence(frames[i][..., c], frames[i + t][..., c])
            for i in range(len(frames) - t)
            for c in range(3)
        ]
        for t in (1, 2, 4)
    ]
    return np.mean([np.mean(each) for each in figures])


def test_cdc_agrees_with_scipy():
    frames = pan()
    assert color_distribution_consistency(frames) == pytest.approx(reference_cdc(frames), abs=1e-12)
    assert color_distribution_consistency(iter(frames)) > 0.001


def test_cdc_of_a_still_is_zero_and_of_disjoint_colors_ln_2():
    black, white = np.zeros((4, 5, 3), np.uint8), np.full((4, 5, 3), 255, np.uint8)
    assert color_distribution_consistency([black] * 5) == 0
    assert color_distribution_consistency([black, white], gaps=[1]) == pytest.approx(math.log(2))


def test_cdc_of_too_few_frames_is_refused():
    with pytest.raises(TintypeError, match="needs 5 frames or more, here are 4"):
        color_distribution_consistency(pan(4))


def test_warp_agrees_with_scikit_image():
    picture = pan(1)[0] / 255
    flow = np.random.default_rng(0).normal(0, 6, (80, 100, 2))
    y, x = np.mgrid[:80, :100]
    places = np.array([y + flow[..., 1], x + flow[..., 0]])
    expected = [
        skimage.transform.warp(picture[..., c], np.clip(places, 0, [[[79]], [[99]]]), order=1, mode="edge")
        for c in range(3)
    ]
    np.testing.assert_allclose(warp(picture, flow), np.moveaxis(expected, 0, -1), atol=1e-12)


def test_warped_error_of_a_followed_motion_is_zero_but_for_what_leaves():
    frames = pan()
    flows = [steady_flow(-3)] * 6  # what is at x lies at x - 3 in the next frame
    leaving = np.zeros((80, 100), np.bool)
    leaving[:, :3] = True
    assert warped_error(frames, flows, [leaving] * 6) == 0
    assert warped_error(iter(frames), iter(flows)) > 1e-5
    assert warped_error(frames, [steady_flow(0)] * 6) > warped_error(frames, flows)


def test_warped_error_is_the_mean_of_visible_channels():
    frames = [np.zeros((2, 2, 3), np.uint8), np.full((2, 2, 3), 51, np.uint8)]
    frames[1][0, 0] = 255
    hidden = np.array([[True, False], [False, False]])
    flow = np.zeros((2, 2, 2))
    assert warped_error(frames, [flow], [hidden]) == pytest.approx(0.04)
    assert warped_error(frames, [flow]) == pytest.approx((1 + 3 * 0.04) / 4)
    assert warped_error(frames, [flow], [np.ones((2, 2), np.bool)]) == pytest.approx((1 + 3 * 0.04) / 4)


@pytest.mark.parametrize(("flows", "size"), [(5, (80, 100)), (6, (80, 99))])
def test_what_does_not_fit_is_refused(flows, size):
    with pytest.raises(TintypeError, match="don't fit"):
        warped_error(pan(), [steady_flow(0, size=size)] * flows)


def test_missing_occlusions_and_frames_are_refused():
    with pytest.raises(TintypeError, match="don't fit"):
        warped_error(pan(3), [steady_flow(0)] * 2, [np.zeros((80, 100), np.bool)])
    with pytest.raises(TintypeError, match="two frames or more"):
        warped_error(pan(1), [])


def test_steady_motion_hides_only_what_leaves():
    hidden = find_occlusions(steady_flow(8.0), steady_flow(-8.0))
    assert not hidden.any()
    hidden = find_occlusions(steady_flow(8.0), steady_flow(0.0))
    assert hidden.all()


def test_edges_of_moving_things_are_found():
    flow = steady_flow(0.0)
    flow[20:40, 30:50] = 5
    hidden = find_occlusions(flow, -flow)
    assert hidden[19, 30:50].all()  # just above the thing
    assert hidden[20:40, 29].all()  # and left of it
    assert not hidden[60:, 60:].any()
