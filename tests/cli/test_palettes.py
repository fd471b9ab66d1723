import json
import struct

import pytest


def write_inks(folder):
    """A file of one CMYK color."""
    name = "Cyan\0".encode("utf-16-be")
    content = struct.pack(">H", 5) + name + b"CMYK" + struct.pack(">4f", 1, 0, 0, 0) + b"\0\0"
    block = struct.pack(">HI", 1, len(content)) + content
    (folder / "inks.ase").write_bytes(b"ASEF" + struct.pack(">HHI", 1, 0, 1) + block)


def test_palettes_lists_those_with_a_name(call):
    out = call("palettes").out
    for name in ("autochrome", "kodachrome", "hand-tinted"):
        assert name in out
    listed = json.loads(call("palettes", "--json").out)
    assert listed[0]["name"] == "autochrome"
    assert listed[0]["sources"]


def test_palettes_shows_the_colors_of_a_name(call):
    out = call("palettes", "kodachrome").out
    assert out.startswith("Kodak's slide film")
    assert "#" in out
    assert "more" in out


def test_palettes_shows_the_colors_of_a_file(call, folder):
    write_inks(folder)
    assert call("palettes", "inks.ase").out.splitlines() == [
        "#00ffff  Cyan",
        "inks.ase: its CMYK colors are converted without a profile, which is about right",
    ]
    shown = json.loads(call("palettes", "inks.ase", "--json").out)
    assert shown["strength"] == 0.5
    assert shown["colors"][0]["color"] == "#00ffff"


@pytest.mark.parametrize("command", [["palettes"], ["colorize", "scan.png", "--palette"]])
def test_unknown_palette_is_a_wrong_call(call, scan, command):
    result = call(*command, "kodacrome")
    assert result.status == 2
    assert result.error == "kodacrome: there is no such palette; did you mean kodachrome?"


def test_colorize_tells_how_a_palette_was_read(call, scan, folder):
    write_inks(folder)
    result = call("colorize", scan.name, "--palette", "inks.ase")
    assert result.status == 0
    assert result.err == "inks.ase: its CMYK colors are converted without a profile, which is about right\n"
    assert call("colorize", scan.name, "--palette", "inks.ase", "--force", "--quiet").err == ""


def test_named_palette_changes_the_colors(call, scan, folder):
    assert call("colorize", scan.name, "-o", "plain.png").status == 0
    assert call("colorize", scan.name, "-o", "two.png", "--palette", "technicolor-two-strip").status == 0
    assert (folder / "plain.png").read_bytes() != (folder / "two.png").read_bytes()
