"""The figures of colored photographs whose true colors are known: of each photograph, and of a set.

8-bit sRGB scaled to 0..1. What each figure is, in which unit and after whom, stands in `FIGURES`, whose names are
those of all tables and reports. Of a set, each is the mean over its photographs, but for AuC, which is pooled over
all pixels, and for the difference of mean colorfulness.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tintype.color.difference import colorfulness, delta_e_2000
from tintype.color.gamut import reduce_chroma
from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.color.planes import srgb_codes_to_lab_planes
from tintype.errors import TintypeError
from tintype.measure.auc import AUC_PROTOCOLS, Auc, AucTerms, count_distances, pooled_auc, resample_auc
from tintype.measure.fidelity import AB_PEAK, MS_SSIM_SMALLEST, planes_ms_ssim, planes_ssim, to_decibels
from tintype.measure.glossary import FIGURES, Figure

__all__ = [
    "FIGURES",
    "Codes",
    "Figure",
    "PhotographFigures",
    "SetFigures",
    "judge",
    "judge_photograph",
    "left_gray",
    "statistic_of",
    "summarize",
    "tinted",
    "to_codes",
]

Codes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]

PEAK = 255.0
DELTA_E_STEP = 2
"""Delta E is of every second pixel in both directions."""


@dataclass(frozen=True, eq=False)
class PhotographFigures:
    """What one result is worth; see `FIGURES` for what each is.

    Attributes:
        psnr: decibels; infinite for equal pictures.
        psnr_ab: decibels; infinite for equal ab.
        ssim: -1..1.
        ms_ssim: 0..1; not a number where a side is below 176 pixels.
        delta_e: CIEDE2000.
        ab_error: Lab units.
        colorfulness: of the result.
        true_colorfulness: of the truth.
        auc_terms: by protocol, for pooling.
    """

    psnr: float
    psnr_ab: float
    ssim: float
    ms_ssim: float
    delta_e: float
    ab_error: float
    colorfulness: float
    true_colorfulness: float
    auc_terms: Mapping[str, AucTerms]

    @property
    def auc(self) -> float:
        """Raw AuC in percent, by the first protocol that was asked for."""
        return next(iter(self.auc_terms.values())).raw

    @property
    def colorfulness_difference(self) -> float:
        """Distance of the two."""
        return abs(self.colorfulness - self.true_colorfulness)

    def values(self) -> dict[str, float]:
        """Return the figures that a single photograph has, by the names of `FIGURES` and in their order."""
        aucs = {f"auc_{protocol}": terms.raw for protocol, terms in self.auc_terms.items()}
        named = vars(self) | aucs | {"colorfulness_difference": self.colorfulness_difference}
        return {name: named[name] for name in FIGURES if name in named}


@dataclass(frozen=True, eq=False)
class SetFigures:
    """What a set of results is worth; see `FIGURES`.

    Attributes:
        count: number of photographs.
        psnr: decibels.
        psnr_ab: decibels.
        ssim: -1..1.
        ms_ssim: 0..1; not a number if it is not of every photograph.
        delta_e: CIEDE2000.
        ab_error: Lab units.
        auc: by protocol, percent.
        colorfulness: of the results.
        true_colorfulness: of the truth.
        colorfulness_difference: mean of the differences of each photograph (CT2).
        colorfulness_difference_of_means: of the two means (DDColor).
    """

    count: int
    psnr: float
    psnr_ab: float
    ssim: float
    ms_ssim: float
    delta_e: float
    ab_error: float
    auc: Mapping[str, Auc]
    colorfulness: float
    true_colorfulness: float
    colorfulness_difference: float
    colorfulness_difference_of_means: float

    def values(self) -> dict[str, float]:
        """Return all figures by the names of `FIGURES` and in their order."""
        raw = {f"auc_{protocol}": auc.raw for protocol, auc in self.auc.items()}
        rebalanced = {f"rebalanced_auc_{protocol}": auc.rebalanced for protocol, auc in self.auc.items()}
        named = vars(self) | raw | rebalanced
        return {name: named[name] for name in FIGURES if name in named}


def judge_photograph(
    true: Codes, result: Codes, protocols: Sequence[str] = AUC_PROTOCOLS
) -> PhotographFigures:
    """Measure a colored photograph against the truth.

    Args:
        true: (H, W, 3) uint8 sRGB, 7 x 7 or larger.
        result: the same shape.
        protocols: of AuC, one or more of `AUC_PROTOCOLS`.

    Raises:
        TintypeError: the two have different shapes, or are not 8-bit color, or too small; no such protocol.
    """
    for codes in (true, result):
        _check(codes, true.shape)
    one, two = _view(true), _view(result)
    color = np.square(two.ab - one.ab).sum(axis=0)
    distances = np.sqrt(color)
    return PhotographFigures(
        psnr=to_decibels(_mean(np.square(two.codes - one.codes)), PEAK),
        psnr_ab=to_decibels(_mean(color) / 2, AB_PEAK),
        ssim=planes_ssim(one.codes, two.codes, PEAK),
        ms_ssim=_ms_ssim_where_defined(one.codes, two.codes),
        delta_e=_mean(delta_e_2000(one.thinned_lab(), two.thinned_lab())),
        ab_error=_mean(distances),
        colorfulness=two.colorfulness(),
        true_colorfulness=one.colorfulness(),
        auc_terms={
            protocol: count_distances(one.ab.reshape(2, -1).T, distances.ravel(), protocol)
            for protocol in protocols
        },
    )


def summarize(figures: Sequence[PhotographFigures], priors: ArrayLike | None = None) -> SetFigures:
    """Sum up the figures of a set of photographs.

    Args:
        figures: of each, all judged by the same protocols.
        priors: of protocol ``zhang16``, see `tintype.measure.auc.pooled_auc`.

    Raises:
        TintypeError: there are none.
    """
    if not figures:
        raise TintypeError("nothing was judged; give at least one photograph")
    means = {name: float(np.mean([getattr(each, name) for each in figures])) for name in _MEANS}
    return SetFigures(
        count=len(figures),
        auc={
            protocol: pooled_auc([each.auc_terms[protocol] for each in figures], priors=priors)
            for protocol in figures[0].auc_terms
        },
        colorfulness_difference_of_means=abs(means["colorfulness"] - means["true_colorfulness"]),
        **means,
    )


def statistic_of(
    figures: Sequence[PhotographFigures], name: str, priors: ArrayLike | None = None
) -> Statistic:
    """Return the function that gives a figure of a set from the weights of its photographs, for a bootstrap.

    Args:
        figures: of each photograph.
        name: one of `FIGURES`.
        priors: see `summarize`.

    Returns:
        A function of weights (R, n), how often each photograph counts in each resampling, that returns (R,).
    """
    if "auc_" in name:
        terms = [each.auc_terms[name.rpartition("_")[2]] for each in figures]
        column = int(name.startswith("rebalanced"))
        return lambda weights: resample_auc(terms, weights, priors)[:, column]
    if name == "colorfulness_difference_of_means":
        distances = np.array([each.colorfulness - each.true_colorfulness for each in figures])
        return lambda weights: np.abs(_weighted_mean(distances, weights))
    values = np.array([each.values()[name] for each in figures])
    return lambda weights: _weighted_mean(values, weights)


def judge(pairs: Iterable[tuple[Codes, Codes]]) -> SetFigures:
    """Measure pairs of true and colored photographs, (H, W, 3) uint8 sRGB each."""
    return summarize([judge_photograph(true, result) for true, result in pairs])


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
    _check(true, true.shape)
    lab = srgb_to_lab(true / 255.0)
    lab[..., 1:] = ab
    return to_codes(lab_to_srgb(reduce_chroma(lab)))


def to_codes(srgb: Floats) -> Codes:
    """Return sRGB 0..1 (...) as 8-bit codes, clipped and rounded."""
    return np.round(np.clip(srgb, 0, 1) * 255).astype(np.uint8)


def _weighted_mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    # Infinite PSNR, or none of MS-SSIM, counts only where its photograph does: 0 times infinity is no number.
    usual = np.isfinite(values)
    unusual = np.where(weights[:, ~usual] > 0, values[~usual], 0).sum(axis=1)
    mean: NDArray[np.float64] = weights[:, usual] @ values[usual] / weights.sum(axis=1) + unusual
    return mean


@dataclass(frozen=True, eq=False)
class _View:
    """A picture in planes: 8-bit sRGB codes (3, H, W), exact in float32, and Lab (3, H, W)."""

    codes: NDArray[np.float32]
    lab: NDArray[np.float32]

    @property
    def ab(self) -> NDArray[np.float32]:
        return self.lab[1:]

    def thinned_lab(self) -> NDArray[np.float32]:
        thinned = np.ascontiguousarray(self.lab[:, ::DELTA_E_STEP, ::DELTA_E_STEP])
        return np.moveaxis(thinned, 0, -1)

    def colorfulness(self) -> float:
        return colorfulness(np.moveaxis(self.codes / np.float32(PEAK), 0, -1))


def _view(codes: Codes) -> _View:
    planes = np.ascontiguousarray(np.moveaxis(codes, -1, 0))
    return _View(planes.astype(np.float32), srgb_codes_to_lab_planes(codes))


def _ms_ssim_where_defined(one: Floats, two: Floats) -> float:
    return planes_ms_ssim(one, two, PEAK) if min(one.shape[1:]) >= MS_SSIM_SMALLEST else math.nan


def _mean(values: Floats) -> float:
    return float(values.mean(dtype=np.float64))


def _check(codes: Codes, shape: tuple[int, ...]) -> None:
    if codes.dtype != np.uint8 or codes.shape != shape or len(shape) != 3 or shape[2] != 3:
        raise TintypeError(
            f"a picture of shape {codes.shape} and {codes.dtype} can't be compared with one of {shape}; "
            "give two of the same size in 8-bit color"
        )


_MEANS = (
    "psnr",
    "psnr_ab",
    "ssim",
    "ms_ssim",
    "delta_e",
    "ab_error",
    "colorfulness",
    "true_colorfulness",
    "colorfulness_difference",
)
