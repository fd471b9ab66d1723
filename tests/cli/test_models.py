import json
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image

from tintype.photos.metadata import read_mark
from tiny_model import write_tiny_model


def test_models_are_listed(call, models):
    done = call("models", "list")
    assert (done.status, done.err) == (0, "")
    heading, *lines = done.out.splitlines()
    assert heading.split() == ["name", "MB", "precision", "license", "where", "what"]
    assert any(line.startswith("tintype-small@99 ") and "A model for tests." in line for line in lines)


def test_models_are_listed_as_json(call, models):
    listed = {model["name"]: model for model in json.loads(call("models", "list", "--json").out)}
    model = listed["tintype-small@99"]
    assert model["path"] == str(models / "tintype-small.onnx")
    assert model["bytes"] == (models / "tintype-small.onnx").stat().st_size
    assert "hints" in model["capabilities"]
    assert model["bundled"] is False


def test_broken_model_is_named_and_the_others_are_listed(call, tmp_path, monkeypatch):
    monkeypatch.setenv("TINTYPE_MODELS", str(tmp_path))
    write_tiny_model(tmp_path / "good.onnx")
    (tmp_path / "bad.onnx").write_text("no model")
    done = call("models", "list")
    assert "bad.onnx" in done.error
    assert "test-tiny@1" in done.out


def test_card_is_shown(call):
    done = call("models", "show")
    assert done.status == 0
    for words in (
        "tintype-small@99",
        "Apache-2.0",
        "psnr 21.95",
        "It colors by lightness alone.",
        "64; 32 to 512",
    ):
        assert words in done.out
    assert json.loads(call("models", "show", "tintype-small", "--json").out)["card"]["bins"] == 313


def test_model_is_shown_by_its_path(call):
    write_tiny_model(Path("my.onnx"))
    assert "test-tiny@1" in call("models", "show", "./my.onnx").out


def test_card_rules_no_terminal(call):
    write_tiny_model(Path("my.onnx"), summary="Blue\x1b[2J sky\x9b.")
    shown = call("models", "show", "./my.onnx").out
    assert "Blue\\x1b[2J sky\\x9b." in shown
    assert not {"\x1b", "\x9b"} & {*shown}
    refused = call("models", "show", "./no\x1b[2J.onnx")
    assert "\x1b" not in refused.error


def test_unknown_model_is_a_wrong_call(call):
    refused = call("models", "show", "tintype-smal")
    assert refused.status == 2
    assert "did you mean tintype-small" in refused.error


def test_model_is_made_of_examples_and_colors(call, folder, models):
    Image.fromarray(skimage.data.coffee()[::4, ::4]).save(folder / "coffee.png")
    done = call("models", "from-examples", "coffee.png", "-o", "Coffee Bar.npz")
    assert (done.status, done.err) == (0, "")
    assert "charpiat08-coffee-bar@1" in done.out
    assert "Charpiat 2008" in call("models", "show", "./Coffee Bar.npz").out
    Image.fromarray(skimage.data.camera()[::4, ::4]).save(folder / "gray.png")
    colored = call("colorize", "gray.png", "--model", "Coffee Bar.npz")
    assert (colored.status, colored.err) == (0, "")
    assert np.ptp(np.asarray(Image.open(folder / "gray_color.png")), axis=2).mean() > 5
    assert read_mark(folder / "gray_color.png").model == "charpiat08-coffee-bar@1"
    again = call("models", "from-examples", "coffee.png", "-o", "Coffee Bar.npz")
    assert again.status == 1
    assert "in the way" in again.error
    assert (
        call("models", "from-examples", "coffee.png", "-o", "Coffee Bar.npz", "--force", "--json").status == 0
    )


def test_examples_without_color_are_refused(call, scan):
    refused = call("models", "from-examples", scan, "-o", "x.npz")
    assert refused.status == 1
    assert "give color photographs" in refused.error
    assert call("models", "from-examples", "-o", "x.npz").status == 2
    nameless = call("models", "from-examples", scan, "-o", "äö.npz")
    assert nameless.status == 2
    assert "give --name" in nameless.error
    unlicensed = call("models", "from-examples", scan, "-o", "x.npz", "--license", "")
    assert "give an SPDX expression" in unlicensed.error
