"""Whose weights these are, and whether they are whole: names, shapes, and what must be true of the numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from tintype.color.bins import BIN_COUNT, CENTERS
from tintype.errors import BrokenModelError, TintypeError
from tintype.learn.networks import SYSTEMS
from tintype.learn.networks.eccv16 import AB_SCALE
from tintype.learn.networks.siggraph17 import GRID_SIDE
from tintype.learn.networks.traits import System

NEAR = 1.0
"""Lab units: so near must a color of a checkpoint be to the center of a bin to stand for it."""

State = dict[str, Tensor]


@dataclass(frozen=True)
class Kind:
    """A system whose published weights are known.

    Attributes:
        system: its name.
        marks: weights that no other system has; one of them is enough to tell it.
        dead: of names of weights on which no answer depends, and which our network does not have.
        check: holds the numbers against what must be true of them; returns the weights, put in our order.
    """

    system: str
    marks: tuple[str, ...]
    dead: str
    check: Callable[[State], tuple[State, tuple[str, ...]]]


@dataclass(frozen=True)
class Recognized:
    """Weights that were recognized.

    Attributes:
        system: for example "ddcolor23".
        size: name of the configuration, for example "ddcolor23-tiny".
        network: with the weights, in evaluation mode.
        remarks: what was done to them, for a person.
    """

    system: str
    size: str
    network: nn.Module
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class Identity:
    """Which network weights are of; their names and shapes are exactly its own.

    Attributes:
        kind: the system.
        size: name of the configuration, for example "ddcolor23-tiny".
        config: the configuration.
        state: the weights that our network has.
    """

    kind: Kind
    size: str
    config: Any
    state: State


def identify(state: Mapping[str, Tensor], what: str) -> Identity:
    """Find out by names and shapes which network weights are of.

    Args:
        state: names and tensors.
        what: the file, for errors.

    Raises:
        BrokenModelError: they are of no known system, or some are missing, unknown or of another shape.
    """
    kind = _kind_of(state)
    if kind is None:
        raise BrokenModelError(f"{what} {_stranger(state)}")
    kept = {name: tensor for name, tensor in state.items() if not re.match(kind.dead, name)}
    system = _system_of(kind)
    try:
        config = system.find_config(kept)
        with torch.device("meta"):
            expected = system.network(config).state_dict()
        _compare(expected, kept)
    except KeyError as error:  # the weights that tell the sizes
        fault = "of another shape" if error.args[0] in kept else "missing"
        raise _fault(what, kind, f"{error.args[0]} is {fault}; get the file that was released") from error
    except BrokenModelError as error:
        raise _fault(what, kind, str(error)) from error
    except (IndexError, ValueError, RuntimeError, TintypeError) as error:  # sizes from shapes that can't be
        raise _fault(
            what, kind, f"their shapes can't be ({error}); get the file that was released"
        ) from error
    return Identity(kind, _size_name(system, config), config, kept)


def recognize(state: Mapping[str, Tensor], what: str) -> Recognized:
    """Find out whose weights these are, hold them against what must be true of them, and load them.

    Args:
        state: names and tensors.
        what: the file, for errors.

    Raises:
        BrokenModelError: as for `identify`, or their numbers can't be right.
    """
    found = identify(state, what)
    network = _system_of(found.kind).network(found.config)
    types = {name: tensor.dtype for name, tensor in network.state_dict().items()}
    try:
        checked, remarks = found.kind.check({name: t.to(types[name]) for name, t in found.state.items()})
        _check_numbers(checked)
    except BrokenModelError as error:
        raise _fault(what, found.kind, str(error)) from error
    network.load_state_dict(checked)
    if dead := len(state) - len(found.state):
        remarks = (*remarks, f"{dead} weights on which no answer depends were left out")
    return Recognized(found.kind.system, found.size, network.eval(), remarks)


def _system_of(kind: Kind) -> System:
    return next(system for system in SYSTEMS if system.name == kind.system)


def _fault(what: str, kind: Kind, text: str) -> BrokenModelError:
    return BrokenModelError(f"{what} has weights of {kind.system}, but {text}")


def is_published(state: Mapping[str, Tensor]) -> bool:
    """Whether the names of weights are those of a system that `recognize` knows."""
    return _kind_of(state) is not None


def _kind_of(state: Mapping[str, Tensor]) -> Kind | None:
    return next((kind for kind in KINDS if any(mark in state for mark in kind.marks)), None)


def _stranger(state: Mapping[str, Tensor]) -> str:
    """Say why weights are of none of the known systems."""
    first, known = next(iter(state)), ", ".join(kind.system for kind in KINDS)
    return f"has weights of no published system (they begin with {first[:60]!r}); known are {known}"


def _size_name(system: System, config: object) -> str:
    """Return the name of a configuration, whatever weights its backbone is to begin with."""
    for name, known in system.configs.items():
        if hasattr(known, "backbone_weights"):
            known = replace(known, backbone_weights="none")  # noqa: PLW2901 - the same, to be compared
        if known == config:
            return name
    return f"{system.name}-custom"


def _compare(expected: Mapping[str, Tensor], state: Mapping[str, Tensor]) -> None:
    """Refuse weights whose names or shapes are not exactly those of the network.

    Old checkpoints don't count batches, and no answer depends on that count.
    """
    missing = [name for name in expected if name not in state and not name.endswith(".num_batches_tracked")]
    unknown = [name for name in state if name not in expected]
    others = [
        f"{name} is {_shape(state[name])} and not {_shape(tensor)}"
        for name, tensor in expected.items()
        if name in state and state[name].shape != tensor.shape
    ]
    faults = [
        f"{len(found)} {words} ({found[0]}{', ...' if len(found) > 1 else ''})"
        for found, words in ((missing, "missing"), (unknown, "unknown"), (others, "of another shape"))
        if found
    ]
    if faults:
        raise BrokenModelError(f"{', '.join(faults)}; get the file that its authors released")


def _shape(tensor: Tensor) -> str:
    return "x".join(map(str, tensor.shape)) or "a number"


def _check_numbers(state: Mapping[str, Tensor]) -> None:
    for name, tensor in state.items():
        if not torch.isfinite(tensor).all():
            raise BrokenModelError(f"{name} holds NaN or infinity; get a sound copy")
        if name.endswith("running_var") and tensor.min() < 0:
            raise BrokenModelError(f"{name} holds a variance below 0; get a sound copy")


def _check_eccv16(state: State) -> tuple[State, tuple[str, ...]]:
    """Bring the bins into our order: ``model_out`` times 110 are their colors."""
    colors = state["model_out.weight"][:, :, 0, 0].T.float() * AB_SCALE
    order = match_bins(colors)
    return reorder_bins(state, order), _remark_of(order)


def match_bins(colors: Tensor) -> Tensor:
    """Return for each of our bins which one of a checkpoint it is.

    Args:
        colors: (313, 2), the ab of a checkpoint's bins.

    Returns:
        (313,) int64.

    Raises:
        BrokenModelError: they are other colors.
    """
    centers = torch.tensor(CENTERS)
    if colors.shape != centers.shape:
        raise BrokenModelError(
            f"its bins are {_shape(colors)} numbers and not 313x2; get those of the release"
        )
    distances = torch.cdist(centers.double(), colors.double())
    nearest, order = distances.min(1)
    if not nearest.max() <= NEAR:  # centers lie 10 apart, so no color can be near to two
        worst = int(nearest.argmax())
        a, b = centers[worst].tolist()
        raise BrokenModelError(f"its bins are other colors: none is ({a:g}, {b:g}); get those of the release")
    return order


def reorder_bins(state: State, order: Tensor) -> State:
    """Return the weights of an eccv16 with its bins in another order, and our centers."""
    moved = {name: state[name][order] for name in ("model8.6.weight", "model8.6.bias")}
    centers = torch.from_numpy(CENTERS.T.copy())[:, :, None, None] / AB_SCALE
    return {**state, **moved, "model_out.weight": centers}


def _remark_of(order: Tensor) -> tuple[str, ...]:
    in_order = bool((order == torch.arange(BIN_COUNT)).all())
    return () if in_order else ("its bins were in another order and were brought into ours",)


def _check_siggraph17(state: State) -> tuple[State, tuple[str, ...]]:
    """See that the class head is the one of 23 x 23 colors."""
    classes = state["model_class.0.weight"].shape[0]
    if classes != GRID_SIDE**2:
        raise BrokenModelError(
            f"its class head has {classes} classes and not {GRID_SIDE**2}; get the release"
        )
    return state, ()


def _check_ddcolor23(state: State) -> tuple[State, tuple[str, ...]]:
    """See that the spectral norms are norms: unit vectors, and a positive product with the weight."""
    for name in (name.removesuffix("weight_orig") for name in state if name.endswith("weight_orig")):
        left, right = state[f"{name}weight_u"], state[f"{name}weight_v"]
        largest = left @ state[f"{name}weight_orig"].flatten(1) @ right
        if not (0.99 < left.norm() < 1.01 and 0.99 < right.norm() < 1.01 and largest > 0):
            raise BrokenModelError(f"{name}weight_u and weight_v are no singular vectors; get a sound copy")
    return state, ()


KINDS = (
    Kind(
        "siggraph17",
        ("model10up.0.weight", "model8up.0.weight", "model1short10.0.weight"),
        r"$^",
        _check_siggraph17,
    ),
    Kind("eccv16", ("model8.0.weight", "model8.6.weight", "model_out.weight"), r"$^", _check_eccv16),
    Kind(
        "ddcolor23",
        ("refine_net.0.0.weight_orig", "decoder.color_decoder.query_feat.weight"),
        r"encoder\.arch\.head(_cls)?\.",
        _check_ddcolor23,
    ),
)
"""In the order in which they are asked."""
