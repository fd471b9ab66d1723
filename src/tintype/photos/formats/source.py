"""The bytes of a photograph file, opened once: identity, format, errors that name it."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from tintype.errors import PhotoError, UnreadablePhotoError, UnsupportedFormatError

_HEIF_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"}

_SIGNATURES = (
    ("JPEG", 0, b"\xff\xd8\xff"),
    ("PNG", 0, b"\x89PNG\r\n\x1a\n"),
    ("TIFF", 0, b"II*\0"),
    ("TIFF", 0, b"MM\0*"),
    ("TIFF", 0, b"II+\0"),
    ("TIFF", 0, b"MM\0+"),
    ("WEBP", 8, b"WEBP"),
    ("GIF", 0, b"GIF87a"),
    ("GIF", 0, b"GIF89a"),
    ("JPEG2000", 0, b"\0\0\0\x0cjP  \r\n\x87\n"),
    ("JPEG2000", 0, b"\xff\x4f\xff\x51"),
    ("JXL", 0, b"\xff\x0a"),
    ("JXL", 0, b"\0\0\0\x0cJXL \r\n\x87\n"),
    ("BMP", 0, b"BM"),
)

_FOREIGN_SIGNATURES = (
    ("a PDF document", 0, b"%PDF"),
    ("a Photoshop document", 0, b"8BPS"),
    ("an OpenEXR file", 0, b"\x76\x2f\x31\x01"),
    ("a camera raw file", 0, b"FUJIFILMCCD-RAW"),
    ("a camera raw file", 0, b"IIU\0"),
    ("a camera raw file", 0, b"IIRO"),
    ("a camera raw file", 8, b"crx "),
    ("a JPEG XR file", 0, b"II\xbc"),
    ("a DICOM file", 128, b"DICM"),
    ("a FITS file", 0, b"SIMPLE  ="),
    ("an SVG drawing", 0, b"<svg"),
    ("a portable anymap", 0, b"P4\n"),
    ("a portable anymap", 0, b"P5\n"),
    ("a portable anymap", 0, b"P6\n"),
)

_pillow_lock = threading.Lock()


@contextmanager
def quiet_pillow() -> Iterator[None]:
    """Keep Pillow's warnings off the screen; one thread at a time, as Python's warning filters are global."""
    with _pillow_lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@dataclass(frozen=True, eq=False)
class Source:
    """An opened photograph file.

    Attributes:
        name: what errors call it.
        path: where it lies; None for bytes and streams.
        stream: its bytes, seekable.
        size: their number.
        sha256: their digest, hexadecimal.
        format: found from the content, whatever the suffix says.
    """

    name: str
    path: Path | None
    stream: BinaryIO
    size: int
    sha256: str
    format: str

    def head(self, count: int) -> bytes:
        """Return the first `count` bytes."""
        self.stream.seek(0)
        return self.stream.read(count)

    def rewound(self) -> BinaryIO:
        """Return the stream, at its start."""
        self.stream.seek(0)
        return self.stream

    def content(self) -> bytes:
        """Return all bytes."""
        self.stream.seek(0)
        return self.stream.read()

    def fault(self, reason: object) -> UnreadablePhotoError:
        """Return the error for content that can't be decoded."""
        return UnreadablePhotoError(
            f"{self.name}: damaged or cut off ({shorten(reason)}); get a sound copy of the file"
        )


def name_page(name: str, page: int, page_count: int) -> str:
    """Return what errors call a page: the file's name, and the page's number where there are several."""
    return f"{name} (page {page + 1} of {page_count})" if page_count > 1 else name


def shorten(reason: object) -> str:
    """Return a decoder's complaint as one short line."""
    lines = [line.strip() for line in str(reason).splitlines() if line.strip()]
    return (lines[-1] if lines else type(reason).__name__)[:160]


@contextmanager
def open_source(photo: str | os.PathLike[str] | bytes | BinaryIO) -> Iterator[Source]:
    """Open a path, bytes or a binary stream (read to its end), recognize the format and close it afterwards.

    Raises:
        UnreadablePhotoError: there is no such file, it may not be read, it is empty or no picture.
        UnsupportedFormatError: a picture of a kind that Tintype does not read.
    """
    if isinstance(photo, bytes | bytearray | memoryview):
        yield _describe("the picture", None, io.BytesIO(photo))
    elif hasattr(photo, "read"):
        yield _describe(str(getattr(photo, "name", "the stream")), None, io.BytesIO(photo.read()))
    else:
        path = Path(photo)
        with _open_file(path) as stream:
            yield _describe(str(path), path, stream)


def _open_file(path: Path) -> BinaryIO:
    try:
        if path.is_dir():
            raise UnreadablePhotoError(f"{path}: this is a folder; name the photographs in it")
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadablePhotoError(f"{path}: this is not a regular file; pipe it in and name it '-'")
        return path.open("rb")
    except FileNotFoundError:
        raise UnreadablePhotoError(f"{path}: there is no such file; check the name") from None
    except PermissionError:
        raise UnreadablePhotoError(f"{path}: this file may not be read; change its permissions") from None
    except (OSError, ValueError) as error:
        raise UnreadablePhotoError(f"{path}: can't be opened ({shorten(error)}); check the name") from error


def _describe(name: str, path: Path | None, stream: Any) -> Source:
    try:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        size = stream.seek(0, os.SEEK_END)
        stream.seek(0)
        head = stream.read(512)
    except OSError as error:
        raise UnreadablePhotoError(
            f"{name}: can't be read ({shorten(error)}); check disk and cable"
        ) from error
    return Source(name, path, stream, size, digest, _recognize(name, head))


def _recognize(name: str, head: bytes) -> str:
    if not head:
        raise UnreadablePhotoError(f"{name}: the file is empty; get a sound copy of it")
    for kind, start, signature in _SIGNATURES:
        if head[start:].startswith(signature):
            return kind
    if head[4:8] == b"ftyp":
        brand = _find_heif(head)
        if brand:
            return brand
    raise _refuse(name, head)


def _find_heif(head: bytes) -> str | None:
    length = min(int.from_bytes(head[:4], "big"), len(head))
    brands = {head[8:12]} | {head[i : i + 4] for i in range(16, length - 3, 4)}
    if brands & {b"avif", b"avis"}:
        return "AVIF"
    return "HEIC" if brands & _HEIF_BRANDS else None


def _refuse(name: str, head: bytes) -> PhotoError:
    for kind, start, signature in _FOREIGN_SIGNATURES:
        if head[start:].startswith(signature):
            return UnsupportedFormatError(f"{name}: {kind} can't be read; save it as a 16-bit TIFF first")
    return UnreadablePhotoError(
        f"{name}: not a picture; give a JPEG, PNG, TIFF or one of the other formats read"
    )
