"""Fit how far a match is believed, on halves of 150 training photographs; writes results/matching.json.

    TINTYPE_DATA=... python results/fit_matching.py [--count 150]

Photographs: the colored ones of train/photos-*.tar of 128 pixels or more whose names have the lowest SHA-256. Each is
cut in two (``reference.cut``), and one half is also aged as film ages. Pairs: the half and the aged half with the
other one, and both with the other half of the next two photographs, which show something else.

Fitted are the weights of the evidence (logistic regression: is the color within ``RIGHT`` of the true one?), that of
the likeness by which single marks are carried (does the place most like a cell have the cell's color?), and the
agreement (the middle: what one pair in twenty of different photographs exceeds). The first half of the photographs is
fitted on, the second one says what it is worth; then all are fitted on, and what comes of that stands in
``tintype.guidance.matching``. No evaluation photograph is looked at.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from evaluation import Floats, gray_input, say, to_lab
from PIL import Image
from reference import cut
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, roc_auc_score

from tintype import Colorizer
from tintype.color.difference import colorfulness
from tintype.color.lab import lab_to_srgb
from tintype.colorize.referring import describe_photo
from tintype.guidance.cells import Cells, ColoredCells, color_cells
from tintype.guidance.matching import RIGHT, Comparison, compare, draw_colors, match_colors
from tintype.guidance.reference import LEAST_AGREEMENT
from tintype.measure.figures import Codes
from tintype.measure.record import describe_command, describe_machine, describe_versions
from tintype.photos.film_stock import develop, draw_film

SHARDS = ("train/photos-0000.tar", "train/photos-0001.tar")
SMALLEST, LEAST_COLORFUL = 128, 10.0
ONE_IN_TWENTY = 95
CARRIED = 60


@dataclass(frozen=True, eq=False)
class Half:
    """One half of a photograph, as it is matched."""

    cells: Cells
    colors: ColoredCells


@dataclass(frozen=True, eq=False)
class Pair:
    """What matching made of a pair.

    Attributes:
        photograph: its number.
        is_same: whether both are of one photograph.
        relative: likeness of the two photographs.
        agreement: what it comes to with today's numbers.
        evidence: (n, 5).
        right: (n,) bool, whether the color drawn is right.
        believed: (n,) the confidence with today's numbers.
        place_likeness: (m, 1) of cells and of the places where a mark on them would be carried.
        place_right: (m,) bool, whether these have the same color.
    """

    photograph: int
    is_same: bool
    relative: float
    agreement: float
    evidence: Floats
    right: Floats
    believed: Floats
    place_likeness: Floats
    place_right: Floats


def main() -> None:
    """Fit and write."""
    arguments = _parse()
    named = choose([Path(os.environ["TINTYPE_DATA"]) / shard for shard in SHARDS], arguments.count)
    colorizer = Colorizer(arguments.model, threads=arguments.threads)
    pairs = [*match_all(colorizer, named)]
    names = [name for name, _ in named]
    record = {
        **fit(pairs, len(named)),
        "photographs": len(names),
        "sha256_of_names": hashlib.sha256("\n".join(names).encode()).hexdigest(),
        "command": describe_command(),
        "machine": describe_machine(),
        "versions": f"{colorizer.card.name} {colorizer.fingerprint[:12]}, {describe_versions()}",
    }
    arguments.out.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=2))  # noqa: T201


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default="tintype-small", help="name or path of a model")
    parser.add_argument("--count", type=int, default=150, help="number of photographs")
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("matching.json"))
    parser.add_argument("--threads", type=int, default=None, help="all cores if not given")
    return parser.parse_args()


def choose(shards: Sequence[Path], count: int) -> list[tuple[str, Codes]]:
    """Return name and picture of the training photographs whose names have the lowest SHA-256."""
    with ExitStack() as stack:
        opened = [stack.enter_context(tarfile.open(shard)) for shard in shards]
        found = [(each, member) for each in opened for member in each if member.name.endswith(".webp")]
        found.sort(key=lambda pair: hashlib.sha256(pair[1].name.encode()).digest())
        named = ((member.name, _read(each, member)) for each, member in found)
        return [*islice((pair for pair in named if _is_usable(pair[1])), count)]


def _read(shard: tarfile.TarFile, member: tarfile.TarInfo) -> Codes:
    content = shard.extractfile(member)
    assert content is not None
    with Image.open(io.BytesIO(content.read())) as picture:
        return np.asarray(picture.convert("RGB"))


def _is_usable(picture: Codes) -> bool:
    return min(picture.shape[:2]) >= SMALLEST and float(colorfulness(picture / 255)) >= LEAST_COLORFUL


def match_all(colorizer: Colorizer, named: Sequence[tuple[str, Codes]]) -> Iterator[Pair]:
    """Yield four pairs for each photograph."""
    targets: list[list[Half]] = []
    sources: list[Half] = []
    for i, (name, picture) in enumerate(named):
        say(f"matching: {i + 1}/{len(named)}")
        number = int(hashlib.sha256(name.encode()).hexdigest(), 16) >> 8
        first, second = cut(picture, number)
        targets.append([_see(colorizer, first, gray) for gray in (gray_input(first), age(first, number))])
        sources.append(_see(colorizer, second, gray_input(second)))
    for i, halves in enumerate(targets):
        for j, target in enumerate(halves):
            yield _pair(i, target, sources[i], is_same=True)
            yield _pair(i, target, sources[(i + 1 + j) % len(sources)], is_same=False)


def age(true: Codes, seed: int) -> Codes:
    """Return a photograph as film, time and scanner left it, (H, W) uint8."""
    random = np.random.default_rng(seed % 2**32)
    film = draw_film(random, 1, clean_share=0.0)
    noise = random.standard_normal((1, *true.shape[:2]))
    lightness = develop(true[None] / 255, film, noise)[0]
    lab = np.stack([lightness, np.zeros_like(lightness), np.zeros_like(lightness)], axis=-1)
    codes: Codes = np.rint(255 * np.clip(lab_to_srgb(lab)[..., 0], 0, 1)).astype(np.uint8)
    return codes


def _see(colorizer: Colorizer, true: Codes, gray: Codes) -> Half:
    cells = describe_photo(colorizer.open(gray))
    return Half(cells, color_cells(to_lab(true)[..., 1:], cells.size))


def _pair(number: int, target: Half, source: Half, *, is_same: bool) -> Pair:
    comparison = compare(target.cells, source.cells)
    drawn, match = draw_colors(comparison, source.colors), match_colors(comparison, source.colors)
    right = np.hypot(*(drawn.ab - target.colors.ab).T) < RIGHT
    relative = comparison.relative_likeness(drawn.used)
    evidence = np.stack([*drawn.evidence.values()], axis=-1)
    places = _carry(number, target, source, comparison)
    return Pair(number, is_same, relative, match.agreement, evidence, right, match.confidence, *places)


def _carry(number: int, target: Half, source: Half, comparison: Comparison) -> tuple[Floats, Floats]:
    """Return the likeness of some cells to the best places in the target, (m, 1), and whether the colors agree."""
    cells = np.random.default_rng(number).choice(source.cells.count, CARRIED, replace=False)
    best = comparison.scores[:, cells].argmax(axis=0)
    likeness = comparison.likeness[best, cells] / target.cells.own_likeness
    distances = np.hypot(*(target.colors.ab[best] - source.colors.ab[cells]).T)
    return likeness[:, None], distances < RIGHT


def fit(pairs: Sequence[Pair], count: int) -> dict[str, object]:
    """Return the numbers, and what they are worth for photographs that they were not fitted on."""
    middle = float(np.percentile([pair.relative for pair in pairs if not pair.is_same], ONE_IN_TWENTY))
    agreeing = [pair for pair in pairs if pair.is_same and pair.relative >= middle]
    model, place = _regression(agreeing), _place_regression(agreeing)
    names = ("spread", "ratio", "likeness", "disagreement", "mutual")
    return {
        "evidence": dict(zip(names, [_rounded(weight) for weight in model.coef_[0]], strict=True)),
        "evidence_bias": _rounded(model.intercept_[0]),
        "place_likeness": _rounded(place.coef_[0, 0]),
        "place_bias": _rounded(place.intercept_[0]),
        "agreement_middle": _rounded(middle),
        "share_of_same_that_agrees": _share_that_agrees(pairs, is_same=True),
        "share_of_others_that_agrees": _share_that_agrees(pairs, is_same=False),
        "unknown": _worth(agreeing, count // 2),
    }


def _share_that_agrees(pairs: Sequence[Pair], *, is_same: bool) -> float:
    return _rounded(np.mean([p.agreement >= LEAST_AGREEMENT for p in pairs if p.is_same == is_same]))


def _worth(agreeing: Sequence[Pair], first_unknown: int) -> dict[str, object]:
    """Fit on the first photographs and judge on the others."""
    unknown = [pair for pair in agreeing if pair.photograph >= first_unknown]
    evidence, right = _joined(unknown)
    model = _regression([pair for pair in agreeing if pair.photograph < first_unknown])
    chance = model.predict_proba(evidence)[:, 1]
    believed = np.concatenate([pair.believed for pair in unknown])
    return {
        "cells": len(right),
        "right": _rounded(right.mean()),
        "area_under_curve": _rounded(roc_auc_score(right, chance)),
        "log_loss": _rounded(log_loss(right, chance)),
        "right_of_those_believed": _calibration(chance, right),
        "right_of_those_the_program_believes": _calibration(believed, right),
    }


def _regression(pairs: Sequence[Pair]) -> LogisticRegression:
    return LogisticRegression(C=10, solver="newton-cholesky", tol=1e-8).fit(*_joined(pairs))


def _place_regression(pairs: Sequence[Pair]) -> LogisticRegression:
    likeness = np.concatenate([pair.place_likeness for pair in pairs]).astype(np.float64)
    return LogisticRegression(C=10, solver="newton-cholesky").fit(
        likeness, np.concatenate([pair.place_right for pair in pairs])
    )


def _joined(pairs: Sequence[Pair]) -> tuple[Floats, Floats]:
    evidence = np.concatenate([pair.evidence for pair in pairs]).astype(np.float64)
    return evidence, np.concatenate([pair.right for pair in pairs])


def _calibration(chance: Floats, right: Floats) -> dict[str, str]:
    """Return for each fifth of confidence the share that is right, and of how many."""
    found = {}
    for low in (0.0, 0.2, 0.4, 0.6, 0.8):
        inside = (chance >= low) & (chance < low + 0.2)
        share = f"{right[inside].mean():.2f}" if inside.any() else "-"
        found[f"{low:.1f}-{low + 0.2:.1f}"] = f"{share} of {inside.sum()}"
    return found


def _rounded(value: float | np.floating) -> float:
    return round(float(value), 4)


if __name__ == "__main__":
    main()
