from types import SimpleNamespace

import pytest
import torch
from torch.nn import functional as F

from tintype.errors import RecipeError
from tintype.learn.losses.classification import (
    cells_of,
    label_cross_entropy,
    rebalancing_weights,
    scale_gradient,
    soft_cross_entropy,
)
from tintype.learn.losses.regression import color_distance, distribution_distance
from tintype.learn.objective import _distribution_terms


def test_cells_of_keeps_each_cells_channels_together():
    maps = torch.arange(2 * 3 * 4 * 5).view(2, 3, 4, 5)
    cells = cells_of(maps)
    assert cells.shape == (40, 3)
    assert torch.equal(cells[5 * 2 + 1], maps[0, :, 2, 1])
    assert torch.equal(cells_of(maps, slice(1, None, 2)), cells_of(maps[:, :, 1::2]))


def test_soft_cross_entropy_equals_torch_with_dense_targets():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(50, 20, generator=generator)
    bins = torch.stack([torch.randperm(20, generator=generator)[:5] for _ in range(50)])
    weights = torch.rand(50, 5, generator=generator)
    weights = weights / weights.sum(1, keepdim=True)
    dense = torch.zeros(50, 20).scatter(1, bins, weights)
    ours = soft_cross_entropy(F.log_softmax(logits, 1), bins, weights)
    torch.testing.assert_close(ours, F.cross_entropy(logits, dense))


def test_rebalancing_weights_average_to_one_and_favor_the_rare():
    prior = torch.tensor([0.7, 0.2, 0.1])
    weights = rebalancing_weights(prior, 1.0)
    torch.testing.assert_close((weights * prior).sum(), torch.tensor(1.0))
    assert weights[0] < weights[1] < weights[2]
    torch.testing.assert_close(rebalancing_weights(prior, 0.0), torch.ones(3))
    smooth = 0.5 * prior + 0.5 / 3  # Zhang et al. 2016, lambda 0.5
    torch.testing.assert_close(weights, 1 / smooth / (prior / smooth).sum())


def test_class_weights_change_the_gradient_and_not_the_loss():
    logits = torch.zeros(2, 4, requires_grad=True)
    bins, weights = torch.tensor([[0], [1]]), torch.ones(2, 1)
    plain = soft_cross_entropy(F.log_softmax(logits, 1), bins, weights)
    (gradient,) = torch.autograd.grad(plain, logits)
    scale = torch.tensor([3.0, 0.5, 1.0, 1.0])[bins]
    weighed = soft_cross_entropy(scale_gradient(F.log_softmax(logits, 1), scale), bins, weights)
    torch.testing.assert_close(weighed, plain)
    (weighed_gradient,) = torch.autograd.grad(weighed, logits)
    torch.testing.assert_close(weighed_gradient, gradient * torch.tensor([[3.0], [0.5]]))


def test_cells_are_weighed_by_their_nearest_bin_and_gray_photographs_by_nothing():
    loss = SimpleNamespace(rows=1, classification=1.0, regression=0.0, gray=5.0)
    class_weights = torch.tensor([0.5, 2.0, 4.0])
    run = SimpleNamespace(recipe=SimpleNamespace(loss=loss), step=0, class_weights=class_weights)
    ab = torch.stack([torch.full((2, 1, 2), 30.0), torch.full((2, 1, 2), 1.0)])
    bins = torch.tensor(
        [[[[2, 1]], [[0, 0]]], [[[2, 1]], [[0, 0]]]]
    )  # nearest, next: of 2 photographs of 2 cells
    examples = SimpleNamespace(ab=ab, bins=bins, weights=torch.full(bins.shape, 0.5))
    logits = torch.zeros(2, 3, 1, 2, requires_grad=True)
    _distribution_terms(run, logits, examples)["classification"].backward()
    expected = torch.zeros(2, 3, 1, 2)
    for cell, nearest in enumerate((2, 1)):
        answer = torch.zeros(3)
        answer[[nearest, 0]] = 0.5
        expected[0, :, 0, cell] = class_weights[nearest] * (torch.full((3,), 1 / 3) - answer) / 4
    torch.testing.assert_close(logits.grad, expected)


def test_labels_that_are_missing_count_for_nothing():
    logits = torch.randn(4, 3, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([2, -1, 0, -1])
    expected = F.cross_entropy(logits[[0, 2]], labels[[0, 2]]) / 2
    torch.testing.assert_close(label_cross_entropy(logits, labels), expected)
    assert float(label_cross_entropy(logits, torch.full((4,), -1))) == 0


@pytest.mark.parametrize(("kind", "expected"), [("l1", 3.0), ("l2", 9.0), ("smooth_l1", 2.5), ("huber", 2.5)])
def test_color_distance_is_that_of_its_kind_in_its_unit(kind, expected):
    ab, truth = torch.zeros(1, 2, 4, 4), torch.full((1, 2, 4, 4), 30.0)
    assert float(color_distance(ab, truth, kind, 10.0)) == pytest.approx(expected)


def test_color_distance_of_unknown_kind_names_the_known():
    with pytest.raises(RecipeError, match="huber"):
        color_distance(torch.zeros(1), torch.zeros(1), "l3")


def test_distribution_distance_of_a_sure_answer_is_its_bins_distance():
    centers = torch.tensor([[0.0, 0.0], [20.0, 0.0]])
    sure = torch.tensor([[0.0, -1e4]])
    torch.testing.assert_close(
        distribution_distance(sure, torch.tensor([[30.0, 0.0]]), centers), torch.tensor((3.0 - 0.5) / 2)
    )
