"""What goes over a live connection: messages as JSON both ways, pictures as binary frames to the page."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from tintype.studio.api.states import MOST_OPERATIONS, Amendment
from tintype.studio.desk import VIEW_SIDE
from tintype.studio.encoding import FrameFormat
from tintype.studio.state import Model, Operation

_PHOTO = Field(pattern=r"^[0-9a-f]{16}$")
_SERIAL = Field(default=0, ge=0, lt=1 << 53)
_PLACE = Field(ge=0, lt=1 << 31)
_LENGTH = Field(ge=1, le=4096)


class WholeView(Model):
    """The whole photograph at the size of a screen."""

    kind: Literal["whole"] = "whole"
    side: int = Field(default=VIEW_SIDE, ge=64, le=2560, description="Longer side at most, pixels.")


class PartView(Model):
    """A part of a zoom level, in that level's pixels; what lies outside is cut off."""

    kind: Literal["part"]
    level: int = Field(ge=0, le=40)
    left: int = _PLACE
    top: int = _PLACE
    width: int = _LENGTH
    height: int = _LENGTH


View: TypeAlias = Annotated[WholeView | PartView, Field(discriminator="kind")]


class Open(Model):
    """Look at a photograph: the answer is its state and a picture, and again whenever it changes."""

    type: Literal["open"]
    photo: str = _PHOTO
    view: View = Field(default_factory=WholeView)
    format: FrameFormat = Field(
        default="jpeg",
        description="Of the frames. field: of the whole, the color alone, as five maps over the cells of the answer "
        "(float32, little-endian, one after the other: a, b, by how much they change with one of lightness, and the "
        "lightness), to be joined with the layer gray; of a part, a JPEG.",
    )


class Turn(Model):
    """Look at the same photograph at another size, or at another part."""

    type: Literal["view"]
    view: View


class Try(Model):
    """Show what it would be like, while the pointer moves: nothing is stored, and only the newest is answered."""

    type: Literal["try"]
    serial: int = _SERIAL
    operations: list[Operation] = Field(max_length=MOST_OPERATIONS)


class Make(Amendment):
    """Make a change, when the pointer is released: it is stored, and everybody sees it."""

    type: Literal["change"]
    serial: int = _SERIAL


class Step(Model):
    """Undo (-1) or redo (1)."""

    type: Literal["step"]
    serial: int = _SERIAL
    by: Literal[-1, 1]


class Close(Model):
    """Look at no photograph."""

    type: Literal["close"]


Message: TypeAlias = Annotated[Open | Turn | Try | Make | Step | Close, Field(discriminator="type")]
"""What a page sends."""

_MESSAGE: TypeAdapter[Open | Turn | Try | Make | Step | Close] = TypeAdapter(Message)


def parse_message(text: str) -> Open | Turn | Try | Make | Step | Close:
    """Return what a page sent; pydantic's ValidationError where that makes no sense."""
    return _MESSAGE.validate_json(text)


class _Numbered(BaseModel):
    """What is read of a message that makes no sense."""

    serial: int = _SERIAL


def find_serial(text: str) -> int:
    """Return the number of a message, also of one that makes no sense, so that the answer may name it; 0: none."""
    try:
        return _Numbered.model_validate_json(text).serial
    except ValidationError:
        return 0


def message_schema() -> dict[str, Any]:
    """Return the JSON Schema of what a page may send."""
    return _MESSAGE.json_schema(ref_template="#/components/schemas/{model}")


def pack_frame(header: Mapping[str, Any], picture: bytes) -> bytes:
    """Return a frame: the length of the header (4 bytes, big-endian), the header as JSON, the picture file."""
    text = json.dumps(header, separators=(",", ":")).encode()
    return struct.pack(">I", len(text)) + text + picture


def unpack_frame(frame: bytes) -> tuple[dict[str, Any], bytes]:
    """Return header and picture of a frame."""
    (length,) = struct.unpack_from(">I", frame)
    header: dict[str, Any] = json.loads(frame[4 : 4 + length])
    return header, frame[4 + length :]
