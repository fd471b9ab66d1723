import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tintype.color.lab import srgb_to_lab
from tintype.errors import GuidanceError
from tintype.guidance.guidance import Guidance
from tintype.guidance.palettes.swatch_files import SWATCH_FORMATS, is_swatch_name, parse_swatches
from tintype.guidance.palettes.swatches import Swatch, Swatches

RED, OLIVE = (53.241, 80.092, 67.203), (42.234, -18.828, 30.598)

GIMP = b"""GIMP Palette
Name: Autumn leaves
Columns: 4
# made by hand
255   0   0\tRed
 85 107  47  Dark olive
  0   0   0\tUntitled
"""


def aco_color(space: int, *numbers: int, name: str | None = None) -> bytes:
    data = struct.pack(">5H", space, *(number & 0xFFFF for number in (*numbers, 0, 0, 0, 0)[:4]))
    if name is None:
        return data
    text = (name + "\0").encode("utf-16-be")
    return data + struct.pack(">I", len(text) // 2) + text


def aco_part(version: int, *colors: bytes) -> bytes:
    return struct.pack(">HH", version, len(colors)) + b"".join(colors)


def ase_block(kind: int, content: bytes = b"") -> bytes:
    return struct.pack(">HI", kind, len(content)) + content


def ase_name(name: str) -> bytes:
    text = (name + "\0").encode("utf-16-be")
    return struct.pack(">H", len(text) // 2) + text


def ase_color(space: bytes, *values: float, name: str = "a color") -> bytes:
    return ase_block(1, ase_name(name) + space + struct.pack(f">{len(values)}f", *values) + b"\0\2")


def ase(*blocks: bytes, version: int = 1) -> bytes:
    return b"ASEF" + struct.pack(">HHI", version, 0, len(blocks)) + b"".join(blocks)


def only(data: bytes, suffix: str) -> Swatch:
    (swatch,) = parse_swatches(data, f"a{suffix}").swatches
    return swatch


def lab_of(*srgb: float) -> np.ndarray:
    return np.array(srgb_to_lab(np.array(srgb, float)))


def test_gimp_palette_keeps_names_and_colors():
    palette = parse_swatches(GIMP, "autumn.GPL")
    assert palette.name == "Autumn leaves"
    assert [swatch.name for swatch in palette.swatches] == ["Red", "Dark olive", ""]
    assert [swatch.color for swatch in palette.swatches[:2]] == [RED, OLIVE]
    assert palette.swatches[1].hex == "#556b2f"


def test_gimp_palette_of_an_old_version_is_read():
    palette = parse_swatches(b"GIMP Palette\r\n#\r\n255 0 0 gr\xfcn\r\n", "old.gpl")
    assert palette.swatches == (Swatch(RED, "gr\xfcn"),)


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        (aco_color(0, 65535, 0, 0), lab_of(1, 0, 0)),
        (aco_color(1, 21845, 65535, 65535), lab_of(0, 1, 0)),
        (aco_color(2, 0, 65535, 65535, 65535), lab_of(0, 1, 1)),  # 0 is full ink: cyan
        (aco_color(7, 5000, -2000, 3000), np.array([50, -20, 30])),
        (aco_color(8, 10000), lab_of(1, 1, 1)),
        (aco_color(9, 0, 10000, 0, 0), lab_of(1, 0, 1)),
    ],
)
def test_adobe_color_reads_every_space(color, expected):
    np.testing.assert_allclose(only(aco_part(1, color), ".aco").color, expected, atol=0.02)


def test_adobe_color_of_both_versions_takes_the_names_of_the_second():
    first = aco_part(1, aco_color(0, 65535, 0, 0))
    second = aco_part(2, aco_color(0, 65535, 0, 0, name="Rot"))
    assert only(first + second, ".aco") == Swatch(RED, "Rot")
    assert only(second, ".aco") == Swatch(RED, "Rot")
    assert only(first + b"8BIMphry and more", ".aco") == Swatch(RED)


def test_adobe_color_says_what_it_leaves_out_and_guesses():
    data = aco_part(1, aco_color(3, 1, 2, 3), aco_color(2, 0, 65535, 65535, 65535))
    palette = parse_swatches(data, "a.aco")
    assert len(palette.swatches) == 1
    assert palette.notes == (
        "colors of a book are left out: Pantone",
        "its CMYK colors are converted without a profile, which is about right",
    )


@pytest.mark.parametrize(
    ("color", "expected"),
    [
        (ase_color(b"RGB ", 1, 0, 0), lab_of(1, 0, 0)),
        (ase_color(b"CMYK", 0, 0, 1, 0), lab_of(1, 1, 0)),
        (ase_color(b"CMYK", 0, 0, 0, 1), lab_of(0, 0, 0)),
        (ase_color(b"Gray", 0.5), lab_of(0.5, 0.5, 0.5)),
        (ase_color(b"LAB ", 0.5, -20, 30), np.array([50, -20, 30])),
    ],
)
def test_adobe_exchange_reads_every_space(color, expected):
    swatch = only(ase(color), ".ase")
    np.testing.assert_allclose(swatch.color, expected, atol=0.01)
    assert swatch.name == "a color"


def test_adobe_exchange_of_one_group_has_its_name():
    blocks = [ase_block(0xC001, ase_name("Summer")), ase_color(b"RGB ", 1, 0, 0), ase_block(0xC002)]
    palette = parse_swatches(ase(*blocks), "a.ase")
    assert palette.name == "Summer"
    assert palette.notes == ()
    assert parse_swatches(ase(*blocks, *blocks), "a.ase").name == ""


