"""Measure whether marks are obeyed, whether they stay on their object, and what a click costs.

    TINTYPE_DATA=... python results/marks.py [--model tintype-small] [--limit 10]

**Obeyed.** One mark of full confidence, a square patch, is set in each of 100 photographs, in the place where the
protocol of hints draws its first: once in its true color, once in an absurd one, the strongest that exists at its
lightness in a hue drawn by chance. It has 6 x 6 pixels where the photograph has 256, as in that protocol, or
6 x 6 cells of the model's grid, which is a tenth of the photograph's width and seldom fits into one object. What it
ordered is compared with the decoded color of the cells that it covers, before the gamut is looked at.

**Beyond a contour** lies a cell where the straight line to it from the middle of the mark crosses an edge at which
the lightness changes by 20 or more (ridges of the gradient, sigma 2 pixels of the model's input), cells on such an
edge left out. The change of a photograph is the median over these cells of the ab distance between the answers with
and without the mark. "Without limit" is what the network says by itself, before ``tintype.guidance.reach`` limits it.

**Two equal objects.** 50 scenes are made of pairs of photographs. The object is the evenest square of the first one
whose lightness varies by 2 or more (standard deviation), cut to a disc, its mean lightness moved by as much as makes
it stand out most from where it lies; it is pasted twice into the second one, at a quarter and three quarters of the
width, with an edge as soft as a lens makes it (sigma 1 pixel). Pairs where it stands out by less than 25 are passed
over. One of the two gets a point in its middle, of a hue drawn by chance and chroma 40. What is measured: the share
of that color that each object took on, and the change of the background, the median over their cells; cells on
the edges are left out.

**Time.** The 30th click on a view of 1024 pixels: the mark is moved, all are compiled, the answer is joined and
decoded. Without the network's runs, in time of the processor, which other programs do not change much; and by the
clock.

How far true marks spread stands in ``hints.csv``: PSNR by the number of marks, and that of a fitted Gaussian kernel
without a network. What each photograph contributes stands in ``photographs/marks.csv``; the files and their SHA-256
in ``eval-objects.sha256``.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from evaluation import create_parser, gray_input, list_objects, parse, read_codes, report, say, to_lab
from numpy.typing import NDArray
from skimage.feature import canny
from skimage.filters import gaussian
from skimage.transform import resize
from skimage.util import view_as_windows

from tintype import Colorizer, Guidance, OpenPhoto
from tintype.color.gamut import max_chroma
from tintype.color.lab import lightness_to_luminance, linear_to_srgb
from tintype.colorize.result import Colorization
from tintype.guidance.compile import cover_cells
from tintype.guidance.marks import MaskMark, PointMark
from tintype.measure.figures import Codes
from tintype.measure.hints import PATCH_SIDE, draw_hints, name_seed
from tintype.measure.record import Row, write_photograph_table

Floats = NDArray[np.floating[Any]]
Noted = dict[str, dict[str, float]]

COUNT = 100
STEP, SIGMA = 20.0, 2.0
SCENES, SCENE_SIZE = 50, (256, 384)
RADIUS, TEXTURE, CONTRAST, CHROMA = 48, 2.0, 25.0, 40.0
CLICKS, VIEW, TURNS = 30, 1024, 40
REACHES = ("", ", without limit")


def main() -> None:
    """Measure and write."""
    arguments = _parse()
    photographs = list_objects()
    colorizer = Colorizer(arguments.model, threads=arguments.threads)
    chosen = _spread_out(photographs.paths, arguments.limit or COUNT)
    noted: Noted = {}
    rows = [
        *measure_obedience(colorizer, chosen, noted),
        *measure_twins(colorizer, photographs.paths, min(arguments.limit or SCENES, SCENES)),
        *measure_time(colorizer, chosen[0]),
    ]
    report(arguments.out / "marks.csv", rows, f"objects {photographs.digest}", colorizer)
    write_photograph_table(arguments.out / "photographs" / "marks.csv", noted.items())


def _parse() -> argparse.Namespace:
    parser = create_parser(__doc__)
    parser.add_argument("--limit", type=int, default=None, help="fewer photographs, to try it out")
    return parse(parser)


def _spread_out(paths: Sequence[Path], count: int) -> list[Path]:
    """Return so many of the photographs, evenly from the whole list."""
    places = np.linspace(0, len(paths) - 1, min(count, len(paths))).round().astype(int)
    return [paths[place] for place in places]


@dataclass(frozen=True)
class Patch:
    """A square of full confidence in a photograph.

    Attributes:
        mark: with its color.
        cells: (h, w) bool, the cells of the grid that it covers by half or more.
    """

    mark: MaskMark
    cells: NDArray[np.bool]

    @property
    def ab(self) -> Floats:
        """The color that was ordered."""
        assert self.mark.color is not None
        return np.array(self.mark.color[1:])


def measure_obedience(colorizer: Colorizer, paths: Sequence[Path], noted: Noted) -> Iterator[Row]:
    """Yield what single patches do inside of themselves, and beyond the nearest strong contour."""
    found: dict[str, list[float]] = defaultdict(list)
    for number, path in enumerate(paths, start=1):
        say(f"obeyed: {number}/{len(paths)}")
        true = read_codes(path)
        opened = colorizer.open(gray_input(true))
        plain = opened.colorize().ab
        contours = find_contours(opened)
        for kind, one in _patches(true, opened, path.name):
            result = opened.colorize(Guidance((one.mark,)))
            _note_inside(found, kind, one, result.ab)
            beyond = find_beyond(contours, one.cells)
            for reach, ab in zip(REACHES, (result.ab, unlimited(result)), strict=True):
                change = float(np.median(np.linalg.norm(ab - plain, axis=-1)[beyond]))
                noted.setdefault(path.name, {})[f"{kind}{reach}: change beyond a contour"] = change
    yield from _inside_rows(found, len(paths))
    yield from _beyond_rows(noted)


def unlimited(result: Colorization) -> Floats:
    """Return the color (h, w, 2) of what the network says, wherever that is."""
    answer = result.answer
    assert answer.question is not None
    said = replace(answer, cells=answer.compiled.biased(answer.question.ask()))
    return said.decode(result.settings.decoding)


def _patches(true: Codes, opened: OpenPhoto, name: str) -> Iterator[tuple[str, Patch]]:
    """Yield patches of true and absurd color, of 6 x 6 pixels and 6 x 6 cells."""
    lab = to_lab(true)
    hue = np.random.default_rng(name_seed(name)).uniform(0, 360)
    hint = draw_hints(lab, 1, name_seed(name))[0]
    for size, side in (("pixels", hint.side), ("cells", _side_of_cells(opened))):
        top, left = (
            int(np.clip(start + hint.side / 2 - side / 2, 0, full - side))
            for start, full in zip((hint.top, hint.left), lab.shape[:2], strict=True)
        )
        mean = lab[top : top + side, left : left + side].reshape(-1, 3).mean(axis=0)
        lightness = float(np.clip(mean[0], 0, 100))
        chroma = float(max_chroma(np.array(lightness), np.array(hue)))
        for kind, ab in (("true", mean[1:]), ("absurd", chroma * _direction(hue))):
            mark = MaskMark.from_array(np.ones((side, side)), x=left, y=top, color=(lightness, *ab))
            yield f"{kind} color in 6 x 6 {size}", Patch(mark, _cells_of(mark, opened))


def _direction(hue: float) -> Floats:
    return np.array([np.cos(np.radians(hue)), np.sin(np.radians(hue))])


def _side_of_cells(opened: OpenPhoto) -> int:
    """Return the side of a patch of 6 x 6 cells, pixels of the photograph."""
    card = opened.colorizer.card
    cells = min(card.size.fit(*opened.size)) / card.grid
    return max(1, round(PATCH_SIDE * min(opened.size) / cells))


def _cells_of(mark: MaskMark, opened: OpenPhoto) -> NDArray[np.bool]:
    card = opened.colorizer.card
    size = card.size.fit(*opened.size)
    covered = cover_cells(mark, opened.size, size, card.grid)
    cells = np.zeros((size[0] // card.grid, size[1] // card.grid), dtype=bool)
    cells[covered.window] = covered.coverage >= 1
    return cells


def _note_inside(found: dict[str, list[float]], kind: str, one: Patch, ab: Floats) -> None:
    inside = ab[one.cells]
    found[f"{kind}: ab distance"] += np.linalg.norm(inside - one.ab, axis=-1).tolist()
    ordered, said = complex(*one.ab), inside[:, 0] + 1j * inside[:, 1]
    found[f"{kind}: degrees of hue"] += np.degrees(np.abs(np.angle(said / ordered))).tolist()
    found[f"{kind}: share of the chroma"] += (np.abs(said) / abs(ordered)).tolist()


def find_contours(opened: OpenPhoto) -> NDArray[np.bool]:
    """Return where strong contours run: (H, W) bool, pixels of the model's input."""
    fine = opened.lightness_at(opened.colorizer.card.size.fit(*opened.size))
    slope = np.hypot(*np.gradient(gaussian(fine, SIGMA, preserve_range=True)))
    ridges = canny(fine, SIGMA, low_threshold=0, high_threshold=0)
    return ridges & (slope > STEP / (SIGMA * np.sqrt(2 * np.pi)))  # the slope in the middle of a blurred step


