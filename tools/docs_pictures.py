"""Make the pictures of README and documentation with the bundled model.

    python tools/docs_pictures.py [FOLDER]

The photographs are those of ``tools/demo_photographs.py``, made gray; docs/index.md names their authors. Each
picture carries the mark of machine-made color, as every result does. Run it again when the bundled model changes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from demo_photographs import photographs, to_gray
from numpy.typing import NDArray
from PIL import Image

from tintype import Colorization, Colorizer, Guidance, OpenPhoto, PointMark, read_guidance
from tintype.colorize.companions import doubt_map, view
from tintype.photos.metadata import ResultFacts, xmp_with_mark

DOCS = Path(__file__).parent.parent / "docs"
FOLDER = DOCS / "pictures"
EXAMPLE = DOCS / "examples" / "astronaut.json"
SUIT = PointMark(200, 350, 12, color="#2060c0")
LARGEST = 150_000
QUALITIES = (86, 80, 74, 68, 60)
GAP = 8

Panel = NDArray[np.uint8]
Panels = tuple[Colorization, Sequence[Panel]]


def pair(photo: OpenPhoto, gray: Panel) -> Panels:
    """Show a photograph before and after, without any guidance."""
    result = photo.colorize()
    return result, [gray, view(result)]


def hinted(photo: OpenPhoto, gray: Panel) -> Panels:
    """Show what the hints file of docs/guidance.md changes."""
    result = photo.colorize(read_guidance(EXAMPLE))
    return result, [gray, view(photo.colorize()), view(result)]


def contained(photo: OpenPhoto, gray: Panel) -> Panels:
    """Show a click on the suit: what the network says by itself, and what is kept within the contours."""
    result = photo.colorize(Guidance((SUIT,)))
    question = result.answer.question
    assert question is not None
    said = replace(result.answer, cells=result.answer.compiled.biased(question.ask()))
    return result, [gray, view(replace(result, answer=said)), view(result)]


def vividness(photo: OpenPhoto, _gray: Panel) -> Panels:
    """Show one answer of the network decoded faithfully, as by default, and vividly."""
    result = photo.colorize()
    return result, [view(result.redecoded(vividness=value)) for value in (0.0, 0.5, 1.0)]


def alternatives(photo: OpenPhoto, _gray: Panel) -> Panels:
    """Show three samples."""
    drawn = photo.colorize().alternatives(3, seed=1)
    return drawn[0], [view(each) for each in drawn]


def doubt(photo: OpenPhoto, _gray: Panel) -> Panels:
    """Show the color beside the doubt."""
    result = photo.colorize()
    return result, [view(result), np.repeat(doubt_map(result)[..., None], 3, axis=2)]


PICTURES: dict[str, tuple[str, Callable[[OpenPhoto, Panel], Panels], int]] = {
    "china": ("china", pair, 480),
    "camera": ("camera", pair, 480),
    "coffee": ("coffee", pair, 480),
    "hints": ("astronaut", hinted, 320),
    "marks": ("astronaut", contained, 320),
    "vividness": ("china", vividness, 320),
    "alternatives": ("flower", alternatives, 320),
    "doubt": ("coffee", doubt, 320),
}
"""Name of the picture -> photograph, what is shown of it, and the width of each panel in pixels."""


def main(folder: Path) -> None:
    """Write all pictures into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    colorizer = Colorizer()
    codes = {name: to_gray(picture) for name, picture in photographs()}
    opened = {name: colorizer.open(gray) for name, gray in codes.items()}
    for name, (photograph, show, width) in PICTURES.items():
        result, panels = show(opened[photograph], np.repeat(codes[photograph][..., None], 3, axis=2))
        save(folder / f"{name}.jpg", side_by_side(panels, width), result)


def side_by_side(panels: Sequence[Panel], width: int) -> Panel:
    """Return panels of one width beside each other, a white gap between them: (h, w, 3) uint8."""
    height = round(width * panels[0].shape[0] / panels[0].shape[1])
    gap = np.full((height, GAP, 3), 255, np.uint8)
    parts: list[Any] = [gap] * (2 * len(panels) - 1)
    parts[::2] = [np.asarray(Image.fromarray(each).resize((width, height))) for each in panels]
    return np.concatenate(parts, axis=1)


def save(path: Path, pixels: Panel, result: Colorization) -> None:
    """Write a marked JPEG at the best quality that is small enough."""
    height, width, _ = pixels.shape
    packet = xmp_with_mark(None, result.mark("docs"), ResultFacts(height, width, media_type="image/jpeg"))
    for quality in QUALITIES:
        Image.fromarray(pixels).save(path, quality=quality, optimize=True, xmp=packet)
        if path.stat().st_size < LARGEST:
            return
    raise SystemExit(f"{path}: {path.stat().st_size} bytes even at quality {QUALITIES[-1]}; make it narrower")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
