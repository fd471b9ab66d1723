"""The commands that make a model: data, train, export, one after the other."""

import importlib.util
import json
import tarfile
from pathlib import Path

import pytest
from PIL import Image

from tintype.cli import train as module
from training_samples import FAST, add_member, tiles

SIZES = "data.sizes=[{side = 64, count = 8}]"


@pytest.fixture
def photographs(folder):
    path = folder / "photographs"
    path.mkdir()
    for i, tile in enumerate(tiles()):
        Image.fromarray(tile).resize((192, 192)).save(path / f"{i}.png")
    (path / "gray.png").write_bytes((path / "0.png").read_bytes())
    Image.open(path / "0.png").convert("L").save(path / "gray.png")
    return path


@pytest.fixture
def shards(folder):
    path = folder / "shards"
    path.mkdir()
    with tarfile.open(path / "photos-0.tar", "w") as shard:
        for i, tile in enumerate(tiles()):
            Image.fromarray(tile).save(folder / "tile.png")
            add_member(shard, f"{i:06d}_test_none.png", (folder / "tile.png").read_bytes())
    return path


@pytest.mark.slow
def test_trained_network_becomes_a_model_that_colors(call, scan, shards):
    settings = [*FAST, f'data.root="{shards}"', 'data.sources=[{match = "photos-*.tar"}]', SIZES]
    options = [part for setting in settings for part in ("--set", setting)]
    arguments = ["train", "tintype-small", *options, "-o", "run", "--accelerator", "cpu", "--devices", 1]
    trained = call(*arguments)
    assert trained.status == 0, trained.err
    assert "the best weights are run/best.safetensors" in trained.out
    assert json.loads(Path("run/record.json").read_text())["recipe"]["samples"] == 64

    exported = call("export", "run", "-o", "tiny.onnx", "--model-version", "7", "--json")
    assert exported.status == 0, exported.err
    assert json.loads(exported.out)["differences"]["bin_logits"] < 1e-3
    refused = call("export", "run", "-o", "tiny.onnx")
    assert refused.status == 1
    assert "tiny.onnx" in refused.error

    assert "tintype-small@7" in call("models", "show", "./tiny.onnx").out
    colored = call(
        "colorize", scan.name, "--model", "./tiny.onnx", "--samples", 1, "--doubt", "--quality", "best"
    )
    assert colored.status == 0, colored.err


@pytest.mark.slow
def test_photographs_become_shards(call, photographs):
    done = call("data", "build", "photographs", "-o", "out", "--min-colorfulness", 5, "--near", -1, "--json")
    assert done.status == 0, done.err
    report = json.loads(done.out)
    assert report["kept"] >= 10
    assert sum(report["verdicts"].values()) == len([*photographs.iterdir()])
    refused = call("data", "build", "photographs", "-o", "out")
    assert refused.status == 1
    assert "out holds something already" in refused.error
    again = call(
        "data", "build", "photographs", "-o", "out", "--force", "--min-colorfulness", 5, "--near", -1
    )
    assert "photographs in 1 shards in out" in again.out


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["train", "no-such-recipe"], 2, "no recipe 'no-such-recipe'"),
        (["train", "tintype-small", "--set", "samples"], 2, "write key=value"),
        (["train", "tintype-small", "--set", "colour=1"], 2, "unknown key colour"),
        (["train", "--stop-after", "0"], 2, "--stop-after"),
        (["train", "--set", "name=../mine"], 2, "name is '../mine'"),
        (["train", "--accelerator", "abacus"], 2, "no training with accelerator 'abacus'"),
        (["train", "--devices", "0"], 2, "devices 0"),
        (
            ["export", "empty"],
            2,
            "empty holds no best.safetensors or last.safetensors; give the folder of a run",
        ),
        (["export", "nowhere"], 2, "nowhere: No such file"),
        (["export", "text.safetensors"], 1, "text.safetensors: no weights of a training"),
        (["export", "text.safetensors", "--card", "no.json"], 1, "text.safetensors"),
        (["data", "build", "nowhere", "-o", "out"], 1, "nowhere is not a folder"),
        (["data", "build", "empty", "-o", "out"], 1, "no photographs in empty"),
        (["data", "build", "empty", "-o", "out", "--encoder-quality", "0"], 1, "quality is 0"),
        (["data", "build", "empty"], 2, "--out"),
    ],
)
def test_mistake_is_one_line(call, arguments, status, words):
    Path("text.safetensors").write_text("no weights")
    Path("empty").mkdir()
    refused = call(*arguments)
    assert refused.status == status
    assert words in refused.error


def test_training_without_its_extra_names_it(call, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "timm" else find(name))
    refused = call("train")
    assert refused.status == 1
    assert refused.error == "training needs timm: pip install 'tintype[train]'"


def test_package_whose_parent_is_missing_is_named(call, monkeypatch):
    find = importlib.util.find_spec

    def find_spec(name):
        if name == "google.protobuf":
            raise ModuleNotFoundError(name="google")
        return find(name)

    monkeypatch.setattr(importlib.util, "find_spec", find_spec)
    assert call("train").error == "training needs google.protobuf: pip install 'tintype[train]'"


def test_progress_is_told_in_lines_where_there_is_no_terminal(monkeypatch, capsys):
    monkeypatch.setattr(module, "_LINE_EVERY", 0.0)
    with module.watching() as tell:
        tell(10, 100, {"loss": 1.23456})
    assert capsys.readouterr().out == "10 of 100 samples, 0.0 s: loss 1.235\n"
