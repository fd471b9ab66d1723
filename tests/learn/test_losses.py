import math

import torch
from torch.nn import functional as F

from tintype.learn.losses.classification import (
    cells_of,
    classifier_distillation,
    rebalancing_weights,
    soft_cross_entropy,
)
from tintype.learn.losses.regression import smooth_color_distance


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


def test_class_weights_scale_the_cells_of_their_bin():
    answer = F.log_softmax(torch.zeros(2, 4), 1)
    bins, weights = torch.tensor([[0], [1]]), torch.ones(2, 1)
    plain = soft_cross_entropy(answer, bins, weights)
    doubled = soft_cross_entropy(answer, bins, weights, torch.tensor([3.0, 1.0, 1.0, 1.0]))
    torch.testing.assert_close(plain, torch.tensor(math.log(4.0)))
    torch.testing.assert_close(doubled, 2 * plain)


def test_smooth_color_distance_of_a_sure_answer_is_its_bins_distance():
    centers = torch.tensor([[0.0, 0.0], [20.0, 0.0]])
    sure = torch.tensor([[0.0, -1e4]])
    torch.testing.assert_close(
        smooth_color_distance(sure, torch.tensor([[30.0, 0.0]]), centers), torch.tensor((3.0 - 0.5) / 2)
    )


def test_distillation_is_zero_for_the_teacher_itself_and_positive_otherwise():
    teacher = torch.randn(4, 10, generator=torch.Generator().manual_seed(0))
    assert abs(float(classifier_distillation(teacher, teacher))) < 1e-6
    assert float(classifier_distillation(teacher.flip(1), teacher)) > 0.1
