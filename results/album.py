"""Measure what marks on one photograph of an album are worth for the others.

    TINTYPE_DATA=... python results/album.py [--model M] [--sheets FOLDER]

There are twelve sequences: nine photographs (``held_apart``), each with a crop at another resolution, its mirror
image, a print of another tone, and a mirrored crop of another tone; and the three clips, five frames 0.2 s apart. The
first picture of each gets twenty marks of the true color where a person might click: in even places, far from each
other in place and in color. They are carried to the others; judged is PSNR over these colored without marks. What
each picture contributes stands in ``photographs/album.csv``; the files and their SHA-256 in ``eval-objects.sha256``
and ``eval-clips.sha256``.

Where photographs do not lie on each other marks go by likeness: that is tried on the halves of the fifty photographs
of ``reference.py``, marks on one half carried to the other.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from clips import read_frames
from evaluation import (
    Floats,
    colored_codes,
    create_parser,
    gray_input,
    parse,
    read_codes,
    report,
    say,
    to_lab,
)
from PIL import Image
from reference import DECODINGS, draw_sheets, halves, held_apart, is_right, name_hash

from tintype import Colorizer
from tintype.color.gamut import reduce_chroma
from tintype.color.lab import lab_to_srgb
from tintype.colorize.album import AlbumGuide
from tintype.guidance.cells import average
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import PointMark
from tintype.measure.contact_sheet import SheetRow
from tintype.measure.fidelity import psnr
from tintype.measure.figures import Codes, left_gray
from tintype.measure.record import (
    PhotoList,
    Row,
    list_photographs,
    write_photograph_table,
)
from tintype.photos.photo import Photo

PHOTOGRAPHS = 9
MARKS = 20
TIMES = (0.0, 0.2, 0.4, 0.6, 0.8)
FRAME_WIDTH = 640
LEAST_GAIN = 1.0
HALVES = 50

_EVEN = 0.4  # the evenest of the places are clicked
_SAME = np.array([[1.0, 0, 0], [0, 1, 0]])


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture of a sequence.

    Attributes:
        kind: what it is.
        true: (H, W, 3) uint8.
        matrix: (2, 3), where places (x, y) of the first picture are in this one; None where nobody knows.
    """

    kind: str
    true: Codes
    matrix: Floats | None = None


@dataclass
class Found:
    """What came of one sequence: its pictures, their PSNR over automatic by decoding, how marks were carried."""

    pictures: list[str] = field(default_factory=list)
    gains: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in DECODINGS})
    errors: list[float] = field(default_factory=list)
    carried: int = 0
    inside: int = 0


def main() -> None:
    """Measure, write and draw."""
    arguments = _parse()
    photographs = held_apart(PHOTOGRAPHS)
    clips = list_photographs(Path(os.environ["TINTYPE_DATA"]) / "clips", (".mp4",))
    colorizer = Colorizer(arguments.model, threads=arguments.threads)
    found: dict[str, Found] = {}
    sheet: list[SheetRow] = []
    for name, pictures in sequences(photographs, clips):
        say(f"album: {name}")
        found[name], drawn = measure(colorizer, pictures)
        sheet += drawn
    apart = held_apart(HALVES)
    rows = [*_rows(found), *_likeness_rows(colorizer, apart)]
    digests = f"objects {apart.digest}, clips {clips.digest}"
    report(arguments.out / "album.csv", rows, digests, colorizer)
    write_photograph_table(arguments.out / "photographs" / "album.csv", _by_picture(found))
    (arguments.out / "eval-clips.sha256").write_text(clips.text, encoding="utf-8")
    if arguments.sheets:
        draw_sheets(sheet, arguments.sheets, "album")


def _parse() -> argparse.Namespace:
    parser = create_parser(__doc__)
    parser.add_argument("--sheets", type=Path, help="folder of contact sheets")
    return parse(parser)


def sequences(photographs: PhotoList, clips: PhotoList) -> Iterator[tuple[str, list[Picture]]]:
    """Yield the name and the pictures of each sequence."""
    for path in photographs.paths:
        yield path.stem, variants(read_codes(path), name_hash(path) % 2**32)
    for path in clips.paths:
        yield path.stem, [Picture("frame", _reduced(frame)) for frame in read_frames(path, TIMES)]


