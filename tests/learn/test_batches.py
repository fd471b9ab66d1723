import tarfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tintype.errors import DataError
from tintype.learn.data.batches import BatchPlan, center_crops
from tintype.learn.data.examples import iterate_examples
from tintype.learn.data.photographs import Photograph, is_held_out, load_pools
from training_samples import add_member, fast_recipe, spoil


def plan_of(recipe, **processes):
    return BatchPlan(recipe, load_pools(recipe.data), **processes)


def test_batch_is_a_function_of_seed_and_step(recipe):
    first, second = plan_of(recipe), plan_of(recipe)
    for step in (3, 0, 3):
        assert torch.equal(first[step].pixels, second[step].pixels)
    assert not torch.equal(first[0].pixels[:1, :64, :64], first[1].pixels[:1, :64, :64])


def test_batches_of_two_processes_make_the_batch_of_one(recipe):
    whole = plan_of(recipe)[2].pixels
    halves = [plan_of(recipe, rank=rank, world=2)[2].pixels for rank in (0, 1)]
    assert torch.equal(whole[0::2], halves[0])
    assert torch.equal(whole[1::2], halves[1])


def test_plan_shows_the_samples_of_the_recipe(recipe):
    plan = plan_of(recipe)
    shown = sum(len(plan[step].pixels) for step in range(len(plan)))
    assert shown == plan.samples[-1]
    assert recipe.samples <= shown < recipe.samples + 8


def test_sizes_are_multiples_near_their_side(recipe):
    plan = plan_of(recipe)
    for step in range(len(plan)):
        height, width = plan[step].pixels.shape[1:3]
        assert height % 32 == 0
        assert width % 32 == 0
        assert 32 <= min(height, width) <= max(height, width) <= 128


def test_each_pass_shows_every_photograph_once(recipe):
    plan = plan_of(recipe)
    stream = plan.streams[0]
    count = len(stream.pool.train)
    for turn in (0, 1):
        keys = {stream[turn * count + i].key for i in range(count)}
        assert len(keys) == count


def test_held_out_photographs_are_never_trained_on(recipe):
    (pool,) = load_pools(recipe.data)
    assert pool.held_out
    assert not {p.key for p in pool.train} & {p.key for p in pool.held_out}
    assert all(is_held_out(p.key, recipe.data.held_out) for p in pool.held_out)


def test_label_is_the_last_word_of_the_name(recipe):
    (pool,) = load_pools(recipe.data)
    assert {p.label for p in pool.train} == {"even", "odd"}


def test_broken_photograph_is_counted_and_replaced(tmp_path: Path, shards: Path):
    spoil(shards / "photos-0000.tar", tmp_path / "photos-0.tar")
    plan = plan_of(fast_recipe(tmp_path))
    batches = [plan[step] for step in range(len(plan))]
    assert sum(batch.broken for batch in batches) > 0
    assert all(len(batch.pixels) == 8 for batch in batches)


def test_source_of_broken_photographs_only_is_an_error(tmp_path: Path):
    with tarfile.open(tmp_path / "photos-0.tar", "w") as shard:
        for i in range(30):
            add_member(shard, f"{i:06d}_x_y.png", b"no picture")
    with pytest.raises(DataError, match="in a row"):
        plan_of(fast_recipe(tmp_path))[0]


def test_source_that_is_never_shown_is_an_error(shards: Path):
    recipe = fast_recipe(shards, "data.sizes=[{side = 32, count = 4}]")
    rare = replace(recipe.data.sources[0], share=0.1)
    data = replace(recipe.data, sources=(replace(rare, share=0.9), rare))
    with pytest.raises(DataError, match=r"share 0\.1 gets no photograph"):
        BatchPlan(replace(recipe, data=data), load_pools(data))


def test_errors_of_workers_are_one_line(tmp_path: Path):
    (tmp_path / "photos").mkdir()
    for i in range(60):
        (tmp_path / "photos" / f"{i}.png").write_bytes(b"no picture")
    recipe = fast_recipe(tmp_path, 'data.sources=[{match = "photos"}]', "data.workers=1")
    plan = BatchPlan(recipe, load_pools(recipe.data))
    with pytest.raises(DataError, match=r"^source .* broken photographs in a row.{0,80}$"):
        next(iterate_examples(plan, 0, torch.device("cpu")))


def test_photographs_are_upright(tmp_path: Path):
    turned = Image.Exif()
    turned[274] = 6
    Image.new("RGB", (80, 40)).save(tmp_path / "turned.jpg", exif=turned)
    assert Photograph("turned", (tmp_path / "turned.jpg").read_bytes()).open().size == (40, 80)


def test_missing_source_is_an_error_that_names_it(tmp_path: Path):
    with pytest.raises(DataError, match=r"photos-\*\.tar"):
        load_pools(fast_recipe(tmp_path).data)


def test_truncated_shard_is_an_error_that_names_it(tmp_path: Path, shards: Path):
    data = (shards / "photos-0000.tar").read_bytes()
    (tmp_path / "photos-0000.tar").write_bytes(data[: len(data) // 2])
    with pytest.raises(DataError, match="photos-0000"):
        load_pools(fast_recipe(tmp_path).data)


def test_folder_of_photographs_gives_labels_by_sub_folder(tmp_path: Path, shards: Path):
    with tarfile.open(shards / "photos-0000.tar") as shard:
        for member in shard:
            file = shard.extractfile(member)
            assert file is not None
            kind = tmp_path / "mine" / ("cat" if "even" in member.name else "dog")
            kind.mkdir(parents=True, exist_ok=True)
            (kind / member.name).write_bytes(file.read())
    recipe = fast_recipe(tmp_path, 'data.sources=[{match = "mine"}]')
    (pool,) = load_pools(recipe.data)
    assert {p.label for p in pool.train} == {"cat", "dog"}


def test_center_crops_are_square_and_uint8(recipe):
    (pool,) = load_pools(recipe.data)
    crops = center_crops(pool.train[:3], 48)
    assert crops.shape == (3, 48, 48, 3)
    assert crops.dtype == torch.uint8
    assert np.ptp(crops.numpy()) > 50
