import numpy as np
import pytest
from scipy.ndimage import uniform_filter

from tintype.color.difference import delta_e_76
from tintype.measure.unaided.faults import FAULTS, lab_to_codes


@pytest.mark.parametrize("name", FAULTS)
def test_fault_changes_color_alone_and_more_with_its_strength(lab, name):
    weak, strong = (FAULTS[name](lab, strength, np.random.default_rng(2)) for strength in (0.2, 1.0))
    np.testing.assert_array_equal(strong[..., 0], lab[..., 0])
    assert 0 < delta_e_76(lab, weak).mean() < delta_e_76(lab, strong).mean()


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_the_same_for_the_same_generator(lab, name):
    one, other = (FAULTS[name](lab, 0.5, np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", ["pale", "garish", "tinted", "sepia", "turned hues", "stained", "noisy"])
def test_strength_of_nothing_changes_nothing(lab, name):
    np.testing.assert_allclose(FAULTS[name](lab, 0.0, np.random.default_rng(1)), lab, atol=1e-9)


def test_pale_takes_all_color_away(lab):
    assert lab_to_codes(FAULTS["pale"](lab, 1.0, None)).std(axis=2).max() < 1


def test_bled_is_a_box_blur_done_twice(lab):
    radius = round(0.06 * 0.5 * min(lab.shape[:2]))
    expected = lab[..., 1]
    for _ in range(2):
        expected = uniform_filter(expected, 2 * radius + 1, mode="constant")
    found = FAULTS["bled"](lab, 0.5, None)[..., 1]
    inner = slice(2 * radius + 1, -2 * radius - 1)
    np.testing.assert_allclose(found[inner, inner], expected[inner, inner], atol=1e-9)


def test_blocks_hold_the_mean_of_their_pixels(lab):
    step = round(0.12 * min(lab.shape[:2]))
    found = FAULTS["blocks"](lab, 1.0, None)
    np.testing.assert_allclose(
        found[:step, :step, 1:], np.broadcast_to(lab[:step, :step, 1:].mean((0, 1)), (step, step, 2))
    )
    np.testing.assert_allclose(found[..., 1:].mean((0, 1)), lab[..., 1:].mean((0, 1)))
