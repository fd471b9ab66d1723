import heapq

import numpy as np
import pytest

from tintype.guidance.geodesic import FAR, edge_steps, geodesic_distances

LIGHTNESS = np.random.default_rng(0).uniform(0, 100, (17, 23)).astype(np.float32)
STEPS = edge_steps(LIGHTNESS, 20, 0.01, 2)


def shortest(start, steps, shape):
    """Find the distances slowly (Dijkstra)."""
    distances = np.full(shape, np.inf)
    distances[start] = 0
    queue = [(0.0, start)]
    while queue:
        distance, (row, column) = heapq.heappop(queue)
        if distance > distances[row, column]:
            continue
        for down, across in ((0, 1), (0, -1), (1, 0), (-1, 0)):
            r, c = row + down, column + across
            if not (0 <= r < shape[0] and 0 <= c < shape[1]):
                continue
            step = steps.down[min(r, row), c] if down else steps.across[r, min(c, column)]
            if distance + step < distances[r, c]:
                distances[r, c] = distance + step
                heapq.heappush(queue, (distances[r, c], (r, c)))
    return distances


def starts(*places):
    planes = np.full((len(places), *LIGHTNESS.shape), FAR, np.float32)
    for plane, place in zip(planes, places, strict=True):
        plane[place] = 0
    return planes


def test_distances_are_those_of_the_shortest_ways():
    places = (0, 0), (8, 11), (16, 3)
    found = geodesic_distances(starts(*places), STEPS, sweeps=9)
    for plane, place in zip(found, places, strict=True):
        assert plane == pytest.approx(shortest(place, STEPS, LIGHTNESS.shape), abs=1e-3)


def test_few_sweeps_find_no_way_too_short():
    found = geodesic_distances(starts((8, 11)), STEPS, sweeps=1)[0]
    assert (found >= shortest((8, 11), STEPS, LIGHTNESS.shape) - 1e-3).all()


def test_start_with_a_handicap_is_farther():
    later = starts((8, 11))
    later[0, 8, 11] = 0.5
    assert geodesic_distances(later, STEPS, 9) == pytest.approx(
        geodesic_distances(starts((8, 11)), STEPS, 9) + 0.5, abs=1e-3
    )


def test_nothing_is_reached_from_nowhere():
    assert (geodesic_distances(np.full((1, 17, 23), FAR, np.float32), STEPS) > FAR / 2).all()


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_thin_grids_have_distances(shape):
    plane = np.full((1, *shape), FAR, np.float32)
    plane[0, 0, 0] = 0
    steps = edge_steps(np.zeros(shape, np.float32), 20, 1, 2)
    assert geodesic_distances(plane, steps)[0, -1, -1] == max(shape) - 1
