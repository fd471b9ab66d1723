"""Photograph files made inside the tests: small pictures in every format, ICC profiles byte by byte."""

import io
import struct

import numpy as np
import tifffile
from PIL import Image
from skimage import data

D50 = np.array([0.9642, 1.0, 0.8249])
D65 = np.array([0.95047, 1.0, 1.08883])
BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])

SRGB_XY = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
ADOBE_XY = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
PROPHOTO_XY = ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001))


def gray(bits=8, step=8):
    """A gray photograph with all kinds of values, (64, 64) at the default step."""
    picture = data.camera()[::step, ::step]
    if bits == 8:
        return np.ascontiguousarray(picture)
    noise = np.random.default_rng(0).integers(0, 257, picture.shape)
    return (picture.astype(np.uint16) * 256 + noise).clip(0, 65535).astype(np.uint16)


def color(bits=8, step=8):
    """A color photograph, (64, 64, 3) at the default step."""
    picture = data.astronaut()[::step, ::step]
    if bits == 8:
        return np.ascontiguousarray(picture)
    noise = np.random.default_rng(0).integers(0, 257, picture.shape)
    return (picture.astype(np.uint16) * 256 + noise).clip(0, 65535).astype(np.uint16)


def toned(step=2, warmth=18.0):
    """A sepia print as 8-bit RGB: one hue, a few units of noise."""
    light = data.camera()[::step, ::step] / 255.0
    tone = warmth * 4 * light * (1 - light) / 255
    noise = np.random.default_rng(0).normal(0, 0.01, (*light.shape, 3))
    srgb = np.stack([light + tone * 1.6, light + tone * 0.4, light - tone * 1.4], axis=-1) + noise
    return np.rint(srgb.clip(0, 1) * 255).astype(np.uint8)


def save(picture, kind, **options):
    """Encode an array or Pillow picture with Pillow."""
    picture = Image.fromarray(picture) if isinstance(picture, np.ndarray) else picture
    stream = io.BytesIO()
    picture.save(stream, kind, **options)
    return stream.getvalue()


def save_tiff(*pages, byteorder=None, bigtiff=False, **options):
    """Encode arrays as the pages of a TIFF with tifffile."""
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream, byteorder=byteorder, bigtiff=bigtiff) as writer:
        for page in pages:
            writer.write(page, metadata=None, **options)
    return stream.getvalue()


def adapt(white_from, white_to):
    """The Bradford matrix from one white to another."""
    scale = (BRADFORD @ white_to) / (BRADFORD @ white_from)
    return np.linalg.inv(BRADFORD) @ np.diag(scale) @ BRADFORD


def primaries_matrix(xy, white):
    """Linear RGB -> XYZ from chromaticities and a white."""
    columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in xy]).T
    return columns * np.linalg.solve(columns, white)


def true_lightness(linear, matrix):
    """CIE L from linear RGB (..., 3) and the Y row of a matrix, in float64, by the CIE's formula."""
    luminance = np.asarray(linear, np.float64) @ matrix[1]
    return np.where(luminance > 216 / 24389, 116 * np.cbrt(luminance) - 16, 24389 / 27 * luminance)


def srgb_linear(srgb):
    """The curve of IEC 61966-2-1 in float64."""
    srgb = np.asarray(srgb, np.float64)
    return np.where(srgb > 0.04045, ((srgb + 0.055) / 1.055) ** 2.4, srgb / 12.92)


def srgb_lightness(codes):
    """CIE L of 8- or 16-bit sRGB codes, gray or RGB."""
    linear = srgb_linear(codes / np.iinfo(codes.dtype).max)
    if codes.ndim == 2:
        return true_lightness(linear[..., None], np.ones((3, 1)))
    return true_lightness(linear, primaries_matrix(SRGB_XY, D65))


