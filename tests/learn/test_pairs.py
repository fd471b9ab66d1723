from pathlib import Path

import numpy as np
import pytest
import tifffile
import torch
from PIL import Image

from tintype.errors import DataError
from tintype.learn.data.batches import BatchPlan, center_shown
from tintype.learn.data.device_set import StoredPlan
from tintype.learn.data.examples import make_examples
from tintype.learn.data.photographs import digest_of, load_pairs, load_pools
from tintype.learn.recipe import Pairs, Recipe, read_recipe
from tintype.learn.train import train
from training_samples import FAST, tiles

PAIRS = Pairs("shown", "color")


def depth(tile: np.ndarray) -> np.ndarray:
    """A world of its own: bright where the picture is red, at 16 bits, and at twice the size."""
    return np.kron(tile[..., 0].astype(np.uint16) * 257, np.ones((2, 2), np.uint16))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("shown", "color"):
        (tmp_path / name / "deep").mkdir(parents=True)
    for i, tile in enumerate(tiles()[:12]):
        place = "deep/" if i % 2 else ""
        Image.fromarray(tile).save(tmp_path / "color" / f"{place}{i:02d}.png")
        tifffile.imwrite(tmp_path / "shown" / f"{place}{i:02d}.tif", depth(tile))
    return tmp_path


def pairs_recipe(folder: Path, *changes: str) -> Recipe:
    own = (f'data.root="{folder}"', 'data.pairs=[{input = "shown", color = "color"}]', "data.held_out=4")
    sizes = "data.sizes=[{side = 64, count = 4}]"
    return read_recipe("tintype-pairs", [*FAST, sizes, *own, *changes])


def test_pairs_match_by_name_in_all_folders(folder):
    pairs = load_pairs(folder, PAIRS)
    assert len(pairs) == 12
    assert {pair.label for pair in pairs} == {"none", "deep"}
    shown = np.asarray(pairs[0].open_shown())
    assert shown.shape == (192, 192)
    assert shown.dtype == np.float32
    assert 0 <= shown.min() < shown.max() <= 100


def test_examples_show_the_input_of_the_same_part(folder):
    recipe = pairs_recipe(folder)
    plan = BatchPlan(recipe, load_pools(recipe.data))
    for step in range(3):
        batch = plan[step]
        examples = make_examples(batch, recipe)
        assert batch.shown is not None
        assert torch.equal(examples.lightness[:, 0], batch.shown)
        red = batch.pixels[..., 0].float()
        for one, other in zip(batch.shown, red, strict=True):
            together = torch.corrcoef(torch.stack([one.flatten(), other.flatten()]))[0, 1]
            assert float(together) > 0.98


def test_held_out_squares_of_pairs_show_their_inputs(folder):
    (pool,) = load_pools(pairs_recipe(folder).data)
    shown = center_shown(pool.held_out, 64)
    assert shown is not None
    assert shown.shape == (len(pool.held_out), 64, 64)


def test_pairs_beside_photographs_leave_them_as_they_are(folder, shards):
    sources = f'data.sources=[{{match = "{shards}/photos-*.tar"}}]'
    recipe = pairs_recipe(folder, sources)
    batch = BatchPlan(recipe, load_pools(recipe.data))[0]
    assert batch.shown is not None
    nothing = batch.shown.isnan().flatten(1)
    assert nothing.all(1).sum() == 2
    assert (~nothing).all(1).sum() == 2
    assert not make_examples(batch, recipe).lightness.isnan().any()


def test_digest_tells_other_inputs_apart(folder):
    recipe = pairs_recipe(folder)
    before = digest_of(load_pools(recipe.data))
    tifffile.imwrite(folder / "shown" / "00.tif", depth(255 - tiles()[0]))
    assert digest_of(load_pools(recipe.data)) != before


def test_training_on_pairs_learns_from_what_they_show(folder, tmp_path):
    best = train(pairs_recipe(folder, "samples=16"), tmp_path / "run", accelerator="cpu")
    assert best.exists()


def test_picture_without_its_partner_is_named(folder):
    (folder / "shown" / "deep" / "01.tif").unlink()
    with pytest.raises(DataError, match="1 pictures have no partner in 'shown', the first is 'deep/01'"):
        load_pairs(folder, PAIRS)


def test_folder_without_pictures_is_named(folder):
    with pytest.raises(DataError, match=r"no pictures in .*nowhere"):
        load_pairs(folder, Pairs("nowhere", "color"))


def test_two_pictures_of_one_name_are_refused(folder):
    Image.new("RGB", (96, 96)).save(folder / "color" / "00.jpg")
    with pytest.raises(DataError, match="the same name"):
        load_pairs(folder, PAIRS)


def test_pair_of_two_aspects_is_refused(folder):
    Image.new("RGB", (96, 48)).save(folder / "color" / "00.png")
    with pytest.raises(DataError, match=r"'00' are 96 x 48 in color and 192 x 192 as input"):
        load_pairs(folder, PAIRS)


def test_broken_input_is_named_when_it_is_opened(folder):
    (folder / "shown" / "00.tif").write_bytes(b"no picture")
    recipe = pairs_recipe(folder)
    pairs = {pair.key: pair for pool in load_pools(recipe.data) for pair in (*pool.train, *pool.held_out)}
    with pytest.raises(DataError, match="the pair '00' can't be read"):
        pairs["00"].open_shown()


def test_recipe_without_sources_and_pairs_is_refused(folder):
    with pytest.raises(DataError, match="both empty"):
        load_pools(pairs_recipe(folder, "data.pairs=[]").data)


def test_set_on_the_device_takes_no_pairs(folder):
    recipe = pairs_recipe(folder)
    with pytest.raises(DataError, match="holds no pairs"):
        StoredPlan(BatchPlan(recipe, load_pools(recipe.data)), torch.device("cpu"))
