"""One number for colors whose truth nobody knows.

The score adds up by how much each figure of ``features`` is lower or higher than in real photographs. What each
of that weighs was fitted to faults that were put into true photographs on purpose (``results/fit_score.py``), and
how often the score agrees with such faults in other photographs stands in ``results/score.csv``. It knows colors,
edges and tones, and nothing of what is on the photograph: a green dog with sharp edges has a good score.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from tintype.colorize.result import Colorization
from tintype.measure.unaided.confidence import expected_error
from tintype.measure.unaided.features import FEATURES, measure_features
from tintype.measure.unaided.look import LEAST_SIDE, Codes, Look, look_at, look_of, reduced_size

VERSION = 1
"""Raised whenever a figure is computed otherwise, so that what was chosen by an older score is chosen anew."""

ERROR_UNIT = 10.0
"""Error expected by the model, in Lab units, that makes a result e times worse."""

FARTHEST = 5.0
"""Deviations count up to so many standard deviations."""


@dataclass(frozen=True)
class Weight:
    """What a figure counts.

    Attributes:
        mean: of real photographs.
        deviation: of real photographs.
        low: weight of its being low, 0 or more.
        high: weight of its being high, 0 or more.
    """

    mean: float
    deviation: float
    low: float
    high: float


@dataclass(frozen=True)
class Verdict:
    """What the score says of a photograph.

    Attributes:
        score: 0 to 100, higher is better; half of all real photographs have 75 or more.
        faults: what is wrong -> penalty beyond that of a figure at its mean, the largest first.
        features: all figures; None where one can't be told.
    """

    score: float
    faults: Mapping[str, float]
    features: Mapping[str, float | None]


@dataclass(frozen=True)
class Score:
    """The composite score; an instance is a function of a ``Colorization``, as ``Colorizer.best_of`` takes it.

    Attributes:
        weights: name of a figure -> what it counts.
        typical: penalty of real photographs, the median.
        name: of this score, with a digest of its weights: it stands in the digest of what was chosen by it.
    """

    weights: Mapping[str, Weight]
    typical: float
    name: str = "unfitted"

    def __call__(self, result: Colorization) -> float:
        """Return how good a photograph is that was colored here: for choosing one of several results.

        The score knows nothing of what is on the photograph, and alone it chooses worse than chance among samples.
        So it is multiplied by exp(-e / 10), where e is the error that the model itself expects of the result, in
        Lab units (``expected_error``); models without a distribution are judged by the score alone.

        Returns:
            0..100, higher is better; 0 where the photograph is too small to be judged.
        """
        if min(reduced_size(result.photo.height, result.photo.width)) < LEAST_SIDE:
            return 0.0
        error = expected_error(result) or 0.0
        return self.judge(look_of(result)).score * math.exp(-error / ERROR_UNIT)

    def judge_codes(self, codes: Codes) -> Verdict:
        """Judge a photograph of any program: (H, W, 3) uint8 sRGB."""
        return self.judge(look_at(codes))

    def judge(self, look: Look) -> Verdict:
        """Judge a look.

        Formula: 100 exp(-ln(4/3) penalty / typical penalty); the penalty is the sum over the figures of
        low max(0, 1 - z)^2 + high max(0, 1 + z)^2, z = (figure - mean) / deviation, -5..5. So it begins one
        deviation on the good side of the mean, and grows faster the farther a figure is off; a figure that can't
        be told counts as if it were at the mean.
        """
        return self.judge_features(measure_features(look))

    def judge_features(self, features: Mapping[str, float | None]) -> Verdict:
        """Judge what ``measure_features`` gave."""
        penalty, faults = 0.0, dict[str, float]()
        for name, weight in self.weights.items():
            value, feature = features.get(name), FEATURES[name]
            z = 0.0 if value is None else (value - weight.mean) / weight.deviation
            for fault, each, side in ((feature.low, weight.low, -z), (feature.high, weight.high, z)):
                counted = each * deviation_penalty(side)
                penalty += counted
                if counted > each:
                    faults[fault] = faults.get(fault, 0.0) + counted - each
        ordered = dict(sorted(faults.items(), key=lambda item: -item[1]))
        return Verdict(100 * math.exp(-math.log(4 / 3) * penalty / self.typical), ordered, features)


def deviation_penalty(deviations: float) -> float:
    """Return what a figure counts that lies so many deviations on the bad side: 1 at the mean, 36 at most.

    >>> [deviation_penalty(deviations) for deviations in (-3.0, -1.0, 0.0, 1.0, 5.0, 50.0)]
    [0.0, 0.0, 1.0, 4.0, 36.0, 36.0]
    """
    return max(0.0, 1 + min(deviations, FARTHEST)) ** 2


@cache
def load_score() -> Score:
    """Load the score that comes with Tintype."""
    texts = [
        files(__package__).joinpath(name).read_text(encoding="utf-8")
        for name in ("score.json", "reference.json")
    ]
    digest = hashlib.sha256("".join(texts).encode()).hexdigest()[:8]
    return parse_score(texts[0], f"unaided {VERSION} {digest}")


def parse_score(text: str, name: str = "unaided") -> Score:
    """Read a score from JSON, as ``results/fit_score.py`` writes it."""
    document: dict[str, Any] = json.loads(text)
    weights = {figure: Weight(**numbers) for figure, numbers in document["weights"].items()}
    return Score(weights, document["typical"], name)
