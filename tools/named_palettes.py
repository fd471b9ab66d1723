"""Write src/tintype/guidance/palettes/named.json: what historic processes did to the colors of the world.

    python tools/named_palettes.py

Each process is told by what is documented of it; sources and assumptions go into
the file (``TOLD``). The world's colors are the prior of the default model: how often each ab bin occurs in 30,000
photographs. They are led through the process, at four lightnesses, and counted again.

A screen process (autochrome, Dufaycolor) takes and shows through the same filters. So much of each primary of sRGB
passes each filter: ``taken``, from the filters' transmittances, daylight (D65) and an emulsion that ends at 650 nm.
Light in such amounts is mixed of the filters' own colors: ``shown``, linear sRGB. Rows have the sum 1, since gray was
to stay gray.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import BIN_COUNT, CENTERS, soft_encode
from tintype.color.gamut import is_in_gamut
from tintype.color.lab import lab_to_linear, linear_to_lab
from tintype.models.catalog import find_model

TARGET = Path(__file__).parent.parent / "src" / "tintype" / "guidance" / "palettes" / "named.json"
LIGHTNESSES = {35.0: 0.3, 50.0: 0.3, 65.0: 0.25, 80.0: 0.15}
SMALLEST_SHARE = 1e-3

Floats = NDArray[np.float64]
Process = Callable[[Floats], Floats]


@dataclass(frozen=True)
class Told:
    """What is said of a palette: a sentence, where it was read, and what was assumed."""

    about: str
    sources: tuple[str, ...]
    assumed: str


def through_screen(taken: Floats, shown: Floats, contrast: float) -> Process:
    """Return a process that mixes what it took, with the contrast of its positive."""

    def process(linear: Floats) -> Floats:
        record = np.maximum(linear @ taken.T, 1e-5)
        mean = np.exp(np.log(record).mean(-1, keepdims=True))
        mixed: Floats = (mean * (record / mean) ** contrast) @ shown.T
        return mixed

    return process


AUTOCHROME = through_screen(
    np.array([[0.686, 0.274, 0.040], [0.133, 0.737, 0.129], [0.210, 0.275, 0.516]]),
    np.array([[0.487, 0.000, 0.513], [0.051, 0.589, 0.361], [-0.003, 0.035, 0.968]]),
    contrast=2.0,
)
DUFAYCOLOR = through_screen(
    np.array([[0.825, 0.168, 0.007], [0.064, 0.884, 0.052], [0.007, 0.139, 0.853]]),
    np.array([[1.138, -0.081, -0.057], [0.022, 0.926, 0.052], [-0.021, -0.052, 1.074]]),
    contrast=1.3,
)
TWO_STRIP = through_screen(
    np.array([[0.90, 0.10, 0.00], [0.08, 0.77, 0.15]]),  # the red and the green record
    np.array(
        [[1.00, 0.00], [0.15, 0.85], [0.00, 1.00]]
    ),  # blue-green dye holds back red, red-orange dye the rest
    contrast=1.4,
)
KODACHROME = through_screen(np.eye(3), np.eye(3), contrast=1.5)

HAND_TINTED = (
    ((78.0, 0.0, 0.0), 0.45, "bare print"),
    ((80.0, 12.0, 16.0), 0.16, "flesh"),
    ((70.0, 14.0, 9.0), 0.04, "rose madder, on cheeks"),
    ((60.0, 24.0, 10.0), 0.02, "carmine"),
    ((60.0, 22.0, 18.0), 0.02, "vermilion"),
    ((75.0, 6.0, 18.0), 0.10, "burnt sienna and sepia"),
    ((82.0, 2.0, 24.0), 0.05, "gamboge"),
    ((75.0, -4.0, -12.0), 0.09, "cobalt, in skies"),
    ((60.0, -6.0, -20.0), 0.02, "Prussian blue"),
    ((70.0, -12.0, 12.0), 0.05, "emerald green, on leaves"),
)

PROCESSES: dict[str, Process] = {
    "autochrome": AUTOCHROME,
    "dufaycolor": DUFAYCOLOR,
    "technicolor-two-strip": TWO_STRIP,
    "kodachrome": KODACHROME,
}

TOLD = {
    "autochrome": Told(
        "The Lumieres' plates of 1907 to the 1930s: soft colors, seen through grains of dyed starch.",
        (
            "B. Lavedrine, J.-P. Gandolfo, The Lumiere Autochrome, Getty Conservation Institute 2013: measured "
            "transmittances of the grains, as tabulated by J. Hubicka's Color-Screen. Under D65 they have the "
            "chromaticities orange 0.589, 0.376; green 0.292, 0.570; violet 0.268, 0.227.",
        ),
        "the positive's contrast (2.0)",
    ),
    "dufaycolor": Told(
        "The British film with a ruled screen, 1932 to the 1950s: mild colors with good reds and greens.",
        (
            "A. Cornwell-Clyne, Colour Cinematography, 3rd edition, 1951: transmittances of the reseau; dominant "
            "wavelengths 601.7, 549.6 and 466.0 nm.",
        ),
        "the positive's contrast (1.3)",
    ),
    "kodachrome": Told(
        "Kodak's slide film of 1935 to 2009: strong colors, above all reds.",
        (
            "Kodak publication E-55, Kodachrome 25 and 64 films: straight part of the characteristic curves, from "
            "which a contrast of about 1.8 is read.",
        ),
        "that of this contrast so much is seen as saturation (1.5), since slides are looked at in the dark",
    ),
    "technicolor-two-strip": Told(
        "Two-color Technicolor, 1922 to 1935: red-orange and blue-green, and nothing else.",
        (
            "H. T. Kalmus, Technicolor Adventures in Cinemaland, Journal of the SMPE 31, 1938.",
            "R. T. Ryan, A History of Motion Picture Color Technology, 1977: a red and a green record, printed in "
            "blue-green and red-orange.",
        ),
        "the numbers of the filters and dyes, and the print's contrast (1.4)",
    ),
    "hand-tinted": Told(
        "A print colored with thin washes: flesh, rose cheeks, a pale sky, most of it left bare.",
        (
            "The Ladies' Manual of Art, 1887, The Art of Coloring Photographs: the pigments and where they go.",
            "A. N. Rintoul, A Guide to Painting Photographic Portraits, J. Barnard, about 1855: tints of flesh.",
            "Studio Light, Eastman Kodak, 1923: subdued colors, transparent, and not too many.",
        ),
        "how strong a wash is, and how much of a print has it",
    ),
}


def count_colors(process: Process, prior: Floats) -> dict[int, tuple[float, float]]:
    """Return for each bin its share of what comes out of a process, and its mean lightness."""
    shares, light = np.zeros(BIN_COUNT), np.zeros(BIN_COUNT)
    for lightness, part in LIGHTNESSES.items():
        lab = np.concatenate([np.full((BIN_COUNT, 1), lightness), CENTERS.astype(np.float64)], axis=1)
        there = is_in_gamut(lab, 0.02)
        out = linear_to_lab(np.clip(process(np.clip(lab_to_linear(lab[there]), 0, 1)), 0, 1))
        bins, weights = soft_encode(out[:, 1:])
        given = weights * (part * prior[there])[:, None]
        np.add.at(shares, bins, given)
        np.add.at(light, bins, given * out[:, :1])
    return _normalized(shares, light)


def count_washes() -> dict[int, tuple[float, float]]:
    """Return the same for washes on a print."""
    shares, light = np.zeros(BIN_COUNT), np.zeros(BIN_COUNT)
    for color, share, _ in HAND_TINTED:
        bins, weights = soft_encode(np.array([color[1:]]))
        np.add.at(shares, bins[0], weights[0] * share)
        np.add.at(light, bins[0], weights[0] * share * color[0])
    return _normalized(shares, light)


def _normalized(shares: Floats, light: Floats) -> dict[int, tuple[float, float]]:
    total = shares.sum()
    kept = np.flatnonzero(shares > SMALLEST_SHARE * total)
    return {int(i): (float(shares[i] / total), float(light[i] / shares[i])) for i in kept}


def main() -> None:
    """Write the file."""
    prior = np.array(find_model("tintype-small").card.prior)
    counted = {name: count_colors(process, prior) for name, process in PROCESSES.items()}
    counted["hand-tinted"] = count_washes()
    document = {
        name: {
            "about": told.about,
            "sources": told.sources,
            "assumed": told.assumed,
            "colors": [
                [round(light), *(round(float(v), 1) for v in CENTERS[i]), round(share, 4)]
                for i, (share, light) in counted[name].items()
            ],
        }
        for name, told in sorted(TOLD.items())
    }
    lines = json.dumps(document, indent=1, ensure_ascii=True)
    TARGET.write_text(_one_line_a_color(lines) + "\n", encoding="utf-8")


def _one_line_a_color(text: str) -> str:
    head, *rest = text.split("   [\n")
    return head + "".join(
        f"   [{' '.join(part.split(']')[0].split())}]{part.partition(']')[2]}" for part in rest
    )


if __name__ == "__main__":
    main()
