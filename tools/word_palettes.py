"""Learn which colors go with which label of the training photographs.

    TINTYPE_DATA=... python tools/word_palettes.py

Writes ``src/tintype/guidance/words/palettes.npz``: for each label with at least `LEAST` photographs the distribution
of its colors over the ab bins and the mean lightness of each. Objects fill the middle of their photographs, so there
the middle counts most; scenes and sports are counted as a whole. The table holds no photograph, nor any part of one.
"""

from __future__ import annotations

import io
import os
import sys
import tarfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype.color.bins import BIN_COUNT, soft_encode_table
from tintype.color.lab import srgb_to_lab

TABLE = Path(__file__).parent.parent / "src" / "tintype" / "guidance" / "words" / "palettes.npz"
LEAST = 20
SIDE = 48
MIDDLE = 0.45
"""Reach of the middle of a photograph of an object, in half sides."""
OF_OBJECTS = ("objects64", "insects", "catsdogs", "clothing")
UNNAMED = "none"


def photographs(root: Path) -> Iterator[tuple[str, str, NDArray[np.float32]]]:
    """Yield source, label and Lab (SIDE, SIDE, 3) of each labeled photograph."""
    for path in sorted(root.glob("train/*.tar")):
        with tarfile.open(path) as archive:
            for member in archive:
                stem, _, suffix = member.name.rpartition(".")
                _, source, label = stem.split("_", 2)
                file = archive.extractfile(member)
                if suffix == "webp" and label != UNNAMED and file is not None:
                    yield source, label, read_lab(file.read())


def read_lab(data: bytes) -> NDArray[np.float32]:
    """Return the middle square of a photograph, reduced."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    box = (left, top, left + side, top + side)
    small = picture.resize((SIDE, SIDE), Image.Resampling.BOX, box)
    return srgb_to_lab(np.asarray(small, np.float32) / 255)


def main() -> None:
    """Count the colors of all labels, and write the table."""
    away = (np.arange(SIDE) + 0.5) / SIDE * 2 - 1
    middle = np.exp(-(away[:, None] ** 2 + away**2) / (2 * MIDDLE**2)).ravel()
    codes, weights = soft_encode_table()
    shares, lights = defaultdict(lambda: np.zeros(BIN_COUNT)), defaultdict(lambda: np.zeros(BIN_COUNT))
    counts: dict[str, int] = defaultdict(int)
    for source, label, lab in photographs(Path(os.environ["TINTYPE_DATA"])):
        flat = lab.reshape(-1, 3)
        a, b = np.clip(np.rint(flat[:, 1:]) + 128, 0, 255).astype(np.int64).T
        counted = weights[a, b] * (middle if source in OF_OBJECTS else np.ones_like(middle))[:, None]
        total = counted.sum()
        shares[label] += np.bincount(codes[a, b].ravel(), counted.ravel(), BIN_COUNT) / total
        lights[label] += np.bincount(codes[a, b].ravel(), (counted * flat[:, :1]).ravel(), BIN_COUNT) / total
        counts[label] += 1
    labels = sorted(label for label, count in counts.items() if count >= LEAST)
    share = np.stack([shares[label] / counts[label] for label in labels])
    light = np.stack([lights[label] / np.maximum(shares[label], 1e-9) for label in labels])
    largest = share.max(1, keepdims=True)
    np.savez_compressed(
        TABLE,
        labels=np.array([label.replace("-", " ") for label in labels]),
        counts=np.array([counts[label] for label in labels], np.int32),
        roots=np.rint(255 * np.sqrt(share / largest)).astype(np.uint8),
        lightness=np.rint(np.clip(light, 0, 100)).astype(np.uint8),
    )
    sys.stdout.write(f"{TABLE}: {len(labels)} labels, {TABLE.stat().st_size / 1e3:.0f} kB\n")


if __name__ == "__main__":
    main()