def find_beyond(contours: NDArray[np.bool], cells: NDArray[np.bool]) -> NDArray[np.bool]:
    """Return which cells lie beyond a strong contour, seen from the middle of some cells: (h, w) bool."""
    grid = contours.shape[0] // cells.shape[0]
    walls = np.pad(contours, ((0, 1), (0, 1)))
    walls = walls[:-1, :-1] | walls[1:, :-1] | walls[:-1, 1:]  # no line slips through a diagonal of pixels
    inside = np.kron(cells, np.ones((grid, grid), dtype=bool))
    middle = np.argwhere(inside).mean(axis=0)
    ends = (np.indices(cells.shape).reshape(2, -1).T + 0.5) * grid
    crossed = np.zeros(cells.size, dtype=bool)
    for share in np.linspace(0, 1, 2 * max(contours.shape)):
        y, x = (middle + share * (ends - middle)).astype(int).T
        crossed |= walls[y, x] & ~inside[y, x]
    on_wall = walls.reshape(cells.shape[0], grid, cells.shape[1], grid).any(axis=(1, 3))
    return crossed.reshape(cells.shape) & ~on_wall & ~cells


def _inside_rows(found: dict[str, list[float]], n: int) -> Iterator[Row]:
    for size in ("pixels", "cells"):
        true, absurd = (f"{kind} color in 6 x 6 {size}" for kind in ("true", "absurd"))
        for figure, share, required in (
            (f"{true}: ab distance", 50, "<= 3"),
            (f"{true}: ab distance", 95, "<= 6"),
            (f"{absurd}: degrees of hue", 95, "<= 10"),
            (f"{absurd}: degrees of hue", 100, ""),
            (f"{absurd}: share of the chroma", 5, ">= 0.9"),
            (f"{absurd}: share of the chroma", 0, ""),
        ):
            value = float(np.percentile(found[figure], share))
            yield Row(f"{figure}, percentile {share} of cells", value, required, n)