def build_icc(device, tags, kind=b"mntr", space=b"XYZ "):
    """An ICC profile of version 2.4 from its tags."""
    table, heap = struct.pack(">L", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, content in tags.items():
        table += name + struct.pack(">LL", start + len(heap), len(content))
        heap += content + b"\0" * (-len(content) % 4)
    size = start + len(heap)
    date = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    white = fixed(*D50)
    header = (
        struct.pack(">L4sL", size, b"none", 0x02400000)
        + kind
        + device
        + space
        + date
        + b"acsp"
        + bytes(28)
        + white
    )
    return header.ljust(128, b"\0") + table + heap


def fixed(*values):
    """Numbers in the s15Fixed16 of ICC."""
    return b"".join(struct.pack(">l", round(value * 65536)) for value in values)


def curve(gamma):
    """A `curv` tag: a gamma, or a table of values 0..1."""
    if np.ndim(gamma):
        table = np.rint(np.asarray(gamma) * 65535).astype(">u2")
        return b"curv\0\0\0\0" + struct.pack(">L", table.size) + table.tobytes()
    return b"curv\0\0\0\0" + struct.pack(">LH", 1, round(gamma * 256))


def parametric(gamma):
    """A `para` tag of type 0, which holds a gamma more finely than `curv`."""
    return b"para\0\0\0\0" + struct.pack(">HH", 0, 0) + fixed(gamma)


def xyz(*values):
    """An `XYZ ` tag."""
    return b"XYZ \0\0\0\0" + fixed(*values)


def describe(text):
    """A `desc` tag."""
    return b"desc\0\0\0\0" + struct.pack(">L", len(text) + 1) + text.encode() + b"\0" + bytes(78)


def gray_icc(shape):
    """A gray profile; `shape` is a curve tag."""
    return build_icc(b"GRAY", {b"desc": describe("test gray"), b"wtpt": xyz(*D50), b"kTRC": shape})


def rgb_icc(xy, white, shape, name="test rgb"):
    """A matrix profile from chromaticities, white and a curve tag (or three)."""
    columns = (adapt(white, D50) @ primaries_matrix(xy, white)).T
    shapes = shape if isinstance(shape, tuple) else (shape,) * 3
    tags = {b"desc": describe(name), b"wtpt": xyz(*D50)}
    tags |= {
        channel + b"XYZ": xyz(*column) for channel, column in zip((b"r", b"g", b"b"), columns, strict=True)
    }
    tags |= {channel + b"TRC": tag for channel, tag in zip((b"r", b"g", b"b"), shapes, strict=True)}
    return build_icc(b"RGB ", tags)


def lut_icc(device, channels, to_lab, grid=9):
    """A table profile: `to_lab` maps device values (n, channels) 0..1 to Lab (n, 3)."""
    axes = np.meshgrid(*[np.linspace(0, 1, grid)] * channels, indexing="ij")
    lab = to_lab(np.stack([axis.ravel() for axis in axes], axis=1))
    scaled = np.stack([lab[:, 0] / 100 * 65280, (lab[:, 1] + 128) * 256, (lab[:, 2] + 128) * 256], axis=1)
    table = np.rint(scaled.clip(0, 65535)).astype(">u2").tobytes()
    ramp = np.array([0, 65535], ">u2").tobytes()
    head = (
        struct.pack(">BBBB", channels, 3, grid, 0)
        + fixed(1, 0, 0, 0, 1, 0, 0, 0, 1)
        + struct.pack(">HH", 2, 2)
    )
    tag = b"mft2\0\0\0\0" + head + ramp * channels + table + ramp * 3
    # The paper is darker than the light: relative to it, as a picture is seen, it is white.
    tags = {b"desc": describe("test table"), b"wtpt": xyz(*D50 * 0.8), b"A2B0": tag, b"A2B1": tag}
    return build_icc(device, tags, kind=b"prtr" if device == b"CMYK" else b"scnr", space=b"Lab ")


EXACT = 1e-3
"""L* by which the lightness that is read may differ from what it should be, where nothing is lost."""


def lightness_error(photo, expected):
    """Return the largest distance in L* of a photograph's lightness from what it should be."""
    return np.abs(photo.lightness().astype(np.float64) - expected).max()
