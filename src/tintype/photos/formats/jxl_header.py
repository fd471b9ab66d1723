"""The header of a JPEG XL codestream (ISO 18181-1, clauses on SizeHeader and ImageMetadata).

libjxl is called through a binding that only decodes; size, depth and channels must be known before that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

_RATIOS = ((1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_GRAY_SPACE, _XYB_SPACE = 1, 2
_ALPHA, _SPOT_COLOR, _FILTER = 0, 2, 5
_CUSTOM = 2
_D65, _SRGB_PRIMARIES, _SRGB_CURVE = 1, 1, 13

_Choice: TypeAlias = tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]]
_LENGTH: _Choice = ((1, 9), (1, 13), (1, 18), (1, 30))
_ENUM: _Choice = ((0, 0), (1, 0), (2, 4), (18, 6))
_INTEGER_BITS: _Choice = ((8, 0), (10, 0), (12, 0), (1, 6))
_FLOAT_BITS: _Choice = ((32, 0), (16, 0), (24, 0), (1, 6))
_EXTRA_COUNT: _Choice = ((0, 0), (1, 0), (2, 4), (1, 12))


@dataclass(frozen=True)
class JxlHeader:
    """What the header declares: size, bits of a sample, gray or not, alpha or not, whether plain sRGB."""

    height: int
    width: int
    bits: int = 8
    is_float: bool = False
    is_gray: bool = False
    has_alpha: bool = False
    is_srgb: bool = True
    is_lossy: bool = True
    is_animated: bool = False


class _Bits:
    """Bits, least significant first; zeros after the end."""

    def __init__(self, data: bytes) -> None:
        self._rest = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        value = self._rest & ((1 << count) - 1)
        self._rest >>= count
        return value

    def flag(self) -> bool:
        return self.take(1) == 1

    def choose(self, choice: _Choice) -> int:
        """Read what the standard calls U32: two bits choose an offset and a number of further bits."""
        offset, count = choice[self.take(2)]
        return offset + self.take(count)


def read_jxl_header(codestream: bytes) -> JxlHeader:
    """Parse the first bytes of a codestream, which begins with FF 0A.

    Orientation is not reported, as libjxl applies it: height and width are those after it.

    Raises:
        ValueError: it is no JPEG XL codestream.
    """
    if codestream[:2] != b"\xff\x0a":
        raise ValueError("no JPEG XL codestream")
    bits = _Bits(codestream[2:4096])
    height, width = _read_size(bits)
    if bits.flag():
        return JxlHeader(height, width)
    turned, animated = _read_extra_fields(bits) if bits.flag() else (False, False)
    depth, is_float = _read_depth(bits)
    bits.flag()
    alphas = [_read_extra_channel(bits) == _ALPHA for _ in range(bits.choose(_EXTRA_COUNT))]
    is_xyb = bits.flag()
    is_gray, is_srgb = _read_color(bits)
    if turned:
        height, width = width, height
    return JxlHeader(height, width, depth, is_float, is_gray, any(alphas), is_srgb, is_xyb, animated)


def _read_size(bits: _Bits) -> tuple[int, int]:
    is_small = bits.flag()
    height = _read_length(bits, is_small)
    ratio = bits.take(3)
    if ratio:
        across, down = _RATIOS[ratio - 1]
        return height, height * across // down
    return height, _read_length(bits, is_small)


def _read_length(bits: _Bits, is_small: bool) -> int:
    return 8 * (1 + bits.take(5)) if is_small else bits.choose(_LENGTH)


def _read_extra_fields(bits: _Bits) -> tuple[bool, bool]:
    """Return whether the orientation swaps height and width, and whether there is an animation."""
    orientation = 1 + bits.take(3)
    if bits.flag():
        _read_size(bits)
    if bits.flag():
        _skip_preview(bits)
    is_animated = bits.flag()
    if is_animated:
        _skip_animation(bits)
    return orientation >= 5, is_animated


def _skip_preview(bits: _Bits) -> None:
    is_small = bits.flag()
    small: _Choice = ((16, 0), (32, 0), (1, 5), (33, 9))
    large: _Choice = ((1, 6), (65, 8), (321, 10), (1345, 12))
    bits.choose(small if is_small else large)
    if not bits.take(3):
        bits.choose(small if is_small else large)


def _skip_animation(bits: _Bits) -> None:
    bits.choose(((100, 0), (1000, 0), (1, 10), (1, 30)))
    bits.choose(((1, 0), (1001, 0), (1, 8), (1, 10)))
    bits.choose(((0, 0), (0, 3), (0, 16), (0, 32)))
    bits.flag()


def _read_depth(bits: _Bits) -> tuple[int, bool]:
    if bits.flag():
        depth = bits.choose(_FLOAT_BITS)
        bits.take(4)
        return depth, True
    return bits.choose(_INTEGER_BITS), False


def _read_extra_channel(bits: _Bits) -> int:
    if bits.flag():
        return _ALPHA
    kind = bits.choose(_ENUM)
    _read_depth(bits)
    bits.choose(((0, 0), (3, 0), (4, 0), (1, 3)))
    bits.take(8 * bits.choose(((0, 0), (0, 4), (16, 5), (48, 10))))
    if kind == _ALPHA:
        bits.flag()
    elif kind == _SPOT_COLOR:
        bits.take(4 * 16)
    elif kind == _FILTER:
        bits.choose(((1, 0), (0, 2), (3, 4), (19, 8)))
    return kind


def _read_color(bits: _Bits) -> tuple[bool, bool]:
    """Return whether the picture is gray and whether its values are plain sRGB."""
    if bits.flag():
        return False, True
    has_icc = bits.flag()
    space = bits.choose(_ENUM)
    if has_icc or space == _XYB_SPACE:
        return space == _GRAY_SPACE, False
    white = bits.choose(_ENUM)
    if white == _CUSTOM:
        return space == _GRAY_SPACE, False
    primaries = _SRGB_PRIMARIES if space == _GRAY_SPACE else bits.choose(_ENUM)
    if primaries == _CUSTOM:
        return False, False
    curve = 0 if bits.flag() else bits.choose(_ENUM)
    return space == _GRAY_SPACE, (white, primaries, curve) == (_D65, _SRGB_PRIMARIES, _SRGB_CURVE)
