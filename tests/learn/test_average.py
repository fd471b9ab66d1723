"""The averaged weights of a run."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from tintype.learn.networks.encoders import import_timm
from tintype.learn.networks.spectral import SpectralConv
from tintype.learn.recipe import OptimizerRecipe, read_recipe
from tintype.learn.run import Run, _average_of


def stretch(layer: SpectralConv) -> float:
    """The largest factor by which a layer stretches what it is given."""
    return float(torch.linalg.matrix_norm(layer.weight.detach().flatten(1), 2))


class BatchesOfTen:
    """A plan of four steps."""

    samples = range(0, 50, 10)

    def __len__(self) -> int:
        return 4


def test_average_forgets_half_of_what_was_after_its_half_life():
    network, recipe = nn.Linear(1, 1), replace(read_recipe("eccv16"), optimizer=OptimizerRecipe(average=1000))
    average = _average_of(network, recipe, BatchesOfTen())
    assert average.decay ** (1000 / 10) == pytest.approx(0.5)


def test_average_stretches_nothing_though_the_weights_turn():
    """Means of singular vectors that turn are short: divided by them, weights would grow with every layer."""
    import_timm()
    from timm.utils.model_ema import ModelEmaV3

    torch.manual_seed(0)
    network = nn.Sequential(SpectralConv(8, 8))
    run = SimpleNamespace(network=network, step=100, average=ModelEmaV3(network, decay=0.8))
    for _ in range(40):
        network[0].start(network[0].weight_orig + 0.3 * torch.randn_like(network[0].weight_orig))
        run.step += 1
        Run.update_average(run)
        assert stretch(run.average.module[0]) < 1.2
