"""Each figure moves with the fault that it is there for, and means what its docstring says."""

import numpy as np
import pytest
from scipy.stats import pearsonr

from tintype.measure.samples import blotch_share, blotchiness
from tintype.measure.unaided.bleeding import bleeding, color_sharpness, edge_agreement, speckle
from tintype.measure.unaided.blotches import stain_share, stains, unevenness
from tintype.measure.unaided.look import Look
from tintype.measure.unaided.sepia import colors, hue_concentration, tone_width

GRAY = Look(np.random.default_rng(0).uniform(0, 100, (40, 50)), np.zeros((40, 50, 2)))


@pytest.mark.parametrize(
    ("measure", "fault", "sign"),
    [
        (bleeding, "bled", 1),
        (edge_agreement, "bled", -1),
        (edge_agreement, "shifted", -1),
        (color_sharpness, "bled", -1),
        (color_sharpness, "noisy", 1),
        (speckle, "noisy", 1),
        (stains, "stained", 1),
        (stain_share, "stained", 1),
        (hue_concentration, "sepia", 1),
        (tone_width, "sepia", -1),
        (colors, "sepia", -1),
    ],
)
def test_figure_moves_with_its_fault(lab, spoiled, measure, fault, sign):
    values = [sign * measure(spoiled(lab, fault, strength)) for strength in (0.0, 1.0)]
    assert values[0] < values[1]


def test_gray_has_nothing_to_complain_of_but_one_hue():
    assert (hue_concentration(GRAY), colors(GRAY), tone_width(GRAY)) == (1, 1, 0)
    for measure in (bleeding, edge_agreement, color_sharpness, speckle, stains, stain_share, unevenness):
        assert measure(GRAY) == 0


def test_color_on_edges_alone_does_not_bleed():
    halves = np.arange(50) < 25
    lightness = np.where(halves, 20.0, 80.0) * np.ones((40, 1))
    ab = np.where(halves, -20.0, 20.0)[None, :, None] * np.ones((40, 1, 2))
    assert bleeding(Look(lightness, ab)) < 1e-3
    assert bleeding(Look(lightness.T[:40, :40], ab[:40, :40])) > 0.9
    assert edge_agreement(Look(lightness, ab)) == pytest.approx(1, abs=0.01)


def test_edge_agreement_is_pearsons_correlation(lab):
    look = Look(lab[..., 0], lab[..., 1:])
    logs = (np.log1p(plane).ravel() for plane in (look.color_steepness, look.light_steepness))
    assert edge_agreement(look) == pytest.approx(pearsonr(*logs).statistic)


def test_stains_are_those_of_samples_at_half_the_size(lab):
    lab = lab[:160, :160]
    look = Look(lab[..., 0], lab[..., 1:])
    assert stains(look) == pytest.approx(blotchiness(lab[..., 1:], lab[..., 0]), rel=0.15)
    assert stain_share(look) == pytest.approx(blotch_share(lab[..., 1:], lab[..., 0]), rel=0.05)


def test_uneven_is_what_place_and_lightness_do_not_explain():
    lightness = np.random.default_rng(1).uniform(0, 100, (80, 80))
    follows = np.stack([lightness, -lightness], axis=2) / 5
    assert unevenness(Look(lightness, follows)) < 0.2
    noise = np.random.default_rng(2).normal(0, 9, (80, 80, 2))
    assert unevenness(Look(lightness, noise)) == pytest.approx(np.sqrt(1 - 160 / 6400), abs=0.01)


def test_hue_concentration_is_the_mean_resultant_length():
    angles = np.random.default_rng(3).vonmises(1.0, 2.0, (40, 50))
    look = Look(GRAY.lightness, 30 * np.stack([np.cos(angles), np.sin(angles)], axis=2))
    assert hue_concentration(look) == pytest.approx(np.abs(np.exp(1j * angles).mean()))


def test_opposite_hues_have_no_width_but_are_two_colors():
    ab = np.where(np.arange(50) < 25, -20.0, 20.0)[None, :, None] * np.ones((40, 1, 2))
    look = Look(GRAY.lightness, ab)
    assert tone_width(look) == pytest.approx(0, abs=1e-6)
    assert hue_concentration(look) == pytest.approx(0, abs=1e-9)
    assert colors(look) == pytest.approx(2)
