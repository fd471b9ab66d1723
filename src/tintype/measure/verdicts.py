"""Judging pairs of files: read, compare, sum up; a pair that can't be judged says why and the others go on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from os import cpu_count

from numpy.typing import ArrayLike

from tintype.errors import PhotoError, TintypeError
from tintype.measure.auc import AUC_PROTOCOLS
from tintype.measure.codes import Codes, Terms, read_comparable
from tintype.measure.figures import PhotographFigures, judge_photograph, statistic_of, summarize
from tintype.measure.pairs import Pair
from tintype.measure.statistics import LEVEL, RESAMPLES, SEED, Interval, bootstrap, jackknife

MOST_DRAWS = 10_000_000
"""Photographs times resamplings; sets of more than 1,000 photographs are resampled less often."""

COUNTING_BINS = ("rebalanced_auc_set",)
"""Figures that depend on which bins of colors occur at all."""


@dataclass(frozen=True, eq=False)
class Verdict:
    """What a result is worth, or why that can't be said.

    Attributes:
        pair: the files.
        figures: None where it could not be judged.
        notes: what a person should be told, one sentence each.
        problem: why it could not be judged; empty where it was.
    """

    pair: Pair
    figures: PhotographFigures | None
    notes: tuple[str, ...] = ()
    problem: str = ""


Viewer = Callable[[Pair, Codes, Codes], None]
"""Is shown truth and result of each pair that could be read, one after the other in their order."""


def judge_pairs(
    pairs: Iterable[Pair],
    terms: Terms | None = None,
    *,
    protocols: Sequence[str] = AUC_PROTOCOLS,
    threads: int | None = None,
    viewer: Viewer | None = None,
) -> Iterator[Verdict]:
    """Judge pairs of files.

    Args:
        pairs: the files.
        terms: on which they may be compared; None for the strictest.
        protocols: of AuC, see ``tintype.measure.auc``.
        threads: None for one a core.
        viewer: looks at the pictures too.

    Yields:
        A verdict for each, in their order.
    """
    accepted = terms or Terms()

    def judge(pair: Pair) -> _Judged:
        return _judge(pair, accepted, protocols, keeps_codes=viewer is not None)

    for verdict, codes in _in_order(judge, pairs, threads or cpu_count() or 1):
        if viewer and codes:
            viewer(verdict.pair, *codes)
        yield verdict


def measure_intervals(
    figures: Sequence[PhotographFigures],
    priors: ArrayLike | None = None,
    *,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Mapping[str, Interval]:
    """Sum up a set of photographs, each figure with its interval over the photographs.

    It is the bootstrap's, but for AuC rebalanced by protocol ``set``, which counts every bin of colors once: a bin
    that a single photograph fills is missing in a third of all resamples, and the bootstrap's bounds would be too
    narrow and off to one side. Its interval is the jackknife's, which holds the figure that such sets have on average
    more often, if not as often as promised (``results/intervals.csv``).

    Args:
        figures: of each photograph, all judged by the same protocols.
        priors: of protocol ``zhang16``, see ``tintype.measure.auc.pooled_auc``.
        level: confidence, 0..1.
        resamples: at most; `MOST_DRAWS` limits it for large sets.
        seed: equal seeds give equal intervals.

    Returns:
        By the names of ``tintype.measure.figures.FIGURES`` and in their order.

    Raises:
        TintypeError: there are none.
    """
    count = len(figures)
    names = summarize(figures, priors).values()
    draws = min(resamples, max(1, MOST_DRAWS // count))
    return {
        name: jackknife(statistic_of(figures, name, priors), count, level)
        if name in COUNTING_BINS
        else bootstrap(statistic_of(figures, name, priors), count, level, draws, seed)
        for name in names
    }


_Judged = tuple[Verdict, tuple[Codes, Codes] | None]


def _judge(pair: Pair, terms: Terms, protocols: Sequence[str], *, keeps_codes: bool) -> _Judged:
    try:
        true, result, notes = read_comparable(pair.true, pair.result, terms)
        figures = judge_photograph(true, result, protocols)
    except PhotoError as error:  # names the file
        return Verdict(pair, None, problem=str(error)), None
    except TintypeError as error:
        return Verdict(pair, None, problem=f"{pair.name}: {error}"), None
    return Verdict(pair, figures, notes), (true, result) if keeps_codes else None


def _in_order(judge: Callable[[Pair], _Judged], pairs: Iterable[Pair], threads: int) -> Iterator[_Judged]:
    """Judge several pairs at a time, and no more ahead than keeps the threads busy: pictures can be large."""
    waiting: deque[Future[_Judged]] = deque()
    workers = ThreadPoolExecutor(threads)
    try:
        for pair in pairs:
            waiting.append(workers.submit(judge, pair))
            if len(waiting) > 2 * threads:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        workers.shutdown(cancel_futures=True)