def variants(true: Codes, seed: int) -> list[Picture]:
    """Return a photograph, a crop of it, its mirror image, a print of another tone, and all three together."""
    random = np.random.default_rng(seed)
    crop = _crop(true, random)
    tone = Picture("tone", _toned(true, random), _SAME)
    small = _crop(true, random)
    together = _mirrored(Picture("all three", _toned(small.true, random), small.matrix))
    return [Picture("first", true, _SAME), crop, _mirrored(Picture("mirror", true, _SAME)), tone, together]


def _reduced(frame: Codes) -> Codes:
    height = round(frame.shape[0] * FRAME_WIDTH / frame.shape[1])
    return np.asarray(Image.fromarray(frame).resize((FRAME_WIDTH, height), Image.Resampling.LANCZOS))


def _crop(true: Codes, random: np.random.Generator) -> Picture:
    """Return half to four fifths of each side, at 0.7 to 1.5 times the resolution."""
    height, width, _ = true.shape
    share, factor = random.uniform(0.5, 0.8), random.uniform(0.7, 1.5)
    h, w = round(height * share), round(width * share)
    y, x = int(random.integers(height - h + 1)), int(random.integers(width - w + 1))
    size = round(w * factor), round(h * factor)
    cut = Image.fromarray(true[y : y + h, x : x + w]).resize(size, Image.Resampling.LANCZOS)
    scale = np.array([size[0] / w, size[1] / h])
    return Picture("crop", np.asarray(cut), np.column_stack([np.diag(scale), -scale * (x, y)]))


def _mirrored(picture: Picture) -> Picture:
    assert picture.matrix is not None
    matrix = picture.matrix * [[-1.0], [1.0]]
    matrix[0, 2] += picture.true.shape[1]
    return Picture(picture.kind, np.ascontiguousarray(picture.true[:, ::-1]), matrix)


def _toned(true: Codes, random: np.random.Generator) -> Codes:
    """Return the same colors on a lightness of other gamma, contrast, black and white."""
    lab = to_lab(true)
    tone = (lab[..., 0] / 100) ** np.exp(random.uniform(-0.5, 0.5))
    tone += random.uniform(-0.25, 0.25) * np.sin(2 * np.pi * (tone - 0.5)) / (2 * np.pi)
    black, white = random.uniform(0, 0.12), random.uniform(0.88, 1)
    lab[..., 0] = 100 * (black + (white - black) * np.clip(tone, 0, 1))
    return np.rint(255 * np.clip(lab_to_srgb(reduce_chroma(lab)), 0, 1)).astype(np.uint8)


def click(true: Codes, count: int = MARKS) -> tuple[PointMark, ...]:
    """Return marks of the true color in even places, far from each other in place and in color."""
    height, width, _ = true.shape
    side = max(4, round(max(height, width) / 40))
    size = height // side, width // side
    lab = to_lab(true)[: size[0] * side, : size[1] * side]
    mean = average(lab.astype(np.float32), size)
    spread = np.sqrt(np.maximum(average((lab**2).astype(np.float32), size) - mean**2, 0)).sum(axis=-1)
    rows, columns = np.nonzero(spread <= np.quantile(spread, _EVEN))
    looks = np.column_stack([rows * side / max(height, width), columns * side / max(height, width)])
    looks = np.concatenate([looks, mean[rows, columns] / 60], axis=1)
    chosen = [int(spread[rows, columns].argmin())]
    while len(chosen) < count:
        distances = np.linalg.norm(looks[:, None] - looks[chosen], axis=-1).min(axis=1)
        chosen.append(int(distances.argmax()))
    return tuple(
        PointMark(
            (columns[i] + 0.5) * side,
            (rows[i] + 0.5) * side,
            radius=side / 2,
            color=tuple(np.clip(mean[rows[i], columns[i]], (0, -110, -110), (100, 110, 110)).tolist()),
        )
        for i in chosen
    )


