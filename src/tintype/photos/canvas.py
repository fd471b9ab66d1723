"""Where the strips of a page are gathered: upright, as compact as their content allows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import lab_to_srgb
from tintype.photos.blocks import average_blocks, find_step
from tintype.photos.formats.stored_page import StoredPage
from tintype.photos.photo import Photo
from tintype.photos.source_color import ColorPlan, DeviceColor, MatrixColor, SourceColor
from tintype.photos.tone import count_hues

PREVIEW_SIDE = 1024
_SAMPLES_A_SIDE = 2
_STRIP_PIXELS = 1 << 20


class Canvas:
    """Collects strips of codes: one channel as long as all channels are equal, lightness from then on."""

    def __init__(self, page: StoredPage, color: SourceColor, *, keep_ab: bool = False) -> None:
        """Prepare for a page.

        Args:
            page: its size, kind, depth and orientation.
            color: what its codes mean.
            keep_ab: whether `true_ab` is wanted.
        """
        self._page, self._color, self._keep_ab = page, color, keep_ab
        self._dtype = np.uint8 if page.bit_depth == 8 else np.uint16
        self._shape = (page.height, page.width)
        self.table: NDArray[np.float32] | None = None
        if isinstance(color, MatrixColor | DeviceColor) and page.kind in ("gray", "rgb"):
            self.table = color.lightness_table(page.bit_depth)
        self.pixels = self._empty(np.float32 if self.table is None else self._dtype)
        self.alpha = self._empty(self._dtype) if page.has_alpha else None
        self.true_ab: NDArray[np.float32] | None = None
        self._step = find_step(self._shape, PREVIEW_SIDE)
        self._preview: list[NDArray[Any]] = []

    def fill(self) -> None:
        """Decode the whole page."""
        rows = max(1, _STRIP_PIXELS // (self._page.width * self._step)) * self._step
        for top in range(0, self._page.height, rows):
            self.add(top, self._page.fetch(top, min(top + rows, self._page.height)))
        if self._keep_ab and self.true_ab is None:
            self.true_ab = np.broadcast_to(np.float32(0), (*self.pixels.shape, 2))

    def add(self, top: int, strip: NDArray[Any]) -> None:
        """Put a strip (rows, width, channels) of codes in its place; strips come from top to bottom."""
        bottom = top + strip.shape[0]
        if self.alpha is not None:
            self._upright(self.alpha)[top:bottom] = strip[..., -1]
            strip = strip[..., :-1]
        if self.table is not None and not _is_gray(strip):
            self._loosen(self.table, top)
        if strip.shape[-1] > 1:
            small = average_blocks(strip, self._step, samples=_SAMPLES_A_SIDE)
            self._preview.append(np.rint(small).astype(strip.dtype))
        target = self._upright(self.pixels)[top:bottom]
        if self.table is not None:
            target[...] = strip[..., 0]
        elif self._keep_ab:
            self._add_lab(top, bottom, strip)
        else:
            target[...] = self._color.to_lightness(strip)

    def preview_lab(self) -> NDArray[np.float32] | None:
        """Return the small Lab picture, upright, of a page that is not gray; None for a gray one."""
        if self.table is not None:
            return None
        lab = self._color.to_lab(np.concatenate(self._preview))
        return np.ascontiguousarray(
            np.moveaxis(orient(np.moveaxis(lab, -1, 0), self._page.orientation), 0, -1)
        )

    def _add_lab(self, top: int, bottom: int, strip: NDArray[Any]) -> None:
        lab = self._color.to_lab(strip)
        self._upright(self.pixels)[top:bottom] = np.clip(lab[..., 0], 0, 100)
        if self.true_ab is None:
            self.true_ab = np.zeros((*self.pixels.shape, 2), np.float32)
        for channel in range(2):
            self._upright(self.true_ab[..., channel])[top:bottom] = lab[..., 1 + channel]

    def _loosen(self, table: NDArray[np.float32], filled: int) -> None:
        """Turn the codes gathered so far into lightness: a page with unequal channels has no table."""
        codes, self.pixels = self.pixels, self._empty(np.float32)
        self.table = None
        before, after = self._upright(codes), self._upright(self.pixels)
        for top in range(0, filled, 256):
            rows = slice(top, min(top + 256, filled))
            after[rows] = table[before[rows]]

    def _empty(self, dtype: Any) -> NDArray[Any]:
        height, width = self._shape
        return np.zeros((width, height) if self._page.orientation >= 5 else (height, width), dtype)

    def _upright(self, array: NDArray[Any]) -> NDArray[Any]:
        return stored_view(array, self._page.orientation)


def stored_view(upright: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return a view of an upright (height, width) array in the order in which the file stores it.

    Written to, it fills the array; `orientation` is Exif's, 1..8 (Exif 3.0, table 4, tag 274).
    """
    views = {
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.T,
        6: upright[:, ::-1].T,
        7: upright[::-1, ::-1].T,
        8: upright[::-1].T,
    }
    return views.get(orientation, upright)


def orient(stored: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return the upright picture of a stored one: (channels, height, width), a view."""
    turned: NDArray[Any] = stored.swapaxes(1, 2) if orientation >= 5 else stored
    flip_rows, flip_columns = orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7)
    upright: NDArray[Any] = turned[:, :: -1 if flip_rows else 1, :: -1 if flip_columns else 1]
    return upright


def develop(page: StoredPage, plan: ColorPlan, *, keep_ab: bool = False) -> Photo:
    """Decode a page and return it as a photograph that does not yet say where it came from.

    Args:
        page: the page.
        plan: what its codes mean.
        keep_ab: keep the page's own color.
    """
    canvas = Canvas(page, plan.source, keep_ab=keep_ab)
    canvas.fill()
    lab = canvas.preview_lab()
    height, width = canvas.pixels.shape
    return Photo(
        height=height,
        width=width,
        bit_depth=page.bit_depth,
        pixels=canvas.pixels,
        table=canvas.table,
        rgb_space=plan.result,
        metadata=page.metadata,
        encoding=page.encoding,
        alpha=canvas.alpha,
        preview=None if lab is None else _to_preview(lab),
        true_ab=canvas.true_ab,
        hue_count=0 if lab is None else count_hues(lab),
        page_count=page.page_count,
        notes=(*page.notes, *plan.notes),
    )


def _to_preview(lab: NDArray[np.float32]) -> NDArray[np.uint8]:
    codes: NDArray[np.uint8] = np.rint(np.clip(lab_to_srgb(lab), 0, 1) * 255).astype(np.uint8)
    return codes


def _is_gray(strip: NDArray[Any]) -> bool:
    if strip.shape[-1] == 1:
        return True
    return bool(np.array_equal(strip[..., 0], strip[..., 1]) and np.array_equal(strip[..., 1], strip[..., 2]))
