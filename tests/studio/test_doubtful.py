"""Where to look first: far apart, far from marks, the most doubtful first."""

import numpy as np

from tintype.guidance.marks import PointMark
from tintype.studio.doubtful import find_doubtful

SIZE = (800, 1000)


def bumps(*places):
    """A map of 40 x 50 cells that is doubtful around places (row, column, height)."""
    rows, columns = np.mgrid[0:40, 0:50]
    found = np.zeros((40, 50), np.float32)
    for row, column, height in places:
        found = np.maximum(found, height * np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / 40))
    return found


def test_places_come_most_doubtful_first():
    found = find_doubtful(bumps((10, 10, 0.6), (30, 40, 0.9), (8, 45, 0.3)), SIZE, [], 3)
    assert [(round(it.x), round(it.y)) for it in found] == [(810, 610), (210, 210), (910, 170)]
    assert found[0].doubt > found[1].doubt > found[2].doubt


def test_places_near_marks_are_left_out():
    marks = [PointMark(800, 600, color=(50, 10, 10))]
    (found,) = find_doubtful(bumps((10, 10, 0.6), (30, 40, 0.9)), SIZE, marks, 1)
    assert (round(found.x), round(found.y)) == (210, 210)


def test_places_lie_apart():
    found = find_doubtful(np.ones((40, 50), np.float32), SIZE, [], 8)
    assert len(found) == 8
    for i, one in enumerate(found):
        for other in found[:i]:
            assert np.hypot(one.x - other.x, one.y - other.y) >= one.radius


def test_nothing_is_offered_where_nothing_is_doubtful():
    assert find_doubtful(np.zeros((40, 50), np.float32), SIZE, [], 5) == []
    assert len(find_doubtful(np.ones((1, 1), np.float32), (3, 3), [], 5)) == 1


def test_single_doubtful_cell_counts_less_than_a_region():
    spot = bumps((10, 10, 0.6))
    spot[30, 40] = 1
    (found,) = find_doubtful(spot, SIZE, [], 1)
    assert (round(found.x), round(found.y)) == (210, 210)
