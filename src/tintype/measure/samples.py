"""How several answers to one photograph differ, and whether they are blotched.

Deshpande et al., "Learning Diverse Image Colorization" (2017), judge samples by the error of the best one (see
``tintype.measure.diversity``) and by their variance. Variance alone is cheap: a tint over the whole picture has it,
and so have blotches. So the share of variance within photographs is measured, and chroma that changes slowly where
the lightness does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]

LOW_FREQUENCY = 8.0
"""Width of the Gaussian low-pass, in cycles over the short side: what is slower counts as slowly changing."""

_FLAT_SHARE = 0.5


@dataclass(frozen=True)
class Spread:
    """Variance of samples around the automatic result, both parts in squared Lab units.

    Attributes:
        within: of the pixels around each difference's own mean.
        between: of the means of the differences: a tint of the whole picture.
    """

    within: float
    between: float

    @property
    def within_share(self) -> float:
        """Share of the variance that lies within photographs, 0..1."""
        total = self.within + self.between
        return self.within / total if total > 0 else 0.0


def spread(automatic: Floats, samples: Sequence[Floats]) -> Spread:
    """Split the variance of samples minus the automatic result into within the photograph and of its mean.

    Args:
        automatic: ab (H, W, 2), Lab units, at the same decoding.
        samples: the same shape each, one or more.
    """
    differences = np.stack([np.subtract(sample, automatic, dtype=np.float64) for sample in samples])
    tints = differences.mean(axis=(1, 2), keepdims=True)
    within = np.square(differences - tints).sum(axis=3).mean()
    return Spread(float(within), float(np.square(tints).sum(axis=3).mean()))


def low_frequency_energy(ab: Floats, cycles: float = LOW_FREQUENCY) -> float:
    """Measure the variance of ab that lies in low spatial frequencies.

    Args:
        ab: (H, W, 2), Lab units.
        cycles: width of the Gaussian low-pass, in cycles over the short side.

    Returns:
        Squared Lab units, both channels together.
    """
    smooth = _low_pass(ab, cycles)
    return float(smooth.var(axis=(0, 1)).sum())


def blotchiness(ab: Floats, lightness: Floats, cycles: float = LOW_FREQUENCY) -> float:
    """Measure how much slowly changing chroma changes where the lightness gives no cause.

    Both are low-passed; the mean chroma gradient is taken over the half of the pixels whose lightness
    gradient is smallest. The truth's own value is not 0: compare with it.

    Args:
        ab: (H, W, 2), Lab units.
        lightness: (H, W), CIE L.
        cycles: as in ``low_frequency_energy``.

    Returns:
        Lab units for each hundredth of the short side.
    """
    return measure_blotches(ab, lightness, cycles).strength


def blotch_share(ab: Floats, lightness: Floats, cycles: float = LOW_FREQUENCY) -> float:
    """Measure ``blotchiness`` relative to all slow change of chroma, so that pale and vivid results compare.

    Returns:
        0: chroma changes only where the lightness does; 1: it does not care for the lightness.
    """
    return measure_blotches(ab, lightness, cycles).share


@dataclass(frozen=True)
class Blotches:
    """Blotchiness in Lab units (``blotchiness``) and as a share (``blotch_share``)."""

    strength: float
    share: float


def measure_blotches(ab: Floats, lightness: Floats, cycles: float = LOW_FREQUENCY) -> Blotches:
    """Measure ``blotchiness`` and ``blotch_share`` in the time of one of them."""
    smooth = _low_pass(np.concatenate([lightness[..., None], ab], axis=2), cycles)
    down, right = np.gradient(smooth, axis=(0, 1))
    steepness = np.hypot(down, right)
    tone, chroma = steepness[..., 0], np.hypot(steepness[..., 1], steepness[..., 2])
    calm = float(chroma[tone <= np.quantile(tone, _FLAT_SHARE)].mean())
    everywhere = float(chroma.mean())
    return Blotches(calm * min(lightness.shape) / 100, calm / everywhere if everywhere > 0 else 0.0)


def _low_pass(planes: Floats, cycles: float) -> Floats:
    """Low-pass planes (H, W, C); mirrored at the edges, so that the opposite edge is no neighbor."""
    height, width = planes.shape[:2]
    wide = np.pad(planes.astype(np.float64), ((0, height), (0, width), (0, 0)), mode="symmetric")
    # The mirrored picture is twice as large, and has twice the cycles for the same pattern.
    gain: Floats = np.exp(-0.5 * (_frequencies(2 * height, 2 * width) / (2 * cycles)) ** 2)
    spectrum = np.fft.rfft2(wide, axes=(1, 0)) * gain[..., None]
    smooth: Floats = np.fft.irfft2(spectrum, wide.shape[1::-1], axes=(1, 0))[:height, :width]
    return smooth


def _frequencies(height: int, width: int) -> NDArray[np.float64]:
    """Return the spatial frequency of each place of the upper half of a spectrum, in cycles over the short side."""
    vertical, horizontal = np.fft.rfftfreq(height), np.fft.fftfreq(width)
    radius: NDArray[np.float64] = np.hypot(vertical[:, None], horizontal) * min(height, width)
    return radius
