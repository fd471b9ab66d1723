"""Samples: is the best of eight better, do they differ within the photograph, are they blotched?"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from evaluation import Evaluation, ab_of, colored_codes, gray_input, to_lab

from tintype.measure.diversity import errors_of_best
from tintype.measure.fidelity import mean_ab_distance
from tintype.measure.record import Row
from tintype.measure.samples import blotch_share, blotchiness, low_frequency_energy, spread

COUNT, SEED = 8, 1


def measure(evaluation: Evaluation) -> list[Row]:
    """Return the figures of eight samples at the default decoding."""
    means: dict[str, list[float]] = defaultdict(list)
    for photograph, true in evaluation.photographs("samples"):
        lab = to_lab(true)
        automatic = evaluation.colorizer.open(gray_input(true)).colorize()
        plain = ab_of(colored_codes(automatic))
        samples = [ab_of(colored_codes(sample)) for sample in automatic.alternatives(COUNT, SEED)]
        means["automatic error"].append(mean_ab_distance(lab[..., 1:], plain))
        errors = [mean_ab_distance(lab[..., 1:], sample) for sample in samples]
        means["best error"].append(float(errors_of_best(errors)[-1]))
        parts = spread(plain, samples)
        means["within"].append(parts.within)
        means["between"].append(parts.between)
        for name, pictures in (("automatic", [plain]), ("samples", samples), ("truth", [lab[..., 1:]])):
            means[f"share {name}"].append(_mean(blotch_share(ab, lab[..., 0]) for ab in pictures))
            means[f"blotches {name}"].append(_mean(blotchiness(ab, lab[..., 0]) for ab in pictures))
            means[f"energy {name}"].append(_mean(low_frequency_energy(ab) for ab in pictures))
        evaluation.note(photograph, {name: values[-1] for name, values in means.items()})
    return _rows({name: float(np.mean(values)) for name, values in means.items()}, evaluation.count)


def _rows(found: dict[str, float], n: int) -> list[Row]:
    share = found["within"] / (found["within"] + found["between"])
    gained = 1 - found["best error"] / found["automatic error"]
    rows = [
        Row("automatic: ab error", found["automatic error"], "", n),
        Row(f"best of {COUNT}: ab error", found["best error"], "", n),
        Row(f"best of {COUNT}: share of the automatic error saved", gained, ">= 0.1", n),
        Row("samples: share of their variance within photographs", share, ">= 0.5", n),
        Row("samples: standard deviation of ab", (found["within"] + found["between"]) ** 0.5, "", n),
    ]
    for what, key, reference, required in (
        ("blotchiness", "blotches", "truth", "<= 1"),
        ("blotch share", "share", "truth", ""),
        ("blotch share", "share", "automatic", "<= 1"),
        ("low-frequency energy", "energy", "truth", ""),
        ("low-frequency energy", "energy", "automatic", ""),
    ):
        ratio = found[f"{key} samples"] / found[f"{key} {reference}"]
        rows.append(Row(f"samples: {what} over that of the {reference} colors", ratio, required, n))
    return rows


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))
