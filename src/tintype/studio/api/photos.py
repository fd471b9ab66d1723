"""Photographs: the album, adding and removing."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Annotated, BinaryIO

from fastapi import APIRouter, Query, Request
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from tintype.studio.api.addresses import PhotoId
from tintype.studio.api.answers import AlbumAnswer, Done, PhotoAnswer, describe_entry
from tintype.studio.core import Studio
from tintype.studio.state import Model

BINARY_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""Says in the description of the interface that the body is the file itself."""

_PIECE = 1 << 20

Name = Annotated[str, Query(min_length=1, max_length=1000, description="For people; never a path.")]
Page = Annotated[int, Query(ge=0, le=100_000, description="Page of a TIFF file, from 0.")]


class Order(Model):
    """The album in another order."""

    photos: list[str] = Field(max_length=10_000, description="All ids.")


class NewName(Model):
    """Another name."""

    name: str = Field(min_length=1, max_length=1000)


class Photos:
    """The album."""

    def __init__(self, studio: Studio) -> None:
        self._library = studio.library

    def add_to(self, api: APIRouter) -> None:
        """Add what can be asked for."""
        api.get("/photos")(self.list_photos)
        api.post("/photos", status_code=201, openapi_extra=BINARY_BODY)(self.add_photo)
        api.put("/photos/order")(self.arrange_photos)
        api.get("/photos/{photo}")(self.get_photo)
        api.patch("/photos/{photo}")(self.rename_photo)
        api.delete("/photos/{photo}")(self.remove_photo)
        api.post("/photos/{photo}/copies", status_code=201)(self.copy_photo)

    def list_photos(self) -> AlbumAnswer:
        """List the photographs in the order of the album."""
        return AlbumAnswer(photos=[describe_entry(entry) for entry in self._library.entries()])

    async def add_photo(self, request: Request, name: Name, page: Page = 0) -> PhotoAnswer:
        """Add a photograph: the body is the file itself, in any format that Tintype reads."""
        received = await receive_file(request, self._library.incoming)
        return describe_entry(await run_in_threadpool(self._library.adopt, received, name, page))

    def arrange_photos(self, order: Order) -> AlbumAnswer:
        """Bring the album into another order."""
        self._library.arrange(order.photos)
        return self.list_photos()

    def get_photo(self, photo: PhotoId) -> PhotoAnswer:
        """Describe a photograph."""
        return describe_entry(self._library.entry(photo))

    def rename_photo(self, photo: PhotoId, new: NewName) -> PhotoAnswer:
        """Give a photograph another name."""
        return describe_entry(self._library.rename(photo, new.name))

    def remove_photo(self, photo: PhotoId) -> Done:
        """Remove a photograph and all that was done to it; a file that was opened where it lies stays."""
        self._library.remove(photo)
        return Done()

    def copy_photo(self, photo: PhotoId, page: Page | None = None) -> PhotoAnswer:
        """Add the same file once more: for another version of its colors, or another of its pages."""
        return describe_entry(self._library.copy(photo, page))


async def receive_file(request: Request, folder: Path) -> Path:
    """Store the body of a request, piece by piece, under a random name in a folder, and return that file."""
    path = folder / secrets.token_hex(16)
    try:
        with path.open("xb") as file:
            waiting = bytearray()
            async for chunk in request.stream():
                waiting += chunk
                if len(waiting) >= _PIECE:
                    await run_in_threadpool(file.write, waiting)
                    waiting = bytearray()
            await run_in_threadpool(_finish, file, waiting)
    except BaseException:  # also where the sender goes away
        path.unlink(missing_ok=True)
        raise
    return path


def _finish(file: BinaryIO, rest: bytearray) -> None:
    file.write(rest)
    file.flush()
    os.fsync(file.fileno())
