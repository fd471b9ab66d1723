"""The contract of a model: names, shapes and ranges of what goes in and what comes out.

The tables `INPUTS` and `OUTPUTS` are the contract. The functions hold against it the interface that a graph
declares (`check_interface`), what is fed to it (`check_inputs`) and what it gives (`check_outputs`).

Axes are numbers or names: N photographs of H x W cells, Q bins, k the card's grid; S, Z, K, C and k' are the model's
own numbers, the same in every run; h and w are free. A palette is over the 313 bins whether the model answers in bins
or not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import BIN_COUNT
from tintype.errors import ContractError, UnsupportedByModelError
from tintype.models.card import FEATURE_GRID, Card

Axis = int | str
Arrays = Mapping[str, NDArray[np.float32]]
_TYPE = "tensor(float)"  # ONNX Runtime's word for float32
_ROUNDING = 1e-3


@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output.

    Attributes:
        name: as in the graph.
        axes: its shape.
        meaning: what it holds and in which unit.
        lowest: smallest value; None for any.
        highest: largest value; None for any.
        capability: the card's word that says that a model has it; "" for what every model has.
    """

    name: str
    axes: tuple[Axis, ...]
    meaning: str
    lowest: float | None = None
    highest: float | None = None
    capability: str = ""


INPUTS = (
    Tensor("lightness", ("N", 1, "H", "W"), "CIE L", 0.0, 100.0),
    Tensor(
        "hints",
        ("N", 3, "H", "W"),
        "a and b in Lab units, confidence 0..1; zeros where there is none",
        -128.0,
        128.0,
        "hints",
    ),
    Tensor(
        "palette", ("N", "Q+1"), "distribution over the bins, strength 0..1 (0: none)", 0.0, 1.0, "palette"
    ),
    Tensor("style", ("N", "S"), "a vector that stands for a whole photograph", capability="style"),
    Tensor("latent", ("N", "Z"), "a random vector, one for each sample", capability="latent"),
    Tensor(
        "context",
        ("N", "K", "h", "w"),
        "``context_out`` of another look at the photograph, whatever size that was",
        capability="context",
    ),
)
"""What a model takes. Everything but ``lightness`` is guidance, and zeros mean that there is none."""

OUTPUTS = (
    Tensor("bin_logits", ("N", "Q", "H/k", "W/k"), "logits over the ab bins"),
    Tensor("ab", ("N", 2, "H/k", "W/k"), "a and b in Lab units"),
    Tensor("features", ("N", "C", "H/16", "W/16"), "for matching, of unit length", -1.0, 1.0, "features"),
    Tensor("style_out", ("N", "S"), "this photograph's ``style``", capability="style"),
    Tensor(
        "context_out",
        ("N", "K", "h", "w"),
        "what this look takes the things in the photograph for",
        capability="context",
    ),
    Tensor("classes", ("N", "C"), "logits over the encoder's classes", capability="classes"),
    Tensor(
        "class_map",
        ("N", "C", "H/k'", "W/k'"),
        "the same logits for each cell of the encoder's last map; ``classes`` is their mean",
        capability="class_map",
    ),
)
"""What a model gives: ``bin_logits`` or ``ab``, and the rest as its card says."""


class Declared(Protocol):
    """What ONNX Runtime tells of an input or output."""

    @property
    def name(self) -> str: ...  # noqa: D102 - as in the graph

    @property
    def type(self) -> str: ...  # noqa: D102 - for example "tensor(float)"

    @property
    def shape(self) -> Sequence[Any]: ...  # noqa: D102 - numbers, names, None


def inputs_of(card: Card) -> tuple[Tensor, ...]:
    """Return the inputs that a model has."""
    return tuple(tensor for tensor in INPUTS if _belongs(tensor, card))


def outputs_of(card: Card) -> tuple[Tensor, ...]:
    """Return the outputs that a model has."""
    absent = "ab" if card.bins else "bin_logits"
    return tuple(tensor for tensor in OUTPUTS if _belongs(tensor, card) and tensor.name != absent)


def _belongs(tensor: Tensor, card: Card) -> bool:
    return not tensor.capability or tensor.capability in card.capabilities


def check_interface(card: Card, inputs: Iterable[Declared], outputs: Iterable[Declared]) -> None:
    """Hold the interface that a graph declares against its card.

    Raises:
        ContractError: a name is missing or unknown, a type is not float32, a shape can't be.
    """
    for kind, expected, declared in (
        ("input", inputs_of(card), {node.name: node for node in inputs}),
        ("output", outputs_of(card), {node.name: node for node in outputs}),
    ):
        for tensor in expected:
            if tensor.name not in declared:
                raise _breach(card, f"the {kind} {tensor.name!r} is missing; it has {sorted(declared)}")
            _check_declared(card, f"{kind} {tensor.name!r}", tensor, declared[tensor.name])
        if unknown := sorted(declared.keys() - {tensor.name for tensor in expected}):
            raise _breach(card, f"the {kind} {unknown[0]!r} is not in the contract of its card")


