"""Writing results: in the source's format, depth and compression, with all that it carried, and the mark.

A result appears whole or not at all, never over an existing file unless that was asked for, and never over
its source.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO, cast

from tintype.errors import OutputExistsError, TintypeError, UnsupportedFormatError, WriteFailedError
from tintype.photos.atomic import atomic_file, refuse_existing, remove_leftovers
from tintype.photos.encoders.page import Page, Picture
from tintype.photos.file_format import WRITABLE_SUFFIXES, FileFormat, find_format
from tintype.photos.metadata import Mark, mark_from_xmp
from tintype.photos.photo import Photo
from tintype.photos.result_page import list_losses, prepare_page
from tintype.photos.xmp_file import sidecar_path

__all__ = ["WriteReport", "default_output_path", "remove_leftovers", "write_photo"]

_NEW_SUFFIXES = {".gif": ".png", ".j2k": ".jp2"}

Encode = Callable[[BinaryIO, Iterator[Page]], tuple[str, ...]]


@dataclass(frozen=True)
class WriteReport:
    """What was written.

    Attributes:
        path: the result.
        notes: what a person should be told, one sentence each.
        sidecar: the file that holds the mark where the format has no place for it.
    """

    path: Path
    notes: tuple[str, ...] = ()
    sidecar: Path | None = None


def default_output_path(source: Path | str, folder: Path | str | None = None, suffix: str = "_color") -> Path:
    """Return the name of a result: beside its source, or in `folder`; a format that can't hold it gives way.

    >>> default_output_path("album/scan.tif").as_posix()
    'album/scan_color.tif'
    >>> default_output_path("logo.GIF", "out").as_posix()
    'out/logo_color.png'
    """
    source = Path(source)
    ending = source.suffix
    if ending.lower() not in WRITABLE_SUFFIXES:
        ending = _NEW_SUFFIXES.get(ending.lower(), ".png" if ending else "")
    return (source.parent if folder is None else Path(folder)) / f"{source.stem}{suffix}{ending}"


def write_photo(
    path: Path | str,
    pages: Picture | Iterable[Picture],
    *,
    like: Photo | Iterable[Photo],
    mark: Mark | None,
    overwrite: bool = False,
) -> WriteReport:
    """Write a colored photograph as its source was written, unless the suffix of `path` says otherwise.

    Args:
        path: of the result; without a suffix the source's format is taken. Missing folders are made.
        pages: the picture, or one for each page; an iterator is gone through once, a page at a time.
        like: the source of each page: its metadata and encoding are taken over.
        mark: what the result says of itself; None writes no mark.
        overwrite: whether an existing file may be replaced. The source itself never is.

    Returns:
        What was written, with notes on what the format could not hold.

    Raises:
        OutputExistsError: the name is taken, or is the source's own.
        UnsupportedFormatError: the format can't be written, or not at that size or number of pages.
        MissingExtraError: the format needs an extra that is not installed.
        WriteFailedError: the disk is full, the folder may not be written, the encoder failed. Nothing is
            left.
        ValueError: there are not as many pages as sources.
    """
    path = Path(path)
    first, pairs = _pair(pages, like)
    file_format = find_format(path, first.encoding.format)
    _check(path, first, file_format, overwrite=overwrite)
    notes = dict.fromkeys(list_losses(first, file_format))
    prepared = (prepare_page(picture, photo, file_format, mark, notes) for picture, photo in pairs)
    sidecar: Path | None = None
    with ExitStack() as undo:
        with atomic_file(path, overwrite=overwrite) as stream:
            page = next(prepared)
            encode = _find_encoder(file_format, first, first.page_count * page.raw_bytes)
            notes |= dict.fromkeys(_encode(encode, stream, chain([page], prepared), path, file_format.name))
            if page.xmp and not file_format.has_xmp:
                sidecar = _write_sidecar(path, page.xmp, undo, overwrite=overwrite)
                notes[f"the mark is in {sidecar.name}, because {file_format.name} has no place for it"] = None
        undo.pop_all()
    return WriteReport(path, tuple(notes), sidecar)


def _pair(
    pages: Picture | Iterable[Picture], like: Photo | Iterable[Photo]
) -> tuple[Photo, Iterator[tuple[Picture, Photo]]]:
    pictures = cast(Iterable[Picture], [pages] if hasattr(pages, "strips") else pages)
    photos: Iterable[Photo] = [like] if isinstance(like, Photo) else like
    if isinstance(pictures, Sized) and isinstance(photos, Sized) and len(pictures) != len(photos):
        raise ValueError(f"{len(pictures)} pages to write, but {len(photos)} sources")
    pairs = zip(pictures, photos, strict=True)
    head = next(pairs, None)
    if head is None:
        raise ValueError("there is no page to write")
    return head[1], chain([head], pairs)


def _check(path: Path, photo: Photo, file_format: FileFormat, *, overwrite: bool) -> None:
    """Refuse what can be refused before anything is computed."""
    if photo.path is not None and _is_same_file(path, photo.path):
        raise OutputExistsError(f"{path}: this is the original, which is never touched; choose another name")
    refuse_existing(path, overwrite=overwrite)
    if photo.page_count > 1 and photo.encoding.format == "TIFF" and not file_format.has_pages:
        raise UnsupportedFormatError(
            f"{path}: {file_format.name} holds one page and the source has {photo.page_count}; name it .tif"
        )
    if max(photo.height, photo.width) > file_format.longest_side:
        raise UnsupportedFormatError(
            f"{path}: {photo.width} x {photo.height} is too large for {file_format.name}; name it .tif"
        )


def _is_same_file(path: Path, source: Path) -> bool:
    try:
        return path.samefile(source)
    except OSError:
        return False


def _find_encoder(file_format: FileFormat, photo: Photo, expected_bytes: int) -> Encode:
    """Import the one encoder that is needed: some bring large libraries."""
    match file_format.name:
        case "JPEG":
            from tintype.photos.encoders.jpeg import encode_jpeg  # noqa: PLC0415

            return partial(encode_jpeg, source=photo.path)
        case "PNG":
            from tintype.photos.encoders.png import encode_png  # noqa: PLC0415

            return encode_png
        case "TIFF":
            from tintype.photos.encoders.tiff import encode_tiff  # noqa: PLC0415

            return partial(encode_tiff, expected_bytes=expected_bytes)
        case "JPEG2000" | "JXL":
            from tintype.photos.encoders import boxed_formats  # noqa: PLC0415

            return boxed_formats.encode_jxl if file_format.name == "JXL" else boxed_formats.encode_jpeg2000
    from tintype.photos.encoders import pillow_formats  # noqa: PLC0415

    return pillow_formats.ENCODERS[file_format.name]


def _encode(
    encode: Encode, stream: BinaryIO, pages: Iterator[Page], path: Path, name: str
) -> tuple[str, ...]:
    try:
        return encode(stream, pages)
    except (TintypeError, OSError):
        raise
    except Exception as error:  # the encoders are those of six libraries, whose errors have no common base
        raise WriteFailedError(
            f"{path}: the {name} encoder failed ({error or type(error).__name__}); name it .png or .tif"
        ) from error


def _write_sidecar(path: Path, xmp: bytes, undo: ExitStack, *, overwrite: bool) -> Path:
    """Write the packet beside a result that is about to appear; `undo` takes it back should that fail."""
    sidecar = sidecar_path(path)
    ours = overwrite or (sidecar.is_file() and mark_from_xmp(sidecar.read_bytes()) is not None)
    with atomic_file(sidecar, overwrite=ours) as stream:
        stream.write(xmp)
    undo.callback(sidecar.unlink, missing_ok=True)
    return sidecar
