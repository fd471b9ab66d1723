import hashlib
import sys

import pytest

from loopback import COMMIT, become_hub, serving
from tintype.errors import DownloadError, MissingExtraError, ModelNotFoundError
from tintype.models import download as module
from tintype.models.download import download, locate
from tintype.models.hub import find_at_hub
from tintype.models.published import (
    DDCOLOR23,
    PUBLISHED,
    RELEASES,
    Published,
    find_published,
    published_by_hash,
)

CONTENT = b"weights" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def hub(monkeypatch):
    with serving() as site:
        become_hub(site, monkeypatch)
        site.add_repository("somebody/models", {"notes.txt": b"", "tiny.pth": CONTENT, "large.pth": b"large"})
        yield site


def test_file_is_found_with_its_hash_at_its_commit(hub):
    found = find_at_hub("somebody/models", ("tiny.pth",))
    assert (found.repository, found.name, found.commit) == ("somebody/models", "tiny.pth", COMMIT)
    assert found.remote.sha256 == SHA256
    assert found.remote.url == f"{hub.url}/somebody/models/resolve/{COMMIT}/tiny.pth"
    assert found.remote.token == ""


def test_first_pattern_that_fits_is_taken(hub):
    assert find_at_hub("somebody/models", ("*.onnx", "large*", "*.pth")).name == "large.pth"


def test_revision_is_asked_for(hub):
    assert find_at_hub("somebody/models", ("*.pth",), revision="main").commit == COMMIT
    assert "/api/models/somebody/models/revision/main" in [path for path, _ in hub.asked]


def test_token_of_the_person_is_passed_on(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.get_token", lambda: "password")
    assert find_at_hub("somebody/models", ("tiny.pth",)).remote.token == "password"


@pytest.mark.parametrize("repository", ["nobody/nothing", "a/b/c", "-/-"])
def test_unknown_repository_is_told(hub, repository):
    with pytest.raises(ModelNotFoundError, match=f"the model hub has no {repository}"):
        find_at_hub(repository, ("*.onnx",))


def test_repository_without_such_a_file_is_told(hub):
    with pytest.raises(ModelNotFoundError, match=r"somebody/models holds no \*.onnx or \*.npz"):
        find_at_hub("somebody/models", ("*.onnx", "*.npz"))


def test_file_without_a_hash_is_refused(hub):
    hub.add_repository("somebody/loose", {"tiny.onnx": CONTENT}, hashes=False)
    with pytest.raises(DownloadError, match=r"states no hash of tiny.onnx"):
        find_at_hub("somebody/loose", ("*.onnx",))


def test_hub_that_can_not_be_reached_is_one_line(hub, monkeypatch):
    with serving() as gone:
        monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", gone.url)
    with pytest.raises(
        DownloadError, match=r"the model hub can't be asked for somebody/models .*connect this machine"
    ):
        find_at_hub("somebody/models", ("*.pth",))


def test_hub_with_a_fault_is_told(hub):
    hub.answers["/api/models/somebody/models"] = 500
    with pytest.raises(DownloadError, match="the model hub can't be asked"):
        find_at_hub("somebody/models", ("*.pth",))


def test_machine_that_is_kept_off_the_hub_is_told(hub, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE is set"):
        find_at_hub("somebody/models", ("*.pth",))


def test_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingExtraError, match=r"huggingface_hub: pip install 'tintype\[hub\]'"):
        find_at_hub("somebody/models", ("*.pth",))


def test_published_model_is_located_and_fetched(hub, monkeypatch, tmp_path):
    monkeypatch.setenv("TINTYPE_MODELS", str(tmp_path))
    model = Published("ddcolor23-tiny@1", DDCOLOR23, "tiny.pth", "somebody/models")
    monkeypatch.setattr("tintype.models.published.PUBLISHED", (model,))
    located = locate("ddcolor23-tiny")
    assert (located.published, located.source) == (model, f"somebody/models at commit {COMMIT}")
    path = download(located)
    assert path == tmp_path / "downloads" / f"{SHA256}.pth"
    assert path.read_bytes() == CONTENT


def test_published_model_outside_of_the_hub_needs_no_hub(monkeypatch):
    monkeypatch.setattr(module, "find_at_hub", None)
    located = locate("eccv16")
    assert located.remote.url == located.source == find_published("eccv16@1").url


def test_unknown_name_is_answered_with_those_that_are_near():
    with pytest.raises(ModelNotFoundError, match="no published model is called 'ecv16'; known are eccv16"):
        find_published("ecv16")
    with pytest.raises(ModelNotFoundError, match=r"known are eccv16, siggraph17, .*ddcolor23-large-artistic"):
        find_published("x")


def test_table_of_published_models_is_sound():
    names = [model.name for model in PUBLISHED]
    assert len({*names}) == len(names)
    for model in PUBLISHED:
        assert model.name.startswith(model.release.system)
        assert RELEASES[model.release.system] is model.release
        assert bool(model.repository) != bool(model.url)
        assert model.url.startswith("https://") or model.repository.count("/") == 1
        assert len(model.sha256) == (64 if model.url else 0)


def test_names_of_the_release_hold_the_beginning_of_the_hash():
    """The convention of torch's model zoo: name-HASH.pth."""
    for model in PUBLISHED:
        if model.url:
            assert model.file.endswith(f"-{model.sha256[:8]}.pth")
            assert published_by_hash(model.sha256) is model
    assert published_by_hash("") is None
