import numpy as np
import pytest

from tintype.color.bins import CENTERS, Decoding, decode, probabilities
from tintype.colorize.adjust import Adjustment
from tintype.colorize.settings import choose_settings
from tintype.errors import GuidanceError, UnsupportedByModelError
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import PointMark
from tiny_model import create_card

SIZE = (12, 10)
AS_IT_IS = Decoding(0, 1)
SKIN, SKY, GRASS = (18, 20), (-5, -25), (-40, 45)


def around(*colors, width=10.0, shares=None):
    """Return logits whose distribution lies around colors, everywhere the same."""
    shares = shares or [1] * len(colors)
    density = sum(
        share * np.exp(-((CENTERS - np.array(color)) ** 2).sum(axis=1) / (2 * width**2))
        for color, share in zip(colors, shares, strict=True)
    )
    return np.broadcast_to(np.log(density + 1e-9).astype(np.float32), (*SIZE, len(CENTERS)))


def moved(logits, lightness=70.0, **sliders):
    """Return how far the decoded color goes: (h, w, 2)."""
    cells = np.full(SIZE, lightness, np.float32) if np.isscalar(lightness) else lightness
    adjusted = Adjustment(**sliders).applied(logits, cells)
    return decode(adjusted, None, AS_IT_IS) - decode(logits, None, AS_IT_IS)


def test_sliders_in_the_middle_change_nothing():
    logits = around((0, 0))
    assert Adjustment().applied(logits, np.full(SIZE, 50)) is logits
    assert not Adjustment()
    assert Adjustment(sky=-0.1)


@pytest.mark.parametrize("warmth", [-1, -0.4, 0.4, 1])
def test_warmth_turns_what_wavers_to_yellow_or_blue(warmth):
    shift = moved(around((0, 0), width=20), warmth=warmth)[0, 0]
    assert np.sign(shift[1]) == np.sign(warmth)
    assert 2 * abs(warmth) < abs(shift[1]) < 12 * abs(warmth)
    assert abs(shift[0]) < abs(shift[1]) / 2


def test_warmth_leaves_what_is_certain():
    certain = np.linalg.norm(moved(around(GRASS, width=4), warmth=1)[0, 0])
    wavering = np.linalg.norm(moved(around(GRASS, width=20), warmth=1)[0, 0])
    assert certain < 1 < wavering


@pytest.mark.parametrize(("slider", "color"), [("skin", SKIN), ("sky", SKY)])
def test_slider_draws_to_its_color_and_away_from_it(slider, color):
    logits = around(color, (0, 0), shares=(0.4, 0.6))
    direction = np.array(color) / np.linalg.norm(color)
    more, less = (moved(logits, **{slider: value})[0] @ direction for value in (1, -1))
    assert more.min() > 3
    assert less.max() < -2


@pytest.mark.parametrize("slider", ["skin", "sky"])
def test_slider_does_nothing_where_the_distribution_holds_no_such_color(slider):
    assert np.abs(moved(around(GRASS), **{slider: 1})).max() < 0.1


def test_dark_cloth_is_no_sky():
    logits = around(SKY, (0, 0))
    assert np.abs(moved(logits, 20.0, sky=1)).max() < 0.5 < np.abs(moved(logits, 75.0, sky=1)).max()


def test_sky_is_even_and_above():
    logits = around(SKY, (0, 0))
    change = np.linalg.norm(moved(logits, sky=1), axis=-1)
    assert change[0].min() > 2 * change[-1].max()
    uneven = np.where(np.indices(SIZE).sum(axis=0) % 2, 60, 90).astype(np.float32)
    assert np.linalg.norm(moved(logits, uneven, sky=1), axis=-1).max() < change.max() / 2


def test_adjusted_distribution_sums_to_one():
    logits = Adjustment(1, -1, 1).applied(around(SKIN, SKY, (0, 0)), np.full(SIZE, 60, np.float32))
    assert logits.dtype == np.float32
    assert probabilities(logits, None, AS_IT_IS).sum(axis=-1) == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("sliders", [{"warmth": 1.1}, {"skin": -2}, {"sky": float("nan")}])
def test_impossible_slider_is_refused(sliders):
    with pytest.raises(GuidanceError, match="give a number from -1 to 1"):
        choose_settings(create_card(), **sliders)


def test_model_without_a_distribution_has_no_sliders():
    card = create_card(bins=0, prior=None, vividness_path=(), capabilities=frozenset({"hints"}))
    with pytest.raises(
        UnsupportedByModelError, match="has no sliders of warmth, skin and sky; leave them out"
    ):
        choose_settings(card, warmth=0.5)
    assert not choose_settings(card).adjustment


def test_digest_tells_sliders_apart():
    card = create_card()
    choices = [{}, {"warmth": 0.5}, {"skin": 0.5}, {"sky": 0.5}, {"warmth": -0.5}]
    assert len({choose_settings(card, **choice).digest("model") for choice in choices}) == len(choices)


def test_colorization_follows_its_sliders_without_the_network(opened):
    plain, warm = opened.colorize(), opened.colorize(warmth=1)
    assert warm.ab[..., 1].mean() > plain.ab[..., 1].mean() + 0.5
    np.testing.assert_array_equal(plain.redecoded(warmth=1).ab, warm.ab)
    np.testing.assert_array_equal(warm.redecoded().ab, plain.ab)
    assert plain.redecoded(warmth=1).digest == warm.digest
    assert warm.answer is plain.answer


def test_alternatives_follow_the_sliders(opened):
    plain, warm = (opened.colorize(warmth=w).alternatives(1)[0].ab for w in (0, 1))
    assert warm[..., 1].mean() > plain[..., 1].mean() + 0.5


def test_orders_stand_whatever_the_sliders_say(opened):
    red = Guidance((PointMark(60, 60, 10, color=(50, 60, 40)),))
    ab = opened.colorize(red, warmth=-1, skin=1, sky=1).ab
    rows, columns = ab.shape[:2]
    assert ab[int(60 * rows / 128), int(60 * columns / 171)] == pytest.approx((60, 40), abs=1e-3)
