import json
from pathlib import Path

import pytest

from tintype.errors import RecipeError
from tintype.learn.recipe import read_recipe
from tintype.learn.run import read_broken
from tintype.learn.train import train
from tintype.models.catalog import find_model
from training_samples import spoil

CHANGES = ("network=cheng15-test", 'data.sources=[{match = "photos-*.tar"}]', "data.held_out=8")


def test_recipe_of_cheng15_becomes_a_model(shards: Path, tmp_path: Path):
    few = ("network_changes.steps=5", "network_changes.pixels=64")
    recipe = read_recipe("cheng15", [f'data.root="{shards}"', *CHANGES, *few])
    told: list[tuple[int, int]] = []
    path = train(recipe, tmp_path, progress=lambda done, total, figures: told.append((done, total)))
    card = find_model(path).card
    assert (card.name, card.system, card.bins) == ("cheng15@0", "cheng15", 0)
    assert told
    assert json.loads((tmp_path / "record.json").read_text())["recipe"]["loop"] == "clusters"


def test_broken_photographs_are_passed_over_and_counted(shards: Path, tmp_path: Path):
    spoil(shards / "photos-0000.tar", tmp_path / "photos-0.tar")
    few = ("network_changes.steps=2", "network_changes.pixels=16")
    train(read_recipe("cheng15", [f'data.root="{tmp_path}"', *CHANGES, *few]), tmp_path / "run")
    assert read_broken(tmp_path / "run") == 3


@pytest.mark.parametrize("change", ["network=eccv16", "network_changes.stepps=5"])
def test_recipe_with_a_mistake_names_it(change: str, shards: Path, tmp_path: Path):
    recipe = read_recipe("cheng15", [f'data.root="{shards}"', *CHANGES, change])
    with pytest.raises(RecipeError, match=r"eccv16|stepps"):
        train(recipe, tmp_path)