def _beyond_rows(noted: Noted) -> Iterator[Row]:
    for figure in next(iter(noted.values())):
        changes = [one[figure] for one in noted.values() if np.isfinite(one[figure])]
        required = "" if REACHES[1] in figure else "<= 2"
        yield Row(f"{figure}, median of photographs", float(np.median(changes)), required, len(changes))
        most = float(np.percentile(changes, 90))
        yield Row(f"{figure}, percentile 90 of photographs", most, "", len(changes))


@dataclass(frozen=True)
class Scene:
    """A photograph with two equal objects.

    Attributes:
        codes: (H, W) uint8, gray.
        marked: (H, W) 0..1, where the object lies that gets a mark.
        other: (H, W) the same of its twin.
        center: (x, y) of the marked one.
    """

    codes: NDArray[np.uint8]
    marked: Floats
    other: Floats
    center: tuple[float, float]


def measure_twins(colorizer: Colorizer, paths: Sequence[Path], count: int) -> Iterator[Row]:
    """Yield what a mark on one of two equal objects does to both and to the background."""
    found: dict[str, list[float]] = defaultdict(list)
    for number, scene in enumerate(islice(create_scenes(paths), count)):
        say(f"two equal objects: {number + 1}/{count}")
        opened = colorizer.open(scene.codes)
        color = CHROMA * _direction(np.random.default_rng(number).uniform(0, 360))
        mark = PointMark(*scene.center, RADIUS / 6, color=(50, *color))
        plain, result = opened.colorize().ab, opened.colorize(Guidance((mark,)))
        for reach, ab in zip(REACHES, (result.ab, unlimited(result)), strict=True):
            for where, change in _changes(scene, ab - plain).items():
                took = change @ color / CHROMA**2
                size = np.linalg.norm(change, axis=-1)
                found[f"{where}{reach}"].append(float(np.median(size if where == "background" else took)))
    for reach in REACHES:
        for where, what, required in (
            ("marked object", "share of the color that it took on", ">= 0.5"),
            ("other object", "share of the color that it took on", ""),
            ("background", "change", "<= 2"),
        ):
            values = found[f"{where}{reach}"]
            asked = "" if reach else required
            yield Row(f"two equal objects, {where}{reach}: {what}", float(np.median(values)), asked, count)


def create_scenes(paths: Sequence[Path]) -> Iterator[Scene]:
    """Make scenes of neighbors in the list of photographs, passing over those in which the object hardly shows."""
    for ground_path, object_path in zip(paths, [*paths[1:], paths[0]], strict=True):
        ground, texture = (_lightness_of(path) for path in (ground_path, object_path))
        scene = _paste(ground, _evenest_square(texture, 2 * RADIUS))
        if scene is not None:
            yield scene


def _lightness_of(path: Path) -> Floats:
    """Return the lightness of a photograph at the size of a scene."""
    return np.asarray(resize(to_lab(read_codes(path))[..., 0], SCENE_SIZE, anti_aliasing=True))


