from pathlib import Path

import pytest
import torch

from tintype.errors import DataError
from tintype.learn.data.batches import BatchPlan
from tintype.learn.data.device_set import StoredPlan
from tintype.learn.data.photographs import load_pools
from tintype.learn.train import train
from training_samples import fast_recipe, spoil, tiny_recipe

CPU = torch.device("cpu")


def plan_of(recipe, **processes) -> BatchPlan:
    return BatchPlan(recipe, load_pools(recipe.data), **processes)


def test_crops_are_those_of_the_plan_but_for_resampling(shards: Path):
    plan = plan_of(fast_recipe(shards, "data.stored_side=192"))
    stored = StoredPlan(plan, CPU)
    for step in (0, 3):
        ordinary, kept = plan[step], stored[step]
        assert kept.pixels.shape == ordinary.pixels.shape
        assert kept.pixels.dtype == torch.uint8
        difference = (kept.pixels.float() - ordinary.pixels.float()).abs().mean((1, 2, 3))
        strangers = (kept.pixels.float() - ordinary.pixels.float().roll(1, 0)).abs().mean((1, 2, 3))
        assert float(difference.max()) < 8
        assert float(strangers.mean()) > 30
        assert torch.equal(kept.labels, ordinary.labels)


def test_processes_share_a_batch_as_ever(shards: Path):
    recipe = fast_recipe(shards)
    whole = StoredPlan(plan_of(recipe), CPU)[1].pixels
    half = StoredPlan(plan_of(recipe, rank=1, world=2), CPU)[1].pixels
    assert torch.equal(whole[1::2], half)


def test_broken_photograph_is_counted_and_replaced(tmp_path: Path, shards: Path):
    spoil(shards / "photos-0000.tar", tmp_path / "photos-0.tar")
    plan = plan_of(fast_recipe(tmp_path))
    stored = StoredPlan(plan, CPU)
    assert [stored[i].broken for i in range(3)] == [plan[i].broken for i in range(3)]
    assert sum(stored[i].broken for i in range(3)) > 0


def test_set_that_does_not_fit_is_one_line_with_a_remedy(shards: Path):
    with pytest.raises(DataError, match="stored_side"):
        StoredPlan(plan_of(fast_recipe(shards, "data.stored_side=4000000")), CPU)


def test_training_on_device_learns_and_validates(shards: Path, tmp_path: Path):
    recipe = tiny_recipe("eccv16", shards, "data.on_device=true", "data.stored_side=96")
    train(recipe, tmp_path, accelerator="cpu", devices=1)
    assert len((tmp_path / "curves.csv").read_text().splitlines()) == 3
