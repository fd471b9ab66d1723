"""What the unaided score is fitted to: true photographs, the same with faults, and what a model makes of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tintype import Colorizer
from tintype.colorize.best import candidates, color_candidates
from tintype.colorize.settings import choose_settings
from tintype.learn.data.photographs import Photograph, load_pools
from tintype.learn.recipe import DataRecipe, Source
from tintype.measure.fidelity import mean_ab_distance
from tintype.measure.figures import Codes, left_gray
from tintype.measure.unaided.faults import FAULTS, lab_to_codes
from tintype.measure.unaided.features import FEATURES, measure_features
from tintype.measure.unaided.look import Look, look_at, look_of

SOURCE = "train/photos-*.tar"
STRENGTHS = (0.15, 0.3, 0.6, 1.0)


@dataclass(frozen=True, eq=False)
class Row:
    """The figures of one picture of a photograph.

    Attributes:
        photograph: number of the photograph.
        kind: ``truth``, the name of a fault, ``coloring`` (by the model) or ``coloring, `` and a fault.
        badness: 0 for the truth; the strength of the fault; for colorings their error, Lab units.
        features: (K,) in the order of ``FEATURES``; not a number where one can't be told.
    """

    photograph: int
    kind: str
    badness: float
    features: NDArray[np.float64]


def load(root: Path, held_out: int) -> tuple[Sequence[Photograph], Sequence[Photograph]]:
    """Return photographs that models were trained on, and those that were held out."""
    source = Source(match=SOURCE)
    (pool,) = load_pools(DataRecipe(root=str(root), sources=(source,), held_out=held_out))
    return pool.train, pool.held_out


def digest_of(photographs: Sequence[Photograph]) -> str:
    """Return one SHA-256 over the names."""
    return hashlib.sha256("\n".join(p.key for p in photographs).encode()).hexdigest()


def codes_of(photograph: Photograph) -> Codes:
    """Return a photograph as codes (H, W, 3)."""
    return np.asarray(photograph.open())


def true_look(photograph: Photograph) -> Look:
    """Return the look at a true photograph."""
    return look_at(codes_of(photograph))


def measure(photograph: Photograph, number: int, colorizer: Colorizer | None, faults: int) -> list[Row]:
    """Measure a photograph, faults in it, what the model makes of it, and faults in that.

    Args:
        photograph: the photograph.
        number: which one it is; the same number has the same faults.
        colorizer: colors every fourth photograph; None leaves the model out.
        faults: strengths of each fault, 1 to 4.
    """
    random = np.random.default_rng(number)
    look = true_look(photograph)
    rows = [_row(number, "truth", 0.0, look)]
    for name in FAULTS:
        strengths = sorted(random.choice(STRENGTHS, faults, replace=False))
        rows += [_row(number, name, s, _spoiled(look, name, s, number)) for s in strengths]
    if colorizer is not None and number % 4 == 0:
        rows += _measure_colorings(photograph, number, colorizer, random)
    return rows


def _measure_colorings(
    photograph: Photograph, number: int, colorizer: Colorizer, random: np.random.Generator
) -> Iterator[Row]:
    true = codes_of(photograph)
    opened = colorizer.open(np.ascontiguousarray(left_gray(true)[..., 0]))
    true_ab = look_at(true).ab
    chosen = candidates(colorizer.card, choose_settings(colorizer.card), 8, number, "")
    for i, (candidate, result) in enumerate(zip(chosen, color_candidates(opened, chosen), strict=True)):
        look = look_of(result)
        error = mean_ab_distance(true_ab, look.ab)
        yield _row(number, "coloring, sample" if candidate.sample else "coloring, size", error, look)
        for name in random.choice([*FAULTS], 4, replace=False) if i == 0 else ():
            for strength in random.choice(STRENGTHS[1:], 1):
                spoiled = _spoiled(look, name, strength, number)
                yield _row(number, f"coloring, {name}", strength, spoiled)
        if i == 0:
            yield _row(number, "coloring", error, look)


def _spoiled(look: Look, name: str, strength: float, seed: int) -> Look:
    """Return a look with a fault; stronger ones of the same seed lie in the same direction."""
    lab = np.concatenate([look.lightness[..., None], look.ab], axis=2).astype(np.float64)
    return look_at(lab_to_codes(FAULTS[name](lab, strength, np.random.default_rng(seed))))


def _row(number: int, kind: str, badness: float, look: Look) -> Row:
    figures = measure_features(look)
    values = [np.nan if (value := figures[name]) is None else value for name in FEATURES]
    return Row(number, kind, float(badness), np.array(values))
