"""PSNR against the number of hints: how much each click of a person is worth, with the published curve beside.

The protocol is that of ``tintype.measure.hints``; where it differs from the published one, `ZHANG17_PROTOCOL`
says. Figures of other photographs can't be compared in decibels, so what is set side by side is the gain over no
hints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import srgb_to_lab
from tintype.errors import TintypeError
from tintype.guidance.guidance import Guidance
from tintype.measure.codes import Codes
from tintype.measure.fidelity import psnr
from tintype.measure.hints import draw_hints, hints_to_guidance, name_seed
from tintype.measure.statistics import Interval, bootstrap_mean

Floats = NDArray[np.floating[Any]]

HINT_CURVE_COUNTS = (0, 1, 2, 3, 5, 10, 20, 50, 100)
"""Numbers of hints, all of which were published too."""

ZHANG17: Mapping[int, float] = MappingProxyType(
    {
        0: 24.43, 1: 25.37, 2: 26.20, 3: 26.69, 4: 27.08, 5: 27.39, 6: 27.65, 8: 28.10, 10: 28.42, 13: 28.79,
        16: 29.04, 20: 29.34, 25: 29.60, 32: 29.91, 40: 30.17, 50: 30.42, 63: 30.68, 79: 30.90, 100: 31.13,
        126: 31.34, 158: 31.52, 200: 31.70, 251: 31.85, 316: 31.97, 398: 32.07, 501: 32.14,
    }
)  # fmt: skip
"""PSNR in decibels by the number of hints as released with Zhang et al., "Real-Time User-Guided Image Colorization
with Learned Deep Priors" (2017): the mean curve of github.com/richzhang/colorization-pytorch."""

ZHANG17_PROTOCOL = (
    "1,000 photographs of the validation set of ImageNet, squeezed to 256 x 256; patches of 6 x 6 with their mean "
    "true ab, normal around the middle, drawn anew for each number; colors outside of sRGB clipped; codes cut off "
    "to whole numbers before they are compared"
)

Painter = Callable[[Guidance], Codes]
"""Colors one photograph under a guidance."""


@dataclass(frozen=True)
class HintStep:
    """One point of a curve.

    Attributes:
        count: number of hints.
        psnr: mean over the photographs, decibels.
        gain: mean of what each photograph gained over no hints; None where the curve does not begin there.
        published: PSNR of Zhang 2017, on other photographs; None for other numbers.
        published_gain: over no hints.
    """

    count: int
    psnr: Interval
    gain: Interval | None
    published: float | None
    published_gain: float | None


@dataclass(frozen=True, eq=False)
class HintCurve:
    """PSNR of photographs by the number of hints.

    Attributes:
        counts: (K,) numbers of hints.
        psnr: (n, K) of each photograph, decibels.
    """

    counts: tuple[int, ...]
    psnr: Floats

    def steps(self) -> Iterator[HintStep]:
        """Yield the points of the mean curve, with the published one beside."""
        for column, count in enumerate(self.counts):
            yield HintStep(
                count,
                bootstrap_mean(self.psnr[:, column]),
                self._gain(column),
                ZHANG17.get(count),
                ZHANG17[count] - ZHANG17[0] if count in ZHANG17 else None,
            )

    def _gain(self, column: int) -> Interval | None:
        if 0 not in self.counts:
            return None
        return bootstrap_mean(self.psnr[:, column] - self.psnr[:, self.counts.index(0)])


def hint_curve(
    photographs: Iterable[tuple[str, Codes]],
    open_photograph: Callable[[Codes], Painter],
    counts: Sequence[int] = HINT_CURVE_COUNTS,
) -> HintCurve:
    """Measure how hints help a model over a set of photographs.

    Args:
        photographs: name, which seeds the hints, and truth (H, W, 3) uint8 sRGB.
        open_photograph: takes a true photograph, whose lightness alone may be used, and returns what colors it.
        counts: numbers of hints.

    Raises:
        TintypeError: there are no photographs.
    """
    curves = [psnr_by_hints(name, true, open_photograph(true), counts) for name, true in photographs]
    if not curves:
        raise TintypeError("nothing was colored; give at least one photograph")
    return HintCurve(tuple(counts), np.stack(curves))


def psnr_by_hints(name: str, true: Codes, painter: Painter, counts: Sequence[int]) -> NDArray[np.float64]:
    """Measure one photograph with the first n of one set of true hints, for each n.

    Args:
        name: of the photograph; seeds its hints.
        true: (H, W, 3) uint8 sRGB.
        painter: returns the same shape.
        counts: numbers of hints.

    Returns:
        (K,) decibels.
    """
    srgb = true / 255.0
    hints = draw_hints(srgb_to_lab(srgb), max(counts), name_seed(name))
    return np.array([psnr(srgb, painter(hints_to_guidance(hints[:count])) / 255.0) for count in counts])
