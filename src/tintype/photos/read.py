"""Reading photographs: any still format, size checked before decoding, lightness as the profile says it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from tintype.errors import PhotoTooLargeError, TintypeError, UnreadablePhotoError
from tintype.photos.canvas import develop
from tintype.photos.formats.bitmap import open_bmp, open_gif
from tintype.photos.formats.heif import open_avif, open_heic
from tintype.photos.formats.jpeg import open_jpeg
from tintype.photos.formats.jpeg2000 import open_jpeg2000
from tintype.photos.formats.jxl import open_jxl
from tintype.photos.formats.png import open_png
from tintype.photos.formats.source import Source, name_page, open_source
from tintype.photos.formats.stored_page import StoredPage
from tintype.photos.formats.tiff import open_tiff
from tintype.photos.formats.webp import open_webp
from tintype.photos.inputs import DEFAULT_MAX_PIXELS, READABLE_SUFFIXES, PhotoInput, is_photo_name
from tintype.photos.photo import Encoding, Photo
from tintype.photos.source_color import plan_color

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "READABLE_SUFFIXES",
    "PhotoInput",
    "is_photo_name",
    "read_pages",
    "read_photo",
]

_OPENERS: dict[str, Callable[[Source, int], StoredPage]] = {
    "JPEG": open_jpeg,
    "PNG": open_png,
    "TIFF": open_tiff,
    "WEBP": open_webp,
    "AVIF": open_avif,
    "HEIC": open_heic,
    "JPEG2000": open_jpeg2000,
    "JXL": open_jxl,
    "BMP": open_bmp,
    "GIF": open_gif,
}


def read_photo(
    photo: PhotoInput,
    *,
    page: int = 0,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    ignore_profile: bool = False,
    keep_ab: bool = False,
) -> Photo:
    """Read one page of a photograph.

    Args:
        photo: a path, the bytes of a file, or a binary stream, which is read to its end.
        page: from 0; only TIFF files have more than one.
        max_pixels: what the page may declare; more is refused before anything is decoded.
        ignore_profile: take the values for sRGB whatever an embedded profile says.
        keep_ab: keep the source's own color as `true_ab`, 8 bytes a pixel.

    Returns:
        The page, upright.

    Raises:
        UnreadablePhotoError: no such file, no permission, empty, damaged, cut off, no picture, no such page.
        UnsupportedFormatError: a picture of a kind that is not read.
        PhotoTooLargeError: the declared size is over `max_pixels`.
        BrokenProfileError: the embedded profile can't be understood.
        MissingExtraError: HEIC without the extra ``heif``.
    """
    with open_source(photo) as source:
        return _read_page(source, page, max_pixels, ignore_profile=ignore_profile, keep_ab=keep_ab)


def read_pages(
    photo: PhotoInput,
    *,
    max_pixels: int = DEFAULT_MAX_PIXELS,
    ignore_profile: bool = False,
    keep_ab: bool = False,
) -> Iterator[Photo]:
    """Read the pages of a photograph one after the other; arguments and errors as of `read_photo`.

    An error in a page of several names the page.
    """
    with open_source(photo) as source:
        page, page_count = 0, 1
        while page < page_count:
            result = _read_page(source, page, max_pixels, ignore_profile=ignore_profile, keep_ab=keep_ab)
            page, page_count = page + 1, result.page_count
            yield result


def _read_page(source: Source, page: int, max_pixels: int, *, ignore_profile: bool, keep_ab: bool) -> Photo:
    with _naming(source):
        stored = _OPENERS[source.format](source, page)
    if page >= stored.page_count:
        raise UnreadablePhotoError(
            f"{source.name}: there is no page {page + 1}; the file has {stored.page_count}"
        )
    name = name_page(source.name, page, stored.page_count)
    _check_size(name, stored, max_pixels)
    plan = plan_color(stored, name, ignore_profile=ignore_profile)
    with _naming(source):
        photo = develop(stored, plan, keep_ab=keep_ab)
    notes = (*photo.notes, *_note_changes(stored.encoding))
    return replace(photo, path=source.path, page=page, notes=notes, sha256=source.sha256)


@contextmanager
def _naming(source: Source) -> Iterator[None]:
    """Turn whatever a decoder raises on damaged data into the one error that names the file."""
    try:
        yield
    except TintypeError:
        raise
    except MemoryError:
        raise UnreadablePhotoError(
            f"{source.name}: not enough memory to read it; use a larger machine"
        ) from None
    except Exception as error:  # decoders are many, and so are their exceptions
        raise source.fault(error) from error


def _check_size(name: str, stored: StoredPage, max_pixels: int) -> None:
    if stored.height < 1 or stored.width < 1:
        raise UnreadablePhotoError(
            f"{name}: its size is {stored.width} x {stored.height}; get a sound copy of it"
        )
    if stored.height * stored.width > max_pixels:
        needed = -(-stored.height * stored.width // 1_000_000)
        raise PhotoTooLargeError(
            f"{name}: declares {stored.width} x {stored.height} pixels, more than the limit of "
            f"{max_pixels / 1e6:g} megapixels; if you trust it, raise the limit by --max-megapixels {needed}"
        )


def _note_changes(encoding: Encoding) -> tuple[str, ...]:
    """Say where the source's encoding can't hold the result."""
    if encoding.format == "GIF":
        return ("a GIF can't hold the result: it becomes an 8-bit RGB PNG",)
    if encoding.color == "palette":
        return ("a palette can't hold the result: it becomes 8-bit RGB",)
    if encoding.bits < 8:
        return (f"{encoding.bits} bit per pixel can't hold the result: it becomes 8-bit RGB",)
    return ()
