"""What is colored: photographs, which keep their lightness, and drawings, which are tinted with a wash."""

from __future__ import annotations

from typing import Literal, TypeAlias

from tintype.colorize.reduction import reduce_lightness
from tintype.photos.drawing import SIDE, looks_drawn
from tintype.photos.photo import Photo

Input: TypeAlias = Literal["photo", "sketch"]
"""``photo``: the lightness is kept, color is added. ``sketch``: lines on paper, under which a wash is laid."""

SKETCH_MODEL = "tintype-sketch"
"""The model for drawings that comes with Tintype."""


def guess_input(photo: Photo) -> Input:
    """Tell what a picture is; in doubt it is a photograph, whose lightness is kept.

    Takes some milliseconds, and some hundred for the largest scans.
    """
    factor = min(1.0, SIDE / max(photo.height, photo.width))
    size = (max(1, round(photo.height * factor)), max(1, round(photo.width * factor)))
    return "sketch" if looks_drawn(reduce_lightness(photo, size)) else "photo"
