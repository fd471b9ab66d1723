"""A small badge in the corner of a picture that says, to the eye, that its colors are a machine's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tintype.photos.profile import SRGB
from tintype.studio.wrapped import WrappedPicture

TEXT = "machine-colored"

_SHARE = 0.028  # height of the badge, as a share of the picture's longer side
_SMALLEST = 14
_FINE = 4  # drawn so many times larger, then reduced, for smooth edges
_GROUND, _WORDS = (18, 18, 20, 205), (255, 255, 255, 255)
_DOTS = ((214, 69, 65, 255), (233, 178, 60, 255), (64, 132, 196, 255))


@dataclass(frozen=True, eq=False)
class BadgedPicture(WrappedPicture):
    """A picture with the badge in its lower left corner."""

    def strips(self) -> Iterator[NDArray[Any]]:
        """Yield the rows from top to bottom."""
        top = 0
        for strip in self.picture.strips():
            yield self._laid_over(strip, top)
            top += len(strip)

    @cached_property
    def _badge(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The badge's codes (h, w, 3) in the picture's space, and its opacity (h, w, 1), cut to the picture."""
        drawn = draw_badge(max(self.height, self.width))[: self.height, : self.width]
        opacity = drawn[..., 3:] / 255.0
        linear = SRGB.decode(drawn[..., :3]) @ (np.linalg.inv(self.rgb_space.matrix) @ SRGB.matrix).T
        codes = self.rgb_space.encode(np.clip(linear, 0, 1), 8 * np.dtype(self.dtype).itemsize)
        return codes.astype(np.float64), opacity

    def _laid_over(self, strip: NDArray[Any], top: int) -> NDArray[Any]:
        codes, opacity = self._badge
        margin = len(codes) // 3
        first = self.height - len(codes) - min(margin, max(0, self.height - len(codes)))
        left = min(margin, max(0, self.width - codes.shape[1]))
        begin, end = max(top, first), min(top + len(strip), first + len(codes))
        if begin >= end:
            return strip
        strip = strip.copy()
        inside = strip[begin - top : end - top, left : left + codes.shape[1]]
        part = slice(begin - first, end - first)
        mixed = inside + opacity[part] * (codes[part] - inside)
        inside[...] = np.rint(mixed).astype(self.dtype)
        return strip


def draw_badge(side: int) -> NDArray[np.uint8]:
    """Draw the badge: three dots of color and two words on a dark ground.

    Args:
        side: the longer side of the picture that it is for, pixels.

    Returns:
        (h, w, 4) uint8, sRGB and opacity.
    """
    height = max(_SMALLEST, round(_SHARE * side))
    fine = height * _FINE
    font = ImageFont.load_default(size=fine * 0.55)
    dots = round(fine * 1.75)
    width = dots + round(font.getlength(TEXT)) + fine // 2
    picture = Image.new("RGBA", (width, fine), (*_GROUND[:3], 0))
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((0, 0, width - 1, fine - 1), radius=fine // 2, fill=_GROUND)
    for i, color in enumerate(_DOTS):
        x = fine * (0.38 + 0.38 * i)
        draw.ellipse((x, fine * 0.31, x + fine * 0.38, fine * 0.69), fill=color)
    draw.text((dots, fine / 2), TEXT, fill=_WORDS, font=font, anchor="lm")
    small = picture.resize((max(1, width // _FINE), height), Image.Resampling.LANCZOS)
    return np.asarray(small)
