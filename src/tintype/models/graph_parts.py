"""A graph that is loaded in parts: each set of outputs that is asked for, with what it needs and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any, TypeAlias

from tintype.models.graph_part import DeclaredOutput, declared_outputs, part_for

Load: TypeAlias = Callable[[bytes, Sequence[str] | None], Any]
"""(bytes of an ONNX file, providers or None for those that were chosen) -> a session of ONNX Runtime."""


class GraphParts:
    """What a session of ONNX Runtime offers, with a session of its own for each set of outputs.

    Args:
        model: the bytes of an ONNX file.
        load: makes a session of ONNX Runtime.
        first: the outputs that are wanted most, loaded at once; others are loaded when they are asked for.

    Raises:
        ValueError: the bytes are no ONNX model.
        BrokenModelError: from ``load``.
    """

    def __init__(self, model: bytes, load: Load, first: Sequence[str]) -> None:
        self._model, self._load = model, load
        self._outputs = declared_outputs(model)
        self._lock = Lock()
        names = {output.name for output in self._outputs}
        wanted = names.intersection(first) or names
        self._first = load(part_for(model, wanted), None)
        self._parts: dict[frozenset[str], Any] = {frozenset(wanted): self._first}

    def get_inputs(self) -> Any:
        """Return the inputs, which every part has."""
        return self._first.get_inputs()

    def get_outputs(self) -> tuple[DeclaredOutput, ...]:
        """Return the outputs of the whole graph."""
        return self._outputs

    def get_providers(self) -> list[str]:
        """Return the providers that the first part uses, and with it all others."""
        return list(self._first.get_providers())

    def run(self, names: Sequence[str], feeds: Mapping[str, Any]) -> list[Any]:
        """Compute outputs and nothing else; what ONNX Runtime raises goes through."""
        return list(self._part(frozenset(names)).run(names, feeds))

    def _part(self, names: frozenset[str]) -> Any:
        with self._lock:
            if names not in self._parts:
                self._parts[names] = self._load(part_for(self._model, names), self.get_providers())
            return self._parts[names]
