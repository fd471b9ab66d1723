import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.color.gamut import is_in_gamut
from tintype.color.lab import lab_to_linear, lightness_to_luminance
from tintype.color.wash import wash, wash_lightness


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float64)[:, None]


@pytest.mark.parametrize("ab", [(14, 18), (-5, -25), (60, 40), (-25, 35), (3, 4), (30, -50)])
def test_paint_is_as_light_as_it_exists(ab):
    lightness = float(wash_lightness(column(*ab))[0])
    assert is_in_gamut(np.array([lightness - 1.0, *ab]))
    assert not is_in_gamut(np.array([lightness + 1.5, *ab]))


def test_stronger_paint_is_darker_and_no_paint_is_white():
    chroma = np.linspace(0, 100, 40)
    for hue in range(0, 360, 30):
        angle = np.radians(hue)
        lightness = wash_lightness(np.stack([chroma * np.cos(angle), chroma * np.sin(angle)]))
        assert lightness[0] == 100
        assert (np.diff(lightness[chroma < 25]) <= 1e-6).all()  # beyond, some hues have left the gamut


def test_paint_is_without_steps():
    a = np.linspace(-60, 60, 2401)
    for b in (-40.0, 0.0, 37.3):
        assert abs(np.diff(wash_lightness(np.stack([a, np.full_like(a, b)])))).max() < 0.4


def test_drawing_without_paint_keeps_its_lightness():
    lightness = np.linspace(0, 100, 11)
    seen, ab = wash(lightness, np.zeros((2, 11)))
    np.testing.assert_allclose(seen, lightness, atol=1e-9)
    assert not ab.any()


def test_wash_lets_the_light_through_that_paper_and_paint_let_through():
    drawn = 60.0
    painted, ab = wash(np.array([100.0]), column(20, 30))
    seen, dark = wash(np.array([drawn]), column(20, 30))
    expected = lab_to_linear(np.array([painted[0], *ab[:, 0]])) * lightness_to_luminance(np.array(drawn))
    np.testing.assert_allclose(lab_to_linear(np.array([seen[0], *dark[:, 0]])), expected, atol=0.003)


AB = st.tuples(st.floats(-150, 150), st.floats(-150, 150))


@given(st.floats(0, 100), AB, st.sampled_from([np.float32, np.float64]))
def test_any_wash_darkens_and_is_a_number(lightness, ab, kind):
    seen, color = wash(np.array([lightness], kind), np.array(ab, kind)[:, None])
    assert 0 <= seen[0] <= np.array(lightness, kind)
    assert np.isfinite(color).all()
    assert np.hypot(*color[:, 0]) <= np.hypot(*ab) * (1 + 1e-6) + 1e-6
