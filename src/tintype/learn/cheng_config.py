"""How cheng15 is trained, by the name of its size."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from tintype.models.card import SizeRule

OnStep = Callable[[str, int, int], object]
"""Told what is being done, how much of it is done, and how much there is."""

SIZE = SizeRule(multiple=32, default=256, minimum=64, maximum=384)


@dataclass(frozen=True)
class ChengConfig:
    """How cheng15 is trained.

    Attributes:
        clusters: of photographs in each round.
        rounds: of sorting; networks are `clusters` x `rounds` at most.
        settled: PSNR, dB, from which on a photograph stays with the network that colored it.
        things: semantic numbers of a pixel; the paper has 47 classes (not verified).
        pixels: that are taken from each photograph.
        steps: of each network.
        batch: pixels in a step.
        rate: of Adam, falling to 0 along a half cosine.
        seconds: all networks together stop after that time, those of each round after their share; 0: no limit.
        size: at which photographs are looked at; see ``SizeRule``.
        seed: of all that is drawn.
    """

    clusters: int = 6
    rounds: int = 2
    settled: float = 26.0
    things: int = 47
    pixels: int = 384
    steps: int = 6000
    batch: int = 1024
    rate: float = 1e-3
    seconds: float = 0.0
    size: int = 256
    seed: int = 0

    @property
    def share(self) -> float:
        """Seconds that each network may take."""
        return self.seconds / (self.clusters * self.rounds) if self.seconds else math.inf


CONFIGS = {
    "cheng15": ChengConfig(),
    "cheng15-test": ChengConfig(
        clusters=2, rounds=2, things=6, pixels=256, steps=150, batch=256, rate=4e-3, size=96
    ),
}
"""The sizes by name; the second one is for tests."""
