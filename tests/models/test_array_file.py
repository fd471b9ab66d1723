import io
import zipfile

import numpy as np
import pytest

from tintype.errors import BrokenModelError, MissingExtraError, ModelNotFoundError
from tintype.models.array_file import fingerprint, read_arrays, read_card_text, write_arrays
from tintype.models.catalog import ModelFile, read_model
from tintype.models.examples.method import open_method
from tintype.models.session import Session
from tiny_model import create_card

ARRAYS = {"weights": np.arange(6, dtype=np.float32).reshape(2, 3), "count": np.int32(4)}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "model.npz"
    write(path, ARRAYS, create_card().to_json())
    return path


def write(path, arrays, card):
    with path.open("wb") as stream:
        write_arrays(stream, arrays, card)


def test_arrays_and_card_come_back(path):
    assert read_model(path).card == create_card()
    arrays = read_arrays(path)
    assert arrays.keys() == ARRAYS.keys()
    np.testing.assert_array_equal(arrays["weights"], ARRAYS["weights"])
    assert arrays["count"].shape == ()
    with np.load(path) as plain:  # anyone can read it
        np.testing.assert_array_equal(plain["weights"], ARRAYS["weights"])


def test_fingerprint_is_of_the_arrays_alone(path, tmp_path):
    other = tmp_path / "other.npz"
    write(other, ARRAYS, create_card(summary="Another card.").to_json())
    assert fingerprint(other) == fingerprint(path)
    write(other, {**ARRAYS, "weights": ARRAYS["weights"].reshape(3, 2)}, create_card().to_json())
    assert fingerprint(other) != fingerprint(path)


def test_cut_file_is_named(path):
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(BrokenModelError, match=r"model\.npz is not a whole model of arrays"):
        read_model(path)


def test_changed_byte_is_found(path):
    data = bytearray(path.read_bytes())
    at = data.index(ARRAYS["weights"].tobytes())
    data[at + 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(BrokenModelError):
        read_arrays(path)


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_whatever_was_changed_in_a_packed_archive_is_one_error(tmp_path, method):
    random, path = np.random.default_rng(0), tmp_path / "packed.npz"
    array, whole = io.BytesIO(), io.BytesIO()
    np.save(array, np.arange(300.0))
    with zipfile.ZipFile(whole, "w", method) as archive:
        archive.writestr("card.json", create_card().to_json())
        archive.writestr("x.npy", array.getvalue())
    refused = 0
    for _ in range(300):
        data = bytearray(whole.getvalue())
        data[random.integers(len(data))] = random.integers(256)
        path.write_bytes(data)
        for read in (read_card_text, read_arrays):
            try:
                read(path)
            except BrokenModelError:
                refused += 1
    assert refused > 100


def test_header_that_is_no_python_is_one_error(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY\x01\x00\x10\x00{'descr': '<f4'(\n" + bytes(8))
    with pytest.raises(BrokenModelError, match="not a whole model of arrays"):
        read_arrays(tmp_path / "x.npz")


def test_missing_file_and_missing_card_are_told_apart(tmp_path):
    with pytest.raises(ModelNotFoundError):
        read_card_text(tmp_path / "none.npz")
    np.savez(tmp_path / "plain.npz", x=np.ones(2))
    with pytest.raises(BrokenModelError, match="no Tintype card"):
        read_model(tmp_path / "plain.npz")


def test_pickles_are_not_opened(tmp_path):
    np.savez(tmp_path / "evil.npz", x=np.array([{}], object))
    with pytest.raises(BrokenModelError):
        read_arrays(tmp_path / "evil.npz")


def test_claimed_shape_is_not_believed(tmp_path):
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        stream, {"descr": "<f4", "fortran_order": False, "shape": (1 << 40,)}
    )
    with zipfile.ZipFile(tmp_path / "huge.npz", "w") as archive:
        archive.writestr("x.npy", stream.getvalue() + bytes(64))
    with pytest.raises(BrokenModelError, match="claims the shape"):
        read_arrays(tmp_path / "huge.npz")


def test_unknown_system_and_missing_array_are_named(path):
    with pytest.raises(BrokenModelError, match="'test' is no system of arrays"):
        Session(read_model(path))
    card = create_card(name="charpiat08-x@1", system="charpiat08", capabilities=frozenset({"hints"}))
    with pytest.raises(BrokenModelError, match="the array 'mean' is missing"):
        open_method(ModelFile(path, card))


def test_card_that_promises_what_the_method_does_not_give_is_refused(path):
    card = create_card(name="charpiat08-x@1", system="charpiat08", capabilities=frozenset({"palette"}))
    with pytest.raises(BrokenModelError, match="charpiat08 has no palette"):
        open_method(ModelFile(path, card))


def test_graphics_card_is_not_used(path):
    with pytest.raises(MissingExtraError, match="runs on the CPU alone"):
        Session(read_model(path), providers=["cuda"])
