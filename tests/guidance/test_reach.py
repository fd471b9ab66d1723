import numpy as np
import pytest

from tintype.color.bins import BIN_COUNT, CENTERS
from tintype.guidance.points import Patch
from tintype.guidance.reach import EXPECTED, PlacedColor, reach_map, surprises

SIZE = (56, 56)
y, x = np.mgrid[: SIZE[0], : SIZE[1]]
LEFT = (x - 15) ** 2 + (y - 28) ** 2 < 10**2
RIGHT = (x - 40) ** 2 + (y - 28) ** 2 < 10**2
TWO_DISCS = np.where(LEFT | RIGHT, 35, 75).astype(np.float32)


def surprise(logits, mark):
    return surprises(logits, [mark])[0]


def placed(ab, at=(28, 15), side=2):
    return PlacedColor(0, Patch(*at, np.ones((side, side), np.float32)), np.asarray(ab, np.float32))


def sure_of(ab, spread=12.0):
    """Return logits that hold colors around ab likely everywhere."""
    squares = ((CENTERS - np.asarray(ab)) ** 2).sum(axis=1)
    return np.broadcast_to((-squares / (2 * spread**2)).astype(np.float32), (*SIZE, BIN_COUNT))


def test_expected_color_is_no_surprise():
    assert surprise(sure_of((20, 30)), placed((20, 30))) < 1


def test_surprise_grows_with_the_distance():
    surprises = [surprise(sure_of((0, 0)), placed((a, 0))) for a in (0, 30, 60, 90)]
    assert surprises == sorted(surprises)
    assert surprises[0] < EXPECTED < surprises[2]


def test_surprise_of_an_impossible_color_is_finite():
    logits = sure_of((0, 0)) * 1000
    assert np.isfinite(surprise(logits, placed((90, 90))))


def test_surprise_of_a_field_is_the_mean_of_its_cells():
    ab = np.zeros((2, 2, 2), np.float32)
    ab[0] = (70, 0)
    single = surprise(sure_of((0, 0)), placed((0, 0))), surprise(sure_of((0, 0)), placed((70, 0)))
    assert surprise(sure_of((0, 0)), placed(ab)) == pytest.approx(np.mean(single), rel=1e-4)


def test_mark_that_is_hidden_surprises_nobody():
    hidden = PlacedColor(0, Patch(3, 3, np.zeros((2, 2), np.float32)), np.zeros(2, np.float32))
    assert surprise(sure_of((50, 50)), hidden) == 0
    seen = placed((50, 50), (9, 9))
    together = surprises(sure_of((0, 0)), [seen, hidden, seen])
    assert together == [surprise(sure_of((0, 0)), seen), 0, surprise(sure_of((0, 0)), seen)]


@pytest.mark.parametrize("startling", [0.0, 2.0, 9.0])
def test_mark_reaches_its_object_and_neither_background_nor_twin(startling):
    reach = reach_map(TWO_DISCS, [[(placed((60, 40)), startling)]])[0]
    assert reach[28:30, 15:17].min() > 0.95
    assert np.median(reach[LEFT]) > 0.9
    assert reach[LEFT].min() > 0.8
    assert reach[~LEFT & (np.hypot(x - 15, y - 28) > 12)].max() < 0.1


def test_startling_mark_reaches_less_far():
    ramp = np.tile(np.linspace(0, 100, 56, dtype=np.float32), (56, 1))
    shares = [reach_map(ramp, [[(placed((60, 40)), s)]])[0].mean() for s in (0, 2, 3, 9)]
    assert shares[0] > shares[1] > shares[2] == shares[3]


def test_large_mark_reaches_less_far_than_a_click():
    ramp = np.tile(np.linspace(0, 100, 56, dtype=np.float32), (56, 1))
    corner = {side: placed((60, 40), (56 - side, 56 - side), side) for side in (2, 3, 6, 9)}
    far = {side: reach_map(ramp, [[(mark, 0.0)]])[0][0, 20:50].mean() for side, mark in corner.items()}
    assert far[2] == pytest.approx(far[3], abs=0.05)
    assert far[6] < far[3] - 0.1
    field = PlacedColor(0, corner[6].cells, np.zeros((6, 6, 2), np.float32))
    assert reach_map(ramp, [[(field, 0.0)]])[0][0, 20:50].mean() > far[6] + 0.1


def test_reach_does_not_depend_on_the_size_of_the_grid():
    large = np.kron(TWO_DISCS, np.ones((2, 2), np.float32))
    flat = np.full((112, 112), 50, np.float32)
    for fine, coarse in ((large, TWO_DISCS), (flat, flat[::2, ::2])):
        found = reach_map(fine, [[(placed((0, 0), (56, 30), 4), 9.0)]])[0]
        expected = reach_map(coarse, [[(placed((0, 0)), 9.0)]])[0]
        assert found.reshape(56, 2, 56, 2).mean(axis=(1, 3)) == pytest.approx(expected, abs=0.1)


def test_groups_reach_apart():
    groups = [[(placed((0, 0)), 0.0)], [], [(placed((0, 0), (28, 40)), 0.0)]]
    reaches = reach_map(TWO_DISCS, groups)
    assert reaches[0][LEFT].min() > 0.8
    assert reaches[0][RIGHT].max() < 0.1
    assert reaches[1].max() == pytest.approx(0, abs=1e-3)
    assert reaches[2][RIGHT].min() > 0.8
    assert reaches[2][LEFT].max() < 0.1
