import numpy as np
import pytest

from matching_samples import paint, scene
from tintype.guidance.cells import color_cells
from tintype.guidance.matching import compare, match_colors

SKY, COAT, GRASS = 1, 2, 3
LIGHT = {SKY: 80, COAT: 30, GRASS: 50, 7: 60, 8: 40, 9: 20}
COLORS = {SKY: (-5, -25), COAT: (45, 25), GRASS: (-30, 30)}
TARGET = np.repeat(np.repeat([[SKY, SKY, SKY], [GRASS, COAT, GRASS]], 4, axis=0), 3, axis=1)
SOURCE = np.repeat(np.repeat([[SKY, COAT], [SKY, COAT], [GRASS, GRASS]], 3, axis=0), 4, axis=1)


def match(target=TARGET, source=SOURCE, region=None, **changes):
    one, other = scene(target, LIGHT, seed=1), scene(source, LIGHT, seed=2)
    ab = paint(source, {**dict.fromkeys(range(10), (0, 0)), **COLORS, **changes})
    return match_colors(compare(one, other), color_cells(ab, other.size, region))


def expected(plan=TARGET):
    return np.array([COLORS[int(number)] for number in np.kron(plan, np.ones((2, 2))).ravel()])


def test_each_material_takes_its_own_color():
    found = match()
    errors = np.hypot(*(found.ab - expected()).T)
    sure = found.confidence > 0.5
    assert found.agreement > 0.95
    assert sure.mean() > 0.6
    assert errors[sure].max() < 10
    assert np.median(errors) < 1


def test_borders_of_materials_are_less_sure():
    confidence = match().confidence.reshape(16, 18)
    assert confidence[7:9, :6].max() < confidence[3, :6].min()


def test_photograph_of_something_else_does_not_agree():
    assert match(source=np.repeat(np.repeat([[7, 8], [9, 7]], 4, axis=0), 4, axis=1)).agreement < 0.01


def test_material_that_the_reference_lacks_takes_no_color():
    confidence = match(source=np.where(SOURCE == COAT, 7, SOURCE)).confidence
    is_coat = np.kron(TARGET, np.ones((2, 2))).ravel() == COAT
    assert np.median(confidence[is_coat]) < 0.35
    assert np.median(confidence[~is_coat]) > 0.9


def test_region_gives_its_colors_alone():
    region = np.kron(SOURCE == COAT, np.ones((16, 16)))
    found = match(region=region)
    is_coat = np.kron(TARGET, np.ones((2, 2))).ravel() == COAT
    assert found.confidence[~is_coat].max() < 0.35
    assert np.median(found.confidence[is_coat]) > 0.5
    assert np.abs(found.ab[is_coat] - COLORS[COAT]).max() < 10


def test_cells_across_an_edge_count_less():
    plan = np.full((6, 6), COAT)
    ab = paint(plan, COLORS)
    ab[:, :48:2] = (-60, -60)  # one half of the coat is striped
    one, other = scene(plan, LIGHT, seed=1), scene(plan, LIGHT, seed=2)
    found = match_colors(compare(one, other), color_cells(ab, other.size))
    assert np.abs(found.ab - COLORS[COAT]).max() < 5


def test_two_colors_for_one_material_are_not_believed():
    plan = np.full((6, 12), COAT)
    ab = paint(plan, COLORS)
    ab[:, : ab.shape[1] // 2] = (-60, -30)
    one, other = scene(plan, LIGHT, seed=1), scene(plan, LIGHT, seed=2)
    doubtful = match_colors(compare(one, other), color_cells(ab, other.size))
    plain = match_colors(compare(one, other), color_cells(paint(plan, COLORS), other.size))
    assert doubtful.confidence.max() < 0.2
    assert plain.confidence.min() > 0.7


def test_tone_of_an_aged_print_is_allowed_for():
    aged = {number: 45 + 0.4 * (value - 45) for number, value in LIGHT.items()}
    one, other = scene(TARGET, aged, seed=1), scene(SOURCE, LIGHT, seed=2)
    found = match_colors(compare(one, other), color_cells(paint(SOURCE, COLORS), other.size))
    assert np.median(np.hypot(*(found.ab - expected()).T)) < 2


def test_mutual_matches_are_of_one_place():
    cells = scene(np.arange(36).reshape(6, 6), dict.fromkeys(range(36), 50))
    assert compare(cells, cells).mutual.mean() == pytest.approx(1)
    once = scene(np.full((6, 6), 40), {40: 50}, seed=3)
    assert compare(once, cells).mutual.mean() < 0.5
