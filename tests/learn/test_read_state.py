import io
import os
import pickle
import zipfile

import pytest
import torch
from safetensors.torch import save, save_file

from tintype.errors import BrokenModelError, ModelNotFoundError
from tintype.learn.read_state import read_state

STATE = {"model.weight": torch.arange(6.0).reshape(2, 3), "model.bias": torch.zeros(2)}


class Trap:
    """What a pickle with code in it runs when it is opened."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (os.system, (f"touch {self.path}",))


def assert_is_state(read):
    assert read.keys() == STATE.keys()
    for name, tensor in STATE.items():
        assert torch.equal(read[name], tensor)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("wrapper", ["", "params", "params_ema", "state_dict"])
def test_checkpoint_of_torch_is_read_whatever_it_is_wrapped_in(tmp_path, wrapper, legacy):
    path = tmp_path / "weights.pth"
    content = {wrapper: STATE, "epoch": 3} if wrapper else STATE
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    assert_is_state(read_state(path))


def test_averaged_weights_go_before_the_last_ones(tmp_path):
    others = {name: tensor + 1 for name, tensor in STATE.items()}
    torch.save({"params": others, "params_ema": STATE}, tmp_path / "weights.pth")
    assert_is_state(read_state(tmp_path / "weights.pth"))


def test_safetensors_are_read_whatever_the_name(tmp_path):
    save_file(STATE, tmp_path / "weights.bin")
    assert_is_state(read_state(tmp_path / "weights.bin"))


def test_prefix_of_training_on_several_devices_is_taken_off(tmp_path):
    torch.save({f"module.{name}": tensor for name, tensor in STATE.items()}, tmp_path / "weights.pth")
    assert_is_state(read_state(tmp_path / "weights.pth"))


@pytest.mark.parametrize("legacy", [False, True])
def test_pickle_with_code_in_it_is_refused_and_not_run(tmp_path, legacy):
    path, trace = tmp_path / "weights.pth", tmp_path / "trace"
    content = {**STATE, "trap": Trap(trace)}
    torch.save(content, path, _use_new_zipfile_serialization=not legacy)
    with pytest.raises(
        BrokenModelError, match=r"holds more than weights \(.*system\).*nothing of it was run"
    ):
        read_state(path)
    assert not trace.exists()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_bare_pickle_with_code_in_it_is_refused_and_not_run(tmp_path, protocol):
    path, trace = tmp_path / "weights.pth", tmp_path / "trace"
    path.write_bytes(pickle.dumps(Trap(trace), protocol))
    with pytest.raises(BrokenModelError, match=r"holds more than weights .*nothing of it was run"):
        read_state(path)
    assert not trace.exists()


def test_whole_network_in_a_pickle_is_refused(tmp_path):
    torch.save(torch.nn.Linear(2, 2), tmp_path / "weights.pth")
    with pytest.raises(BrokenModelError, match=r"holds more than weights \(torch.nn.modules.linear.Linear\)"):
        read_state(tmp_path / "weights.pth")


@pytest.mark.filterwarnings("ignore:.*deprecated.*:DeprecationWarning")
def test_compiled_network_is_refused(tmp_path):
    torch.jit.script(torch.nn.Linear(2, 2)).save(tmp_path / "weights.pt")
    with pytest.raises(BrokenModelError):
        read_state(tmp_path / "weights.pt")


def contents():
    zipped, legacy = io.BytesIO(), io.BytesIO()
    torch.save(STATE, zipped)
    torch.save(STATE, legacy, _use_new_zipfile_serialization=False)
    return {"torch": zipped.getvalue(), "legacy": legacy.getvalue(), "safetensors": save(STATE)}


@pytest.mark.parametrize("kind", ["torch", "legacy", "safetensors"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_file_that_was_cut_off_is_told(tmp_path, kind, share):
    content = contents()[kind]
    (tmp_path / "weights").write_bytes(content[: int(share * len(content))])
    with pytest.raises(BrokenModelError, match=r"weights is damaged or cut off .*; download it again"):
        read_state(tmp_path / "weights")


@pytest.mark.parametrize(
    "content", [b"", b"Dear grandmother,\n", b"\x89PNG\r\n\x1a\n", b"<html>404</html>", bytes(100)]
)
def test_file_that_is_no_checkpoint_is_told(tmp_path, content):
    (tmp_path / "weights.pth").write_bytes(content)
    with pytest.raises(BrokenModelError, match=r"weights.pth is no checkpoint; give"):
        read_state(tmp_path / "weights.pth")


def test_archive_that_is_no_checkpoint_is_told(tmp_path):
    with zipfile.ZipFile(tmp_path / "weights.pth", "w") as archive:
        archive.writestr("letter.txt", "Dear grandmother,")
    with pytest.raises(BrokenModelError, match="damaged or cut off"):
        read_state(tmp_path / "weights.pth")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([1, 2], "holds a list and no named weights"),
        ({}, "holds a dict and no named weights"),
        ({"epoch": 3}, "'epoch' is a int and no weight"),
        ({1: torch.zeros(1)}, "'1' is a Tensor and no weight"),
        (
            {"net": {"weight": torch.zeros(1)}},
            "'net' is a dict and no weight; give .* under params_ema or params",
        ),
    ],
)
def test_checkpoint_without_named_weights_is_told(tmp_path, content, words):
    torch.save(content, tmp_path / "weights.pth")
    with pytest.raises(BrokenModelError, match=words):
        read_state(tmp_path / "weights.pth")


@pytest.mark.parametrize(
    "weight",
    [
        torch.eye(3).to_sparse(),
        torch.zeros(2, device="meta"),
        torch.zeros(2, dtype=torch.complex64),
    ],
    ids=["sparse", "meta", "complex"],
)
def test_weight_that_no_release_stores_so_is_told(tmp_path, weight):
    torch.save({"weight": weight}, tmp_path / "weights.pth")
    with pytest.raises(BrokenModelError):
        read_state(tmp_path / "weights.pth")


def test_missing_file_is_told(tmp_path):
    with pytest.raises(ModelNotFoundError, match=r"weights.pth: No such file"):
        read_state(tmp_path / "weights.pth")
    with pytest.raises(ModelNotFoundError, match="Is a directory"):
        read_state(tmp_path)