def measure(colorizer: Colorizer, pictures: Sequence[Picture]) -> tuple[Found, list[SheetRow]]:
    """Carry marks from the first picture to the others, and judge these."""
    first, marks, found, sheet = pictures[0], click(pictures[0].true), Found(), []
    album = AlbumGuide(Photo.from_array(gray_input(first.true)), Guidance(marks))
    for picture in pictures[1:]:
        true = picture.true
        opened = colorizer.open(gray_input(true))
        guidance = album.guide(opened).guidance
        found.pictures.append(f"{picture.kind} {len(found.pictures) + 1}")
        for decoding, vividness in DECODINGS.items():
            shown = [
                colored_codes(opened.colorize(said, vividness=vividness)) for said in (Guidance(), guidance)
            ]
            plain, guided = (psnr(true / 255, each / 255) for each in shown)
            found.gains[decoding].append(guided - plain)
            if decoding == "default":
                name = f"{picture.kind} {guided - plain:+.1f} dB"
                sheet.append(SheetRow(name, [left_gray(true), first.true, *shown, true]))
        _hold_places(found, marks, guidance, picture)
    return found, sheet


def _hold_places(found: Found, marks: Sequence[PointMark], guidance: Guidance, picture: Picture) -> None:
    """Hold the places of carried marks, which keep their order and color, against the true ones."""
    if picture.matrix is None:
        return
    height, width, _ = picture.true.shape
    carried = {mark.color: mark for mark in guidance.marks if isinstance(mark, PointMark)}
    for mark in marks:
        x, y = picture.matrix @ (mark.x, mark.y, 1)
        if 0 <= x < width and 0 <= y < height:
            found.inside += 1
            if mark.color in carried:
                found.carried += 1
                found.errors.append(float(np.hypot(carried[mark.color].x - x, carried[mark.color].y - y)))


def _by_picture(found: dict[str, Found]) -> Iterator[tuple[str, dict[str, float]]]:
    for name, each in found.items():
        for i, picture in enumerate(each.pictures):
            yield (
                f"{name}, {picture}",
                {f"{decoding} decoding": gains[i] for decoding, gains in each.gains.items()},
            )


def _rows(found: dict[str, Found]) -> Iterator[Row]:
    gains = {name: float(np.mean(each.gains["default"])) for name, each in found.items()}
    for name, gain in gains.items():
        yield Row(f"{name}: PSNR over automatic", gain, "", len(found[name].gains["default"]))
    yield Row(
        "sequences that gain 1 dB or more", sum(gain >= LEAST_GAIN for gain in gains.values()), "", len(gains)
    )
    for decoding in DECODINGS:
        means = [float(np.mean(each.gains[decoding])) for each in found.values()]
        required = ">= 1" if decoding == "default" else ""
        yield Row(
            f"all, {decoding} decoding: PSNR over automatic", float(np.mean(means)), required, len(means)
        )
    errors = [error for each in found.values() for error in each.errors]
    inside = sum(each.inside for each in found.values())
    carried = sum(each.carried for each in found.values())
    yield Row("marks: share carried of those inside", carried / inside, "", inside)
    yield Row(
        "marks: 95th percentile of the distance from the true place, pixels",
        float(np.percentile(errors, 95)),
        "",
        carried,
    )


def _likeness_rows(colorizer: Colorizer, photographs: PhotoList) -> Iterator[Row]:
    """Carry marks from one half of each photograph to the other, and judge this as what is aligned is judged."""
    gains: list[float] = []
    right: list[bool] = []
    for path in photographs.paths:
        say(f"album by likeness: {path.stem}")
        true, first = halves(path)
        opened = colorizer.open(gray_input(true))
        album = AlbumGuide(Photo.from_array(gray_input(first)), Guidance(click(first)))
        guidance = album.guide(opened).guidance
        shown = [colored_codes(opened.colorize(said)) for said in (Guidance(), guidance)]
        plain, guided = (psnr(true / 255, each / 255) for each in shown)
        gains.append(guided - plain)
        ab = to_lab(true)[..., 1:]
        right += [is_right(mark, ab) for mark in guidance.marks]
    name = "halves of a photograph, by likeness"
    yield Row(f"{name}: PSNR over automatic", float(np.mean(gains)), "", len(gains))
    yield Row(f"{name}: worst pair", float(min(gains)), "", len(gains))
    yield Row(f"{name}: share of marks carried", len(right) / (MARKS * len(gains)), "", MARKS * len(gains))
    if right:
        yield Row(
            f"{name}: share of carried marks with the right color", float(np.mean(right)), "", len(right)
        )


if __name__ == "__main__":
    main()
