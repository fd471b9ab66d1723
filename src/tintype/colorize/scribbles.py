"""A color scribble as guide of each photograph: read once, laid over all that have its shape."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tintype.colorize.guides import Guided
from tintype.guidance.document import located
from tintype.guidance.guidance import Guidance
from tintype.guidance.scribble import marks_of
from tintype.guidance.strokes import Painting, find_strokes
from tintype.photos.photo import Photo
from tintype.photos.read import read_photo

if TYPE_CHECKING:
    from tintype.colorize.colorizer import OpenPhoto


@dataclass(frozen=True, eq=False)
class ScribbleGuide:
    """A scribble that guides photographs.

    Attributes:
        painting: its strokes.
        digest: of the scribble's file.
        name: what notes and errors call it.
    """

    painting: Painting
    digest: str
    name: str = "the scribble"

    def guide(self, opened: OpenPhoto) -> Guided:
        """Return a mark for each stroke, in the photograph's coordinates.

        Raises:
            GuidanceError: the photograph has another aspect ratio.
        """
        with located(f"{self.name}: "):
            marks = marks_of(self.painting, opened.size)
        became = "one stroke became a mark" if len(marks) == 1 else f"{len(marks)} strokes became marks"
        note = f"{self.name}: {became}"
        return Guided(Guidance(marks), (note,))


def read_scribble(path: Path | str) -> ScribbleGuide:
    """Read a scribble: strokes on a transparent layer, on white, or over a gray copy of the photograph.

    Raises:
        GuidanceError: there is no paint on it, or it is a photograph.
        PhotoError: it can't be read.
    """
    photo = read_photo(Path(path), keep_ab=True)
    with located(f"{path}: "):
        return scribble_of(photo, Path(path).name)


def scribble_of(photo: Photo, name: str = "the scribble") -> ScribbleGuide:
    """Make a guide of a painted picture.

    Args:
        photo: read or made with ``keep_ab``.
        name: what notes and errors call it.

    Raises:
        GuidanceError: there is no paint on it, or it is a photograph.
    """
    lab = np.zeros((photo.height, photo.width, 3), np.float32)
    lab[..., 0] = photo.lightness()
    if photo.true_ab is not None:
        lab[..., 1:] = photo.true_ab
    alpha = None
    if photo.alpha is not None:
        alpha = np.asarray(photo.alpha / np.float32(np.iinfo(photo.alpha.dtype).max), np.float32)
    return ScribbleGuide(find_strokes(lab, alpha), photo.sha256 or _digest(lab), name)


def _digest(lab: np.ndarray) -> str:
    return hashlib.sha256(lab.tobytes()).hexdigest()
