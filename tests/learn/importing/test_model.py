import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from released_samples import SCALE, caffe_network, released, released_state, write_caffe
from seeded_weights import hints, lightness
from tintype.errors import (
    BrokenModelError,
    ModelError,
    ModelNotFoundError,
    OutputExistsError,
    WriteFailedError,
)
from tintype.learn.importing import model as module
from tintype.learn.importing.model import draft_card, import_model, read_weights
from tintype.models.catalog import find_model
from tintype.models.published import PUBLISHED, Published, find_published
from tintype.models.session import Session


@pytest.fixture
def models(tmp_path, monkeypatch):
    folder = tmp_path / "models"
    monkeypatch.setenv("TINTYPE_MODELS", str(folder))
    return folder


def checkpoint(folder, system, suffix=".pth"):
    path = folder / f"{system}{suffix}"
    if suffix == ".safetensors":
        save_file(released_state(system), path)
    else:
        torch.save({"params": released_state(system)}, path)
    return path


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def answer_of(model, *inputs):
    outputs = Session(model, threads=1).run(
        **dict(zip(("lightness", "hints"), (x.numpy() for x in inputs), strict=False))
    )
    return outputs["bin_logits" if model.card.bins else "ab"]


def assert_near(actual, expected):
    """Hold an answer of weights of half precision against torch's."""
    expected = expected.detach().numpy()
    assert np.sqrt(np.square(actual - expected).mean()) < 0.01 * expected.std()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("system", "license", "suffix"),
    [
        ("eccv16", "BSD-2-Clause", ".pth"),
        ("siggraph17", "BSD-2-Clause", ".pth"),
        ("ddcolor23", "Apache-2.0", ".safetensors"),
    ],
)
def test_checkpoint_becomes_a_model_of_the_catalog(models, tmp_path, system, license, suffix):
    path = checkpoint(tmp_path, system, suffix)
    made = import_model([path], name="" if system != "siggraph17" else "siggraph17-mine@3")
    name = "siggraph17-mine@3" if system == "siggraph17" else f"{system}-test@1"
    model = find_model(name)
    assert made.model == model
    assert model.path == models / f"{name}.onnx"
    model.verify()
    assert (model.card.license, model.card.precision) == (license, "fp16")
    assert model.card.recipe["imported"] == {path.name: digest(path)}
    assert digest(path) in model.card.origin
    assert "the hash is none that is known" in model.card.origin
    assert "ImageNet" in model.card.data
    assert max(made.export.differences.values()) < 1e-3
    assert [p.name for p in models.iterdir()] == [model.path.name]
    inputs = [lightness(64, 96)] + ([hints(64, 96)] if system == "siggraph17" else [])
    with torch.no_grad():
        outputs = released(system)(*inputs)
    assert_near(answer_of(model, *inputs), outputs.get("bin_logits", outputs.get("ab")))


@pytest.mark.slow
def test_caffe_becomes_a_model_whose_decoding_is_that_of_the_release(models, tmp_path):
    files = write_caffe(tmp_path)
    made = import_model(files[::-1], precision="fp32", keep_weights=True)
    card = find_model("eccv16-test-caffe").card
    assert card.decoding["default"].temperature == pytest.approx(1 / SCALE, abs=1e-4)
    assert card.decoding["default"].rarity == 0
    assert card.recipe["imported"] == {path.name: digest(path) for path in files}
    expected = caffe_network()(lightness(64, 96))["bin_logits"]
    assert_near(answer_of(made.model, lightness(64, 96)), expected)
    assert made.weights == models / "eccv16-test-caffe@1.safetensors"
    assert card.weights_sha256 == digest(made.weights)
    assert torch.equal(
        load_file(made.weights)["model4.2.bias"], caffe_network().state_dict()["model4.2.bias"]
    )


def test_release_of_pytorch_decodes_at_temperature_one(tmp_path):
    weights = read_weights([checkpoint(tmp_path, "eccv16")])
    card = draft_card(weights, {"x.pth": "0" * 64})
    assert (card.decoding["default"].temperature, card.default_vividness) == (1.0, 0.5)
    temperatures = [step.temperature for step in card.vividness_path]
    assert temperatures == sorted(temperatures, reverse=True)


