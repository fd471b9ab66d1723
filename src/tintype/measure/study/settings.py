"""How sure the figures of a study shall be, and how they are drawn."""

from __future__ import annotations

from dataclasses import dataclass

from tintype.measure.statistics import LEVEL, RESAMPLES, SEED


@dataclass(frozen=True)
class Settings:
    """What all figures of a study share.

    Attributes:
        level: confidence of the intervals, between 0 and 1.
        resamples: of bootstrap and permutation.
        seed: of both.
    """

    level: float = LEVEL
    resamples: int = RESAMPLES
    seed: int = SEED


DEFAULTS = Settings()
