"""Importing, downloading and publishing models, as a person does it."""

import hashlib
import importlib.util
import json
import os
import pickle
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from loopback import become_hub, serving
from released_samples import released_state, write_caffe
from tintype.errors import WriteFailedError
from tintype.models import download as downloading
from tintype.models.catalog import find_model
from tintype.models.published import find_published
from tiny_model import write_tiny_model


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A folder for models of one's own, empty."""
    folder = tmp_path / "mine"
    monkeypatch.setenv("TINTYPE_MODELS", str(folder))
    return folder


@pytest.fixture
def hub(monkeypatch):
    with serving() as site:
        become_hub(site, monkeypatch)
        yield site


@pytest.fixture
def checkpoint(folder):
    path = folder / "release.pth"
    torch.save(released_state("eccv16"), path)
    return path


@pytest.fixture
def without_torch(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else find(name))


def no_export(monkeypatch):
    def refuse(*arguments, **options):
        raise AssertionError("it should have been refused before")

    monkeypatch.setattr("tintype.learn.importing.model.export_model", refuse)


def serve_published(site, monkeypatch, name, content, **changes):
    """Let a published model lie on a server of the test."""
    site.files["/release.pth"] = content
    digest = hashlib.sha256(content).hexdigest()
    model = replace(find_published(name), url=f"{site.url}/release.pth", sha256=digest, **changes)
    monkeypatch.setattr("tintype.models.published.PUBLISHED", (model,))
    return digest


@pytest.mark.slow
def test_imported_checkpoint_colors_a_photograph(call, scan, checkpoint, mine):
    done = call("models", "import", checkpoint, "--name", "eccv16-grandmother")
    assert (done.status, done.err) == (0, "")
    assert done.out == f"{mine}/eccv16-grandmother@1.onnx: eccv16-grandmother@1, 1.0 MB\n"
    assert "BSD-2-Clause" in call("models", "show", "eccv16-grandmother").out
    colored = call("colorize", scan.name, "--model", "eccv16-grandmother", "--samples", 1, "--doubt")
    assert (colored.status, colored.err) == (0, "")
    with Image.open("scan_color.png") as picture:
        assert picture.mode == "RGB"
    refused = call("models", "import", checkpoint, "--name", "eccv16-grandmother")
    assert refused.status == 1
    assert "a model named eccv16-grandmother@1 is here already" in refused.error
    assert "--force" in refused.error
    again = call("models", "import", checkpoint, "--name", "eccv16-grandmother", "--force", "--json")
    assert json.loads(again.out)["name"] == "eccv16-grandmother@1"


@pytest.mark.slow
def test_published_folder_is_downloaded_from_a_hub(call, checkpoint, mine, hub, monkeypatch):
    assert call("models", "import", checkpoint, "--keep-weights").status == 0
    published = call("models", "publish", "eccv16-test", "-o", "folder", "--json")
    assert (published.status, published.err) == (0, "")
    names = [Path(name).name for name in json.loads(published.out)["files"]]
    assert {"README.md", "LICENSE", "eccv16-test.onnx", "eccv16-test.safetensors"} <= {*names}
    hub.add_repository("somebody/eccv16-test", {name: Path("folder", name).read_bytes() for name in names})
    monkeypatch.setenv("TINTYPE_MODELS", str(mine.with_name("other machine")))
    done = call("models", "download", "somebody/eccv16-test")
    assert (done.status, done.err) == (0, "")
    assert "eccv16-test@1.onnx: eccv16-test@1" in done.out
    assert "eccv16-test@1" in call("models", "list").out
    assert [p.name for p in Path(os.environ["TINTYPE_MODELS"]).iterdir()] == [
        "downloads",
        "eccv16-test@1.onnx",
    ]
    assert [*Path(os.environ["TINTYPE_MODELS"], "downloads").iterdir()] == []


@pytest.mark.slow
def test_published_model_is_downloaded_by_name_in_two_parts(call, checkpoint, mine, hub, monkeypatch):
    digest = serve_published(hub, monkeypatch, "eccv16", checkpoint.read_bytes())
    hub.break_after = 300_000
    broken = call("models", "download", "eccv16")
    assert broken.status == 1
    assert "the connection broke after 0.3 of" in broken.error
    assert [p.name for p in (mine / "downloads").iterdir()] == [f"{digest}.partial"]
    done = call("models", "download", "eccv16", "--json")
    assert (done.status, done.err) == (0, "")
    assert json.loads(done.out)["name"] == "eccv16@1"
    assert [headers.get("Range") for _, headers in hub.asked] == [None, "bytes=300000-"]
    card = json.loads(call("models", "show", "eccv16", "--json").out)["card"]
    assert card["recipe"]["imported"] == {find_published("eccv16").file: digest}
    assert "none that is known" not in card["origin"]
    refused = call("models", "download", "eccv16")
    assert "a model named eccv16@1 is here already" in refused.error
    assert len(hub.asked) == 2


