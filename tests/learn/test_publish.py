import hashlib
import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from released_samples import released, released_state
from tintype.errors import (
    BrokenModelError,
    ModelError,
    ModelNotFoundError,
    OutputExistsError,
    WriteFailedError,
)
from tintype.learn import publish as module
from tintype.learn.export import embed_card, export_model, save_weights
from tintype.learn.importing.model import draft_card, read_weights
from tintype.learn.networks import create_network
from tintype.learn.publish import publish_model, write_readme
from tintype.models.array_file import fingerprint_of, read_arrays, write_arrays
from tintype.models.card import Card, Figures
from tintype.models.catalog import ModelFile, read_model
from tiny_model import create_card

NAMES = ["LICENSE", "README.md", "SHA256SUMS", "card.json", "eccv16-test.onnx", "eccv16-test.safetensors"]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """An imported eccv16 and the checkpoint that it was made of."""
    folder = tmp_path_factory.mktemp("made")
    checkpoint = folder / "release.pth"
    torch.save(released_state("eccv16"), checkpoint)
    weights = read_weights([checkpoint])
    card = draft_card(weights, {checkpoint.name: "0" * 64})
    return export_model(weights.recognized.network, card, folder / "eccv16.onnx").model, checkpoint


@pytest.fixture
def model(made):
    return made[0]


def changed(model, tmp_path, **changes):
    """Return a copy of a model with another card."""
    path = tmp_path / "changed.onnx"
    path.write_bytes(model.path.read_bytes())
    return embed_card(path, replace(model.card, **changes))


@pytest.mark.slow
def test_folder_holds_all_that_a_hub_wants(made, tmp_path):
    model, checkpoint = made
    files = publish_model(model, tmp_path / "new" / "folder", weights=checkpoint)
    assert [path.name for path in files] == NAMES
    folder = files[0].parent
    published = read_model(folder / "eccv16-test.onnx")
    published.verify()
    assert published.card.name == model.card.name
    state = load_file(folder / "eccv16-test.safetensors")
    expected = released("eccv16").state_dict()
    assert all(torch.equal(state[name], tensor) for name, tensor in expected.items())
    assert Card.from_json((folder / "card.json").read_text()) == published.card
    digest = hashlib.sha256((folder / "eccv16-test.safetensors").read_bytes()).hexdigest()
    assert published.card.weights_sha256 == digest
    assert published.card.parameters == model.card.parameters
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    assert [line.split()[1] for line in lines] == [name for name in NAMES if name != "SHA256SUMS"]
    for line in lines:
        named, name = line.split()
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == named
    assert "Copyright (c) 2016, Richard Zhang" in (folder / "LICENSE").read_text()
    assert (
        (folder / "README.md").read_text().startswith("---\nlicense: bsd-2-clause\nlibrary_name: tintype\n")
    )
    assert [path.name for path in folder.parent.iterdir()] == ["folder"]


@pytest.mark.slow
def test_weights_beside_the_model_are_taken_and_an_empty_folder_is_filled(made, tmp_path):
    model = ModelFile(tmp_path / "mine.onnx", made[0].card)
    model.path.write_bytes(made[0].path.read_bytes())
    save_weights(released("eccv16"), model.card, tmp_path / "mine.safetensors")
    (tmp_path / "folder").mkdir()
    assert [path.name for path in publish_model(model, tmp_path / "folder")] == NAMES


@pytest.mark.slow
def test_weights_of_another_model_are_refused(model, tmp_path):
    others = released("eccv16", seed=2)
    save_weights(others, model.card, tmp_path / "others.safetensors")
    with pytest.raises(
        BrokenModelError, match="holds weights of another model than eccv16-test@1: bin_logits differs"
    ):
        publish_model(model, tmp_path / "folder", weights=tmp_path / "others.safetensors")
    assert not (tmp_path / "folder").exists()


