"""A graph that is loaded in parts: each set of outputs that is asked for, with what it needs and nothing else."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Lock
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tintype.errors import BrokenModelError
from tintype.models.graph_part import DeclaredOutput, Split, declared_outputs, part_for, split_for

_ALONE = "lightness"
_MOST_KEPT = 3
"""Photographs, or sizes of one, whose own part is kept: the page asks for two by turns."""

Load: TypeAlias = Callable[[bytes, Sequence[str] | None], Any]
"""(bytes of an ONNX file, providers or None for those that were chosen) -> a session of ONNX Runtime."""


class GraphParts:
    """What a session of ONNX Runtime offers, with a session of its own for each set of outputs.

    Args:
        model: the bytes of an ONNX file.
        load: makes a session of ONNX Runtime.
        first: the outputs that are wanted most, loaded at once; others are loaded when they are asked for.
        run_options: makes the options of a run, as ``onnxruntime.RunOptions`` does.
        in_steps: keep what the photograph alone decides.

    Raises:
        ValueError: the bytes are no ONNX model.
        BrokenModelError: from ``load``.
    """

    def __init__(
        self,
        model: bytes,
        load: Load,
        first: Sequence[str],
        run_options: Callable[[], Any],
        *,
        in_steps: bool = False,
    ) -> None:
        self._model, self._load, self._in_steps = model, load, in_steps
        self.run_options = run_options
        self._outputs = declared_outputs(model)
        self._lock = Lock()
        names = {output.name for output in self._outputs}
        wanted = names.intersection(first) or names
        self._first = self._load_part(wanted)
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

    def run(self, names: Sequence[str], feeds: Mapping[str, Any], options: Any = None) -> list[Any]:
        """Compute outputs and nothing else; what ONNX Runtime raises goes through."""
        return list(self._part(frozenset(names)).run(names, feeds, options))

    def _part(self, names: frozenset[str]) -> Any:
        with self._lock:
            if names not in self._parts:
                self._parts[names] = self._load_part(names, self.get_providers())
            return self._parts[names]

    def _load_part(self, names: Collection[str], providers: Sequence[str] | None = None) -> Any:
        split = split_for(self._model, names, _ALONE) if self._in_steps else None
        if split is not None:
            try:
                return _Steps(split, self._load, providers)
            except BrokenModelError:  # what would be passed on is not float32: one step, then
                pass
        return self._load(part_for(self._model, names), providers)


class _Steps:
    """A part in two steps, of which the first is kept."""

    def __init__(self, split: Split, load: Load, providers: Sequence[str] | None) -> None:
        self._passed = split.passed
        self._first, self._second = load(split.first, providers), load(split.second, providers)
        self._kept: deque[tuple[NDArray[np.float32], list[Any]]] = deque(maxlen=_MOST_KEPT)

    def get_inputs(self) -> list[Any]:
        return [each for each in self._second.get_inputs() if each.name not in self._passed]

    def get_providers(self) -> list[str]:
        return list(self._second.get_providers())

    def run(self, names: Sequence[str], feeds: Mapping[str, Any], options: Any) -> list[Any]:
        own = dict(zip(self._passed, self._run_first(feeds[_ALONE], options), strict=True))
        late = [name for name in names if name not in own]
        results = own | dict(zip(late, self._second.run(late, {**feeds, **own}, options), strict=True))
        return [results[name] for name in names]

    def _run_first(self, lightness: NDArray[np.float32], options: Any) -> list[Any]:
        for known, results in [*self._kept]:
            if np.array_equal(known, lightness):
                return results
        results = list(self._first.run([*self._passed], {_ALONE: lightness}, options))
        self._kept.append((lightness.copy(), results))
        return results
