"""Compare every figure against a truth with a reference library, on photographs that anyone has.

    python results/agreement.py

The photographs come with scikit-image (astronaut, chelsea, coffee, rocket) and scikit-learn (china, flower; both CC
BY 2.0), their results are made here: left gray, one tint for all, faded with noise. What no library has is compared
with its definition, written down plainly in double precision on scikit-image's Lab. The largest differences are
written to results/agreement.csv. Needs the packages of the extra ``dev``.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import scipy.stats
import skimage.color
import skimage.data
import skimage.metrics
import skimage.transform
from numpy.typing import NDArray
from sklearn.datasets import load_sample_image

from tintype.color.bins import CENTERS
from tintype.color.difference import delta_e_2000
from tintype.measure.auc import pooled_auc
from tintype.measure.figures import PhotographFigures, judge_photograph, left_gray, tinted
from tintype.measure.film import color_distribution_consistency, warp
from tintype.measure.priors import bundled_priors
from tintype.measure.record import Origin, Row, write_table

Codes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]

SIDE = 256
TINT = (15.0, 10.0)
TABLE = Path(__file__).with_name("agreement.csv")
PACKAGES = ("tintype", "numpy", "scipy", "scikit-image", "scikit-learn", "torch", "torchmetrics")


@dataclass(frozen=True, eq=False)
class Pair:
    """A photograph and a result, and what both sides say of them."""

    true: Codes
    result: Codes

    @cached_property
    def found(self) -> PhotographFigures:
        """Our figures."""
        return judge_photograph(self.true, self.result)

    @cached_property
    def lab(self) -> tuple[Floats, Floats]:
        """Lab of the truth and of the result by scikit-image."""
        return skimage.color.rgb2lab(self.true), skimage.color.rgb2lab(self.result)

    @cached_property
    def ab_distances(self) -> Floats:
        """Distances of ab (H, W)."""
        distances: Floats = np.linalg.norm((self.lab[0] - self.lab[1])[..., 1:], axis=-1)
        return distances


@dataclass(frozen=True)
class Comparison:
    """A figure, who else says what it is, how far apart the two may be, and by how far they are for a pair."""

    figure: str
    reference: str
    tolerance: float
    difference: Callable[[Pair], float]


def load_photographs() -> list[Codes]:
    """Return squares of 256 pixels of six photographs, reduced so that they show the whole scene."""
    names = ("astronaut", "chelsea", "coffee", "rocket")
    photographs = [getattr(skimage.data, name)() for name in names]
    photographs += [load_sample_image(f"{name}.jpg") for name in ("china", "flower")]
    return [_reduce(photograph) for photograph in photographs]


def make_pairs(photographs: list[Codes]) -> list[Pair]:
    """Return each photograph with three results."""
    return [
        Pair(true, result)
        for seed, true in enumerate(photographs)
        for result in (left_gray(true), tinted(true, TINT), fade(true, seed))
    ]


def fade(true: Codes, seed: int) -> Codes:
    """Return a photograph with half its color, and noise."""
    noise = np.random.default_rng(seed).normal(0, 6, true.shape)
    return np.clip(0.5 * true + 0.4 * left_gray(true) + 12 + noise, 0, 255).astype(np.uint8)


def _reduce(photograph: Codes) -> Codes:
    side = min(photograph.shape[:2])
    square = photograph[:side, :side]
    small = skimage.transform.resize(square, (SIDE, SIDE), anti_aliasing=True)
    return np.rint(small * 255).astype(np.uint8)


def _psnr(pair: Pair) -> float:
    return pair.found.psnr - float(skimage.metrics.peak_signal_noise_ratio(pair.true, pair.result))


def _psnr_ab(pair: Pair) -> float:
    one, two = (lab[..., 1:] for lab in pair.lab)
    return pair.found.psnr_ab - float(skimage.metrics.peak_signal_noise_ratio(one, two, data_range=220))


def _ssim(pair: Pair) -> float:
    return pair.found.ssim - float(
        skimage.metrics.structural_similarity(pair.true, pair.result, channel_axis=2)
    )


def _ms_ssim(pair: Pair) -> float:
    import torch  # noqa: PLC0415 - takes seconds
    from torchmetrics.functional.image import multiscale_structural_similarity_index_measure  # noqa: PLC0415

    one, two = (torch.from_numpy(codes / 255).permute(2, 0, 1)[None] for codes in (pair.true, pair.result))
    return pair.found.ms_ssim - float(
        multiscale_structural_similarity_index_measure(two, one, data_range=1.0)
    )


def _lab(pair: Pair) -> float:
    from tintype.color.planes import srgb_codes_to_lab_planes  # noqa: PLC0415 - what the figures are made of

    return float(np.abs(np.moveaxis(srgb_codes_to_lab_planes(pair.true), 0, -1) - pair.lab[0]).max())


def _delta_e_formula(pair: Pair) -> float:
    expected = skimage.color.deltaE_ciede2000(*pair.lab)
    return float(np.abs(delta_e_2000(*pair.lab) - expected).max())


def _delta_e(pair: Pair) -> float:
    return pair.found.delta_e - float(
        skimage.color.deltaE_ciede2000(*(lab[::2, ::2] for lab in pair.lab)).mean()
    )


def _ab_error(pair: Pair) -> float:
    return pair.found.ab_error - float(pair.ab_distances.mean())


def _colorfulness(pair: Pair) -> float:
    red, green, blue = np.moveaxis(pair.result.astype(np.float64), -1, 0)
    one, two = red - green, (red + green) / 2 - blue
    expected = math.hypot(one.std(), two.std()) + 0.3 * math.hypot(one.mean(), two.mean())
    return pair.found.colorfulness - expected


def _auc_set(pair: Pair) -> float:
    true = pair.lab[0][..., 1:].reshape(-1, 2)[::7]
    _, bins, counts = np.unique(np.round(true / 10), axis=0, return_inverse=True, return_counts=True)
    weights = 1 / counts[bins.ravel()]
    found = pooled_auc([pair.found.auc_terms["set"]])
    errors = pair.ab_distances.ravel()[::7]
    return max(
        abs(found.raw - _share(errors, np.ones_like(weights))),
        abs(found.rebalanced - _share(errors, weights)),
    )


def _auc_zhang16(pair: Pair) -> float:
    rows = pair.lab[0][..., 1:].reshape(SIDE, -1, 2)
    bins = np.array([np.square(row[:, None] - CENTERS).sum(axis=2).argmin(axis=1) for row in rows]).ravel()
    weights = 1 / bundled_priors()[bins]
    found = pooled_auc([pair.found.auc_terms["zhang16"]])
    errors = pair.ab_distances.ravel()
    return max(
        abs(found.raw - _share(errors, np.ones_like(weights))),
        abs(found.rebalanced - _share(errors, weights)),
    )


def _share(errors: Floats, weights: Floats) -> float:
    """Return the mean over thresholds of the weighted share of errors that are not larger, in percent."""
    # Half a thousandth, so that rounding in the conversion to Lab does not make a gray pixel's error larger than 0.
    shares = [weights[errors <= threshold + 5e-4].sum() for threshold in range(151)]
    return float(100 * np.mean(shares) / weights.sum())


def _cdc(pair: Pair) -> float:
    frames = [np.roll(pair.true, 9 * i, axis=2) // (1 + i % 2) for i in range(6)]
    shares = [
        [np.bincount(f[..., c].ravel(), minlength=256) / f[..., c].size for c in range(3)] for f in frames
    ]
    expected = np.mean(
        [np.mean([_jensen_shannon(shares[i], shares[i + t]) for i in range(6 - t)]) for t in (1, 2, 4)]
    )
    return color_distribution_consistency(frames) - float(expected)


def _jensen_shannon(one: list[Floats], two: list[Floats]) -> float:
    halves = [
        scipy.stats.entropy(p, (p + q) / 2) + scipy.stats.entropy(q, (p + q) / 2)
        for p, q in zip(one, two, strict=True)
    ]
    return float(np.mean(halves) / 2)


def _warp(pair: Pair) -> float:
    flow = np.random.default_rng(0).normal(0, 5, (SIDE, SIDE, 2))
    y, x = np.mgrid[:SIDE, :SIDE]
    places = np.clip([y + flow[..., 1], x + flow[..., 0]], 0, SIDE - 1)
    picture = pair.true / 255
    expected = [skimage.transform.warp(picture[..., c], places, order=1, mode="edge") for c in range(3)]
    return float(np.abs(warp(picture, flow) - np.moveaxis(np.array(expected), 0, -1)).max())


PLAIN = "its definition, in double precision"

COMPARISONS = (
    Comparison("PSNR, dB", "scikit-image", 1e-9, _psnr),
    Comparison("PSNR of ab, dB", "scikit-image", 0.01, _psnr_ab),
    Comparison("SSIM", "scikit-image", 1e-5, _ssim),
    Comparison("MS-SSIM", "torchmetrics", 1e-5, _ms_ssim),
    Comparison("Lab, worst pixel", "scikit-image", 0.02, _lab),
    Comparison("CIEDE2000 of the same Lab, worst pixel", "scikit-image", 1e-9, _delta_e_formula),
    Comparison("Delta E 2000", "scikit-image", 0.01, _delta_e),
    Comparison("ab error, Lab units", "scikit-image", 0.01, _ab_error),
    Comparison("colorfulness", PLAIN, 1e-3, _colorfulness),
    Comparison("AuC, protocol set, %", PLAIN, 0.05, _auc_set),
    Comparison("AuC, protocol zhang16, %", PLAIN, 0.05, _auc_zhang16),
    Comparison("CDC, nats", "SciPy", 1e-9, _cdc),
    Comparison("warping of the warped error, worst pixel", "scikit-image", 1e-9, _warp),
)


def compare(pairs: list[Pair]) -> Iterator[Row]:
    """Yield the largest difference of each figure over all pairs."""
    for each in COMPARISONS:
        largest = max(abs(each.difference(pair)) for pair in pairs)
        yield Row(f"{each.figure}: from {each.reference}", largest, f"<= {each.tolerance:g}", len(pairs))


def main() -> int:
    """Compare, print and store; the exit status is 1 if anything is farther apart than it may be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--table", type=Path, default=TABLE, help="where to write the differences")
    options = parser.parse_args()
    _prepare_torch()
    photographs = load_photographs()
    digest = hashlib.sha256(b"".join(photograph.tobytes() for photograph in photographs)).hexdigest()
    rows = list(compare(make_pairs(photographs)))
    made_of = f"6 photographs of scikit-image and scikit-learn, 3 results each, {digest}"
    origin = Origin.of_this_run(made_of, packages=PACKAGES)
    write_table(options.table, rows, origin)
    for row in rows:
        sys.stdout.write(f"{row.figure:60} {row.value:10.2e}  {row.required}\n")
    apart = [
        each for each, row in zip(COMPARISONS, rows, strict=True) if not float(row.value) <= each.tolerance
    ]
    return 1 if apart else 0


def _prepare_torch() -> None:
    """Make torchmetrics importable beside a torch without CUDA."""
    from tintype.measure.perceptual.torchvision_operators import import_torchvision  # noqa: PLC0415

    import_torchvision()


if __name__ == "__main__":
    sys.exit(main())