def test_weights_of_another_system_or_size_are_refused(made, tmp_path):
    torch.manual_seed(0)
    ours, wide = (create_network("iizuka16-test", {"width": width}).eval() for width in (4, 8))
    lengths = {"style": 16}
    card = create_card(
        name="iizuka16-test@1",
        system="iizuka16",
        license="Apache-2.0",
        bins=0,
        grid=2,
        prior=None,
        vividness_path=(),
        size=ours.traits.size,
        capabilities=ours.traits.capabilities,
    )
    model = export_model(ours, card, tmp_path / "ours.onnx", lengths=lengths).model
    with pytest.raises(BrokenModelError, match=r"another model than iizuka16-test@1, of eccv16; name"):
        publish_model(model, tmp_path / "folder", weights=made[1])
    save_weights(wide, card, tmp_path / "wide.safetensors")
    with pytest.raises(BrokenModelError, match=r"another model than iizuka16-test@1, of another size; name"):
        publish_model(model, tmp_path / "folder", weights=tmp_path / "wide.safetensors")


def test_missing_weights_are_asked_for(model, tmp_path):
    with pytest.raises(ModelNotFoundError, match=r"eccv16.safetensors is not there; name with --weights"):
        publish_model(model, tmp_path / "folder")
    with pytest.raises(ModelNotFoundError, match=r"none.pth is not there"):
        publish_model(model, tmp_path / "folder", weights=tmp_path / "none.pth")


def test_damaged_model_is_not_published(made, tmp_path):
    model, checkpoint = made
    path = tmp_path / "damaged.onnx"
    path.write_bytes(model.path.read_bytes())
    damaged = ModelFile(path, replace(model.card, sha256="0" * 64))
    with pytest.raises(BrokenModelError, match="damaged or was changed"):
        publish_model(damaged, tmp_path / "folder", weights=checkpoint)


def test_folder_that_holds_something_is_left_alone(made, tmp_path):
    model, checkpoint = made
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(OutputExistsError, match="is there and not empty; name a new folder"):
        publish_model(model, tmp_path, weights=checkpoint)
    with pytest.raises(OutputExistsError):
        publish_model(model, tmp_path / "note.txt", weights=checkpoint)
    with pytest.raises(WriteFailedError, match="a part of the path is a file"):
        publish_model(model, tmp_path / "note.txt" / "folder", weights=checkpoint)


def test_link_to_an_empty_folder_is_followed(made, tmp_path, monkeypatch):
    model, checkpoint = made
    monkeypatch.setattr(module, "_load", lambda *arguments: released("eccv16"))
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to("elsewhere")
    files = publish_model(model, tmp_path / "link", weights=checkpoint)
    assert (tmp_path / "link").is_symlink()
    assert {path.parent for path in files} == {tmp_path / "link"}
    assert {path.name for path in files} == {path.name for path in (tmp_path / "elsewhere").iterdir()}


def test_failure_on_the_way_leaves_nothing(made, tmp_path, monkeypatch):
    model, checkpoint = made
    monkeypatch.setattr(module, "_load", lambda *arguments: released("eccv16"))

    def fail(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module, "write_readme", fail)
    with pytest.raises(WriteFailedError, match=r"folder: can't be written .*make room on the disk"):
        publish_model(model, tmp_path / "folder", weights=checkpoint)
    assert [*tmp_path.iterdir()] == []


def test_license_is_asked_for_where_none_is_named(made, tmp_path, monkeypatch):
    model, checkpoint = made
    monkeypatch.setattr(module, "_load", lambda *arguments: released("eccv16"))
    nameless = changed(model, tmp_path, license="unknown")
    with pytest.raises(ModelError, match="names no license; name one with --license"):
        publish_model(nameless, tmp_path / "folder", weights=checkpoint)
    publish_model(nameless, tmp_path / "folder", weights=checkpoint, license="Apache-2.0")
    assert read_model(tmp_path / "folder" / "eccv16-test.onnx").card.license == "Apache-2.0"
    assert "Apache License" in (tmp_path / "folder" / "LICENSE").read_text()


