"""What a model is worth: its figures on the evaluation photographs, its size, its work and its time."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from evaluation import Evaluation, colored_codes, gray_input, read_codes
from numpy.typing import NDArray

from tintype import Colorizer
from tintype.color.gamut import reduce_chroma
from tintype.color.lab import srgb_to_lab
from tintype.measure.auc import count_terms, pooled_auc
from tintype.measure.figures import (
    PhotographFigures,
    SetFigures,
    judge_photograph,
    left_gray,
    statistic_of,
    summarize,
    tinted,
)
from tintype.measure.record import PhotoList
from tintype.measure.statistics import Interval, jackknife
from tintype.models.catalog import ModelFile
from tintype.models.session import Session

SIDE, THREADS, RUNS, WARM_UP = 256, 2, 20, 3
"""At which work and time of all networks are measured."""
TIMED = 24
"""Photographs that are colored where times alone are measured."""
TINT_STEPS = (10.0, 5.0, 2.5)
"""Lab units between the tints that are compared, from round to round."""
PROTOCOL, DECISIVE = "set", "rebalanced_auc_set"
"""Of AuC, and the figure that tells whether a model counts as trained."""


@dataclass(frozen=True)
class Judged:
    """What a model is worth.

    Attributes:
        photographs: the figures of each, at the default decoding.
        faithful: of all, at vividness 0; None where the model has no distribution.
        parameters: of the file.
        gflops: of one run at 256 x 256 pixels, two for each multiplication with addition; None without a graph.
        network_ms: median time of one run at 256 x 256 in ONNX Runtime on two threads; None without a graph.
        photograph_ms: median time to open and color one of the photographs.
    """

    photographs: Sequence[PhotographFigures]
    faithful: SetFigures | None
    parameters: int
    gflops: float | None
    network_ms: float | None
    photograph_ms: float

    @property
    def figures(self) -> SetFigures:
        """Of all photographs, at the default decoding."""
        return summarize(self.photographs)


def judge_model(
    model: ModelFile, gflops: float | None, objects: PhotoList, say: Callable[[str], None]
) -> Judged:
    """Color the photographs by a model and measure everything."""
    evaluation = Evaluation(Colorizer(model), objects, objects, say)
    has_bins, graph = bool(model.card.bins), model.path.suffix == ".onnx"
    default: list[PhotographFigures] = []
    faithful: list[PhotographFigures] = []
    times: list[float] = []
    for _, true in evaluation.photographs(model.card.name):
        begun = time.perf_counter()
        result = evaluation.colorizer.open(gray_input(true)).colorize()
        colored = colored_codes(result)
        times.append(1000 * (time.perf_counter() - begun))
        default.append(judge_photograph(true, colored, [PROTOCOL]))
        if has_bins:
            plain = colored_codes(result.redecoded(vividness=0.0))
            faithful.append(judge_photograph(true, plain, [PROTOCOL]))
    return Judged(
        default,
        summarize(faithful) if faithful else None,
        model.card.parameters,
        gflops,
        time_network(model) if graph else None,
        statistics.median(times),
    )


def count_gflops(network: object, side: int = SIDE) -> float:
    """Return the billions of operations of one photograph of side x side pixels, without guidance."""
    import torch  # noqa: PLC0415 - heavy
    from torch.utils.flop_counter import FlopCounterMode  # noqa: PLC0415

    from tintype.learn.networks.traits import traits_of  # noqa: PLC0415
    from tintype.learn.validate import unguided_inputs  # noqa: PLC0415

    assert isinstance(network, torch.nn.Module)
    network = network.eval().requires_grad_(requires_grad=False)
    inputs = unguided_inputs(traits_of(network), torch.full((1, 1, side, side), 50.0))
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(**inputs)
    return float(counter.get_total_flops() / 1e9)


def time_model(
    model: ModelFile, objects: PhotoList, say: Callable[[str], None]
) -> tuple[float | None, float]:
    """Return the times of a model alone, as of `Judged`: of the network, and of some of the photographs."""
    some = replace(objects, paths=objects.paths[:TIMED], lines=objects.lines[:TIMED])
    evaluation, times = Evaluation(Colorizer(model), some, some, say), []
    for _, true in evaluation.photographs(model.card.name):
        begun = time.perf_counter()
        colored_codes(evaluation.colorizer.open(gray_input(true)).colorize())
        times.append(1000 * (time.perf_counter() - begun))
    network = time_network(model) if model.path.suffix == ".onnx" else None
    return network, statistics.median(times)


def time_network(model: ModelFile) -> float:
    """Return the median milliseconds of one run of a model at 256 x 256 pixels, or at the one size that it takes."""
    side = model.card.size.default if model.card.size.fixed else SIDE
    session = Session(model, threads=THREADS, providers=["cpu"])
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 1, side, side)).astype(np.float32)
    answer = "bin_logits" if model.card.bins else "ab"
    times = []
    for run in range(WARM_UP + RUNS):
        begun = time.perf_counter()
        session.run(lightness, outputs=(answer,))
        if run >= WARM_UP:
            times.append(1000 * (time.perf_counter() - begun))
    return statistics.median(times)


def judge_gray(objects: PhotoList) -> list[PhotographFigures]:
    """Return the figures of photographs that are left gray."""
    return [judge_photograph(true, left_gray(true), [PROTOCOL]) for true in map(read_codes, objects.paths)]


def judge_tint(objects: PhotoList, tint: tuple[float, float]) -> list[PhotographFigures]:
    """Return the figures of photographs that have one color."""
    return [judge_photograph(true, tinted(true, tint), [PROTOCOL]) for true in map(read_codes, objects.paths)]


def compare_rebalanced(ones: Sequence[PhotographFigures], others: Sequence[PhotographFigures]) -> Interval:
    """Return by how much the rebalanced AuC of the ones is above that of the others, of the same photographs.

    The interval of 95 % is the jackknife's over pairs: what both find hard does not count.
    """
    one, other = statistic_of(ones, DECISIVE), statistic_of(others, DECISIVE)
    return jackknife(lambda weights: one(weights) - other(weights), len(ones))


def fit_tint(photographs: NDArray[np.uint8]) -> tuple[float, float]:
    """Return the ab, Lab units, that as the color of everything has the best rebalanced AuC on photographs.

    Args:
        photographs: (..., 3) uint8 sRGB.
    """
    lab: NDArray[np.float32] = srgb_to_lab(photographs.reshape(-1, 3).astype(np.float32) / 255)
    best, reach = (0.0, 0.0), 4
    for step in TINT_STEPS:
        offsets = [step * i for i in range(-reach, reach + 1)]
        near = [(best[0] + x, best[1] + y) for x, y in product(offsets, offsets)]
        best, reach = max(near, key=lambda tint: _tint_auc(lab, tint)), 1
    return best


def _tint_auc(lab: NDArray[np.float32], tint: tuple[float, float]) -> float:
    """Return the rebalanced AuC of one color for all pixels, as far as it exists at their lightness."""
    colored = lab.copy()
    colored[:, 1:] = tint
    return pooled_auc([count_terms(lab[:, 1:], reduce_chroma(colored)[:, 1:], PROTOCOL)]).rebalanced
