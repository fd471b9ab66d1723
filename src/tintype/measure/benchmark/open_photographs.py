"""The photographs of the suite ``open``: color photographs inside of installed packages, each with its licence.

    python -m tintype.measure.benchmark.open_photographs FOLDER

writes the center square of each as PNG, unchanged pixel by pixel, with a README that credits the photographers.
The packages are scikit-image, scikit-learn and matplotlib; nothing is downloaded and none of them is imported.
Left out, though they are in the same packages: the stereo pair of a motorcycle (no licence stated), everything gray,
and all that scikit-image only downloads.
"""

from __future__ import annotations

import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import SuiteError
from tintype.photos.atomic import atomic_file

Codes = NDArray[np.uint8]

PUBLIC_DOMAIN, CC0, CC_BY = "public domain", "CC0 1.0", "CC BY 2.0"


@dataclass(frozen=True)
class OpenPhotograph:
    """A photograph that comes with a package.

    Attributes:
        name: of the PNG file, without suffix.
        module: that holds the file.
        distribution: what pip calls it.
        file: inside of the module.
        license: under which it may be passed on, as the package or the source that the package names says.
        credit: who made it, and where that is said.
        subject: what it shows.
        kind: ``everyday`` or ``science``.
    """

    name: str
    module: str
    distribution: str
    file: str
    license: str
    credit: str
    subject: str
    kind: str = "everyday"


def _skimage(name: str, file: str, *rest: str) -> OpenPhotograph:
    return OpenPhotograph(name, "skimage", "scikit-image", f"data/{file}", *rest)


def _sklearn(name: str, *rest: str) -> OpenPhotograph:
    return OpenPhotograph(name, "sklearn", "scikit-learn", f"datasets/images/{name}.jpg", *rest)


OPEN_PHOTOGRAPHS = (
    _skimage("astronaut", "astronaut.png", PUBLIC_DOMAIN, "NASA (skimage.data.astronaut)", "a portrait"),
    _skimage("chelsea", "chelsea.png", CC0, "Stefan van der Walt (skimage.data.chelsea)", "a cat"),
    _sklearn("china", CC_BY, "danielbuechele on Flickr (sklearn/datasets/images/README.txt)", "a temple"),
    _skimage("coffee", "coffee.png", CC0, "Rachel Michetti (skimage.data.coffee)", "a cup on a table"),
    _sklearn("flower", CC_BY, "vultilion on Flickr (sklearn/datasets/images/README.txt)", "a flower"),
    OpenPhotograph(
        "grace_hopper",
        "matplotlib",
        "matplotlib",
        "mpl-data/sample_data/grace_hopper.jpg",
        PUBLIC_DOMAIN,
        "James S. Davis, U.S. Navy, 1984: a work of the U.S. government (the file names Wikimedia Commons, "
        "File:Grace_Hopper.jpg, as its source)",
        "an officer in uniform",
    ),
    _skimage(
        "hubble_deep_field",
        "hubble_deep_field.jpg",
        PUBLIC_DOMAIN,
        "NASA (skimage.data.hubble_deep_field)",
        "galaxies; made of several exposures through filters",
        "science",
    ),
    _skimage(
        "ihc",
        "ihc.png",
        "no known copyright restrictions",
        "Center for Microscopy And Molecular Imaging (skimage.data.immunohistochemistry)",
        "stained tissue under a microscope",
        "science",
    ),
    _skimage(
        "retina", "retina.jpg", CC0, "Mikael Häggström (skimage.data.retina)", "the back of an eye", "science"
    ),
    _skimage("rocket", "rocket.jpg", PUBLIC_DOMAIN, "SpaceX (skimage.data.rocket)", "the start of a rocket"),
)


def write_open_photographs(folder: Path) -> None:
    """Write the center squares of all photographs into a folder, with a README of their licences.

    Raises:
        SuiteError: a package is not installed; the text names all that are needed.
        OSError: the folder can't be written.
    """
    from PIL import Image  # noqa: PLC0415 - loaded only by who needs it

    folder.mkdir(parents=True, exist_ok=True)
    for photograph, square in open_squares():
        with atomic_file(folder / f"{photograph.name}.png", overwrite=True) as file:
            Image.fromarray(square).save(file, "PNG")
    (folder / "README.md").write_text(describe_licenses(), encoding="utf-8")


def open_squares() -> Iterator[tuple[OpenPhotograph, Codes]]:
    """Yield each photograph and its center square, (side, side, 3) uint8.

    Raises:
        SuiteError: a package is not installed.
    """
    from PIL import Image  # noqa: PLC0415

    paths = [_locate(photograph) for photograph in OPEN_PHOTOGRAPHS]
    for photograph, path in zip(OPEN_PHOTOGRAPHS, paths, strict=True):
        with Image.open(path) as picture:
            yield photograph, center_square(np.asarray(picture.convert("RGB")))


def center_square(codes: NDArray[Any]) -> NDArray[Any]:
    """Cut (H, W, C) to (side, side, C), the side being the shorter one; an odd rest goes to the end."""
    height, width = codes.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return np.ascontiguousarray(codes[top : top + side, left : left + side])


def pixel_digest(codes: Codes) -> str:
    """Return the SHA-256, 64 hexadecimal digits, of a picture's samples, row by row."""
    return hashlib.sha256(np.ascontiguousarray(codes).tobytes()).hexdigest()


def list_digests() -> str:
    """Return the committed list: one "SHA-256 of the pixels  name" a line."""
    return "".join(
        f"{pixel_digest(square)}  {photograph.name}.png\n" for photograph, square in open_squares()
    )


def describe_licenses() -> str:
    """Return a table of photographs, licences and credits as Markdown."""
    rows = [
        f"| {it.name} | {it.subject} | {it.license} | {it.credit} | {it.distribution} |"
        for it in OPEN_PHOTOGRAPHS
    ]
    head = "| photograph | shows | licence | credit | package |\n|---|---|---|---|---|\n"
    return (
        "Center squares of photographs that come inside of Python packages.\n\n"
        + head
        + "\n".join(rows)
        + "\n"
    )


def _locate(photograph: OpenPhotograph) -> Path:
    found = importlib.util.find_spec(photograph.module)
    path = Path(found.origin).parent / photograph.file if found and found.origin else None
    if path is None or not path.is_file():
        needed = " ".join(sorted({it.distribution for it in OPEN_PHOTOGRAPHS}))
        raise SuiteError(
            f"the photograph {photograph.name} comes with {photograph.distribution}, which is not installed here; "
            f"pip install {needed}"
        )
    return path


if __name__ == "__main__":
    write_open_photographs(Path(sys.argv[1]))
