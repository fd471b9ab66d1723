"""Guidance -> what a model understands, and what can be done when its answer is decoded.

The rules, all of them:

1. Marks lie on each other as glazes do (``Guidance.layered`` says in which order). With coverage times
   confidence as its opacity, a mark hides that share of what lies below: confidence 1 hides all of it.
2. A mark with a color becomes hints, at the visible share of its opacity. If its confidence is 1 it is an
   order: the cells that it covers by half or more are pinned, their color is the mark's and not the model's. Of
   a field, whose colors vary, the cells of weight 1 are.
3. A mark with a palette becomes a bias on the logits of the cells it covers: as if the model had known that
   this is grass, Bayes' rule says that p(bin) is multiplied by p(bin | grass) / p(bin).
4. The palette of the whole picture is an input of models that take one; for other bin models it is rule 3
   everywhere, weakened so that no color is ruled out.
5. A bin model without hints takes a color as a palette of one color. A style goes to the model as it is. Whatever
   a model can't take otherwise raises UnsupportedByModelError.
6. Hints stay within the contours of the photograph, the more so the less the model expected them there: beyond,
   its answer without them stands. See ``tintype.guidance.reach``; it is done to the answer of bin models.

No mark is lost because the photograph is reduced for the model: each has at least ``MIN_RADIUS`` there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import BIN_COUNT, smooth_prior, soft_encode
from tintype.errors import GuidanceError, UnsupportedByModelError
from tintype.guidance.colors import WeightedColor
from tintype.guidance.fields import draw_field
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import (
    FieldMark,
    GrownMark,
    LassoMark,
    Mark,
    MaskMark,
    PaintedMark,
    PointMark,
    StrokeMark,
)
from tintype.guidance.points import Patch, disc, polygon, region, stroke
from tintype.guidance.reach import PlacedColor

MIN_RADIUS = 2.0
"""Smallest radius of a point or stroke, in pixels of the model's input."""

REGION_FLOOR = 1e-4
"""Share of the prior left to colors outside of the palette of a place: by so much an order thins them out."""

_CERTAIN = 0.998
"""Weight from which on a cell of a field is an order: a weight is stored to 1 / 255."""

PICTURE_FLOOR = 0.1
"""The same for the palette of the whole picture, which must not rule out what it happens not to show."""


class GuidedCard(Protocol):
    """What must be known of a model: the part of ``tintype.models.card.Card`` that is used here."""

    @property
    def name(self) -> str:
        """``system-size``."""

    @property
    def capabilities(self) -> frozenset[str]:
        """What it takes: "hints", "palette"."""

    @property
    def bins(self) -> int:
        """Number of ab bins, 0 for a model that answers with ab."""

    @property
    def grid(self) -> int:
        """The output is at 1 / grid of the input's size."""

    @property
    def prior(self) -> Sequence[float] | None:
        """How often each bin occurs."""


