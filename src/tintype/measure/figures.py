"""The figures of a set of colored photographs, by one protocol named ``set``.

8-bit sRGB scaled to 0..1. PSNR, SSIM (uniform 7 x 7, channels averaged), Delta E 2000 (of every second pixel
in both directions) and colorfulness for each photograph, then the mean. AuC of every seventh pixel, pooled
over all photographs, with the bins of this set.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.difference import colorfulness
from tintype.color.gamut import reduce_chroma
from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.errors import TintypeError
from tintype.measure.auc import ErrorTable
from tintype.measure.fidelity import mean_delta_e, psnr, ssim

Codes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Figures:
    """What a set of results is worth.

    Attributes:
        psnr: decibels, mean of the photographs.
        ssim: -1..1, mean of the photographs.
        delta_e: CIEDE2000, mean of the photographs.
        auc: percent.
        rebalanced_auc: percent.
        colorfulness: of the results, mean of the photographs.
        true_colorfulness: of the truth.
        count: number of photographs.
    """

    psnr: float
    ssim: float
    delta_e: float
    auc: float
    rebalanced_auc: float
    colorfulness: float
    true_colorfulness: float
    count: int


class Judge:
    """Adds up the figures of photographs, one by one."""

    def __init__(self) -> None:
        self._each: list[tuple[float, ...]] = []
        self._errors = ErrorTable()

    def add(self, true: Codes, result: Codes) -> None:
        """Judge one photograph.

        Args:
            true: (H, W, 3) uint8 sRGB.
            result: the same shape.

        Raises:
            TintypeError: the two have different shapes, or are not 8-bit color.
        """
        one, two = (_to_srgb(codes, true.shape) for codes in (true, result))
        self._errors.add(srgb_to_lab(one)[..., 1:], srgb_to_lab(two)[..., 1:])
        difference = psnr(one, two), ssim(one, two), mean_delta_e(one, two)
        self._each.append((*difference, colorfulness(two), colorfulness(one)))

    def figures(self) -> Figures:
        """Return the figures of all photographs so far.

        Raises:
            TintypeError: there was none.
        """
        shares = self._errors.auc()
        signal, likeness, delta_e, colorful, truly = np.mean(self._each, axis=0).tolist()
        return Figures(
            psnr=signal,
            ssim=likeness,
            delta_e=delta_e,
            auc=shares.raw,
            rebalanced_auc=shares.rebalanced,
            colorfulness=colorful,
            true_colorfulness=truly,
            count=len(self._each),
        )


def judge(pairs: Iterable[tuple[Codes, Codes]]) -> Figures:
    """Measure pairs of true and colored photographs, (H, W, 3) uint8 sRGB each."""
    judging = Judge()
    for true, result in pairs:
        judging.add(true, result)
    return judging.figures()


def left_gray(true: Codes) -> Codes:
    """Return the gray baseline of a photograph: its CIE L and no color.

    Args:
        true: (H, W, 3) uint8 sRGB.

    Returns:
        (H, W, 3) uint8, equal channels.
    """
    return tinted(true, (0.0, 0.0))


def tinted(true: Codes, ab: Floats | tuple[float, float]) -> Codes:
    """Return a photograph with its CIE L and other ab; colors that don't exist lose chroma, as in our results.

    Args:
        true: (H, W, 3) uint8 sRGB.
        ab: (2,) or (H, W, 2), Lab units.
    """
    lab = srgb_to_lab(_to_srgb(true, true.shape))
    lab[..., 1:] = ab
    return to_codes(lab_to_srgb(reduce_chroma(lab)))


def to_codes(srgb: Floats) -> Codes:
    """Return sRGB 0..1 (...) as 8-bit codes, clipped and rounded."""
    return np.round(np.clip(srgb, 0, 1) * 255).astype(np.uint8)


def _to_srgb(codes: Codes, shape: tuple[int, ...]) -> NDArray[np.float64]:
    if codes.dtype != np.uint8 or codes.shape != shape or len(shape) != 3 or shape[2] != 3:
        raise TintypeError(
            f"a picture of shape {codes.shape} and {codes.dtype} can't be compared with one of {shape}; "
            "give two of the same size in 8-bit color"
        )
    return codes / 255.0