def test_model_of_arrays_needs_no_weights(tmp_path):
    arrays = {"a": np.arange(3.0)}
    card = create_card(name="charpiat08-mine@1", system="charpiat08", license="unknown")
    card = replace(card, sha256=fingerprint_of(arrays))
    with (tmp_path / "mine.npz").open("wb") as file:
        write_arrays(file, arrays, card.to_json())
    files = publish_model(read_model(tmp_path / "mine.npz"), tmp_path / "folder", license="Apache-2.0")
    assert [path.name for path in files] == [
        "LICENSE",
        "README.md",
        "SHA256SUMS",
        "card.json",
        "charpiat08-mine.npz",
    ]
    published = read_model(files[-1])
    published.verify()
    assert published.card.license == "Apache-2.0"
    assert read_arrays(files[-1])["a"].tolist() == [0, 1, 2]


def test_license_of_the_card_is_not_changed(made, tmp_path):
    model, checkpoint = made
    with pytest.raises(ModelError, match="says BSD-2-Clause, not MIT"):
        publish_model(model, tmp_path / "folder", weights=checkpoint, license="MIT")


def test_text_of_an_unknown_license_is_asked_for(made, tmp_path, monkeypatch):
    model, checkpoint = made
    monkeypatch.setattr(module, "_load", lambda *arguments: released("eccv16"))
    mine = changed(model, tmp_path, license="LicenseRef-mine")
    with pytest.raises(
        ModelError, match="is LicenseRef-mine, whose text or owner is not known here; give --license-file"
    ):
        publish_model(mine, tmp_path / "folder", weights=checkpoint)
    with pytest.raises(ModelNotFoundError, match=r"none.txt: No such file"):
        publish_model(mine, tmp_path / "folder", weights=checkpoint, license_file=tmp_path / "none.txt")
    (tmp_path / "mine.txt").write_text("Only on Sundays.")
    publish_model(mine, tmp_path / "folder", weights=checkpoint, license_file=tmp_path / "mine.txt")
    assert (tmp_path / "folder" / "LICENSE").read_text() == "Only on Sundays."
    readme = (tmp_path / "folder" / "README.md").read_text()
    assert 'license: other\nlicense_name: "LicenseRef-mine"' in readme


def test_owner_of_the_release_is_not_named_for_weights_of_others(made, tmp_path, monkeypatch):
    """BSD wants the owner's name, and only the released systems' owners are known."""
    model, checkpoint = made
    monkeypatch.setattr(module, "_load", lambda *arguments: released("eccv16"))
    card = create_card(license="BSD-2-Clause", sha256=model.card.sha256)
    with pytest.raises(ModelError, match="whose text or owner is not known"):
        publish_model(ModelFile(model.path, card), tmp_path / "folder", weights=checkpoint)


def test_page_tells_what_the_card_knows():
    figures = Figures("objects | held out", "tintype measure", {"psnr": 22.5})
    card = create_card(
        figures=(figures,), origin="A backbone\nof others.", failures=("Red noses.", "Green sheep.")
    )
    page = write_readme(card, "test-tiny.onnx")
    assert "# test-tiny\n\nA model for tests." in page
    assert "| objects \\| held out | psnr | 22.5 | `tintype measure` |" in page
    assert "- Red noses.\n- Green sheep.\n" in page
    assert "A backbone of others." in page
    assert "tintype models import test-tiny.onnx" in page
    assert "a distribution over 313 colors" in page
    bare = write_readme(create_card(figures=(), failures=(), origin="", data=""), "test-tiny.onnx")
    assert "## Figures" not in bare
    assert "## Where it" not in bare
    assert json.dumps("x") not in bare


def test_page_of_a_model_without_bins_says_so():
    card = create_card(bins=0, prior=None, vividness_path=(), capabilities=frozenset())
    assert "it gives one color for each cell" in write_readme(card, "x.onnx")
