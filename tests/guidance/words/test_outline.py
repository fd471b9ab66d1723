import numpy as np
import pytest

from tintype.color.bins import BIN_COUNT, CENTERS
from tintype.guidance.words.likeness import describe, main_parts
from tintype.guidance.words.meaning import PLACES
from tintype.guidance.words.outline import between, is_anywhere, outline
from tintype.guidance.words.places import LEAST_BELIEFS, believe

SIZE = (64, 80)


@pytest.fixture
def thing():
    """A bright thing on dark ground: where it is, and the lightness."""
    inside = np.zeros(SIZE, bool)
    inside[16:48, 24:60] = True
    random = np.random.default_rng(0)
    return inside, (np.where(inside, 80, 25) + random.normal(0, 1, SIZE)).astype(np.float32)


def blurred(center, reach):
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    squares = (rows - center[0]) ** 2 + (columns - center[1]) ** 2
    return np.exp(-squares / (2 * reach**2)).astype(np.float32)


def overlap(found, inside):
    return (found & inside).sum() / (found | inside).sum()


def test_blurred_map_becomes_the_outline(thing):
    inside, lightness = thing
    found = outline(blurred((32, 42), 14), lightness, describe(lightness)) > 0.5
    assert overlap(found, inside) > 0.95


def test_map_beside_the_thing_still_finds_all_of_it(thing):
    inside, lightness = thing
    found = outline(blurred((28, 34), 10), lightness, describe(lightness)) > 0.5
    assert overlap(found, inside) > 0.9


def test_outline_follows_the_colors_that_are_expected_where_tones_are_equal(thing):
    inside, _ = thing
    lightness = np.full(SIZE, 50, np.float32)
    shares = np.where(inside[..., None], distribution((40, 30)), distribution((-30, 30)))
    scores = blurred((30, 40), 14)
    alone = outline(scores, lightness, describe(lightness)) > 0.5
    helped = outline(scores, lightness, describe(lightness, main_parts(shares))) > 0.5
    assert overlap(helped, inside) > 0.9 > overlap(alone, inside) + 0.1


def test_things_far_from_the_map_are_left_alone_though_they_look_alike(thing):
    inside, lightness = thing
    lightness[:, :12] = 80
    found = outline(blurred((32, 42), 14), lightness, describe(lightness)) > 0.5
    assert overlap(found, inside) > 0.9


def test_without_edges_the_border_lies_half_way():
    lightness = np.full(SIZE, 50, np.float32)
    inner, outer = np.zeros(SIZE, bool), np.zeros(SIZE, bool)
    inner[:, :10], outer[:, 70:] = True, True
    found = between(inner, outer, lightness)
    assert found[0, 0] == 1
    assert found[0, -1] == 0
    assert np.flatnonzero(found[30] > 0.5)[-1] == pytest.approx(39.5, abs=1.5)


def test_nothing_outside_means_everything_inside():
    inner = np.zeros(SIZE, bool)
    inner[0, 0] = True
    lightness = np.full(SIZE, 50, np.float32)
    assert is_anywhere(between(inner, np.zeros(SIZE, bool), lightness))
    assert not is_anywhere(np.zeros(SIZE, np.float32))


def distribution(*centers):
    """Return the distribution of colors (a, b)."""
    shares = np.zeros(BIN_COUNT, np.float32)
    for center in centers:
        shares[np.square(CENTERS - np.array(center)).sum(1).argmin()] += 1 / len(centers)
    return shares


def test_every_place_has_a_least_belief():
    assert set(LEAST_BELIEFS) == set(PLACES)


@pytest.mark.parametrize(("place", "row"), [("sky", 2), ("ground", 60), ("water", 60), ("leaves", 30)])
def test_stuff_is_believed_where_its_colors_are_and_where_it_is_expected(place, row):
    color, prior = distribution((-10, -30)), np.full(BIN_COUNT, 1 / BIN_COUNT)
    shares = np.broadcast_to(distribution((10, 20)), (*SIZE, BIN_COUNT)).copy()
    shares[:, :40] = color
    lightness = np.full(SIZE, 60, np.float32)
    belief = believe(shares, color, prior, lightness, place)
    assert belief[row, 20] > LEAST_BELIEFS[place]
    assert belief[:, 60].max() < 0.05
    other = {"sky": 60, "ground": 2, "water": 2}.get(place)
    if other is not None:
        assert belief[other, 20] < 0.2 * belief[row, 20]


def test_dark_cells_are_no_sky():
    color = distribution((-10, -30))
    shares = np.broadcast_to(color, (*SIZE, BIN_COUNT))
    dark = np.full(SIZE, 20, np.float32)
    assert not believe(shares, color, np.full(BIN_COUNT, 1 / BIN_COUNT), dark, "sky").any()
