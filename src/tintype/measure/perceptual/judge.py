"""Judging a set of results by networks: what can be measured is, and for the rest one line says why not.

>>> from tintype.measure.perceptual.judge import PerceptualJudge
>>> PerceptualJudge(["lpips_alex"]).figures().count
0
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tintype.errors import TintypeError
from tintype.measure.figures import left_gray
from tintype.measure.perceptual.catalog import CLASS_FIGURES, CLASSIFIER, METRICS
from tintype.measure.perceptual.networks import Codes, Networks, Vectors

TOGETHER = 32
"""Photographs that are collected before the networks look at them."""

FEW = 1000
"""Photographs; in smaller sets precision and recall say little."""


@dataclass(frozen=True, slots=True)
class SetFigure:
    """A figure of a whole set.

    Attributes:
        value: what was measured.
        deviation: over the subsets, for kernel distances; None for the others.
        note: what to bear in mind when comparing; "" for nothing.
    """

    value: float
    deviation: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PerceptualFigures:
    """What networks say of a set of results. All names are keys of ``METRICS``.

    Attributes:
        count: number of photographs.
        each: for each photograph, in the order in which they were added: (N,) float64. Those of classes are
            0 or 1.
        of_set: for the whole set.
        not_measured: what could not be measured, and one line each that says why.
        weights: which weights each measured figure comes from.
    """

    count: int
    each: Mapping[str, NDArray[np.float64]]
    of_set: Mapping[str, SetFigure]
    not_measured: Mapping[str, str]
    weights: Mapping[str, str]

    @property
    def complaints(self) -> tuple[str, ...]:
        """One line for each reason why something was not measured: "not measured: NAMES: REASON"."""
        by_reason: dict[str, list[str]] = defaultdict(list)
        for name, reason in self.not_measured.items():
            by_reason[reason].append(name)
        return tuple(f"not measured: {', '.join(names)}: {reason}" for reason, names in by_reason.items())


class PerceptualJudge:
    """Adds up what networks say of photographs, one by one.

    Args:
        metrics: names of figures or networks, None for all; or networks that are loaded already.

    Raises:
        TintypeError: there is no figure of that name.
    """

    def __init__(self, metrics: Sequence[str] | Networks | None = None) -> None:
        self._networks = metrics if isinstance(metrics, Networks) else Networks(metrics)
        self._failures: dict[str, str] = {}
        self._waiting: list[tuple[Codes, Codes]] = []
        self._names: list[str] = []
        self._distances: dict[str, list[NDArray[np.float64]]] = defaultdict(list)
        self._features: dict[str, list[tuple[Vectors, Vectors]]] = defaultdict(list)
        self._classes: list[NDArray[np.int64]] = []
        self._chosen = frozenset(metric.name for metric in self._networks.metrics)

    def add(self, true: Codes, result: Codes, name: str = "") -> None:
        """Judge one photograph.

        Args:
            true: (H, W, 3) uint8 sRGB.
            result: the same shape.
            name: of the file; where all names say a class of ImageNet (``n01440764_tench.jpg``), the share of
                rightly recognized photographs is measured.

        Raises:
            TintypeError: the two have different shapes, or are not 8-bit color.
        """
        for codes in (true, result):
            if codes.dtype != np.uint8 or codes.shape != true.shape or codes.shape[2:] != (3,):
                raise TintypeError(
                    f"a picture of shape {codes.shape} and {codes.dtype} can't be compared with one of "
                    f"{true.shape}; give two of the same size in 8-bit color"
                )
        self._waiting.append((true, result))
        self._names.append(name)
        if len(self._waiting) == TOGETHER:
            self._look()

    def figures(self) -> PerceptualFigures:
        """Return the figures of all photographs so far; more may be added afterwards."""
        self._look()
        reasons = {
            metric.name: self._failures[metric.network]
            for metric in self._networks.metrics
            if metric.network in self._failures
        }
        each = {**self._collect_distances(), **self._collect_classes(reasons)}
        of_set = self._collect_sets(reasons)
        weights = {name: self._networks.weights_of(METRICS[name].network) for name in (*each, *of_set)}
        return PerceptualFigures(
            len(self._names), each, of_set, {**self._networks.not_measured, **reasons}, weights
        )

    def _look(self) -> None:
        """Let all networks look at the photographs that wait."""
        if not self._waiting:
            return
        trues, results = [true for true, _ in self._waiting], [result for _, result in self._waiting]
        self._waiting = []
        for name, lpips in self._networks.lpips.items():
            with self._failing_alone(name):
                self._distances[name].append(lpips.distances(trues, results))
        for name, network in self._networks.features.items():
            with self._failing_alone(name):
                self._features[name].append((network.of_truth(trues), network(results)))
        if self._chosen.intersection(CLASS_FIGURES):
            with self._failing_alone(CLASSIFIER):
                self._classify(trues)

    @contextmanager
    def _failing_alone(self, network: str) -> Iterator[None]:
        """Keep one network's failure, a photograph too small for it for example, from the others."""
        try:
            yield
        except TintypeError as error:
            self._failures.setdefault(network, str(error))

    def _classify(self, trues: Sequence[Codes]) -> None:
        """Ask for the classes of the photographs that were looked at last: true, left gray, colored."""
        network = self._networks.features[CLASSIFIER]
        true, result = self._features[CLASSIFIER][-1]
        gray = network.of_truth([left_gray(picture) for picture in trues])
        self._classes.append(np.stack([network.classifier.classify(seen) for seen in (true, gray, result)]))

    def _collect_distances(self) -> dict[str, NDArray[np.float64]]:
        return {
            f"lpips_{name}": np.concatenate(found)
            for name, found in self._distances.items()
            if name not in self._failures
        }

    def _collect_classes(self, reasons: dict[str, str]) -> dict[str, NDArray[np.float64]]:
        if not self._classes or CLASSIFIER in self._failures:
            return {}
        true, gray, result = np.concatenate(self._classes, axis=1)
        answers = {"same_class": result == true, "same_class_gray": gray == true}
        try:
            right = self._right_classes()
        except TintypeError as error:
            reasons.update({name: str(error) for name in self._chosen if name.startswith("top1")})
        else:
            answers |= {"top1": result == right, "top1_gray": gray == right, "top1_true": true == right}
        return {
            name: answers[name].astype(np.float64)
            for name in CLASS_FIGURES
            if name in self._chosen & {*answers}
        }

    def _right_classes(self) -> NDArray[np.int64]:
        from tintype.measure.perceptual.classes import imagenet_class  # noqa: PLC0415 - loads torch

        classes = [imagenet_class(name) for name in self._names]
        if nameless := sum(label is None for label in classes):
            raise TintypeError(
                f"{nameless} of {len(classes)} file names say no class of ImageNet; begin each with its WordNet "
                "number, as in n01440764_tench.jpg"
            )
        return np.array(classes, np.int64)

    def _collect_sets(self, reasons: dict[str, str]) -> dict[str, SetFigure]:
        found: dict[str, SetFigure] = {}
        for network, parts in self._features.items():
            names = [it.name for it in self._networks.metrics if it.network == network and it.of_set]
            if network in self._failures or not names:
                continue
            true, result = (np.concatenate(side) for side in zip(*parts, strict=True))
            try:
                found |= _compare_sets(network, names, true, result)
            except TintypeError as error:
                reasons.update(dict.fromkeys(names, str(error)))
        return {name: found[name] for name in METRICS if name in found}


