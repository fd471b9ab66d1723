import builtins
import itertools

import numpy as np
import pytest

from tintype.errors import MissingExtraError
from tintype.models.examples.graph_cut import Edges, connect_grid, expand, find_energy

POTTS = 1 - np.eye(3)


def test_grid_connects_eight_neighbors_once():
    edges = connect_grid(3, 4)
    pairs = {frozenset(pair) for pair in zip(edges.first.tolist(), edges.second.tolist(), strict=True)}
    assert len(pairs) == len(edges.first) == 3 * 3 + 2 * 4 + 2 * 2 * 3
    touching = [abs(a // 4 - b // 4) <= 1 and abs(a % 4 - b % 4) <= 1 for a, b in map(sorted, pairs)]
    assert all(touching)


@pytest.mark.parametrize("seed", range(8))
def test_two_labels_are_cut_exactly(seed):
    random = np.random.default_rng(seed)
    edges, costs, distances = connect_grid(2, 4), random.random((8, 2)) * 3, 1 - np.eye(2)
    everything = [np.array(labels) for labels in itertools.product((0, 1), repeat=8)]
    least = min(find_energy(costs, edges, distances, labels) for labels in everything)
    found = find_energy(costs, edges, distances, expand(costs, edges, distances))
    assert found == pytest.approx(least, abs=0.02)  # costs are rounded to thousandths


@pytest.mark.parametrize("seed", range(4))
def test_no_cell_alone_can_lower_the_energy(seed):
    random = np.random.default_rng(seed)
    edges, costs = connect_grid(4, 5), random.random((20, 3)) * 3
    labels = expand(costs, edges, POTTS)
    energy = find_energy(costs, edges, POTTS, labels)
    for cell, label in itertools.product(range(20), range(3)):
        changed = labels.copy()
        changed[cell] = label
        assert find_energy(costs, edges, POTTS, changed) > energy - 0.02


@pytest.mark.parametrize("seed", range(8))
def test_no_set_of_cells_that_takes_one_label_can_lower_the_energy(seed):
    random = np.random.default_rng(seed)
    edges, costs, places = connect_grid(2, 4), random.random((8, 4)) * 3, random.random((4, 2)) * 2
    distances = np.linalg.norm(places[:, None] - places, axis=2)
    labels = expand(costs, edges, distances)
    energy = find_energy(costs, edges, distances, labels)
    for taken, label in itertools.product(itertools.product((False, True), repeat=8), range(4)):
        changed = np.where(taken, label, labels)
        assert find_energy(costs, edges, distances, changed) > energy - 0.02


def test_smoothness_removes_a_spot_and_keeps_a_border():
    costs = np.zeros((8, 8, 3))
    costs[:, :4, 1:], costs[:, 4:, [0, 2]] = 2, 2
    costs[2, 2] = (2, 2, 0)
    labels = expand(costs.reshape(64, 3), _weighted(0.7), POTTS).reshape(8, 8)
    assert (labels[:, :4] == 0).all()
    assert (labels[:, 4:] == 1).all()


def test_neighbors_may_differ_where_that_is_free():
    costs = np.random.default_rng(0).random((64, 3))
    np.testing.assert_array_equal(expand(costs, _weighted(0), POTTS), costs.argmin(axis=1))


def test_missing_scipy_is_said_in_one_line(monkeypatch):
    import_module = builtins.__import__

    def without_scipy(name, *rest):
        if name.startswith("scipy"):
            raise ImportError(name)
        return import_module(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without_scipy)
    with pytest.raises(MissingExtraError, match=r"pip install 'tintype\[examples\]'"):
        expand(np.eye(2), Edges(np.array([0]), np.array([1]), np.ones(1)), 1 - np.eye(2))


def _weighted(weight):
    edges = connect_grid(8, 8)
    return Edges(edges.first, edges.second, weight * edges.weight)
