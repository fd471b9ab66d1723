import csv
import json
import math
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tintype.errors import RecipeError, TrainingError, WriteFailedError
from tintype.learn import cheng15, unfinished
from tintype.learn.recipe import read_recipe
from tintype.learn.run import read_broken
from tintype.learn.train import train
from tintype.models.catalog import find_model
from training_samples import spoil, tiles

CHANGES = ("network=cheng15-test", 'data.sources=[{match = "photos-*.tar"}]', "data.held_out=8")


def test_recipe_of_cheng15_becomes_a_model(shards: Path, tmp_path: Path):
    few = ("network_changes.steps=5", "network_changes.pixels=64")
    recipe = read_recipe("cheng15", [f'data.root="{shards}"', *CHANGES, *few, "name=mine"])
    told: list[tuple[int, int]] = []
    path = train(recipe, tmp_path, progress=lambda done, total, figures: told.append((done, total)))
    card = find_model(path).card
    assert (path.name, card.name, card.system, card.bins) == ("mine.npz", "cheng15-mine@0", "cheng15", 0)
    assert told
    assert json.loads((tmp_path / "record.json").read_text())["recipe"]["loop"] == "clusters"


def test_finished_model_is_not_overwritten(shards: Path, tmp_path: Path):
    (tmp_path / "mine.npz").write_bytes(b"of last year")
    recipe = read_recipe("cheng15", [f'data.root="{shards}"', *CHANGES, "name=mine"])
    with pytest.raises(TrainingError, match=r"mine.npz is there, finished; give another folder"):
        train(recipe, tmp_path)
    assert (tmp_path / "mine.npz").read_bytes() == b"of last year"


def test_curve_says_how_held_out_photographs_are_colored_along_the_way(shards: Path, tmp_path: Path):
    few = ("network_changes.steps=200", "network_changes.pixels=64", "validation.photos=4")
    train(read_recipe("cheng15", [f'data.root="{shards}"', *CHANGES, *few]), tmp_path)
    with (tmp_path / "curves.csv").open() as table:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(table)]
    assert rows[0].keys() >= {"minutes", "ab_error", "auc", "rebalanced"}
    assert len(rows) == 10
    assert [row["minutes"] for row in rows] == sorted(row["minutes"] for row in rows)
    assert rows[-1]["ab_error"] != rows[0]["ab_error"]


def test_interrupted_training_goes_on_to_the_same_model(
    shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    few = ("network_changes.steps=5", "network_changes.pixels=64")
    recipe = read_recipe("cheng15", [f'data.root="{shards}"', *CHANGES, *few])
    whole = train(recipe, tmp_path / "whole").read_bytes()
    trained = []

    def note(vectors, truth, config, seed, unfinished):
        trained.append(seed)
        if len(trained) == 2:
            raise KeyboardInterrupt
        return learn(vectors, truth, config, seed, unfinished)

    learn = cheng15._train
    monkeypatch.setattr(cheng15, "_train", note)
    with pytest.raises(KeyboardInterrupt):
        train(recipe, tmp_path / "parts")
    assert not (tmp_path / "parts" / "cheng15.npz").exists()
    assert train(recipe, tmp_path / "parts").read_bytes() == whole
    assert trained[0] not in trained[1:]
    assert trained[1] == trained[2]
    assert not [*(tmp_path / "parts").glob("unfinished*")]


def test_gradient_that_is_no_number_stops_with_the_batch_saved(shards: Path, tmp_path: Path):
    few = ("network_changes.steps=50", "network_changes.pixels=64", "network_changes.rate=1e30")
    recipe = read_recipe("cheng15", [f'data.root="{shards}"', *CHANGES, *few])
    with pytest.raises(TrainingError, match=r"not a number at step 0-0-\d+: the batch is in .*unfinished"):
        train(recipe, tmp_path)
    [broken] = tmp_path.glob("unfinished-*/broken-0-0-*.npz")
    with np.load(broken) as batch:
        assert batch["vectors"].shape == (256, cheng15.LOCAL_LENGTH + 6)
        assert batch["truth"].shape == (256, 2)
    assert not (tmp_path / "cheng15.npz").exists()


def test_full_disk_keeps_what_was_trained(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    few = ("network_changes.steps=5", "network_changes.pixels=64")
    recipe = read_recipe("cheng15", [f'data.root="{shards}"', *CHANGES, *few])
    whole, trained = train(recipe, tmp_path / "whole").read_bytes(), []

    def save(file, **arrays):
        if "seconds" in arrays:
            trained.append(arrays)
        if len(trained) == 2:
            file.write(b"half of it")
            raise OSError(28, "No space left on device")
        return savez(file, **arrays)

    savez = unfinished.np.savez
    monkeypatch.setattr(unfinished.np, "savez", save)
    with pytest.raises(WriteFailedError, match="No space left"):
        train(recipe, tmp_path / "full")
    [folder] = (tmp_path / "full").glob("unfinished-*")
    assert sorted(path.name for path in folder.glob("network-*")) == ["network-0-0.npz"]
    monkeypatch.undo()
    assert train(recipe, tmp_path / "full").read_bytes() == whole


@pytest.mark.slow
def test_killed_training_goes_on_with_the_next_cluster(shards: Path, tmp_path: Path):
    few = ("network_changes.steps=1000", "network_changes.pixels=64")
    changes = [f'data.root="{shards}"', *CHANGES, *few]
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tintype.learn.recipe import read_recipe\n"
        "from tintype.learn.train import train\n"
        "train(read_recipe('cheng15', sys.argv[2:]), Path(sys.argv[1]))\n"
    )
    whole = train(read_recipe("cheng15", changes), tmp_path / "whole").read_bytes()
    folder = tmp_path / "killed"
    with subprocess.Popen([sys.executable, "-c", code, str(folder), *changes]) as process:
        while not [*folder.glob("unfinished-*/network-0-0.npz")] and process.poll() is None:
            time.sleep(0.005)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    [first] = folder.glob("unfinished-*/network-0-0.npz")
    saved = first.stat().st_mtime_ns
    noted: list[int] = []
    path = train(
        read_recipe("cheng15", changes),
        folder,
        progress=lambda *_: noted.append(first.stat().st_mtime_ns),
    )
    assert path.read_bytes() == whole
    assert {*noted} == {saved}


def test_broken_photographs_are_passed_over_and_counted(shards: Path, tmp_path: Path):
    spoil(shards / "photos-0000.tar", tmp_path / "photos-0.tar")
    few = ("network_changes.steps=2", "network_changes.pixels=16")
    train(read_recipe("cheng15", [f'data.root="{tmp_path}"', *CHANGES, *few]), tmp_path / "run")
    assert read_broken(tmp_path / "run") == math.ceil(len(tiles()) / 8)


@pytest.mark.parametrize("change", ["network=eccv16", "network_changes.stepps=5"])
def test_recipe_with_a_mistake_names_it(change: str, shards: Path, tmp_path: Path):
    recipe = read_recipe("cheng15", [f'data.root="{shards}"', *CHANGES, change])
    with pytest.raises(RecipeError, match=r"eccv16|stepps"):
        train(recipe, tmp_path)
