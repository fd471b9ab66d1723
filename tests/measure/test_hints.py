import numpy as np
import pytest

from tintype.guidance.compile import compile_guidance
from tintype.guidance.guidance import Guidance
from tintype.measure.hints import TrueHint, draw_hints, hints_to_guidance, name_seed


def photograph(height=256, width=320):
    rng = np.random.default_rng(0)
    lab = rng.uniform(-60, 60, (height, width, 3))
    lab[..., 0] = rng.uniform(0, 100, (height, width))
    return lab


def test_hints_reveal_the_mean_of_their_patch():
    lab = photograph()
    for hint in draw_hints(lab, 20, seed=1):
        patch = lab[hint.top : hint.top + 6, hint.left : hint.left + 6]
        assert patch.shape == (6, 6, 3)
        assert hint.lab == pytest.approx(patch.mean(axis=(0, 1)))


def test_fewer_hints_are_the_first_of_more():
    lab = photograph()
    assert draw_hints(lab, 50, seed=3)[:5] == draw_hints(lab, 5, seed=3)
    assert draw_hints(lab, 5, seed=3) != draw_hints(lab, 5, seed=4)


def test_centers_are_normal_around_the_middle():
    hints = draw_hints(photograph(), 4000, seed=0)
    middles = np.array([(hint.top + 3, hint.left + 3) for hint in hints])
    assert middles.mean(axis=0) == pytest.approx([128, 160], abs=4)
    # A normal distribution cut off at two standard deviations, the rest moved to the edge.
    assert middles.std(axis=0) == pytest.approx([0.24 * 256, 0.24 * 320], rel=0.05)


def test_patches_grow_with_the_photograph():
    assert draw_hints(photograph(512, 600), 1, seed=0)[0].side == 12
    assert draw_hints(photograph(20, 30), 1, seed=0)[0].side == 1


def test_seed_of_a_name_is_known():
    assert name_seed("tench.jpg") == 3600958878


def test_guidance_reveals_exactly_the_patches():
    class Card:
        name, capabilities, bins, grid, prior = "tintype-tiny@1", frozenset({"hints"}), 313, 4, None

    hint = TrueHint(17, 33, 6, (50.0, 20.0, -30.0))
    hints = compile_guidance(hints_to_guidance([hint]), Card(), (64, 96), (64, 96)).hints
    expected = np.zeros((3, 64, 96))
    expected[:, 17:23, 33:39] = np.array([20, -30, 1])[:, None, None]
    assert hints == pytest.approx(expected, abs=1e-5)


def test_guidance_of_hints_survives_json():
    guidance = hints_to_guidance(draw_hints(photograph(), 5, seed=1))
    assert Guidance.from_json(guidance.to_json()) == guidance
