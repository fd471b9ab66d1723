"""How long a model takes for a photograph, and how much memory: in a process of its own for each size."""

from __future__ import annotations

import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from tintype.measure.benchmark.cache import Cache
from tintype.measure.benchmark.contestants import Contestant, Painter
from tintype.measure.benchmark.photographs import Sitting
from tintype.models.session import default_threads

RUNS = 3
WATCHED_SECONDS = 1.0
"""So long is watched whether other work keeps the machine busy."""

_MEGABYTE = 1e6


@dataclass(frozen=True)
class Speed:
    """What one contestant takes for one size.

    Attributes:
        label: of the contestant.
        side: of the square photograph, pixels.
        seconds: median of three runs after one that is not counted: opening, coloring, joining at full size;
            no reading and writing of files.
        megabytes: most memory of the process at any time, Python and libraries included; nan where the system
            does not tell.
        threads: that were used.
        load: cores that other work kept busy just before, while this program waited; nan where the system does not
            tell.
    """

    label: str
    side: int
    seconds: float
    megabytes: float
    threads: int
    load: float

    @property
    def is_disturbed(self) -> bool:
        """Whether other work on the machine makes the time worthless."""
        return self.load > 0.5


def measure_speeds(
    contestants: Sequence[Contestant], sides: Sequence[int], on_done: Callable[[int, int], None] | None = None
) -> list[Speed]:
    """Measure all models at all sizes, one after the other.

    Raises:
        TintypeError: a model failed.
    """
    load = busy_cores()
    # Contestants that differ in decoding alone take equally long: the first stands for them.
    models = {it.looks: it for it in reversed(contestants) if it.kind == "model"}.values()
    jobs = [(contestant, side) for contestant in reversed(models) for side in sides]
    found = []
    for contestant, side in jobs:
        found.append(_in_own_process(contestant, side, load))
        if on_done:
            on_done(len(found), len(jobs))
    return found


def measure_speed(contestant: Contestant, side: int, load: float) -> Speed:
    """Measure in this process; the memory is that of the process."""
    painter = Painter(contestant, None, Cache(Path()))
    sitting = _draw_sitting(side)
    seconds = [_time_once(painter, sitting) for _ in range(RUNS + 1)][1:]
    return Speed(
        contestant.label, side, statistics.median(seconds), _peak_megabytes(), default_threads(), load
    )


def _in_own_process(contestant: Contestant, side: int, load: float) -> Speed:
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(measure_speed, contestant, side, load).result()


def _time_once(painter: Painter, sitting: Sitting) -> float:
    start = time.perf_counter()
    for _ in _strips(painter, sitting):
        pass
    return time.perf_counter() - start


def _strips(painter: Painter, sitting: Sitting) -> Iterator[object]:
    """Give the colored picture strip by strip, as it is written, so that it is never held as a whole."""
    yield from painter.render(sitting).picture().strips()


def _draw_sitting(side: int) -> Sitting:
    """Draw smooth shapes and grain: what is in the picture does not change the time."""
    steps = np.linspace(0, 6, side, dtype=np.float32)
    shapes = 110 + 60 * np.sin(steps)[:, None] * np.cos(1.3 * steps) + 20 * np.sin(9 * steps)
    grain = np.random.default_rng(0).integers(-6, 7, (side, side), dtype=np.int8)
    gray = np.clip(shapes + grain, 0, 255).astype(np.uint8)
    return Sitting("drawn", np.empty((0, 0, 3), np.uint8), gray)


def _peak_megabytes() -> float:
    """Return the most memory that this process ever had."""
    status = Path("/proc/self/status")
    if status.exists():  # what getrusage tells there is inherited from the process that started this one
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text("ascii", errors="replace"))
        return int(found[1]) * 1024 / _MEGABYTE if found else float("nan")
    try:
        import resource  # noqa: PLC0415 - not on Windows
    except ImportError:
        return float("nan")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _MEGABYTE if sys.platform == "darwin" else peak * 1024 / _MEGABYTE


def busy_cores(seconds: float = WATCHED_SECONDS) -> float:
    """Wait, and see how many cores other work keeps busy meanwhile; nan where the system does not tell.

    The system's mean load of the last minute would not do: it holds the coloring that this program has just ended.
    """
    before, begun = _spent_seconds(), time.monotonic()
    time.sleep(seconds)
    after, ended = _spent_seconds(), time.monotonic()  # a busy machine wakes late
    return (after - before) / (ended - begun)


def _spent_seconds() -> float:
    """Return the processor time that all cores together have spent at work since the system was started."""
    try:
        first = Path("/proc/stat").read_text("ascii").partition("\n")[0]
    except OSError:
        return float("nan")
    user, nice, system, _idle, _waiting, *others = (int(ticks) for ticks in first.split()[1:8])
    spent = (user + nice + system + sum(others)) / os.sysconf("SC_CLK_TCK")
    return spent or float("nan")  # some sandboxes tell zeros
