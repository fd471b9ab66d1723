import contextlib
import hashlib
import io

import onnx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.errors import BrokenModelError, ModelNotFoundError
from tintype.models.onnx_file import _read_varint, _varint, copy_with_metadata, fingerprint, read_metadata
from tiny_model import write_tiny_model, write_with_metadata


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return write_tiny_model(tmp_path_factory.mktemp("model") / "tiny.onnx").path


def test_metadata_is_what_the_onnx_package_reads(model, tmp_path):
    metadata = {"tintype.card": "{}", "ключ": "значение\n" * 50_000, "empty": ""}
    write_with_metadata(model, tmp_path / "m.onnx", metadata)
    assert {p.key: p.value for p in onnx.load(tmp_path / "m.onnx").metadata_props} == metadata
    assert read_metadata(tmp_path / "m.onnx") == metadata


def test_copy_changes_nothing_but_the_metadata(model, tmp_path):
    write_with_metadata(model, tmp_path / "m.onnx", {"a": "b"})
    before, after = onnx.load(model), onnx.load(tmp_path / "m.onnx")
    del before.metadata_props[:], after.metadata_props[:]
    assert before == after


def test_fingerprint_ignores_metadata_alone(model, tmp_path):
    write_with_metadata(model, tmp_path / "m.onnx", {"a": "b"})
    assert fingerprint(tmp_path / "m.onnx") == fingerprint(model)
    graph = onnx.load(model)
    graph.graph.initializer[0].raw_data = bytes(len(graph.graph.initializer[0].raw_data))
    (tmp_path / "other.onnx").write_bytes(graph.SerializeToString())
    assert fingerprint(tmp_path / "other.onnx") != fingerprint(model)


def test_fingerprint_of_a_file_without_metadata_is_its_sha256(model, tmp_path):
    write_with_metadata(model, tmp_path / "bare.onnx", {})
    assert (
        fingerprint(tmp_path / "bare.onnx")
        == hashlib.sha256((tmp_path / "bare.onnx").read_bytes()).hexdigest()
    )


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"\x89PNG\r\n\x1a\n" * 20,
        bytes(1000),
        b"\x08\x01" * 100_000,
        b"\x08",
        b"\x3a\xff\xff\xff\x7fx",
    ],
)
def test_file_that_is_no_model_is_refused(content, tmp_path):
    path = tmp_path / "x.onnx"
    path.write_bytes(content)
    for read in (read_metadata, fingerprint, lambda path: copy_with_metadata(path, io.BytesIO(), {})):
        with pytest.raises(BrokenModelError, match=r"x\.onnx is not a"):
            read(path)


def test_truncated_model_is_refused(model, tmp_path):
    path = tmp_path / "short.onnx"
    path.write_bytes(model.read_bytes()[:-5])
    with pytest.raises(BrokenModelError, match="not a whole ONNX model"):
        read_metadata(path)


def test_damaged_metadata_is_refused(model, tmp_path):
    path = tmp_path / "damaged.onnx"
    path.write_bytes(model.read_bytes() + b"\x72\x04\x0a\x02\xff\xfe")  # a key that is no UTF-8
    with pytest.raises(BrokenModelError, match=r"damaged\.onnx: its metadata is damaged"):
        read_metadata(path)


def test_missing_file_and_folder_are_refused(tmp_path):
    for path in (tmp_path / "none.onnx", tmp_path):
        with pytest.raises(ModelNotFoundError, match="check the path"):
            read_metadata(path)


@given(st.integers(0, 2**63))
def test_varint_survives(value):
    assert _read_varint(io.BytesIO(_varint(value))) == value


@given(data=st.data())
def test_mutated_model_never_does_more_than_refuse(data, model, tmp_path_factory):
    content = bytearray(model.read_bytes()[-8000:])
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("fuzz") / "m.onnx"
    path.write_bytes(content)
    with contextlib.suppress(BrokenModelError):
        read_metadata(path)
