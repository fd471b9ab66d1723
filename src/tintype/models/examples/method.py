"""A model of arrays behind the door of ONNX Runtime: asked for its interface and run like a graph."""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from tintype.errors import BrokenModelError
from tintype.models.array_file import read_arrays
from tintype.models.card import Card
from tintype.models.catalog import ModelFile
from tintype.models.contract import Tensor, inputs_of, outputs_of

Floats = NDArray[np.float32]

PROVIDER = "CPUExecutionProvider"
"""What runs these models, by ONNX Runtime's name for it: numpy on the CPU."""

_METHODS = {
    "charpiat08": "tintype.models.examples.charpiat08:Charpiat",
    "cheng15": "tintype.models.examples.cheng15:Cheng",
}


class Method(Protocol):
    """A system: created from a card and the arrays of its file, then run for one photograph after another.

    Attributes:
        capabilities: all that a card may promise of it.
    """

    capabilities: frozenset[str]

    def run(self, feeds: Mapping[str, Floats]) -> dict[str, Floats]:
        """Color one photograph.

        Args:
            feeds: the contract's inputs for one photograph, without the axis N: lightness (1, H, W), hints ...

        Returns:
            The contract's outputs, likewise: bin_logits (Q, H/k, W/k) or ab (2, H/k, W/k).
        """


@dataclass(frozen=True)
class DeclaredTensor:
    """An input or output as ONNX Runtime would tell of it."""

    name: str
    shape: Sequence[Any]
    type: str = "tensor(float)"


class RunOptions:
    """Options of a run, with the one of ONNX Runtime's that ``Session`` sets."""

    terminate = False


class MethodSession:
    """A loaded method, with those methods of ``onnxruntime.InferenceSession`` that ``Session`` calls."""

    def __init__(self, model: ModelFile, threads: int | None = None) -> None:
        self._card, self._method = model.card, open_method(model, threads)

    def get_inputs(self) -> list[DeclaredTensor]:
        """Return what it takes."""
        return [_declare(tensor, self._card) for tensor in inputs_of(self._card)]

    def get_outputs(self) -> list[DeclaredTensor]:
        """Return what it gives."""
        return [_declare(tensor, self._card) for tensor in outputs_of(self._card)]

    def get_providers(self) -> list[str]:
        """Return what runs it."""
        return [PROVIDER]

    def run_options(self) -> RunOptions:
        """Return what a run is given; numpy takes no notice of it."""
        return RunOptions()

    def run(self, names: Sequence[str], feeds: Mapping[str, Floats], _options: Any = None) -> list[Floats]:
        """Color the photographs of a batch, one after the other."""
        count = len(feeds["lightness"])
        single = [self._method.run({name: array[i] for name, array in feeds.items()}) for i in range(count)]
        return [np.stack([results[name] for results in single]) for name in names]


def open_method(model: ModelFile, threads: int | None = None) -> Method:
    """Load the arrays of a model and what runs them.

    Args:
        model: the file and its card.
        threads: for the networks that it asks; numpy chooses its own.

    Raises:
        BrokenModelError: a system that is not of this kind, or arrays that are missing or don't fit.
        MissingExtraError: what it needs is not installed.
    """
    home = _METHODS.get(model.card.system)
    if home is None:
        raise BrokenModelError(
            f"{model.path}: {model.card.system!r} is no system of arrays; known are {', '.join(_METHODS)}"
        )
    module, name = home.split(":")
    create = getattr(importlib.import_module(module), name)
    if unknown := sorted(model.card.capabilities - create.capabilities):
        raise BrokenModelError(f"{model.path}: {model.card.system} has no {unknown[0]}; make the model again")
    try:
        return cast(Method, create(model.card, read_arrays(model.path), threads))
    except KeyError as error:
        raise BrokenModelError(f"{model.path}: the array {error} is missing; make it again") from error


def _declare(tensor: Tensor, card: Card) -> DeclaredTensor:
    known = {"Q": card.bins}
    return DeclaredTensor(tensor.name, [known.get(str(axis), axis) for axis in tensor.axes])
