"""What is asked of a model beyond its colored photographs: hints, other answers, whether it knows what it knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import Decoding, entropy, probabilities
from tintype.color.lab import srgb_to_lab
from tintype.guidance.guidance import Guidance
from tintype.measure.benchmark.contestants import Painter
from tintype.measure.benchmark.photographs import Sitting
from tintype.measure.benchmark.suite import Probes
from tintype.measure.diversity import judge_samples
from tintype.measure.hint_curve import psnr_by_hints
from tintype.measure.hints import name_seed

Codes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]

CELLS_OF_A_PHOTOGRAPH = 256
"""So many cells of the model's grid are drawn from each photograph."""

_AS_TRAINED = Decoding(rarity=0.0, temperature=1.0)


@dataclass(frozen=True, eq=False)
class Probe:
    """What was found with one photograph; empty arrays where a model can't take part.

    Attributes:
        hint_psnr: (counts,) PSNR in decibels with so many true hints, see ``Probes.hint_counts``.
        distributions: (cells, bins) float16, probabilities as the model was trained to give them.
        true_ab: (cells, 2) float32, mean of the true color over each cell.
        doubts: (cells,) float32, 0 certain, 1 any color.
        errors: (cells,) float32, distance of the result's ab from the true one, Lab units.
        best_errors: (samples,) mean ab error of the best of k samples, k = 1, 2, ..., Lab units.
        sample_distance: (1,) mean ab distance of all pairs of samples, Lab units.
    """

    hint_psnr: Floats
    distributions: Floats
    true_ab: Floats
    doubts: Floats
    errors: Floats
    best_errors: Floats
    sample_distance: Floats


def probe(painter: Painter, sitting: Sitting, probes: Probes) -> Probe | None:
    """Ask a model, or the cache; None for what is no model, and for one that can take no part.

    Raises:
        TintypeError: the model failed.
    """
    if painter.colorizer is None:
        return None
    capabilities, is_binned = painter.colorizer.card.capabilities, painter.colorizer.card.bins > 0
    counts = probes.hint_counts if "hints" in capabilities else ()
    is_honest, samples = probes.honesty and is_binned, probes.samples if is_binned else 0
    if not counts and not is_honest and samples < 2:
        return None
    key = painter.key_of("probe", sitting, asdict(probes), sitting.true_digest, sitting.name)
    stored = painter.cache.load_arrays(key)
    if stored is None:
        stored = {
            "hint_psnr": _follow_hints(painter, sitting, counts),
            **_ask_cells(painter, sitting, asked=is_honest),
            **_ask_samples(painter, sitting, samples),
        }
        painter.cache.store_arrays(key, stored)
    return Probe(**stored)


def _follow_hints(painter: Painter, sitting: Sitting, counts: Sequence[int]) -> Floats:
    """Measure PSNR with the first n of one set of hints, for each n."""
    if not counts:
        return np.empty(0)

    def paint(guidance: Guidance) -> Codes:
        return np.asarray(painter.render(sitting, guidance).picture().to_array())

    return psnr_by_hints(sitting.name, sitting.true, paint, counts)


def _ask_cells(painter: Painter, sitting: Sitting, *, asked: bool) -> dict[str, Floats]:
    """Draw cells of the model's grid and note distribution, truth, doubt and error of each."""
    if not asked:
        return {
            "distributions": np.empty((0, 0), np.float16),
            "true_ab": np.empty((0, 2), np.float32),
            "doubts": np.empty(0, np.float32),
            "errors": np.empty(0, np.float32),
        }
    colored = painter.render(sitting)
    rows, columns = colored.ab.shape[:2]
    true_ab = cell_means(srgb_to_lab(sitting.true / 255.0)[..., 1:], (rows, columns))
    chosen = _draw_cells(rows * columns, name_seed(sitting.name))
    logits = colored.answer.logits.reshape(rows * columns, -1)[chosen]
    shares = probabilities(logits[None], None, _AS_TRAINED)[0]
    wanted, given = true_ab.reshape(-1, 2)[chosen], colored.ab.reshape(-1, 2)[chosen]
    return {
        "distributions": shares.astype(np.float16),
        "true_ab": wanted.astype(np.float32),
        "doubts": entropy(shares[None])[0].astype(np.float32),
        "errors": np.linalg.norm(given - wanted, axis=1).astype(np.float32),
    }


def _ask_samples(painter: Painter, sitting: Sitting, count: int) -> dict[str, Floats]:
    """Draw other answers, always the same ones, and note what the best of them are worth."""
    if count < 2:
        return {"best_errors": np.empty(0), "sample_distance": np.empty(0)}
    found = judge_samples(sitting.true, draw_samples(painter, sitting, count))
    return {
        "best_errors": found.expected_errors_of_best,
        "sample_distance": np.array([found.ab_distance]),
    }


def draw_samples(painter: Painter, sitting: Sitting, count: int) -> list[Codes]:
    """Draw other answers of a model to a photograph, always the same ones: `count` pictures (H, W, 3) uint8."""
    drawn = painter.render(sitting).alternatives(count, name_seed(sitting.name))
    return [np.asarray(sample.picture().to_array()) for sample in drawn]


def cell_means(planes: Floats, size: tuple[int, int]) -> Floats:
    """Average (H, W, C) over the areas of a smaller grid: (h, w, C) float32."""
    from PIL import Image  # noqa: PLC0415 - loaded only by who asks models

    def reduce(plane: Floats) -> Floats:
        picture = Image.fromarray(np.ascontiguousarray(plane, np.float32))
        return np.asarray(picture.resize((size[1], size[0]), Image.Resampling.BOX))

    return np.stack([reduce(planes[..., i]) for i in range(planes.shape[2])], axis=2)


def _draw_cells(count: int, seed: int) -> NDArray[np.int64]:
    random = np.random.default_rng(seed)
    chosen: NDArray[np.int64] = random.choice(count, min(count, CELLS_OF_A_PHOTOGRAPH), replace=False)
    return np.sort(chosen)