def test_model_of_tintype_is_copied_without_torch(call, mine, without_torch):
    write_tiny_model(Path("downloaded.onnx"))
    done = call("models", "import", "downloaded.onnx")
    assert (done.status, done.err) == (0, "")
    assert "test-tiny@1" in call("models", "list").out
    again = call("models", "import", "downloaded.onnx")
    assert again.status == 1
    assert "--force" in again.error
    assert call("models", "import", "downloaded.onnx", "--force").status == 0


def test_model_of_tintype_is_given_another_name(call, mine):
    write_tiny_model(Path("DOWNLOADED.ONNX"))
    done = call("models", "import", "DOWNLOADED.ONNX", "--name", "test-mine")
    assert (done.status, done.out) == (0, f"{mine}/test-mine@1.onnx: test-mine@1, 0.0 MB\n")
    assert find_model("test-mine").card == replace(find_model("DOWNLOADED.ONNX").card, name="test-mine@1")
    find_model("test-mine").verify()
    refused = call("models", "import", "DOWNLOADED.ONNX", "--name", "eccv16-mine")
    assert refused.status == 2
    assert "let it begin with test" in refused.error


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["import", "release.pth"], "importing"),
        (["download", "eccv16"], "importing"),
        (["publish", "tintype-small", "-o", "folder"], "publishing"),
    ],
)
def test_missing_extra_is_named_before_anything_is_done(call, mine, without_torch, arguments, what):
    refused = call("models", *arguments)
    assert refused.status == 1
    assert refused.error == f"{what} needs torch: pip install 'tintype[train]'"
    assert not mine.exists()


class Trap:
    def __reduce__(self):
        return (os.system, ("touch trace",))


def write_bad_files(checkpoint):
    """Write every file that can't be imported; return what is said of each."""
    state = torch.load(checkpoint, weights_only=True)
    Path("letter.pth").write_text("Dear grandmother,")
    Path("cut.pth").write_bytes(checkpoint.read_bytes()[:100_000])
    Path("code.pth").write_bytes(pickle.dumps({"model8.0.weight": Trap()}))
    torch.save({**state, "model8.0.weight": state["model8.0.weight"][:-1]}, "shapes.pth")
    torch.save({"layer.weight": torch.zeros(2)}, "stranger.pth")
    Path("bare.onnx").write_text("no model")
    return {
        "letter.pth": "is no checkpoint",
        "cut.pth": "is damaged or cut off",
        "code.pth": "holds more than weights",
        "shapes.pth": "1 of another shape (model8.0.weight is 63x32x4x4 and not 64x32x4x4)",
        "stranger.pth": "weights of no published system",
        "bare.onnx": "not a",
        "none.pth": "No such file",
        "none.onnx": "No such file",
    }


def test_bad_file_is_one_line_and_leaves_nothing(call, checkpoint, mine, monkeypatch):
    no_export(monkeypatch)
    for name, words in write_bad_files(checkpoint).items():
        refused = call("models", "import", name)
        assert refused.status in {1, 2}, name
        assert refused.error.startswith(name)
        assert words in refused.error
    assert not mine.exists()
    assert not Path("trace").exists()


def test_missing_bins_of_caffe_are_asked_for(call, folder, mine):
    prototxt, caffemodel, _ = write_caffe(folder)
    refused = call("models", "import", prototxt, caffemodel)
    assert (
        "pts_in_hull.npy is missing; give .prototxt, .caffemodel and pts_in_hull.npy together"
        in refused.error
    )
    assert call("models", "import").status == 2


def test_full_disk_is_one_line_and_leaves_nothing(call, checkpoint, mine, monkeypatch):
    def fill(network, card, path, **options):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr("tintype.learn.importing.model.export_model", fill)
    refused = call("models", "import", checkpoint)
    assert refused.status == 1
    assert "No space left on device" in refused.error


