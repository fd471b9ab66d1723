"""From what a page wants to see to a frame; the newest wish counts, older ones are given up between the steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from tintype.colorize.reduction import fit_side
from tintype.photos.join import Light
from tintype.photos.raise_ab import finer_size
from tintype.studio.api.messages import PartView, WholeView, pack_frame
from tintype.studio.core import Studio
from tintype.studio.desk import Colored, Desk, as_sent, render
from tintype.studio.encoding import DRAFT_QUALITY, QUALITY, FrameFormat, encode
from tintype.studio.engine import Stop
from tintype.studio.pyramid import Pyramid
from tintype.studio.state import State

_DRAFT_SIDE = 512
_MOST_PIXELS = 2560 * 1600


@dataclass(frozen=True)
class Wish:
    """A picture that a page wants to see.

    Attributes:
        photo: id of the photograph.
        state: under which it is colored.
        view: the whole or a part of it.
        format: of the picture.
        serial: the page's number of the message that asked for it; 0: none did.
        is_fleeting: whether the pointer still moves, so that a quick draft comes first.
    """

    photo: str
    state: State
    view: WholeView | PartView
    format: FrameFormat = "jpeg"
    serial: int = 0
    is_fleeting: bool = False

    def shows_the_same(self, other: Wish) -> bool:
        """Return whether the picture that fulfills this wish fulfills the other one, too."""
        return replace(other, serial=self.serial, is_fleeting=self.is_fleeting) == self


@dataclass(frozen=True)
class Frame:
    """A picture for a page.

    Attributes:
        header: what it shows.
        picture: the file.
    """

    header: dict[str, Any]
    picture: bytes

    def pack(self, serial: int) -> bytes:
        """Return what is sent, as the answer to a message."""
        return pack_frame({**self.header, "serial": serial}, self.picture)


class Painter:
    """Computes frames; for one thread.

    Args:
        studio: what is needed for that.
    """

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._last: tuple[object, Frame] | None = None

    def needs_draft(self, wish: Wish) -> bool:
        """Return whether a draft comes much sooner than the picture: where the network must be asked."""
        engine = self._studio.engine
        if not wish.is_fleeting or engine.draft_size is None:
            return False
        return not engine.is_known(self._studio.library.desk(wish.photo), wish.state)

    def paint(self, wish: Wish, stop: Stop, *, draft: bool = False) -> Frame:
        """Return a picture; the one that was painted last is not painted again.

        Args:
            wish: what is wanted.
            stop: called between the steps.
            draft: small and quick.

        Raises:
            TintypeError: what the photograph, its state or the model are to blame for.
            Superseded: `stop` said so.
        """
        key = wish.photo, self._studio.engine.digest(wish.state), wish.view, wish.format
        if self._last is not None and self._last[0] == key and not draft:
            return self._last[1]
        frame = self._paint(wish, stop, draft=draft)
        if not draft:
            self._last = key, frame
        return frame

    def _paint(self, wish: Wish, stop: Stop, *, draft: bool) -> Frame:
        studio = self._studio
        desk = studio.library.desk(wish.photo)
        stop()
        colored = studio.engine.color(desk, wish.state, draft=draft, stop=stop)
        stop()
        header: dict[str, Any] = {
            "photo": wish.photo,
            "draft": draft,
            "result": studio.engine.digest(wish.state),
        }
        if wish.format == "field" and isinstance(wish.view, WholeView):
            return _pack_field(header, desk, wish.view, colored)
        kind = "jpeg" if wish.format == "field" else wish.format
        light, rows, columns, shown = find_view(desk, shrink(wish.view, desk.pyramid) if draft else wish.view)
        codes = render(desk.picture("color", light, colored), rows, columns, studio.engine.workers)
        stop()
        picture = encode(as_sent(codes, gray=False), kind, DRAFT_QUALITY if draft else QUALITY)
        header |= {"format": kind, "width": codes.shape[1], "height": codes.shape[0], "view": shown}
        return Frame(header, picture)


def _pack_field(header: dict[str, Any], desk: Desk, view: WholeView, colored: Colored) -> Frame:
    """Return the color of the whole as a frame."""
    maps = colored.cell_maps
    height, width = fit_side(desk.size, view.side)
    header |= {
        "format": "field",
        "width": width,
        "height": height,
        "view": view.model_dump(),
        "cells": maps.shape[1:],
        "finer": finer_size(maps.shape[1:], desk.size),
    }
    return Frame(header, np.ascontiguousarray(maps, "<f4").tobytes())


def find_view(desk: Desk, view: WholeView | PartView) -> tuple[Light, slice, slice, dict[str, Any]]:
    """Return where the light for a view comes from, its rows and columns there, and the view that is shown.

    A part that lies outside of the photograph, or is larger than a screen, is moved and cut.
    """
    if isinstance(view, WholeView):
        light: Light = desk.view(view.side)
        return light, slice(0, light.height), slice(0, light.width), view.model_dump()
    level = min(view.level, len(desk.pyramid.levels) - 1)
    light = desk.pyramid.light(level)
    rows = _inside(view.top, view.height, light.height)
    most = max(1, _MOST_PIXELS // (rows.stop - rows.start))
    columns = _inside(view.left, min(view.width, most), light.width)
    shown = {
        "kind": "part",
        "level": level,
        "left": columns.start,
        "top": rows.start,
        "width": columns.stop - columns.start,
        "height": rows.stop - rows.start,
    }
    return light, rows, columns, shown


def shrink(view: WholeView | PartView, pyramid: Pyramid) -> WholeView | PartView:
    """Return a view for a draft: about half as large."""
    if isinstance(view, WholeView):
        return WholeView(side=min(view.side, _DRAFT_SIDE))
    if view.level + 1 >= len(pyramid.levels):
        return view
    return PartView(
        kind="part",
        level=view.level + 1,
        left=view.left // 2,
        top=view.top // 2,
        width=max(1, view.width // 2),
        height=max(1, view.height // 2),
    )


def _inside(first: int, count: int, length: int) -> slice:
    """Return what of some rows or columns lies inside; at least one."""
    start = min(first, length - 1)
    return slice(start, min(start + count, length))
