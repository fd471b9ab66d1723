"""Pictures around other pictures, for what is done to strips on their way into a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.photos.encoders.page import Picture
from tintype.photos.profile import RgbSpace


@dataclass(frozen=True, eq=False)
class WrappedPicture:
    """A picture that passes the strips of another one on.

    Attributes:
        picture: the other one.
    """

    picture: Picture

    @property
    def height(self) -> int:
        """Rows."""
        return self.picture.height

    @property
    def width(self) -> int:
        """Columns."""
        return self.picture.width

    @property
    def dtype(self) -> Any:
        """Type of the codes."""
        return self.picture.dtype

    @property
    def rgb_space(self) -> RgbSpace:
        """What the codes mean."""
        return self.picture.rgb_space

    def strips(self) -> Iterator[NDArray[Any]]:
        """Yield the rows from top to bottom."""
        yield from self.picture.strips()

    def to_array(self) -> NDArray[Any]:
        """Return all rows."""
        array = np.empty((self.height, self.width, 3), self.dtype)
        top = 0
        for strip in self.strips():
            array[top : top + len(strip)] = strip
            top += len(strip)
        return array


@dataclass(frozen=True, eq=False)
class ObservedPicture(WrappedPicture):
    """A picture that tells how much of it was asked for.

    Attributes:
        report: told the share of its rows, 0..1; may raise to stop.
    """

    report: Callable[[float], None]

    def strips(self) -> Iterator[NDArray[Any]]:
        """Yield the rows from top to bottom."""
        done = 0
        for strip in self.picture.strips():
            self.report(done / self.height)
            yield strip
            done += len(strip)
