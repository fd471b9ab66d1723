"""How often, and at which sizes, the network looks at a photograph."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

from tintype.errors import GuidanceError, ModelError
from tintype.models.card import Card, SizeRule

Quality: TypeAlias = Literal["fast", "normal", "best"]
"""fast: once, at three quarters of the model's size; normal: once, at the model's size; best: at three sizes and
mirrored, averaged."""

QUALITIES: tuple[str, ...] = get_args(Quality)
_FACTORS: dict[str, tuple[float, ...]] = {"fast": (0.75,), "normal": (1.0,), "best": (0.75, 1.0, 1.5)}


@dataclass(frozen=True)
class Passes:
    """The looks whose answers are averaged.

    Attributes:
        sizes: for each look the side of a square of the same area as the model's input (see ``SizeRule``).
        mirrored: each size is looked at a second time, left and right exchanged.

    Raises:
        GuidanceError: no size, or one that occurs twice.
    """

    sizes: tuple[int, ...]
    mirrored: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "sizes", tuple(sorted(int(size) for size in self.sizes)))
        if not self.sizes or len(set(self.sizes)) < len(self.sizes):
            raise GuidanceError(f"sizes are {list(self.sizes)}; give one or more, each once")


def choose_passes(
    card: Card,
    *,
    quality: Quality = "normal",
    sizes: int | Sequence[int] | None = None,
    mirrored: bool | None = None,
) -> Passes:
    """Settle the looks for a model.

    Args:
        card: of the model.
        quality: see `Quality`; a model of one fixed size has the same size in each.
        sizes: instead of the quality's sizes.
        mirrored: instead of the quality's choice.

    Raises:
        GuidanceError: an unknown quality, or a size that the model does not take.
    """
    if quality not in _FACTORS:
        raise GuidanceError(f"quality is {quality!r}; give one of {', '.join(QUALITIES)}")
    if sizes is None:
        chosen = _scaled(card.size, _FACTORS[quality])
    else:
        chosen = (sizes,) if isinstance(sizes, int) else tuple(sizes)
    try:
        for size in chosen:
            card.size.fit(size, size, size)
    except ModelError as error:
        raise GuidanceError(f"{card.name}: {error}") from error
    is_best = quality == "best" and sizes is None
    return Passes(chosen, is_best if mirrored is None else mirrored)


def _scaled(rule: SizeRule, factors: Sequence[float]) -> tuple[int, ...]:
    if rule.fixed:
        return (rule.default,)
    multiples = {round(rule.default * factor / rule.multiple) * rule.multiple for factor in factors}
    return tuple(sorted({min(max(size, rule.minimum), rule.maximum) for size in multiples}))
