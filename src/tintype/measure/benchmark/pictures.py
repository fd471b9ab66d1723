"""The photographs that the report shows: the best and the worst of each contestant, and palettes, as data URIs."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.gamut import reduce_chroma
from tintype.color.lab import lab_to_srgb
from tintype.measure.benchmark.cache import Cache
from tintype.measure.benchmark.colors import Counts, cell_middles
from tintype.measure.benchmark.contestants import Painter
from tintype.measure.benchmark.photographs import sit
from tintype.measure.benchmark.summary import Summary
from tintype.measure.figures import to_codes

Codes = NDArray[np.uint8]

SHOWN = 4
"""So many of the best and of the worst photographs are shown for each contestant."""

ORDER = "delta_e"
"""The figure by which photographs are good or bad."""

_SIDE, _QUALITY = 224, 85
_DRAWN_LIGHTNESS = 68.0
_BORDER = 6
"""Cells at each edge of the palettes that are not shown: hardly any color lies there."""


@dataclass(frozen=True)
class Shot:
    """A picture with its caption.

    Attributes:
        uri: of the picture, its bytes included.
        caption: below it.
        alt: what it shows, for those who do not see it.
    """

    uri: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Strip:
    """Pictures of one photograph side by side.

    Attributes:
        name: of the photograph.
        note: its figures.
        shots: gray, result or results, truth.
    """

    name: str
    note: str
    shots: tuple[Shot, ...]


class Album:
    """Shows photographs of a run; colored results come from the cache.

    Args:
        summary: of the run.
        cache: folder of the results.
    """

    def __init__(self, summary: Summary, cache: Path) -> None:
        self._summary = summary
        self._cache = Cache(cache)
        self._painters: dict[str, Painter] = {}

    def best(self, label: str) -> list[Strip]:
        """Return the photographs that a contestant colored best, the best first."""
        return [self._show(i, [label]) for i in self._order(label)[:SHOWN]]

    def worst(self, label: str) -> list[Strip]:
        """Return those that it colored worst, the worst first; none that are among the best."""
        order = self._order(label)
        return [self._show(i, [label]) for i in order[SHOWN:][::-1][:SHOWN]]

    def disputed(self) -> list[Strip]:
        """Return the photographs on which contestants that add color differ most, all of them side by side."""
        labels = [c.label for c in self._summary.run.contestants if c.kind != "gray"]
        if len(labels) < 2:
            return []
        values = np.stack([self._summary.score(label).values[ORDER] for label in labels])
        return [self._show(int(i), labels) for i in np.argsort(-np.ptp(values, axis=0))[:SHOWN]]

    def _order(self, label: str) -> list[int]:
        return [int(i) for i in np.argsort(self._summary.score(label).values[ORDER], kind="stable")]

    def _show(self, index: int, labels: Sequence[str]) -> Strip:
        run = self._summary.run
        sitting = sit(run.photographs[index], run.suite)
        colored = {label: self._painter(label).paint(sitting) for label in labels}
        name = Path(sitting.name).stem.replace("_", " ")
        shots = [
            _shot(np.repeat(sitting.gray[..., None], 3, axis=2), "given", name),
            *(
                _shot(codes, self._caption(label, index, len(labels)), name)
                for label, codes in colored.items()
            ),
            _shot(sitting.true, "the truth", name),
        ]
        return Strip(name, self._figures(labels[0], index) if len(labels) == 1 else "", tuple(shots))

    def _caption(self, label: str, index: int, count: int) -> str:
        value = self._summary.score(label).values[ORDER][index]
        return "colored" if count == 1 else f"{label}, Delta E {value:.1f}"

    def _figures(self, label: str, index: int) -> str:
        values = self._summary.score(label).values
        return f"Delta E {values['delta_e'][index]:.1f}, PSNR {values['psnr'][index]:.1f} dB"

    def _painter(self, label: str) -> Painter:
        if label not in self._painters:
            contestant = next(c for c in self._summary.run.contestants if c.label == label)
            self._painters[label] = Painter(contestant, None, self._cache)
        return self._painters[label]


def draw_palette(counts: Counts) -> str:
    """Draw which colors occur: each ab in its own color, the denser the more frequent; a transparent PNG.

    Args:
        counts: from ``count_colors``.

    Returns:
        A data URI; a to the right, b upwards.
    """
    from PIL import Image  # noqa: PLC0415 - loaded only by who draws

    a, b = np.meshgrid(cell_middles(), cell_middles())
    lab = np.stack([np.full_like(a, _DRAWN_LIGHTNESS), a, b], axis=-1)
    codes = to_codes(lab_to_srgb(reduce_chroma(lab)))
    shares = counts / max(int(counts.sum()), 1)
    # From one pixel in a hundred thousand, hardly to be seen, to one in a hundred, full.
    density = np.clip((np.log10(np.maximum(shares, 1e-12)) + 5.2) / 3.2, 0, 1)
    drawn = np.dstack([codes, np.round(255 * density).astype(np.uint8)])[::-1]
    drawn = drawn[_BORDER:-_BORDER, _BORDER:-_BORDER]
    return _uri(Image.fromarray(np.ascontiguousarray(drawn)), "PNG", optimize=True)


def _shot(codes: Codes, caption: str, name: str) -> Shot:
    from PIL import Image  # noqa: PLC0415

    picture = Image.fromarray(np.ascontiguousarray(codes))
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    return Shot(_uri(picture, "JPEG", quality=_QUALITY, subsampling=0), caption, f"{name}, {caption}")


def _uri(picture: Any, kind: str, **options: Any) -> str:
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return f"data:image/{kind.lower()};base64,{base64.b64encode(stream.getvalue()).decode('ascii')}"
