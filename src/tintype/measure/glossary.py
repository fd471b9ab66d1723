"""What each figure is called and means, in which unit it is, and after whom: for tables, reports and help pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


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
        f"{_ZHANG}; every seventh pixel, bins by rounding ab / 10, counted in this set; the interval by jackknife",
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