def _evenest_square(lightness: Floats, side: int) -> Floats:
    """Return the square (side, side) that varies least, but by `TEXTURE` or more."""
    squares = view_as_windows(lightness, (side, side), step=8)
    spread = squares.std(axis=(2, 3))
    row, column = np.unravel_index(np.argmin(np.where(spread < TEXTURE, np.inf, spread)), spread.shape)
    return squares[row, column]


def _paste(ground: Floats, square: Floats) -> Scene | None:
    """Return a photograph with an object pasted twice; None where it does not stand out."""
    height, width = ground.shape
    y, x = np.mgrid[:height, :width] + 0.5
    rest = square - square.mean()
    centers = [(width / 4, height / 2), (3 * width / 4, height / 2)]
    distances = [np.hypot(x - cx, y - cy) for cx, cy in centers]
    around = [ground[(distance > RADIUS) & (distance < 1.25 * RADIUS)].mean() for distance in distances]
    tones = np.arange(20, 86)
    contrasts = np.abs(tones - np.array(around)[:, None]).min(axis=0)
    if contrasts.max() < CONTRAST:
        return None
    planes = [gaussian((distance < RADIUS).astype(float), 1.0) for distance in distances]
    picture = ground.copy()
    for plane, (cx, cy) in zip(planes, centers, strict=True):
        whole = np.zeros_like(ground)
        top, left = int(cy - RADIUS), int(cx - RADIUS)
        whole[top : top + 2 * RADIUS, left : left + 2 * RADIUS] = rest
        picture += plane * (np.clip(tones[contrasts.argmax()] + whole, 0, 100) - picture)
    codes = np.rint(255 * linear_to_srgb(lightness_to_luminance(np.clip(picture, 0, 100)))).astype(np.uint8)
    return Scene(codes, planes[0], planes[1], centers[0])


def _changes(scene: Scene, change: Floats) -> dict[str, Floats]:
    """Return the changes (n, 2) of the cells of both objects and of the background."""
    marked, other = (resize(one, change.shape[:2], anti_aliasing=True) for one in (scene.marked, scene.other))
    return {
        "marked object": change[marked > 0.99],
        "other object": change[other > 0.99],
        "background": change[marked + other < 0.01],
    }


class _Timed:
    """A session that knows how long the network ran, in seconds by the clock and of the processor."""

    def __init__(self, session: Any) -> None:
        self.session, self.card, self.seconds = session, session.card, np.zeros(2)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.session, name)

    def run(self, *arguments: Any, **options: Any) -> Any:
        started = _clocks()
        try:
            return self.session.run(*arguments, **options)
        finally:
            self.seconds += _clocks() - started


def _clocks() -> Floats:
    return np.array([time.perf_counter(), time.process_time()])


def measure_time(colorizer: Colorizer, path: Path) -> Iterator[Row]:
    """Yield what the 30th click on a view of 1024 pixels costs beside the network, and with it."""
    random = np.random.default_rng(0)
    view = resize(gray_input(read_codes(path)), (VIEW * 3 // 4, VIEW), preserve_range=True)
    places = random.uniform(0, (VIEW, VIEW * 3 // 4), (CLICKS, 2)).tolist()
    colors = [CHROMA * _direction(hue) for hue in random.uniform(0, 360, CLICKS)]
    marks = [PointMark(x, y, 8, color=(50, *color)) for (x, y), color in zip(places, colors, strict=True)]
    session: Any = colorizer.session
    timed: Any = _Timed(session)
    colorizer.session = timed
    try:
        opened = colorizer.open(np.rint(view).astype(np.uint8))
        opened.colorize(Guidance(tuple(marks)))
        whole, beside = np.moveaxis([_time_click(opened, marks, timed) for _ in range(TURNS)], 1, 0)
    finally:
        colorizer.session = session
    name = f"the last of {CLICKS} marks on a view of {VIEW} pixels"
    for figure, milliseconds, required in (
        ("compiled and decoded, ms of the processor", beside[:, 1], "< 20"),
        ("compiled and decoded, ms by the clock", beside[:, 0], ""),
        ("with the network, ms by the clock", whole[:, 0], ""),
    ):
        yield Row(f"{name}: {figure}", float(np.median(milliseconds)), required, TURNS)


def _time_click(opened: OpenPhoto, marks: list[PointMark], timed: _Timed) -> tuple[Floats, Floats]:
    """Move the last mark; return milliseconds, by the clock and of the processor, in all and beside the network."""
    marks[-1] = replace(marks[-1], x=marks[-1].x % (VIEW - 1) + 1)
    timed.seconds = np.zeros(2)
    started = _clocks()
    _ = opened.colorize(Guidance(tuple(marks))).ab
    whole = _clocks() - started
    return 1000 * whole, 1000 * (whole - timed.seconds)


if __name__ == "__main__":
    main()
