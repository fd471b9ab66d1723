"""What can be made of a colored photograph as a file: the picture, its color alone, before and after, the doubt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias, get_args

from tintype.colorize.companions import layer, without_metadata, write_comparison, write_doubt
from tintype.colorize.result import Colorization
from tintype.photos.encoders.page import Picture
from tintype.photos.file_format import find_format
from tintype.photos.write import WriteReport, write_photo
from tintype.studio.badge import BadgedPicture

Kind: TypeAlias = Literal["picture", "layer", "comparison", "doubt"]
"""The result at full size; the color alone, to be laid over the photograph; before and after; where doubt is."""

KINDS: tuple[str, ...] = get_args(Kind)

_SUFFIXES = {"picture": "_color", "layer": "_layer", "comparison": "_compare", "doubt": "_doubt"}
_ALWAYS = {"layer": ".png", "comparison": ".jpg", "doubt": ".png"}

Observe: TypeAlias = Callable[[Picture], Picture]
"""Returns a picture that tells how much of it was asked for."""


@dataclass(frozen=True)
class Order:
    """What is to be made.

    Attributes:
        kind: of the file.
        suffix: of the format, with its dot, of a ``picture``; empty: the source's.
        mark: whether the file says that a machine made the color.
        badge: whether a ``picture`` says so to the eye, too.
    """

    kind: Kind = "picture"
    suffix: str = ""
    mark: bool = True
    badge: bool = False

    def suffix_for(self, name: str, source_format: str) -> str:
        """Return the suffix of the file.

        Args:
            name: of the photograph.
            source_format: as ``Encoding.format`` has it.

        Raises:
            UnsupportedFormatError: results can't be written in the format.
        """
        if self.kind in _ALWAYS:
            return _ALWAYS[self.kind]
        if self.suffix:
            find_format(Path(f"result{self.suffix}"), source_format)
            return self.suffix.lower()
        known = find_format(Path("result"), source_format).suffixes
        own = Path(name).suffix
        return own if own.lower() in known else known[0]


@dataclass(frozen=True)
class Rendering:
    """A file that was made.

    Attributes:
        path: where it lies.
        name: what it is called when it is downloaded.
        notes: what a person should be told, one sentence each.
        sidecar: the file that holds the mark, where the format has no place for it.
    """

    path: Path
    name: str
    notes: tuple[str, ...] = ()
    sidecar: Path | None = None


def render_result(result: Colorization, name: str, order: Order, folder: Path, observe: Observe) -> Rendering:
    """Write a file.

    Args:
        result: the photograph and its color.
        name: of the photograph.
        order: what is made.
        folder: where the file is written, under a name of ours.
        observe: wraps the picture before its rows are asked for.

    Raises:
        OutputError: the disk is full, the encoder failed.
        UnsupportedFormatError: the format can't hold the result.
        UnsupportedByModelError: the model has no doubt.
    """
    suffix = order.suffix_for(name, result.photo.encoding.format)
    path = folder / f"result{suffix}"
    download = f"{Path(name).stem}{_SUFFIXES[order.kind]}{suffix}"
    match order.kind:
        case "comparison":
            write_comparison(result, path, mark=order.mark, observe=observe)
        case "doubt":
            write_doubt(result, path)
        case "layer":
            marked = result.mark("layer") if order.mark else None
            picture, bare = observe(layer(result)), without_metadata(result.photo)
            return _name(write_photo(path, picture, like=bare, mark=marked), download)
        case "picture":
            return _write_picture(result, path, order, observe, download)
    return Rendering(path, download)


def _write_picture(
    result: Colorization, path: Path, order: Order, observe: Observe, download: str
) -> Rendering:
    picture: Picture = result.picture()
    kind = result.kind
    if order.badge:
        picture, kind = BadgedPicture(picture), f"{kind}, badge"
    like = replace(result.photo, page=0, page_count=1)
    report = write_photo(path, observe(picture), like=like, mark=result.mark(kind) if order.mark else None)
    rendering = _name(report, download)
    if order.badge:
        return replace(rendering, notes=(*rendering.notes, "the badge covers a corner of the photograph"))
    return rendering


def _name(report: WriteReport, download: str) -> Rendering:
    notes = tuple(note.replace(report.path.name, download) for note in report.notes)
    return Rendering(report.path, download, notes, report.sidecar)
