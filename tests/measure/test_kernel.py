import numpy as np
import pytest
import skimage.color
import skimage.data

from tintype.measure.hints import TrueHint, draw_hints
from tintype.measure.kernel import HintKernel, fit_kernel


def slow_spread(kernel, lightness, hints):
    height, width = lightness.shape
    ab = np.zeros((height, width, 2))
    for y in range(height):
        for x in range(width):
            total, mixed = kernel.shrinkage, np.zeros(2)
            for hint in hints:
                middle = hint.top + hint.side / 2, hint.left + hint.side / 2
                place = np.hypot(y + 0.5 - middle[0], x + 0.5 - middle[1]) / min(height, width)
                tone = lightness[y, x] - hint.lab[0]
                weight = np.exp(-0.5 * (place / kernel.place) ** 2 - 0.5 * (tone / kernel.lightness) ** 2)
                total, mixed = total + weight, mixed + weight * np.array(hint.lab[1:])
            ab[y, x] = mixed / total
    return ab


def photographs():
    return [
        skimage.color.rgb2lab(getattr(skimage.data, name)()[:256:2, :300:2])
        for name in ("astronaut", "coffee", "chelsea")
    ]


def test_spread_agrees_with_the_slow_definition():
    rng = np.random.default_rng(0)
    lightness = rng.uniform(0, 100, (12, 17))
    hints = [TrueHint(2, 3, 4, (40.0, 10.0, 20.0)), TrueHint(6, 11, 4, (70.0, -30.0, 5.0))]
    kernel = HintKernel(0.4, 20.0, 0.2)
    expected = slow_spread(kernel, lightness, hints)
    assert kernel.spread(lightness, hints) == pytest.approx(expected, abs=1e-4)
    assert kernel.spread(lightness, hints, step=3) == pytest.approx(expected[::3, ::3], abs=1e-4)


def test_color_fades_to_gray_far_from_all_hints():
    hint = TrueHint(0, 0, 6, (50.0, 40.0, 40.0))
    ab = HintKernel(0.05, 15.0, 0.1).spread(np.full((100, 100), 50.0), [hint])
    assert ab[3, 3] == pytest.approx([40 / 1.1] * 2, rel=0.02)
    assert np.abs(ab[90, 90]).max() < 1e-3


def test_fitted_kernel_is_better_than_the_first_guess_and_than_gray():
    fit = fit_kernel(photographs(), seeds=[1, 2, 3], counts=(1, 10))
    errors = {
        kernel: np.mean(
            [
                np.log10(
                    1 + np.mean((kernel.spread(lab[..., 0], draw_hints(lab, n, seed)) - lab[..., 1:]) ** 2)
                )
                for lab, seed in zip(photographs(), (1, 2, 3), strict=True)
                for n in (1, 10)
            ]
        )
        for kernel in (fit.kernel, HintKernel(0.2, 15.0, 0.1), HintKernel(0.2, 15.0, 1e9))
    }
    assert list(errors.values()) == sorted(errors.values())
    assert fit.photographs == 3
    assert fit.score == pytest.approx(-10 * errors[fit.kernel], abs=0.2)


def test_fit_finds_what_the_color_depends_on():
    rng = np.random.default_rng(0)
    lightness = rng.uniform(0, 100, (96, 96, 1))
    place = np.tile(np.linspace(0, 100, 96)[:, None], (96, 1, 1))
    by_tone, by_place = (
        np.concatenate([lightness, 60 * np.sin(cause / 16 + [0, 2])], axis=2) for cause in (lightness, place)
    )
    tone = fit_kernel([by_tone], seeds=[1], counts=(30,)).kernel
    near = fit_kernel([by_place], seeds=[1], counts=(30,)).kernel
    assert tone.lightness < 15 < near.lightness
    assert near.place < 0.2 < tone.place
