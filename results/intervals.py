"""How often intervals of rebalanced AuC hold what they should: of many sets drawn from one heap of photographs.

    TINTYPE_DATA=... python results/intervals.py        two minutes on a quiet core

Protocol ``set`` counts each bin of colors once, and bins that few photographs fill are missing in many resamples. So
sets are drawn from the photographs of ``eval/objects``, each set gets its intervals, and it is counted how many of
them hold the mean figure of all such sets. The results that are judged are simulated: the true colors paler, turned
and noisy, by another amount in each photograph. Writes ``intervals.csv``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from evaluation import ab_of, read_codes
from numpy.typing import NDArray

from tintype.measure.auc import AucTerms, count_terms, resample_auc
from tintype.measure.record import (
    Origin,
    PhotoList,
    Row,
    list_photographs,
    write_table,
)
from tintype.measure.statistics import Floats, Interval, bootstrap, jackknife

SIZES, TARGET_SETS, JUDGED_SETS, RESAMPLES = (40, 120), 3000, 250, 1000
THINNING = 3
"""Of the photographs every third row and column is taken: only speed is gained."""

METHODS: dict[str, Callable[[Callable[[Floats], Floats], int], Interval]] = {
    "jackknife": jackknife,
    "bootstrap, percentile": lambda statistic, n: bootstrap(
        statistic, n, resamples=RESAMPLES, method="percentile"
    ),
    "bootstrap, BCa": lambda statistic, n: bootstrap(statistic, n, resamples=RESAMPLES),
}


def simulate(photographs: PhotoList) -> list[AucTerms]:
    """Return the terms of simulated results, one for each photograph."""
    rng = np.random.default_rng(5)
    found = []
    for path in photographs.paths:
        ab = ab_of(read_codes(path)[::THINNING, ::THINNING])
        found.append(count_terms(ab, ab * rng.uniform(0.1, 0.9) + rng.normal(0, 6, 2) + _noise(rng, ab)))
    return found


def judge(terms: Sequence[AucTerms], size: int) -> list[Row]:
    """Draw sets of one size and return how often each method is right."""
    rng = np.random.default_rng(0)
    drawn = [[terms[i] for i in rng.integers(0, len(terms), size)] for _ in range(TARGET_SETS)]
    target = float(np.mean([_statistic(each)(np.ones((1, size)))[0] for each in drawn]))
    rows = []
    for name, method in METHODS.items():
        intervals = [method(_statistic(each), size) for each in drawn[:JUDGED_SETS]]
        held = np.mean([it.low <= target <= it.high for it in intervals])
        width = np.mean([it.high - it.low for it in intervals])
        what = f"rebalanced AuC of {size} photographs, {name}"
        rows.append(Row(f"{what}: share of 95% intervals that hold it", float(held), "", JUDGED_SETS))
        rows.append(Row(f"{what}: mean width", float(width), "", JUDGED_SETS))
    return rows


def _noise(rng: np.random.Generator, ab: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    return rng.normal(0, 8, ab.shape)


def _statistic(terms: Sequence[AucTerms]) -> Callable[[Floats], Floats]:
    return lambda weights: resample_auc(terms, weights)[:, 1]


def main() -> None:
    """Write the table."""
    photographs = list_photographs(Path(os.environ.get("TINTYPE_DATA", "")) / "eval" / "objects")
    terms = simulate(photographs)
    rows = [row for size in SIZES for row in judge(terms, size)]
    origin = Origin.of_this_run(photographs.digest)
    write_table(Path(__file__).with_name("intervals.csv"), rows, origin)


if __name__ == "__main__":
    main()
