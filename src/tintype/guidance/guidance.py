"""Guidance: what a person, a photograph, a sentence or the film's last frame has to say about the colors.

It knows nothing of models: ``tintype.guidance.compile`` turns it into what a model understands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from tintype.errors import GuidanceError
from tintype.guidance.colors import WeightedColor, check_number, check_palette, shown
from tintype.guidance.document import (
    DOCUMENT_VERSION,
    Json,
    canonical_json,
    check_keys,
    colors_to_document,
    located,
    mark_to_document,
    parse_colors,
    parse_document,
    parse_marks,
)
from tintype.guidance.marks import Mark, MaskMark, Statement, check_origin, origin_rank

MARK_LIMIT = 100_000
"""Most marks in one guidance."""

STYLE_LIMIT = 4096
"""Most numbers of a style."""


@dataclass(frozen=True)
class GlobalPalette:
    """Colors for the picture as a whole: a reference photograph, a style, the word "autumn".

    Attributes:
        colors: what the picture should be colored with, with shares.
        strength: 0..1.
        origin: as that of a mark.

    Raises:
        GuidanceError: no colors, or a value outside of its range.
    """

    colors: tuple[WeightedColor, ...]
    strength: float = 1.0
    origin: str = "person"

    def __post_init__(self) -> None:
        object.__setattr__(self, "colors", check_palette(self.colors))
        object.__setattr__(self, "strength", check_number("strength", self.strength, 0, 1))
        check_origin(self.origin)


@dataclass(frozen=True)
class Style:
    """What a photograph is like as a whole, as one model says it (Iizuka et al. 2016); no other understands it.

    Attributes:
        vector: that model's ``style_out`` for a photograph whose style is wanted, not all zeros.
        origin: as that of a mark.

    Raises:
        GuidanceError: no numbers, too many, or nothing but zeros.
    """

    vector: tuple[float, ...]
    origin: str = "person"

    def __post_init__(self) -> None:
        numbers = tuple(float(f"{check_number('vector', each, -1e6, 1e6):.6g}") for each in self.vector)
        if not 1 <= len(numbers) <= STYLE_LIMIT or not any(numbers):
            raise GuidanceError(
                f"vector holds {len(numbers)} numbers; give 1 to {STYLE_LIMIT} that are not all 0"
            )
        object.__setattr__(self, "vector", numbers)
        check_origin(self.origin)


Whole = TypeVar("Whole", GlobalPalette, Style)


@dataclass(frozen=True)
class Guidance:
    """Marks, and at most one palette and one style for the whole picture.

    Where marks overlap, the one of the higher origin lies on top (a person beats a match, a match beats a
    word); among equals the later one does. A mark of full confidence hides what lies below it, a weaker one
    is mixed with it in the proportion of its confidence.

    Attributes:
        marks: in the order in which they were made.
        palette: for the picture as a whole.
        style: likewise, for models that take one.
        source: file that it was read from, for messages; not compared, not stored.

    Raises:
        GuidanceError: too many marks, or something that is no mark.

    >>> from tintype.guidance.colors import parse_color
    >>> from tintype.guidance.marks import PointMark
    >>> olive = PointMark(120, 80, radius=12, color=parse_color("#556b2f"))
    >>> Guidance((olive,)).to_json()
    '{"marks":[{"color":[42.234,-18.828,30.598],"confidence":1.0,"kind":"point","origin":"person","radius":12.0,"x":120.0,"y":80.0}],"version":1}'
    """

    marks: tuple[Mark, ...] = ()
    palette: GlobalPalette | None = None
    style: Style | None = None
    source: str | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "marks", tuple(self.marks))
        if not all(isinstance(mark, Statement) for mark in self.marks):
            raise GuidanceError(
                "marks hold something else; give PointMark, StrokeMark, MaskMark and their kin only"
            )
        if len(self.marks) > MARK_LIMIT:
            raise GuidanceError(f"there are {len(self.marks)} marks; give at most {MARK_LIMIT}")
        if self.palette is not None and not isinstance(self.palette, GlobalPalette):
            raise GuidanceError("palette is no GlobalPalette; give GlobalPalette(colors, strength)")
        if self.style is not None and not isinstance(self.style, Style):
            raise GuidanceError("style is no Style; give Style(vector)")

    def __bool__(self) -> bool:
        """Return whether there is anything to say."""
        return bool(self.marks) or self.palette is not None or self.style is not None

    @classmethod
    def from_json(cls, text: str, source: str = "guidance", *, folder: Path | None = None) -> Guidance:
        """Read guidance strictly.

        Args:
            text: JSON as in ``hints.schema.json``.
            source: name of the file, for messages.
            folder: where the pictures of masks are looked for; None refuses marks that name one.

        Raises:
            GuidanceError: naming file, place, value and remedy.
        """
        with located(f"{source}: "):
            document = parse_document(text)
            marks = parse_marks(document.get("marks", []), folder)
            return cls(marks, _parse_palette(document), _parse_style(document), source=source)

    def to_json(self) -> str:
        """Write the one canonical JSON of this guidance; ``from_json`` reads it back to an equal one."""
        document: Json = {"version": DOCUMENT_VERSION, "marks": [mark_to_document(m) for m in self.marks]}
        if self.palette is not None:
            document["palette"] = {
                "colors": colors_to_document(self.palette.colors),
                "strength": self.palette.strength,
                "origin": self.palette.origin,
            }
        if self.style is not None:
            document["style"] = {"vector": list(self.style.vector), "origin": self.style.origin}
        return canonical_json(document)

    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON, 64 hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    def merged(self, *others: Guidance) -> Guidance:
        """Join what several have to say.

        All marks are kept, these first; who lies on top where they overlap, the class says. Of several
        palettes, and of several styles, the one of the highest origin is kept, among equals the latest.
        """
        everything = (self, *others)
        palette = _highest(guidance.palette for guidance in everything)
        style = _highest(guidance.style for guidance in everything)
        marks = tuple(mark for guidance in everything for mark in guidance.marks)
        return Guidance(marks, palette, style, self.source)

    def layered(self) -> list[tuple[int, Mark]]:
        """Return the marks from the bottom to the top, each with its number in ``marks``."""
        return sorted(enumerate(self.marks), key=lambda item: origin_rank(item[1].origin))

    def check_inside(self, photo_size: tuple[int, int]) -> None:
        """Raise GuidanceError if a mark lies outside of a photograph of this (height, width)."""
        height, width = photo_size
        for i, mark in enumerate(self.marks):
            place = f"{self.source or 'guidance'}: marks[{i}]"
            if isinstance(mark, MaskMark) and mark.frame is not None and mark.frame != (width, height):
                raise GuidanceError(
                    f"{place}: the mask is of {mark.frame[0]} x {mark.frame[1]} pixels, the photograph has "
                    f"{width} x {height}; make the mask at the photograph's size"
                )
            for x, y in mark.corners():
                if not (0 <= x <= width and 0 <= y <= height):
                    raise GuidanceError(
                        f"{place}: ({x:g}, {y:g}) is outside of the photograph of {width} x {height} pixels; "
                        "move the mark, or check that it belongs to this photograph"
                    )


def read_guidance(path: str | Path) -> Guidance:
    """Read a hints file (UTF-8 JSON).

    Raises:
        GuidanceError: it can't be read, is no JSON, or says something impossible; names the file.
    """
    return Guidance.from_json(read_text(path, "hints"), str(path), folder=Path(path).parent)


def read_text(path: str | Path, kind: str) -> str:
    """Return the text of a file (UTF-8); GuidanceError, with the kind of file that is meant, if it can't be read."""
    try:
        return Path(path).read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise GuidanceError(f"{path}: {error.strerror or error}; give a readable {kind} file") from None
    except UnicodeDecodeError:
        raise GuidanceError(f"{path}: this is no UTF-8 text; give a {kind} file in JSON") from None


def _parse_palette(document: Json) -> GlobalPalette | None:
    if "palette" not in document:
        return None
    with located("palette: "):
        value: Any = document["palette"]
        check_keys(value, ("colors",), ("strength", "origin"))
        return GlobalPalette(**{**value, "colors": parse_colors(value["colors"])})


def _parse_style(document: Json) -> Style | None:
    if "style" not in document:
        return None
    with located("style: "):
        value: Any = document["style"]
        check_keys(value, ("vector",), ("origin",))
        if not isinstance(value["vector"], list):
            raise GuidanceError(f"vector is {shown(value['vector'])}; give a list of numbers")
        return Style(**{**value, "vector": tuple(value["vector"])})


def _highest(said: Iterable[Whole | None]) -> Whole | None:
    """Return the latest of those of the highest origin."""
    found = [each for each in said if each is not None]
    return max(reversed(found), key=lambda each: origin_rank(each.origin), default=None)