def _check_declared(card: Card, what: str, tensor: Tensor, declared: Declared) -> None:
    if declared.type != _TYPE:
        raise _breach(card, f"the {what} is {declared.type}; it must be {_TYPE}")
    if len(declared.shape) != len(tensor.axes):
        raise _breach(card, f"the {what} has {len(declared.shape)} axes; it must have {_axes(tensor)}")
    known = {"Q": card.bins, "Q+1": BIN_COUNT + 1}
    for axis, actual in zip(tensor.axes, declared.shape, strict=True):
        size = known.get(axis) if isinstance(axis, str) else axis
        if size is not None and isinstance(actual, int) and actual != size:
            raise _breach(
                card, f"the {what} has {actual} where {axis} is {size}; its shape is {_axes(tensor)}"
            )


def check_inputs(card: Card, feeds: Arrays) -> None:
    """Hold arrays that are to be fed to a model against the contract.

    Args:
        card: the model's card.
        feeds: name to float32 array; guidance may be absent.

    Raises:
        UnsupportedByModelError: guidance that the model does not take.
        ContractError: a wrong dtype, shape, range or size; NaN.
    """
    if "lightness" not in feeds:
        raise _breach(card, "lightness is missing; feed an array (N, 1, H, W)")
    sizes = _sizes(card, feeds["lightness"])
    known = {tensor.name: tensor for tensor in inputs_of(card)}
    for name, array in feeds.items():
        if name not in known:
            raise UnsupportedByModelError(f"{card.name} takes no {name}; choose a model that does")
        _check_array(card, known[name], array, sizes)


def check_outputs(card: Card, feeds: Arrays, outputs: Arrays) -> None:
    """Hold what a model gave against the contract.

    Args:
        card: the model's card.
        feeds: what it was fed, as for `check_inputs`.
        outputs: name to float32 array; not all need to be there.

    Raises:
        ContractError: an unknown name, a wrong dtype, shape or range; NaN or infinity.
    """
    sizes = _sizes(card, feeds["lightness"])
    known = {tensor.name: tensor for tensor in outputs_of(card)}
    for name, array in outputs.items():
        if name not in known:
            raise _breach(card, f"the output {name!r} is not in the contract of its card")
        _check_array(card, known[name], array, sizes)


def _sizes(card: Card, lightness: NDArray[Any]) -> dict[str, int]:
    """Return the axes that a lightness array and the card settle."""
    if lightness.ndim != 4:
        raise _breach(card, f"lightness has the shape {lightness.shape}; it must be (N, 1, H, W)")
    n, _, height, width = lightness.shape
    rule = card.size
    if not n or not height or not width or height % rule.multiple or width % rule.multiple:
        raise _breach(
            card, f"the input is {width} x {height}; give sides that are multiples of {rule.multiple}"
        )
    if rule.fixed and (height, width) != (rule.default, rule.default):
        raise _breach(card, f"the input is {width} x {height}; give {rule.default} x {rule.default}")
    if rule.square and height != width:
        raise _breach(card, f"the input is {width} x {height}; give a square")
    fine, coarse = card.grid, FEATURE_GRID
    return {
        **{"N": n, "H": height, "W": width, "Q": card.bins, "Q+1": BIN_COUNT + 1},
        **{"H/k": height // fine, "W/k": width // fine, "H/16": height // coarse, "W/16": width // coarse},
    }


def _check_array(card: Card, tensor: Tensor, array: NDArray[Any], sizes: Mapping[str, int]) -> None:
    if array.dtype != np.float32:
        raise _breach(card, f"{tensor.name} is {array.dtype}; it must be float32")
    expected = tuple(sizes.get(axis, -1) if isinstance(axis, str) else axis for axis in tensor.axes)
    fits = len(expected) == array.ndim and all(
        size in {-1, actual} for size, actual in zip(expected, array.shape, strict=True)
    )
    if not fits:
        raise _breach(card, f"{tensor.name} has the shape {array.shape}; it must be {_axes(tensor)}")
    _check_range(card, tensor, array)


def _check_range(card: Card, tensor: Tensor, array: NDArray[np.float32]) -> None:
    lowest, highest = float(array.min()), float(array.max())
    if not np.isfinite([lowest, highest]).all():
        raise _breach(card, f"{tensor.name} holds NaN or infinity")
    below = tensor.lowest is not None and lowest < tensor.lowest - _ROUNDING
    above = tensor.highest is not None and highest > tensor.highest + _ROUNDING
    if below or above:
        raise _breach(
            card,
            f"{tensor.name} goes from {lowest:.4g} to {highest:.4g}; "
            f"it must stay within {tensor.lowest:g} to {tensor.highest:g}",
        )


def _axes(tensor: Tensor) -> str:
    return f"({', '.join(map(str, tensor.axes))})"


def _breach(card: Card, text: str) -> ContractError:
    return ContractError(f"model {card.name}: {text}")
