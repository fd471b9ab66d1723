import numpy as np
import pytest

from tintype.measure.samples import blotch_share, blotchiness, low_frequency_energy, spread

RNG = np.random.default_rng(0)
PLAIN = np.zeros((64, 80, 2))


def wave(cycles, height=64, width=80):
    x = (np.arange(width) + 0.5) / min(height, width)
    return np.tile(np.cos(2 * np.pi * cycles * x)[None, :, None], (height, 1, 2))


def test_spread_of_tints_lies_between_photographs():
    found = spread(PLAIN, [PLAIN + 3, PLAIN - 3])
    assert (found.within, found.between) == pytest.approx((0, 18))
    assert found.within_share == 0


def test_spread_of_patterns_lies_within_photographs():
    pattern = RNG.normal(0, 5, PLAIN.shape)
    pattern -= pattern.mean(axis=(0, 1))
    found = spread(PLAIN, [PLAIN + pattern, PLAIN - pattern])
    assert found.between == pytest.approx(0)
    assert found.within == pytest.approx(np.square(pattern).sum(axis=2).mean())
    assert found.within_share == pytest.approx(1)


def test_spread_splits_all_of_the_variance():
    automatic = RNG.normal(0, 9, PLAIN.shape)
    samples = [automatic + 2 + RNG.normal(0, 4, PLAIN.shape) for _ in range(4)]
    found = spread(automatic, samples)
    total = np.mean([np.square(sample - automatic).sum(axis=2).mean() for sample in samples])
    assert found.within + found.between == pytest.approx(total)
    assert 0.7 < found.within_share < 0.9


def test_spread_of_equal_samples_has_no_share():
    assert spread(PLAIN, [PLAIN]).within_share == 0


def test_low_frequency_energy_keeps_slow_waves_only():
    slow, fast = low_frequency_energy(10 * wave(2)), low_frequency_energy(10 * wave(25))
    assert slow == pytest.approx(2 * 50 * np.exp(-((2 / 8) ** 2)), rel=0.1)
    assert fast < 0.01 * slow
    assert low_frequency_energy(PLAIN + 7) == pytest.approx(0)


def test_blotches_are_worse_than_color_that_follows_the_lightness():
    lightness = np.where(np.arange(80) < 40, 20.0, 80.0) * np.ones((64, 1))
    follows = PLAIN + np.where(lightness < 50, -20.0, 20.0)[..., None]
    blotched = 20 * wave(3)
    assert blotchiness(follows, lightness) < 0.2 * blotchiness(blotched, lightness)
    assert blotchiness(PLAIN + 30, lightness) == pytest.approx(0, abs=1e-9)


def test_blotch_share_does_not_depend_on_vividness():
    lightness = np.where(np.arange(80) < 40, 20.0, 80.0) * np.ones((64, 1))
    follows = PLAIN + np.where(lightness < 50, -20.0, 20.0)[..., None]
    noise = RNG.normal(0, 9, PLAIN.shape)
    assert blotch_share(3 * noise, lightness) == pytest.approx(blotch_share(noise, lightness))
    assert blotch_share(noise, lightness) == pytest.approx(1, abs=0.1)
    assert blotch_share(follows, lightness) < 0.1
    assert blotch_share(PLAIN, lightness) == 0


def test_blotchiness_does_not_depend_on_the_size():
    small = blotchiness(20 * wave(3), RNG.uniform(0, 1, (64, 80)))
    large = blotchiness(20 * wave(3, 128, 160), RNG.uniform(0, 1, (128, 160)))
    assert large == pytest.approx(small, rel=0.15)