@dataclass(frozen=True, eq=False)
class CompiledGuidance:
    """Guidance for one model at one size; what is None is not needed.

    Attributes:
        hints: (3, H, W) float32, input of the model: a, b in Lab units, confidence 0..1.
        palette: (Q + 1,) float32, input of the model: distribution over the bins, strength 0..1.
        style: (S,) float32, input of the model.
        logit_bias: (H / grid, W / grid, Q) float32, or (Q,) where it is the same everywhere.
        pins: (H / grid, W / grid, 3) float32: a, b in Lab units, share 0..1 of the decoded color replaced.
        placed: the marks that became hints, as they lie on the grid (rule 6).
    """

    hints: NDArray[np.float32] | None = None
    palette: NDArray[np.float32] | None = None
    style: NDArray[np.float32] | None = None
    logit_bias: NDArray[np.float32] | None = None
    pins: NDArray[np.float32] | None = None
    placed: tuple[PlacedColor, ...] = ()

    def biased(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return logits (H / grid, W / grid, Q) with the bias."""
        return logits if self.logit_bias is None else logits + self.logit_bias

    def pinned(self, ab: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return decoded ab (H / grid, W / grid, 2), Lab units, with the orders obeyed."""
        if self.pins is None:
            return ab
        share = self.pins[..., 2:]
        return ab + share * (self.pins[..., :2] - ab)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A mark on one grid, as if it were alone.

    Attributes:
        coverage: share of each pixel or cell.
        ab: (2,), or (rows, columns, 2) of the box where colors vary; None for a palette.
        ordered: share of the coverage that is an order, (rows, columns) of the box or one for all.
    """

    coverage: Patch
    ab: NDArray[np.float32] | None
    ordered: NDArray[np.float32] | float


@dataclass(frozen=True, eq=False)
class _Layer:
    """A mark and the share of it that is seen, on the pixels of the input and on the cells of the grid."""

    number: int
    mark: Mark
    pixels: _Drawn
    cells: _Drawn


def compile_guidance(
    guidance: Guidance,
    card: GuidedCard,
    photo_size: tuple[int, int],
    input_size: tuple[int, int],
    prior: NDArray[np.floating[Any]] | None = None,
) -> CompiledGuidance:
    """Turn guidance into what a model understands.

    Args:
        guidance: in the photograph's own coordinates.
        card: of the model.
        photo_size: (height, width) of the upright photograph.
        input_size: (height, width) of the model's input, to which the whole photograph is resized; multiples
            of the card's grid.
        prior: (Q,) how often each bin occurs, sum 1; the card's own if not given.

    Returns:
        The tensors; see the module for the rules.

    Raises:
        GuidanceError: a mark outside of the photograph.
        UnsupportedByModelError: the model lacks what the guidance needs.
    """
    guidance.check_inside(photo_size)
    _check_supported(guidance, card)
    layers = _visible_layers(guidance, photo_size, input_size, card.grid)
    colored = [layer for layer in layers if has_color(layer.mark)]
    if prior is None and card.prior is not None:
        prior = np.asarray(card.prior)
    hinting = colored if "hints" in card.capabilities else []
    return CompiledGuidance(
        hints=_hint_map([layer.pixels for layer in hinting], input_size) if hinting else None,
        palette=_palette_input(guidance, card),
        style=_style_input(guidance),
        logit_bias=_logit_bias(guidance, card, layers, input_size, prior),
        pins=_pins(colored, _grid_size(input_size, card.grid)),
        placed=tuple(_place(layer) for layer in hinting),
    )


def compile_inputs(
    guidance: Guidance, card: GuidedCard, photo_size: tuple[int, int], input_size: tuple[int, int]
) -> CompiledGuidance:
    """Turn guidance into what a model is given alone, without what is done to its answer.

    Arguments, and errors but for those of what a model does not take, are those of ``compile_guidance``.
    """
    guidance.check_inside(photo_size)
    hints = None
    if "hints" in card.capabilities:
        marks = [mark for _, mark in guidance.layered()]
        seen = _visible([_draw(mark, photo_size, input_size) for mark in marks], marks, input_size)
        colored = [drawn for drawn in seen if drawn.ab is not None]
        hints = _hint_map(colored, input_size) if colored else None
    return CompiledGuidance(hints=hints, palette=_palette_input(guidance, card), style=_style_input(guidance))


def palette_distribution(colors: Sequence[WeightedColor]) -> NDArray[np.float32]:
    """Spread the colors of a palette over the ab bins.

    Returns:
        (Q,) float32, sum 1.
    """
    ab = np.array([color.color[1:] for color in colors])
    weights = np.array([color.weight for color in colors])
    indices, shares = soft_encode(ab)
    distribution = np.zeros(BIN_COUNT)
    np.add.at(distribution, indices, shares * (weights / weights.sum())[:, None])
    return distribution.astype(np.float32)


def _check_supported(guidance: Guidance, card: GuidedCard) -> None:
    has_bins, takes = card.bins == BIN_COUNT, card.capabilities
    where = guidance.source or "guidance"
    for i, mark in enumerate(guidance.marks):
        if isinstance(mark, FieldMark):
            takes_it, thing = "hints" in takes, "fields of colors"
        else:
            takes_it = has_bins or (mark.color is not None and "hints" in takes)
            thing = "hints" if mark.color is not None else "palettes in a place"
        if not takes_it:
            raise _unsupported(f"{where}: marks[{i}]", card, thing)
    if guidance.palette is not None and not has_bins and "palette" not in takes:
        raise _unsupported(f"{where}: palette", card, "palette")
    if guidance.style is not None and "style" not in takes:
        raise UnsupportedByModelError(
            f"{where}: style: the model {card.name} takes none; leave it out, or choose a model that does, such as "
            "iizuka16"
        )


def _unsupported(where: str, card: GuidedCard, thing: str) -> UnsupportedByModelError:
    remedy = "leave it out, or choose a model that does, such as tintype-small"
    return UnsupportedByModelError(f"{where}: the model {card.name} takes no {thing}; {remedy}")


def has_color(mark: Mark) -> bool:
    """Return whether a mark states colors, and no palette."""
    return not isinstance(mark, PaintedMark) or mark.color is not None


def cover_cells(mark: Mark, photo_size: tuple[int, int], input_size: tuple[int, int], grid: int) -> Patch:
    """Return the share of each cell that a mark covers if it is alone: 1 from half of the cell on.

    Args:
        mark: in the photograph's coordinates.
        photo_size: (height, width) of the photograph.
        input_size: (height, width) of a model's input.
        grid: pixels of the input in each cell, along both sides.
    """
    if isinstance(mark, FieldMark):
        return _draw_field(mark, photo_size, _grid_size(input_size, grid)).coverage
    return _to_order_cells(_draw(mark, photo_size, input_size).coverage, grid)


def _visible_layers(
    guidance: Guidance, photo_size: tuple[int, int], input_size: tuple[int, int], grid: int
) -> list[_Layer]:
    numbers, marks = zip(*guidance.layered(), strict=True) if guidance.marks else ((), ())
    pixels = [_draw(mark, photo_size, input_size) for mark in marks]
    cells = [
        _draw_field(mark, photo_size, _grid_size(input_size, grid))
        if isinstance(mark, FieldMark)
        else replace(drawn, coverage=_to_order_cells(drawn.coverage, grid))
        for mark, drawn in zip(marks, pixels, strict=True)
    ]
    seen = _visible(pixels, marks, input_size), _visible(cells, marks, _grid_size(input_size, grid))
    return [_Layer(*parts) for parts in zip(numbers, marks, *seen, strict=True)]


def _draw(mark: Mark, photo_size: tuple[int, int], input_size: tuple[int, int]) -> _Drawn:
    """Return a mark on the pixels of the input."""
    if isinstance(mark, FieldMark):
        return _draw_field(mark, photo_size, input_size)
    ab = None if mark.color is None else np.array(mark.color[1:], dtype=np.float32)
    return _Drawn(_cover(mark, photo_size, input_size).peaked(), ab, float(mark.confidence == 1))


def _cover(mark: PaintedMark, photo_size: tuple[int, int], size: tuple[int, int]) -> Patch:
    """Return the coverage of a mark on the pixels of a grid."""
    vertical, horizontal = (small / full for small, full in zip(size, photo_size, strict=True))
    if isinstance(mark, MaskMark):
        return region(mark, (vertical, horizontal), size)
    if isinstance(mark, LassoMark):
        return polygon([(x * horizontal, y * vertical) for x, y in mark.points], size)
    if isinstance(mark, GrownMark):
        raise GuidanceError("a mark is still to be grown; call tintype.guidance.grow.resolve_grown first")
    assert isinstance(mark, PointMark | StrokeMark)
    radius = max(mark.radius * math.sqrt(vertical * horizontal), MIN_RADIUS)
    if isinstance(mark, PointMark):
        return disc((mark.x * horizontal, mark.y * vertical), radius, size)
    return stroke([(x * horizontal, y * vertical) for x, y in mark.points], radius, size)


def _draw_field(mark: FieldMark, photo_size: tuple[int, int], size: tuple[int, int]) -> _Drawn:
    """Return a field on a grid; its cells of weight 1 are orders where its confidence is 1."""
    vertical, horizontal = (small / full for small, full in zip(size, photo_size, strict=True))
    drawn = draw_field(mark.to_field(), (vertical, horizontal), size)
    ordered = (drawn.patch.coverage > _CERTAIN) & (mark.confidence == 1)
    return _Drawn(drawn.patch, drawn.ab, ordered.astype(np.float32))


def _to_order_cells(patch: Patch, grid: int) -> Patch:
    """Return the coverage of the cells: full from a half on, and full somewhere however small the mark is."""
    cells = patch.to_cells(grid)
    return Patch(cells.top, cells.left, np.minimum(cells.coverage * 2, 1)).peaked()


def _visible(drawn: list[_Drawn], marks: Sequence[Mark], size: tuple[int, int]) -> list[_Drawn]:
    """Return what is seen of each layer, the first being the lowest, as shares of the light (rule 1)."""
    open_share = np.ones(size, dtype=np.float32)
    seen = []
    for one, mark in zip(reversed(drawn), reversed(marks), strict=True):
        patch = one.coverage
        opacity = patch.coverage * np.float32(mark.confidence)
        visible = Patch(patch.top, patch.left, open_share[patch.window] * opacity)
        seen.append(replace(one, coverage=visible))
        open_share[patch.window] *= 1 - opacity
    return seen[::-1]


def _hint_map(colored: list[_Drawn], size: tuple[int, int]) -> NDArray[np.float32]:
    hints = np.zeros((3, *size), dtype=np.float32)
    for drawn in colored:
        _add_color(hints, drawn)
    hints[:2] /= np.where(hints[2] > 0, hints[2], 1)
    return hints


def _place(layer: _Layer) -> PlacedColor:
    assert layer.cells.ab is not None
    return PlacedColor(layer.number, layer.cells.coverage, layer.cells.ab)


def _pins(colored: list[_Layer], size: tuple[int, int]) -> NDArray[np.float32] | None:
    """Return the pins (rule 2): the mixed color of all marks, at the visible share of the orders."""
    if not any(layer.mark.confidence == 1 for layer in colored):
        return None
    mixed = np.zeros((3, *size), dtype=np.float32)
    ordered = np.zeros(size, dtype=np.float32)
    for layer in colored:
        _add_color(mixed, layer.cells)
        seen = layer.cells.coverage
        ordered[seen.window] += seen.coverage * layer.cells.ordered
    mixed[:2] /= np.where(mixed[2] > 0, mixed[2], 1)
    return np.stack([mixed[0], mixed[1], ordered], axis=-1)


def _add_color(hints: NDArray[np.float32], drawn: _Drawn) -> None:
    assert drawn.ab is not None
    rows, columns = drawn.coverage.window
    coverage = drawn.coverage.coverage
    ab = np.broadcast_to(drawn.ab, (*coverage.shape, 2))
    hints[:2, rows, columns] += np.moveaxis(ab, -1, 0) * coverage
    hints[2, rows, columns] += coverage


def _palette_input(guidance: Guidance, card: GuidedCard) -> NDArray[np.float32] | None:
    if guidance.palette is None or "palette" not in card.capabilities:
        return None
    distribution = palette_distribution(guidance.palette.colors)
    return np.append(distribution, np.float32(guidance.palette.strength))


def _style_input(guidance: Guidance) -> NDArray[np.float32] | None:
    return None if guidance.style is None else np.array(guidance.style.vector, np.float32)


def _logit_bias(
    guidance: Guidance,
    card: GuidedCard,
    layers: list[_Layer],
    input_size: tuple[int, int],
    prior: NDArray[np.floating[Any]] | None,
) -> NDArray[np.float32] | None:
    if card.bins != BIN_COUNT:
        return None
    uniform = np.full(BIN_COUNT, 1 / BIN_COUNT)
    smooth = smooth_prior(uniform if prior is None else np.asarray(prior, np.float64))
    takes_hints = "hints" in card.capabilities
    biasing = [layer for layer in layers if not has_color(layer.mark) or not takes_hints]
    everywhere = _picture_bias(guidance, card, smooth)
    if not biasing:
        return everywhere
    bias = np.zeros((*_grid_size(input_size, card.grid), BIN_COUNT), dtype=np.float32)
    for layer in biasing:
        ratio = _log_ratio(_distribution_of(layer.mark), smooth, REGION_FLOOR)
        seen = layer.cells.coverage
        bias[seen.window] += seen.coverage[..., None] * ratio
    return bias if everywhere is None else bias + everywhere


def _picture_bias(
    guidance: Guidance, card: GuidedCard, smooth: NDArray[np.floating[Any]]
) -> NDArray[np.float32] | None:
    """Return the bias (Q,) of the picture's palette for a model that does not take it (rule 4)."""
    if guidance.palette is None or "palette" in card.capabilities:
        return None
    ratio = _log_ratio(palette_distribution(guidance.palette.colors), smooth, PICTURE_FLOOR)
    return ratio * np.float32(guidance.palette.strength)


def _distribution_of(mark: Mark) -> NDArray[np.float32]:
    assert isinstance(mark, PaintedMark)
    if mark.palette is not None:
        return palette_distribution(mark.palette)
    assert mark.color is not None
    return palette_distribution([WeightedColor(mark.color)])


def _log_ratio(
    distribution: NDArray[np.float32], smooth: NDArray[np.floating[Any]], floor: float
) -> NDArray[np.float32]:
    """Return log(p(bin | palette) / p(bin)), at least log(floor) (rule 3)."""
    ratio: NDArray[np.float32] = np.log((1 - floor) * distribution / smooth + floor).astype(np.float32)
    return ratio


def _grid_size(input_size: tuple[int, int], grid: int) -> tuple[int, int]:
    return input_size[0] // grid, input_size[1] // grid
