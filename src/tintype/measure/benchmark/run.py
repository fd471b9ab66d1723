"""Running a suite: every contestant colors every photograph, in several processes, and is judged."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from tintype.errors import TintypeError
from tintype.measure.benchmark.cache import Cache, default_cache_folder
from tintype.measure.benchmark.colors import Counts, count_colors
from tintype.measure.benchmark.contestants import Contestant, Painter
from tintype.measure.benchmark.photographs import Photograph, find_photographs, sit, spread_evenly
from tintype.measure.benchmark.probe import Probe, probe
from tintype.measure.benchmark.suite import Suite
from tintype.measure.figures import Codes, PhotographFigures, judge_photograph
from tintype.measure.unaided.look import LEAST_SIDE, reduced_size
from tintype.measure.unaided.score import Verdict, load_score

OnDone = Callable[[int, int], None]
"""Told how many steps are done, of how many."""


@dataclass(frozen=True)
class RunOptions:
    """How a suite is run.

    Attributes:
        jobs: processes, each with one thread.
        cache: folder of the results that are kept.
        limit: take only so many photographs of the suite, evenly spread.
        probes: whether hints, calibration and doubt are measured too.
    """

    jobs: int = 1
    cache: Path = field(default_factory=default_cache_folder)
    limit: int | None = None
    probes: bool = True


@dataclass(frozen=True)
class Step:
    """One photograph for one contestant: the unit of work."""

    contestant: Contestant
    photograph: Photograph
    suite: Suite
    cache: Path
    probes: bool


@dataclass(frozen=True, eq=False)
class Entry:
    """What came of a step.

    Attributes:
        label: of the contestant.
        name: of the photograph.
        figures: None where it failed.
        true_colors: see ``count_colors``.
        colors: of the result.
        true_digest: SHA-256 of the truth's pixels, as judged.
        probe: None where it was not asked for, or the contestant can't take part.
        verdict: what the score without the truth says of the result; None where it is too small for that.
        true_verdict: of the truth.
        problem: why it failed, one line.
    """

    label: str
    name: str
    figures: PhotographFigures | None = None
    true_colors: Counts | None = None
    colors: Counts | None = None
    true_digest: str = ""
    probe: Probe | None = None
    verdict: Verdict | None = None
    true_verdict: Verdict | None = None
    problem: str = ""


@dataclass(frozen=True, eq=False)
class SuiteRun:
    """A suite, run.

    Attributes:
        suite: which.
        contestants: in the order of the tables.
        photographs: those that all contestants have a result for, and only those.
        entries: by label, for these photographs, in their order.
        problems: what failed, one line each; a photograph with a problem is judged for none, so that all can be
            compared.
        notes: what a reader of the figures should know.
    """

    suite: Suite
    contestants: tuple[Contestant, ...]
    photographs: tuple[Photograph, ...]
    entries: dict[str, tuple[Entry, ...]]
    problems: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the list "SHA-256 of the pixels  name" of the photographs, as they were judged."""
        entries = self.entries[self.contestants[0].label]
        lines = "".join(f"{entry.true_digest}  {entry.name}\n" for entry in entries)
        return hashlib.sha256(lines.encode()).hexdigest()

    def figures(self, label: str) -> list[PhotographFigures]:
        """Return the figures of a contestant, one for each photograph."""
        return [entry.figures for entry in self.entries[label] if entry.figures is not None]


def run_suite(
    suite: Suite,
    contestants: Sequence[Contestant],
    options: RunOptions | None = None,
    on_done: OnDone | None = None,
) -> SuiteRun:
    """Color and judge all photographs of a suite.

    What was colored before with the same settings comes from the cache, so an interrupted run goes on where it
    stopped. The figures are always computed anew.

    Args:
        suite: the photographs and what is done to them.
        contestants: one or more.
        options: see ``RunOptions``.
        on_done: is told about progress.

    Raises:
        SuiteError: the photographs are not there, or none could be judged.
    """
    options = options or RunOptions()
    found = find_photographs(suite, options.limit)
    probed = set(spread_evenly(list(found.photographs), suite.probes.photographs))
    steps = [
        Step(contestant, photograph, suite, options.cache, options.probes and photograph in probed)
        for contestant in contestants
        for photograph in found.photographs
    ]
    entries: dict[tuple[str, str], Entry] = {}
    for entry in _work(steps, options.jobs):
        entries[entry.label, entry.name] = entry
        if on_done:
            on_done(len(entries), len(steps))
    return _gather(suite, tuple(contestants), found.photographs, entries, found.notes)