def test_adobe_table_counts_equal_colors_once():
    codes = bytes([255, 0, 0, 85, 107, 47]) + bytes(762)
    assert [s.color for s in parse_swatches(codes, "a.act").swatches][:2] == [RED, OLIVE]
    assert len(parse_swatches(codes, "a.act").swatches) == 3
    assert len(parse_swatches(codes + b"\0\2\xff\xff", "a.act").swatches) == 2
    assert (
        len(parse_swatches(codes + b"\0\2\0\1", "a.act").swatches) == 1
    )  # the second is the transparent one


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.gpl", b"", "its first line is ''"),
        ("a.gpl", b"JASC-PAL\n0100\n", "its first line is 'JASC-PAL'"),
        ("a.gpl", b"GIMP Palette\nName: none\n#\n", "this palette has no colors"),
        ("a.gpl", b"GIMP Palette\n#\n255 0\n", "line 3 is '255 0'"),
        ("a.gpl", b"GIMP Palette\n256 0 0\n", "line 2 is '256 0 0'"),
        ("a.aco", b"", "the file ends at byte 0"),
        ("a.aco", aco_part(1), "this palette has no colors"),
        ("a.aco", aco_part(3), "its version is 3"),
        ("a.aco", aco_part(1, aco_color(0, 1, 2, 3))[:-2], "the file ends at byte 12"),
        ("a.aco", aco_part(1, aco_color(77, 1)), "the color space 77 is unknown"),
        ("a.aco", aco_part(1, aco_color(10, 1)), "numbers of a book (HKS)"),
        ("a.aco", aco_part(1, aco_color(7, 20000, 0, 0)), "a channel is 2.0"),
        ("a.aco", aco_part(2, aco_color(0, 1, name="x")) + b"more", "4 bytes follow"),
        ("a.ase", b"RIFF", "it does not begin with 'ASEF'"),
        ("a.ase", ase(), "this palette has no colors"),
        ("a.ase", ase(version=2), "its version is 2"),
        ("a.ase", ase(ase_color(b"RGB ", 1, 0, 0))[:-8], "the file ends at byte"),
        ("a.ase", ase(ase_color(b"HSB ", 1, 0, 0)), "'a color' is of the unknown space"),
        ("a.ase", ase(ase_color(b"RGB ", 3, 0, 0)), "a channel is 3.0"),
        ("a.ase", ase(ase_color(b"RGB ", float("nan"), 0, 0)), "a channel is nan"),
        ("a.ase", ase(ase_block(5)), "a block of the kind 5"),
        ("a.act", bytes(7), "it has 7 bytes"),
        ("a.act", bytes(768) + b"\2\0\0\0", "it says that it has 512 colors"),
        ("a.act", bytes(768) + b"\0\0\0\0", "this palette has no colors"),
        ("a.pal", b"", ".gpl, .aco, .ase, .act are read"),
    ],
)
def test_broken_file_is_one_line_with_its_name(name, data, words):
    with pytest.raises(GuidanceError) as caught:
        parse_swatches(data, name)
    text = str(caught.value)
    assert text.startswith(f"{name}: ")
    assert words in text
    assert "\n" not in text


@given(st.sampled_from(sorted(SWATCH_FORMATS)), st.binary(max_size=80), st.integers(0, 3))
def test_any_bytes_are_swatches_or_one_error(suffix, data, head):
    heads = {".gpl": b"GIMP Palette\n", ".aco": b"\0\1\0\2", ".ase": b"ASEF\0\1\0\0\0\0\0\2", ".act": b""}
    try:
        swatches = parse_swatches(heads[suffix] * (head > 0) + data, f"a{suffix}")
    except GuidanceError:
        return
    assert all(np.isfinite(swatch.color).all() for swatch in swatches.swatches)


def test_names_that_break_the_line_are_cleaned():
    swatch = only(ase(ase_color(b"RGB ", 1, 0, 0, name="a\nb\x1b[31m")), ".ase")
    assert swatch.name == "a b [31m"


def test_is_swatch_name_looks_at_the_suffix():
    assert is_swatch_name("My Colors.ASE")
    assert not is_swatch_name("colors.json")


def test_palette_of_swatches_has_paler_tints_and_gray():
    palette = Swatches((Swatch(RED), Swatch(OLIVE))).as_palette("person:mine.gpl")
    assert palette.strength == 0.5
    assert palette.origin == "person:mine.gpl"
    chroma = {round(float(np.hypot(*color.color[1:]))) for color in palette.colors}
    assert {0, 105, 70, 35} <= chroma
    weights = [color.weight for color in palette.colors]
    assert sum(weights) == pytest.approx(2)


def test_palette_of_many_swatches_stays_within_the_limit():
    rng = np.random.default_rng(1)
    many = tuple(Swatch((50.0, float(a), float(b))) for a, b in rng.uniform(-60, 60, (2000, 2)).round(2))
    palette = Swatches(many).as_palette()
    assert 50 < len(palette.colors) <= 313
    assert sum(color.weight for color in palette.colors) == pytest.approx(2000)
    assert Guidance(palette=palette).digest()


def test_palette_of_grays_is_refused():
    with pytest.raises(GuidanceError, match="all colors of this palette are gray"):
        Swatches((Swatch((50, 0, 0)), Swatch((20, 1, 1)))).as_palette()