def judge_perceptually(
    pairs: Iterable[tuple[Codes, Codes]],
    metrics: Sequence[str] | Networks | None = None,
    *,
    names: Iterable[str] | None = None,
    progress: Callable[[int], None] | None = None,
) -> PerceptualFigures:
    """Judge pairs of true and colored photographs.

    Args:
        pairs: (H, W, 3) uint8 sRGB each; taken one by one, so that they need not all be in memory.
        metrics: names of figures or networks, None for all; or networks that are loaded already.
        names: of the files, for their classes; see ``PerceptualJudge.add``.
        progress: told the number of photographs so far.

    Raises:
        TintypeError: there is no figure of that name, or the two of a pair differ in size.
    """
    judge = PerceptualJudge(metrics)
    named = zip(pairs, names, strict=True) if names is not None else ((pair, "") for pair in pairs)
    for count, ((true, result), name) in enumerate(named, start=1):
        judge.add(true, result, name)
        if progress:
            progress(count)
    return judge.figures()


def _compare_sets(network: str, names: Sequence[str], true: Vectors, result: Vectors) -> dict[str, SetFigure]:
    """Measure those of the four distances of sets that are asked for."""
    from tintype.measure.perceptual import distances  # noqa: PLC0415 - loads torch

    found: dict[str, SetFigure] = {}
    frechet, kernel = f"frechet_{network}", f"kid_{network}"
    precision, recall = f"precision_{network}", f"recall_{network}"
    if frechet in names:
        found[frechet] = SetFigure(distances.frechet_distance(true, result), note=_note_number(true))
    if kernel in names:
        distance = distances.kernel_distance(true, result, paired=True)
        note = f"{distances.KERNEL_SUBSETS} subsets of {distance.subset_size} photographs"
        found[kernel] = SetFigure(distance.mean, distance.deviation, note)
    if {precision, recall}.intersection(names):
        values = distances.precision_and_recall(true, result)
        shares = dict(zip((precision, recall), values, strict=True))
        note = _note_balls(len(true))
        found |= {name: SetFigure(share, note=note) for name, share in shares.items() if name in names}
    return found


def _note_number(features: Vectors) -> str:
    count, width = features.shape
    if count > width:
        return ""
    return f"{count} photographs, but {width} features: too high; compare with figures of {count} only"


def _note_balls(count: int) -> str:
    return f"{count} photographs: near 1 in small sets" if count < FEW else ""
