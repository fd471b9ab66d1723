"""From the codes of a stored page to CIE Lab: by curve and matrix, by lcms, or by a plain formula."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import linear_to_lab, luminance_to_lightness, xyz_to_lab
from tintype.errors import BrokenProfileError
from tintype.photos.formats.stored_page import StoredPage
from tintype.photos.icc import IccProfile, create_tagged_srgb, measure_curve, measure_rgb_space, open_profile
from tintype.photos.profile import SRGB, RgbSpace


class SourceColor(Protocol):
    """What the codes of a page mean."""

    def to_lab(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """Convert codes (..., channels), uint8 or uint16, into Lab (..., 3), L 0..100."""

    def to_lightness(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """Convert codes (..., channels), uint8 or uint16, into CIE L (...), 0..100."""


@dataclass(frozen=True, eq=False)
class MatrixColor:
    """Gray or RGB codes of a space with a curve and a matrix."""

    space: RgbSpace

    def to_lab(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """Convert codes (..., 1 or 3) into Lab."""
        table = self._table(codes).astype(np.float32)
        linear = np.broadcast_to(table[codes], (*codes.shape[:-1], 3))
        return linear_to_lab(linear, self.space.relative_matrix)

    def to_lightness(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """Convert codes (..., 3) into CIE L."""
        table = self._table(codes)
        luminance = np.zeros(codes.shape[:-1], np.float32)
        for channel, weight in enumerate(self.space.relative_matrix[1]):
            luminance += (weight * table).astype(np.float32).take(codes[..., channel])
        return np.clip(luminance_to_lightness(luminance), 0, 100)

    def lightness_table(self, bit_depth: int) -> NDArray[np.float32]:
        """Return the CIE L of every gray code."""
        return luminance_to_lightness(self.space.decode_table(bit_depth)).astype(np.float32)

    def _table(self, codes: NDArray[Any]) -> NDArray[np.float64]:
        return self.space.decode_table(8 * codes.dtype.itemsize)


@dataclass(frozen=True, eq=False)
class DeviceColor:
    """RGB or CMYK codes of a profile that only lcms can follow."""

    profile: IccProfile

    def to_lab(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """Convert codes (..., 3 or 4) into Lab."""
        return xyz_to_lab(self.profile.to_xyz(codes)).astype(np.float32)

    def to_lightness(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """Convert codes (..., 3 or 4) into CIE L."""
        return np.clip(luminance_to_lightness(self.profile.to_xyz(codes)[..., 1]), 0, 100).astype(np.float32)

    def lightness_table(self, bit_depth: int) -> NDArray[np.float32]:
        """Return the CIE L of every code with equal channels."""
        codes = np.arange(1 << bit_depth, dtype=np.uint8 if bit_depth == 8 else np.uint16)
        return self.to_lightness(np.repeat(codes[:, None], 3, axis=1))


@dataclass(frozen=True, eq=False)
class InkColor:
    """CMYK codes without a profile: inks as plain filters over sRGB."""

    def to_lab(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """Convert codes (..., 4) into Lab."""
        return MatrixColor(SRGB).to_lab(self._to_rgb(codes))

    def to_lightness(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """Convert codes (..., 4) into CIE L."""
        return MatrixColor(SRGB).to_lightness(self._to_rgb(codes))

    def _to_rgb(self, codes: NDArray[Any]) -> NDArray[Any]:
        highest = np.iinfo(codes.dtype).max
        light = (highest - codes).astype(np.float64)
        return np.rint(light[..., :3] * light[..., 3:] / highest).astype(codes.dtype)


@dataclass(frozen=True, eq=False)
class LabColor:
    """The Lab codes of TIFF: L unsigned, a and b signed."""

    def to_lab(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """Convert codes (..., 3) into Lab."""
        signed = codes[..., 1:].view(np.int8 if codes.dtype == np.uint8 else np.int16)
        ab = signed.astype(np.float32) / (1 if codes.dtype == np.uint8 else 256)
        return np.concatenate([self.to_lightness(codes)[..., None], ab], axis=-1)

    def to_lightness(self, codes: NDArray[Any]) -> NDArray[np.float32]:
        """Convert codes (..., 3) into CIE L."""
        return codes[..., 0].astype(np.float32) * np.float32(100 / np.iinfo(codes.dtype).max)


@dataclass(frozen=True, eq=False)
class ColorPlan:
    """How to read a page's codes, and the space that its result is written in."""

    source: SourceColor
    result: RgbSpace
    notes: tuple[str, ...] = ()


def plan_color(page: StoredPage, origin: str, *, ignore_profile: bool = False) -> ColorPlan:
    """Find what a page's codes mean.

    Args:
        page: the page.
        origin: the file's name, for errors.
        ignore_profile: take gray and RGB for sRGB whatever a profile says.

    Raises:
        BrokenProfileError: the profile can't be understood or is for another kind of picture.
    """
    icc = page.metadata.icc
    if icc is None or ignore_profile:
        return _plan_without_profile(page)
    profile = open_profile(icc, origin)
    if (page.kind == "cmyk") != (profile.device == "cmyk"):
        raise BrokenProfileError(
            f"{origin}: the embedded ICC profile is for {profile.device} and the picture is {page.kind}; "
            "read the picture without it by --ignore-profile"
        )
    if page.kind == "lab":
        return ColorPlan(LabColor(), create_tagged_srgb())
    if page.kind == "cmyk":
        return ColorPlan(DeviceColor(profile), create_tagged_srgb(), ("CMYK: the result is sRGB",))
    return _plan_with_profile(page, profile)


def _plan_without_profile(page: StoredPage) -> ColorPlan:
    if page.kind == "lab":
        return ColorPlan(LabColor(), create_tagged_srgb(), ("Lab: the result is sRGB",))
    if page.kind == "cmyk":
        note = "CMYK without a profile is taken for plain inks: its lightness is a guess; the result is sRGB"
        return ColorPlan(InkColor(), SRGB, (note,))
    if page.gamma:
        note = (
            f"the values are read with the gamma of {page.gamma:.2f} that the file states; the result is sRGB"
        )
        return ColorPlan(_curve_color(np.linspace(0, 1, 65536) ** page.gamma), create_tagged_srgb(), (note,))
    return ColorPlan(MatrixColor(SRGB), SRGB)


def _plan_with_profile(page: StoredPage, profile: IccProfile) -> ColorPlan:
    curve = measure_curve(profile.icc, profile.device)
    if profile.device == "gray":
        return ColorPlan(_curve_color(curve), create_tagged_srgb())
    space = measure_rgb_space(profile.icc)
    if space:
        return ColorPlan(MatrixColor(space), space)
    note = f"the profile {profile.name} is more than a curve and a matrix: the result is sRGB"
    if page.kind == "gray":
        return ColorPlan(_curve_color(curve), create_tagged_srgb(), (note,))
    return ColorPlan(DeviceColor(profile), create_tagged_srgb(), (note,))


def _curve_color(curve: NDArray[np.float64]) -> MatrixColor:
    return MatrixColor(RgbSpace("gray", None, SRGB.matrix, curve))