def test_wrong_hash_is_one_line_and_nothing_is_imported(call, checkpoint, mine, hub, monkeypatch):
    no_export(monkeypatch)
    serve_published(hub, monkeypatch, "eccv16", checkpoint.read_bytes())
    hub.files["/release.pth"] = checkpoint.read_bytes()[:-1] + b"x"
    refused = call("models", "download", "eccv16")
    assert refused.status == 1
    assert "it was thrown away" in refused.error
    assert [*(mine / "downloads").iterdir()] == []


def test_download_that_is_no_checkpoint_is_not_kept(call, mine, hub, monkeypatch):
    serve_published(hub, monkeypatch, "eccv16", b"no checkpoint")
    refused = call("models", "download", "eccv16")
    assert refused.status == 1
    assert "is no checkpoint" in refused.error
    assert [*(mine / "downloads").iterdir()] == []


def test_download_is_kept_where_the_disk_was_full(call, mine, hub, checkpoint, monkeypatch):
    def fill(network, card, path, **options):
        raise WriteFailedError("no room")

    digest = serve_published(hub, monkeypatch, "eccv16", checkpoint.read_bytes())
    monkeypatch.setattr("tintype.learn.importing.model.export_model", fill)
    assert call("models", "download", "eccv16").status == 1
    assert [path.stem for path in (mine / "downloads").iterdir()] == [digest]


def test_machine_without_a_network_is_one_line(call, mine, hub, monkeypatch):
    with serving() as gone:
        become_hub(gone, monkeypatch)
    refused = call("models", "download", "ddcolor23-tiny")
    assert refused.status == 1
    assert "the model hub can't be asked for piddnad/DDColor-models" in refused.error
    refused = call("models", "download", "somebody/models")
    assert "connect this machine" in refused.error


def test_hub_is_found_where_the_environment_says(process, mine, monkeypatch):
    """In a process of its own, as a person starts it."""
    with serving() as site:
        site.add_repository(
            "somebody/tiny", {"tiny.onnx": write_tiny_model(Path("tiny.onnx")).path.read_bytes()}
        )
        environment = os.environ | {
            "HF_ENDPOINT": site.url,
            "HF_HUB_OFFLINE": "0",
            "HF_HOME": str(mine / "hf"),
        }
        done = process("models", "download", "somebody/tiny", env=environment)
    assert (done.status, done.err) == (0, "")
    assert (mine / "test-tiny@1.onnx").exists()


@pytest.fixture
def no_fetching(monkeypatch):
    """Nothing is fetched for a call that makes no sense."""
    monkeypatch.setattr("tintype.cli.models._fetch", None)


@pytest.mark.usefixtures("checkpoint", "no_fetching")
@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["download", "ecv16"], 2, "known are eccv16"),
        (["download"], 2, "requires an argument"),
        (["publish", "tintype-small"], 2, "--out"),
        (["publish", "nothing", "-o", "folder"], 2, "there is no model 'nothing'"),
        (["publish", "tintype-small", "-o", "folder"], 2, "name with --weights"),
        (["import", "release.pth", "--precision", "int8"], 2, "int8"),
        (["import", "release.pth", "--name", "tintype-mine"], 2, "let it begin with eccv16"),
        (["download", "eccv16", "--name", "mine"], 2, "let it begin with eccv16"),
        (["download", "eccv16", "--name", "eccv16-Mine"], 2, "give small letters and digits"),
        (["download", "eccv16", "--revision", "main"], 2, "has no revisions; leave --revision main out"),
        (["download", "a/b", "--name", "My Model"], 2, "give small letters and digits"),
        (["download", "a/b", "--precision", "fp32"], 2, "a model already, and stays as it is"),
        (["download", "a/b", "--keep-weights"], 2, "leave --keep-weights out"),
        (["import", "x.onnx", "--precision", "fp16"], 2, "leave --precision out"),
        (["import", "X.NPZ", "--keep-weights"], 2, "leave --keep-weights out"),
        (["publish", "tintype-small", "-o", "."], 1, "the folder that you are in; name a new one"),
    ],
)
def test_wrong_call_is_one_line(call, arguments, status, words):
    refused = call("models", *arguments)
    assert words in refused.error
    assert refused.status == status


def test_locating_asks_the_hub_for_repositories_only(monkeypatch):
    monkeypatch.setattr(downloading, "find_at_hub", None)
    assert downloading.locate("siggraph17").published.name == "siggraph17@1"
