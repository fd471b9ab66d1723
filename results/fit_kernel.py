"""Fit the baseline without a network on 200 training photographs; writes results/kernel.json.

    TINTYPE_DATA=... python results/fit_kernel.py

Photographs: the first members of train/photos-0000.tar that are large enough, their center squares enlarged to
256 pixels. Hints: the protocol of ``tintype.measure.hints``, counts 1, 5, 10 and 50 together.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tintype.color.lab import srgb_to_lab
from tintype.measure.hints import HINT_COUNTS, name_seed
from tintype.measure.kernel import fit_kernel

COUNT, SIDE, SMALLEST = 200, 256, 128
SHARD = "train/photos-0000.tar"


def main() -> None:
    """Fit and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("kernel.json"))
    arguments = parser.parse_args()
    named = list(_first_photographs(Path(os.environ["TINTYPE_DATA"]) / SHARD))
    names = [name for name, _ in named]
    fit = fit_kernel([lab for _, lab in named], [name_seed(name) for name in names])
    record = {
        "kernel": asdict(fit.kernel),
        "score": round(fit.score, 4),
        "trials": fit.trials,
        "photographs": fit.photographs,
        "hint_counts": HINT_COUNTS,
        "shard": SHARD,
        "first": names[0],
        "last": names[-1],
        "sha256_of_names": hashlib.sha256("\n".join(names).encode()).hexdigest(),
        "command": "python results/fit_kernel.py",
    }
    arguments.out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record["kernel"]), f"score {fit.score:.3f} after {fit.trials} trials")  # noqa: T201


def _first_photographs(shard: Path) -> Iterator[tuple[str, NDArray[np.floating[Any]]]]:
    """Yield name and Lab (256, 256, 3) of the first photographs that are large enough."""
    found = 0
    with tarfile.open(shard) as members:
        for member in members:
            content = members.extractfile(member)
            if content is None or not member.name.endswith(".webp") or found == COUNT:
                continue
            picture = Image.open(io.BytesIO(content.read())).convert("RGB")
            if min(picture.size) >= SMALLEST:
                found += 1
                yield member.name, srgb_to_lab(np.asarray(_center_square(picture), np.float32) / 255)


def _center_square(picture: Image.Image) -> Image.Image:
    side = min(picture.size)
    left, top = (picture.width - side) // 2, (picture.height - side) // 2
    square = picture.crop((left, top, left + side, top + side))
    return square.resize((SIDE, SIDE), Image.Resampling.BICUBIC)


if __name__ == "__main__":
    main()
