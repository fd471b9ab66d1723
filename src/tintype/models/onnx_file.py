"""The outside of an ONNX file: its metadata and its fingerprint.

An ONNX file is one protobuf message, ``ModelProto``: the graph is one record of it, each entry of the
metadata another. Stepping from record to record finds the metadata of a model of any size in well under a
millisecond and without loading it. That, and putting a new card into a file, is all that this module does;
the base installation has no onnx package, and ONNX Runtime would have to load a model to tell its metadata.

The record numbers are those of onnx.proto (github.com/onnx/onnx), the encoding that of
https://protobuf.dev/programming-guides/encoding.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from tintype.errors import BrokenModelError, ModelNotFoundError

GRAPH = 7
METADATA = 14
_KEY, _VALUE = 1, 2
_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5
_CHUNK = 1 << 20
_MOST_RECORDS = 10_000  # a real file has a handful; a file made to keep us busy could have millions


@dataclass(frozen=True, slots=True)
class Record:
    """Where one field of a message lies, in bytes from the beginning: its tag, its content, its end."""

    number: int
    start: int
    content: int
    end: int


def read_metadata(path: Path) -> dict[str, str]:
    """Return the metadata of an ONNX file.

    Raises:
        ModelNotFoundError: there is no such file, or it may not be read.
        BrokenModelError: the file is no ONNX model.
    """
    with _open(path) as file:
        return dict(
            _read_entry(file, record, path)
            for record in _model_records(file, path)
            if record.number == METADATA
        )


def fingerprint(path: Path) -> str:
    """Return the SHA-256 (hex) of an ONNX file without its metadata.

    The card lies in the metadata and names this fingerprint, so the metadata can't be part of it: it covers
    every other record of the file, graph and weights included, in the order in which they are stored.

    Raises:
        ModelNotFoundError, BrokenModelError: as for `read_metadata`.
    """
    digest = hashlib.sha256()
    with _open(path) as file:
        for record in _model_records(file, path):
            if record.number != METADATA:
                for chunk in _chunks(file, record):
                    digest.update(chunk)
    return digest.hexdigest()


def copy_with_metadata(source: Path, target: BinaryIO, metadata: Mapping[str, str]) -> None:
    """Write an ONNX file to ``target`` with other metadata; its fingerprint stays.

    Raises:
        ModelNotFoundError, BrokenModelError: as for `read_metadata`.
    """
    with _open(source) as file:
        for record in _model_records(file, source):
            if record.number != METADATA:
                for chunk in _chunks(file, record):
                    target.write(chunk)
    for key, value in metadata.items():
        target.write(
            encode_field(METADATA, encode_field(_KEY, key.encode()) + encode_field(_VALUE, value.encode()))
        )


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except OSError as error:
        raise ModelNotFoundError(f"{path}: {error.strerror or error}; check the path of the model") from error


def _model_records(file: BinaryIO, path: Path) -> list[Record]:
    """Return all records of the model, or refuse the file: text and pictures don't get past this."""
    size = os.fstat(file.fileno()).st_size
    try:
        records = [*islice(_records(file, size), _MOST_RECORDS)]
    except EOFError as error:
        raise BrokenModelError(f"{path} is not a whole ONNX model; export or download it again") from error
    if len(records) == _MOST_RECORDS or not any(record.number == GRAPH for record in records):
        raise BrokenModelError(f"{path} is not an ONNX model; give a .onnx file exported by Tintype")
    return records


def _records(file: BinaryIO, size: int) -> Iterator[Record]:
    """Step through the fields of a message of ``size`` bytes; EOFError where they don't fit into it."""
    start = 0
    while start < size:
        file.seek(start)
        tag = _read_varint(file)
        content, end = _extent(file, tag & 7)
        if end > size or tag < 8:
            raise EOFError
        yield Record(tag >> 3, start, content, end)
        start = end


def _extent(file: BinaryIO, wire_type: int) -> tuple[int, int]:
    """Return where the content of a field begins and ends; the file stands behind its tag."""
    begin = file.tell()
    if wire_type == _LENGTH:
        length = _read_varint(file)
        return file.tell(), file.tell() + length
    if wire_type == _VARINT:
        _read_varint(file)
        return begin, file.tell()
    if wire_type in (_EIGHT_BYTES, _FOUR_BYTES):
        return begin, begin + (8 if wire_type == _EIGHT_BYTES else 4)
    raise EOFError


def _read_varint(file: BinaryIO) -> int:
    """Read an integer stored 7 bits a byte, lowest first."""
    value = 0
    for shift in range(0, 70, 7):
        byte = file.read(1)
        if not byte:
            raise EOFError
        value |= (byte[0] & 0x7F) << shift
        if byte[0] < 0x80:
            return value
    raise EOFError


def _read_entry(file: BinaryIO, record: Record, path: Path) -> tuple[str, str]:
    """Read one pair of the metadata."""
    file.seek(record.content)
    content = file.read(record.end - record.content)
    try:
        fields = {r.number: content[r.content : r.end] for r in _records(BytesIO(content), len(content))}
        return fields.get(_KEY, b"").decode(), fields.get(_VALUE, b"").decode()
    except (EOFError, UnicodeDecodeError) as error:
        raise BrokenModelError(f"{path}: its metadata is damaged; export or download it again") from error


def _chunks(file: BinaryIO, record: Record) -> Iterator[bytes]:
    """Return the bytes of a record, tag included, piece by piece."""
    file.seek(record.start)
    remaining = record.end - record.start
    while remaining:
        chunk = file.read(min(_CHUNK, remaining))
        if not chunk:
            raise BrokenModelError("the model's file was cut off while it was read; try again")
        remaining -= len(chunk)
        yield chunk


def encode_field(number: int, content: bytes) -> bytes:
    """Encode a field of bytes."""
    return _varint(number << 3 | _LENGTH) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Encode an integer, 7 bits a byte, lowest first.

    >>> _varint(300).hex()
    'ac02'
    """
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])
