"""A small data set of package photographs, and a recipe that trains on it in seconds."""

import io
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from tintype.learn.recipe import Recipe
from training_samples import add_member, fast_recipe, tiles


@pytest.fixture(scope="session")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one shard, which also holds a file that is no photograph."""
    folder = tmp_path_factory.mktemp("shards")
    with tarfile.open(folder / "photos-0000.tar", "w") as shard:
        for i, tile in enumerate(tiles()):
            data = io.BytesIO()
            Image.fromarray(tile).save(data, "PNG")
            add_member(shard, f"{i:06d}_package_{'even' if i % 2 == 0 else 'odd'}.png", data.getvalue())
        add_member(shard, "notes.txt", b"not a photograph")
    return folder


@pytest.fixture
def recipe(shards: Path) -> Recipe:
    """A training of two batches sizes, eight steps, in a few seconds."""
    return fast_recipe(shards)
