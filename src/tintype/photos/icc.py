"""ICC profiles, measured: what lcms makes of probe colors tells the curve and the matrix of a profile.

Measuring instead of parsing understands every way in which a profile can say the same (gamma, table,
parametric curve, gray or RGB, version 2 or 4), exactly as every color-managed program does. Colors are
relative colorimetric: the profile's white is white. XYZ is adapted from the D50 of profiles to the D65 of
``tintype.color.lab`` with the Bradford matrix (ICC.1:2022, annex E).
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import ImageCms

from tintype.color.lab import WHITE, xyz_to_lab
from tintype.errors import BrokenProfileError
from tintype.photos.profile import SRGB, RgbSpace

_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_DEVICES = {b"GRAY": "gray", b"RGB ": "rgb", b"CMYK": "cmyk"}
_CHANNELS = {"gray": 1, "rgb": 3, "cmyk": 4}
_HEADER = 128
_RAMP = np.linspace(0.0, 1.0, 65536)

MATRIX_TOLERANCE = 0.5
"""Largest Delta E 76 between lcms and matrix plus curve for a profile to count as a matrix profile."""
_LCMS_ROUNDING = 2 / 65535
_SRGB_TOLERANCE = 0.003
"""Largest difference of curve and matrix for a profile to count as one of the many sRGB profiles."""


@dataclass(frozen=True, eq=False)
class IccProfile:
    """An ICC profile that lcms understands.

    Attributes:
        icc: its bytes.
        device: gray, rgb or cmyk.
        name: what it calls itself.
    """

    icc: bytes
    device: str
    name: str

    def to_xyz(self, samples: NDArray[Any]) -> NDArray[np.float64]:
        """Convert samples (..., channels), uint8, uint16 or float64 0..1, into XYZ (..., 3), D65."""
        flat = np.ascontiguousarray(samples).reshape(1, -1, _CHANNELS[self.device])
        flat = flat[..., 0] if self.device == "gray" else flat
        xyz = imagecodecs.cms_transform(
            flat,
            self.icc,
            _create_xyz_profile(),
            colorspace=self.device,
            outcolorspace="xyz",
            outdtype="f8",
            intent=imagecodecs.CMS.INTENT.RELATIVE_COLORIMETRIC,
        )
        adapted: NDArray[np.float64] = xyz @ _adapt_to_d65().T
        return adapted.reshape(*samples.shape[:-1], 3)


def open_profile(icc: bytes, origin: str) -> IccProfile:
    """Check that lcms can convert from a profile.

    Args:
        icc: the profile.
        origin: the file's name, for the error.

    Raises:
        BrokenProfileError: it can't; or the profile is for another kind of device than gray, RGB or CMYK.
    """
    device = _DEVICES.get(icc[16:20], "")
    try:
        if len(icc) < _HEADER or icc[36:40] != b"acsp":
            raise ValueError("it is no ICC profile")
        if not device or icc[12:16] in (b"link", b"nmcl"):
            raise ValueError("it is not for gray, RGB or CMYK pictures")
        profile = IccProfile(icc, device, _read_name(icc))
        white = profile.to_xyz(_white(device))
        if not np.isfinite(white).all() or white[1] < 0.05:
            raise ValueError("its white is black")
    except Exception as error:  # whatever goes wrong, the profile is at fault
        raise BrokenProfileError(
            f"{origin}: the embedded ICC profile can't be understood ({error}); "
            "read the picture without it by --ignore-profile"
        ) from error
    return profile


@lru_cache(maxsize=16)
def measure_curve(icc: bytes, device: str) -> NDArray[np.float64]:
    """Return the luminance 0..1, relative to white, of the 65536 gray codes (equal channels) of a profile."""
    channels = np.repeat(_RAMP[:, None], _CHANNELS[device], axis=1)
    luminance = IccProfile(icc, device, "").to_xyz(channels)[:, 1]
    curve = np.clip(luminance / luminance.max(), 0.0, 1.0)
    table = _read_table(icc, b"kTRC" if device == "gray" else b"gTRC")
    # lcms rounds what it finds in a table to 16 bits of linear light: 0.007 L in the shadows, and plateaus.
    if table is not None and np.abs(table - curve).max() < _LCMS_ROUNDING:
        curve = table
    return SRGB.curve if np.abs(curve - SRGB.curve).max() < _SRGB_TOLERANCE else curve


@lru_cache(maxsize=16)
def measure_rgb_space(icc: bytes) -> RgbSpace | None:
    """Return the matrix and the curve of an RGB profile, or None for one that is more than that."""
    profile = IccProfile(icc, "rgb", _read_name(icc))
    curve = measure_curve(icc, "rgb")
    primaries = profile.to_xyz(np.eye(3)).T
    matrix = primaries * (WHITE / primaries.sum(axis=1))[:, None]
    if not np.isfinite(matrix).all() or np.linalg.cond(matrix) > 1e4 or (np.diff(curve) < 0).any():
        return None
    if _find_error(profile, matrix, curve) > MATRIX_TOLERANCE:
        return None
    if curve is SRGB.curve and np.abs(matrix - SRGB.matrix).max() < _SRGB_TOLERANCE:
        matrix = SRGB.matrix
    return RgbSpace(profile.name, icc, matrix, curve)


@lru_cache(maxsize=1)
def create_tagged_srgb() -> RgbSpace:
    """Return sRGB with a profile to embed, for results whose source carried a profile of another kind."""
    icc = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    # lcms writes the time of the run, which would make equal results differ.
    icc[24:36] = np.array([2000, 1, 1, 0, 0, 0], ">u2").tobytes()
    return RgbSpace("sRGB", bytes(icc), SRGB.matrix, SRGB.curve)


def _find_error(profile: IccProfile, matrix: NDArray[np.float64], curve: NDArray[np.float64]) -> float:
    """Return the largest Delta E 76 between the profile and matrix plus curve over random colors."""
    colors = np.random.default_rng(0).random((512, 3))
    predicted = np.interp(colors, _RAMP, curve) @ matrix.T
    difference = xyz_to_lab(predicted) - xyz_to_lab(profile.to_xyz(colors))
    return float(np.linalg.norm(difference, axis=-1).max())


def _read_table(icc: bytes, tag: bytes) -> NDArray[np.float64] | None:
    """Return a curve tag that is a table (ICC.1:2022, 10.6) at the 65536 codes, or None for other curves."""
    for place in range(132, min(132 + 12 * int.from_bytes(icc[128:132], "big"), len(icc) - 11), 12):
        if icc[place : place + 4] == tag:
            start = int.from_bytes(icc[place + 4 : place + 8], "big")
            count = int.from_bytes(icc[start + 8 : start + 12], "big")
            data = icc[start + 12 : start + 12 + 2 * count]
            if icc[start : start + 4] == b"curv" and count > 1 and len(data) == 2 * count:
                return np.interp(_RAMP, np.linspace(0, 1, count), np.frombuffer(data, ">u2") / 65535)
    return None


def _white(device: str) -> NDArray[np.float64]:
    return np.zeros(4) if device == "cmyk" else np.ones(_CHANNELS[device])


@lru_cache(maxsize=1)
def _create_xyz_profile() -> bytes:
    return bytes(imagecodecs.cms_profile("xyz"))


@lru_cache(maxsize=1)
def _adapt_to_d65() -> NDArray[np.float64]:
    scale = (_BRADFORD @ WHITE) / (_BRADFORD @ _D50)
    matrix: NDArray[np.float64] = np.linalg.inv(_BRADFORD) @ (scale[:, None] * _BRADFORD)
    return matrix


def _read_name(icc: bytes) -> str:
    try:
        return ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(icc))).strip() or "unnamed"
    except (OSError, ValueError, ImageCms.PyCMSError):
        return "unnamed"
