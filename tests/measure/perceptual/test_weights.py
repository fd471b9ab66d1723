import pytest

from tintype.errors import MissingWeightsError, ModelNotFoundError
from tintype.measure.perceptual.weights import WEIGHTS, find_weights, hub_folder, load_state


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """An empty folder as torch's home, and none of the user's."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.delenv("TINTYPE_WEIGHTS", raising=False)
    return tmp_path


@pytest.mark.parametrize("network", WEIGHTS)
def test_missing_weights_are_named_with_their_place_on_one_line(network, nowhere):
    with pytest.raises(MissingWeightsError) as caught:
        find_weights(network)
    text = str(caught.value)
    assert all(file.name in text and file.sha256 in text for file in WEIGHTS[network].files)
    assert str(nowhere / "torch" / "hub" / "checkpoints") in text
    assert "TINTYPE_WEIGHTS" in text
    assert "\n" not in text


def test_missing_weights_are_a_model_that_was_not_found():
    assert issubclass(MissingWeightsError, ModelNotFoundError)


def test_hub_folder_is_that_of_torch(monkeypatch, tmp_path):
    import torch

    for variables in ({}, {"XDG_CACHE_HOME": str(tmp_path)}, {"TORCH_HOME": str(tmp_path / "home")}):
        with monkeypatch.context() as patch:
            for name in ("TORCH_HOME", "XDG_CACHE_HOME"):
                patch.delenv(name, raising=False)
            for name, value in variables.items():
                patch.setenv(name, value)
            assert str(hub_folder()) == f"{torch.hub.get_dir()}/checkpoints"


def test_weights_are_found_in_the_folder_of_the_user_first(known_weights, nowhere, random_weights):
    known_weights("squeeze")
    path = random_weights("squeeze")
    found = find_weights("squeeze")
    assert found.path == path
    assert found.label.startswith("squeezenet1_1-b8a52dc0.pth (SHA-256 ")


def test_weights_are_found_where_torch_keeps_downloads(known_weights, nowhere, random_weights, monkeypatch):
    known_weights("squeeze")
    monkeypatch.delenv("TINTYPE_WEIGHTS")
    hub_folder().mkdir(parents=True)
    copy = hub_folder() / random_weights("squeeze").name
    copy.write_bytes(random_weights("squeeze").read_bytes())
    assert find_weights("squeeze").path == copy


def test_other_weights_of_the_same_name_are_refused(nowhere, random_weights, monkeypatch):
    path = random_weights("squeeze")
    monkeypatch.setenv("TINTYPE_WEIGHTS", str(path.parent))
    with pytest.raises(MissingWeightsError, match="is not the published file: its SHA-256 begins with"):
        find_weights("squeeze")


def test_changed_weights_are_noticed(known_weights, nowhere, random_weights, monkeypatch):
    known_weights("squeeze")
    copy = nowhere / random_weights("squeeze").name
    copy.write_bytes(random_weights("squeeze").read_bytes())
    monkeypatch.setenv("TINTYPE_WEIGHTS", str(nowhere))
    assert find_weights("squeeze").path == copy
    copy.write_bytes(copy.read_bytes()[:-1])
    with pytest.raises(MissingWeightsError, match="download it again"):
        find_weights("squeeze")


@pytest.mark.parametrize("name", ["broken.pth", "broken.safetensors"])
def test_broken_file_is_named(name, tmp_path):
    (tmp_path / name).write_bytes(b"no weights")
    with pytest.raises(MissingWeightsError, match=f"{name} can't be read"):
        load_state(tmp_path / name)


def test_code_in_a_file_is_not_run(tmp_path):
    import pickle

    class Trap:
        def __reduce__(self):
            return (tmp_path.joinpath("sprung").touch, ())

    (tmp_path / "trap.pth").write_bytes(pickle.dumps({"features.0.weight": Trap()}, protocol=2))
    with pytest.raises(MissingWeightsError):
        load_state(tmp_path / "trap.pth")
    assert not (tmp_path / "sprung").exists()