def test_known_hash_makes_the_card_sure_of_the_origin(models, tmp_path, monkeypatch):
    path = checkpoint(tmp_path, "eccv16")
    known = Published("eccv16@1", find_published("eccv16").release, path.name, url="x", sha256=digest(path))
    monkeypatch.setattr("tintype.models.published.PUBLISHED", (known,))
    drafted = []
    monkeypatch.setattr(
        module, "export_model", lambda network, card, *rest, **options: drafted.append(card) or 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        import_model([path])
    assert drafted[0].name == "eccv16@1"
    assert "none that is known" not in drafted[0].origin


def test_place_of_a_download_stands_on_the_card(tmp_path):
    weights = read_weights([checkpoint(tmp_path, "ddcolor23")])
    artistic = find_published("ddcolor23-large-artistic")
    card = draft_card(weights, {artistic.file: "0" * 64}, "", artistic, "somebody/models at commit c0ffee")
    assert card.name == "ddcolor23-large-artistic@1"
    assert "fetched from somebody/models at commit c0ffee" in card.origin
    assert "Private photographs" in card.data
    assert card.summary == artistic.summary


def test_published_model_of_another_system_is_refused(tmp_path):
    weights = read_weights([checkpoint(tmp_path, "eccv16")])
    with pytest.raises(BrokenModelError, match="siggraph17@1 should be a siggraph17, but is a eccv16"):
        draft_card(weights, {}, "", find_published("siggraph17"))
    assert len(PUBLISHED) == 6


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("My Model", "give small letters"),
        ("siggraph17", "let it begin with eccv16"),
        ("eccv16@x", "give small letters"),
    ],
)
def test_name_that_can_not_be_is_refused(models, tmp_path, name, words):
    with pytest.raises(ModelError, match=words):
        import_model([checkpoint(tmp_path, "eccv16")], name=name)


def test_model_that_is_here_is_not_replaced(models, tmp_path, monkeypatch):
    path = checkpoint(tmp_path, "eccv16")
    models.mkdir()
    (models / "eccv16-test@1.onnx").write_text("mine")
    with pytest.raises(OutputExistsError, match=r"eccv16-test@1.onnx: a file is in the way"):
        import_model([path])
    assert (models / "eccv16-test@1.onnx").read_text() == "mine"
    (models / "eccv16-test@1.onnx").unlink()
    (models / "eccv16-test@1.safetensors").write_text("mine")
    with pytest.raises(OutputExistsError, match="safetensors: a file is in the way"):
        import_model([path], keep_weights=True)
    assert [p.name for p in models.iterdir()] == ["eccv16-test@1.safetensors"]


def test_card_of_weights_in_the_way_is_not_replaced(models, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "export_model", None)
    models.mkdir()
    (models / "eccv16-test@1.json").write_text("mine")
    with pytest.raises(OutputExistsError, match="json: a file is in the way"):
        import_model([checkpoint(tmp_path, "eccv16")], keep_weights=True)
    assert [p.name for p in models.iterdir()] == ["eccv16-test@1.json"]


def test_import_that_failed_halfway_leaves_nothing(models, tmp_path, monkeypatch):
    def export(network, card, path, **options):
        models.mkdir()
        path.write_text("a model")
        return SimpleNamespace(model=SimpleNamespace(card=card))

    def save(network, card, path, **options):
        path.write_text("half of the weights")
        raise WriteFailedError("no room")

    monkeypatch.setattr(module, "export_model", export)
    monkeypatch.setattr(module, "save_weights", save)
    with pytest.raises(WriteFailedError):
        import_model([checkpoint(tmp_path, "eccv16")], keep_weights=True)
    assert [*models.iterdir()] == []


def test_folder_that_may_not_be_written_is_told(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("TINTYPE_MODELS", str(tmp_path / "file"))
    with pytest.raises(WriteFailedError, match="can't be written"):
        import_model([checkpoint(tmp_path, "eccv16")], keep_weights=True)


@pytest.mark.parametrize("which", [0, 1, 2])
def test_missing_file_of_caffe_is_named(tmp_path, which):
    files = write_caffe(tmp_path)
    missing = ["the .prototxt", "the .caffemodel", "pts_in_hull.npy"][which]
    with pytest.raises(ModelNotFoundError, match=f"three files, but {missing} is missing; give"):
        read_weights(files[:which] + files[which + 1 :])


def test_too_many_files_are_refused(tmp_path):
    files = write_caffe(tmp_path)
    with pytest.raises(ModelNotFoundError, match="4 files were given"):
        read_weights([*files, tmp_path / "other.npy"])
    with pytest.raises(ModelError, match="2 files were given; give one checkpoint"):
        read_weights([tmp_path / "a.pth", tmp_path / "b.pth"])