def take_step(step: Step) -> Entry:
    """Color and judge one photograph; a photograph or a model that fails is told, not raised."""
    label, name = step.contestant.label, step.photograph.name
    try:
        painter = _painter(step.contestant, step.cache)
        sitting = sit(step.photograph, step.suite)
        codes = painter.paint(sitting)
        figures = judge_photograph(sitting.true, codes)
        measured = probe(painter, sitting, step.suite.probes) if step.probes else None
    except TintypeError as error:
        return Entry(label, name, problem=str(error))
    colors = count_colors(sitting.true), count_colors(codes)
    verdicts = _look(codes), _look(sitting.true)
    return Entry(label, name, figures, *colors, sitting.true_digest, measured, *verdicts)


def _look(codes: Codes) -> Verdict | None:
    """Judge without the truth; None for stripes too narrow for that."""
    if min(reduced_size(*codes.shape[:2])) < LEAST_SIDE:
        return None
    return load_score().judge_codes(codes)


_PAINTERS: dict[tuple[Contestant, Path], Painter] = {}
"""The latest contestant of this process: the steps come contestant by contestant, so one model is held at a time."""


def _painter(contestant: Contestant, cache: Path) -> Painter:
    key = (contestant, cache)
    if key not in _PAINTERS:
        _PAINTERS.clear()
        _PAINTERS[key] = Painter(contestant, 1, Cache(cache))
    return _PAINTERS[key]


def _work(steps: Sequence[Step], jobs: int) -> Iterator[Entry]:
    if jobs == 1:
        yield from map(take_step, steps)
        return
    with _pool(jobs) as pool:
        todo, running = iter(steps), set[Future[Entry]]()
        while True:
            # No more than a few steps wait in the pool, so that Ctrl-C ends the run at once.
            while len(running) < 2 * jobs and (step := next(todo, None)) is not None:
                running.add(pool.submit(take_step, step))
            if not running:
                return
            done, running = wait(running, return_when=FIRST_COMPLETED)
            yield from (future.result() for future in done)


@contextmanager
def _pool(jobs: int) -> Iterator[ProcessPoolExecutor]:
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _gather(
    suite: Suite,
    contestants: tuple[Contestant, ...],
    photographs: Sequence[Photograph],
    entries: dict[tuple[str, str], Entry],
    notes: Sequence[str],
) -> SuiteRun:
    """Keep the photographs that everybody has a result for."""
    problems = [
        problem
        for p in photographs
        for problem in _tell_problems({c.label: entries[c.label, p.name].problem for c in contestants})
    ]
    judged = tuple(p for p in photographs if all(entries[c.label, p.name].figures for c in contestants))
    if not judged:
        raise TintypeError(
            f"suite {suite.name}: no photograph could be judged; the first problem: {problems[0]}"
        )
    if left := len(photographs) - len(judged):
        notes = [*notes, f"{left} photographs were left out for all, because they failed for one"]
    by_label = {c.label: tuple(entries[c.label, p.name] for p in judged) for c in contestants}
    return SuiteRun(suite, contestants, judged, by_label, tuple(dict.fromkeys(problems)), tuple(notes))


def _tell_problems(problems: Mapping[str, str]) -> list[str]:
    """Say what went wrong with one photograph: once, where it went wrong for all alike.

    >>> _tell_problems({"gray": "a.png is no picture", "tintype-small": "a.png is no picture"})
    ['a.png is no picture']
    >>> _tell_problems({"gray": "", "theirs": "there is no result for a.png"})
    ['theirs: there is no result for a.png']
    """
    if len(set(problems.values())) == 1:
        return [problem for problem in set(problems.values()) if problem]
    return [f"{label}: {problem}" for label, problem in problems.items() if problem]
