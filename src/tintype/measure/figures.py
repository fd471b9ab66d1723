"""The figures of colored photographs whose true colors are known: of each photograph, and of a set.

8-bit sRGB scaled to 0..1. What each figure is, in which unit and after whom, stands in `FIGURES`, whose names are
those of all tables and reports. Of a set, each is the mean over its photographs, but for AuC, which is pooled over
all pixels, and for the difference of mean colorfulness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from tintype.color.difference import colorfulness, delta_e_2000
from tintype.color.gamut import reduce_chroma
from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.errors import TintypeError
from tintype.measure.auc import AUC_PROTOCOLS, Auc, AucTerms, count_terms, pooled_auc, resample_auc
from tintype.measure.fidelity import MS_SSIM_SMALLEST, mean_ab_distance, ms_ssim, psnr, psnr_ab, ssim

Codes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Statistic = Callable[[NDArray[np.float64]], NDArray[np.float64]]

DELTA_E_STEP = 2
"""Delta E is of every second pixel in both directions."""


@dataclass(frozen=True)
class Figure:
    """What a figure means.

    Attributes:
        unit: "dB", "%", "" for a plain number, ...
        better: whether more is better, or neither.
        what: one sentence for a layman.
        source: paper or standard.
        title: how tables call it.
    """

    unit: str
    better: Literal["higher", "lower", "neither"]
    what: str
    source: str
    title: str


_ZHANG = "Zhang, Isola, Efros 2016"
_HASLER = "Hasler, Suesstrunk 2003"

FIGURES: Mapping[str, Figure] = {
    "psnr": Figure(
        "dB",
        "higher",
        "How small the error of red, green and blue is, on a logarithmic scale; 3 dB more is half the squared error.",
        "peak signal-to-noise ratio, 10 log10(1 / mean squared error) of sRGB 0..1",
        "PSNR",
    ),
    "psnr_ab": Figure(
        "dB",
        "higher",
        "The same of the color alone: a and b of CIE Lab, whatever the lightness.",
        "10 log10(220^2 / mean squared error) of a and b, whose range is taken as -110..110 (Zhang et al. 2017)",
        "PSNR of ab",
    ),
    "ssim": Figure(
        "",
        "higher",
        "How alike the structure of small windows is; 1 is equal.",
        "Wang, Bovik, Sheikh, Simoncelli 2004; uniform window of 7 x 7, channels averaged",
        "SSIM",
    ),
    "ms_ssim": Figure(
        "",
        "higher",
        "The same at five scales together, from fine to coarse; 1 is equal.",
        "Wang, Simoncelli, Bovik 2003; Gaussian window of 11 x 11, sigma 1.5, five scales",
        "MS-SSIM",
    ),
    "delta_e": Figure(
        "",
        "lower",
        "How different the colors look on average; 1 is about what can just be seen.",
        "CIEDE2000 (Sharma, Wu, Dalal 2005), every second pixel in both directions",
        "Delta E 2000",
    ),
    "ab_error": Figure(
        "Lab units",
        "lower",
        "How far the color is from the true one on average, whatever the lightness.",
        "mean Euclidean distance of ab (Deshpande et al. 2017)",
        "ab error",
    ),
    "auc_set": Figure(
        "%",
        "higher",
        "How large a share of the pixels has the right color, averaged over how strictly 'right' is taken.",
        f"{_ZHANG}; every seventh pixel, thresholds 0..150",
        "AuC (set)",
    ),
    "rebalanced_auc_set": Figure(
        "%",
        "higher",
        "The same, with rare colors weighing as much as frequent ones.",
        f"{_ZHANG}; every seventh pixel, bins by rounding ab / 10, counted in this set",
        "rebalanced AuC (set)",
    ),
    "auc_zhang16": Figure(
        "%",
        "higher",
        "How large a share of the pixels has the right color, averaged over how strictly 'right' is taken.",
        f"{_ZHANG}; every pixel, thresholds 0..150",
        "AuC (zhang16)",
    ),
    "rebalanced_auc_zhang16": Figure(
        "%",
        "higher",
        "The same, with a pixel weighing one over how frequent its color is in many photographs.",
        f"{_ZHANG}; every pixel, 313 bins, lambda = 0, given priors",
        "rebalanced AuC (zhang16)",
    ),
    "colorfulness": Figure(
        "",
        "neither",
        "How colorful the results are: 0 is gray, 15 slightly, 45 quite, 80 highly colorful.",
        _HASLER,
        "colorfulness",
    ),
    "true_colorfulness": Figure(
        "", "neither", "How colorful the true photographs are.", _HASLER, "true colorfulness"
    ),
    "colorfulness_difference": Figure(
        "",
        "lower",
        "How far the colorfulness of a photograph is from the true one, mean over the photographs.",
        f"{_HASLER}; mean of the differences, as CT2 has it (Weng et al. 2022)",
        "colorfulness difference",
    ),
    "colorfulness_difference_of_means": Figure(
        "",
        "lower",
        "How far the mean colorfulness is from the true mean; errors up and down cancel.",
        f"{_HASLER}; difference of the means, as DDColor has it (Kang et al. 2023)",
        "difference of mean colorfulness",
    ),
}
"""All figures by name, in the order of tables."""

_OF_SETS = {"rebalanced_auc_set", "rebalanced_auc_zhang16", "colorfulness_difference_of_means"}


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
        return _raw_auc(next(iter(self.auc_terms.values())))

    @property
    def colorfulness_difference(self) -> float:
        """Distance of the two."""
        return abs(self.colorfulness - self.true_colorfulness)

    def values(self) -> dict[str, float]:
        """Return the figures that a single photograph has, by the names of `FIGURES` and in their order."""
        aucs = {f"auc_{protocol}": _raw_auc(terms) for protocol, terms in self.auc_terms.items()}
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
    one, two = (_to_srgb(codes, true.shape) for codes in (true, result))
    true_lab, lab = srgb_to_lab(one), srgb_to_lab(two)
    true_ab, ab = true_lab[..., 1:], lab[..., 1:]
    step = DELTA_E_STEP
    return PhotographFigures(
        psnr=psnr(one, two),
        psnr_ab=psnr_ab(true_ab, ab),
        ssim=ssim(one, two),
        ms_ssim=ms_ssim(one, two) if min(true.shape[:2]) >= MS_SSIM_SMALLEST else np.nan,
        delta_e=float(np.mean(delta_e_2000(true_lab[::step, ::step], lab[::step, ::step]))),
        ab_error=mean_ab_distance(true_ab, ab),
        colorfulness=colorfulness(two),
        true_colorfulness=colorfulness(one),
        auc_terms={protocol: count_terms(true_ab, ab, protocol) for protocol in protocols},
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
    means = {name: float(np.mean([each.values()[name] for each in figures])) for name in _MEANS}
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
    lab = srgb_to_lab(_to_srgb(true, true.shape))
    lab[..., 1:] = ab
    return to_codes(lab_to_srgb(reduce_chroma(lab)))


def to_codes(srgb: Floats) -> Codes:
    """Return sRGB 0..1 (...) as 8-bit codes, clipped and rounded."""
    return np.round(np.clip(srgb, 0, 1) * 255).astype(np.uint8)


def _raw_auc(terms: AucTerms) -> float:
    return pooled_auc([terms], priors=None).raw


def _weighted_mean(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    mean: NDArray[np.float64] = weights @ values / weights.sum(axis=1)
    return mean


def _to_srgb(codes: Codes, shape: tuple[int, ...]) -> NDArray[np.float64]:
    if codes.dtype != np.uint8 or codes.shape != shape or len(shape) != 3 or shape[2] != 3:
        raise TintypeError(
            f"a picture of shape {codes.shape} and {codes.dtype} can't be compared with one of {shape}; "
            "give two of the same size in 8-bit color"
        )
    return codes / 255.0


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
