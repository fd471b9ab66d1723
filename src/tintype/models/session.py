"""Running a model: ONNX Runtime with the provider and threads that suit this machine.

Nothing is loaded before a session is opened, so nothing can fail or warn when this module is imported.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import (
    BrokenModelError,
    BrokenOffError,
    MissingExtraError,
    ModelError,
    ModelNotFoundError,
    TintypeError,
    UnsupportedByModelError,
)
from tintype.models.array_file import is_array_file
from tintype.models.card import Card
from tintype.models.catalog import ModelFile
from tintype.models.contract import check_inputs, check_interface, check_outputs, inputs_of, outputs_of
from tintype.models.graph_parts import GraphParts

if TYPE_CHECKING:
    import onnxruntime

    Array = NDArray[np.float32]

CPU = "CPUExecutionProvider"
PREFERENCE = (
    "CUDAExecutionProvider",
    "ROCMExecutionProvider",
    "CoreMLExecutionProvider",
    "DmlExecutionProvider",
    CPU,
)
"""Providers in the order of choice; those that compile for minutes, such as TensorRT, only by name."""

MOST_THREADS = 8
"""The default number of threads goes no higher: a network of this size gains nothing from more."""

_PACKAGES = (
    "onnxruntime",
    "onnxruntime-gpu",
    "onnxruntime-directml",
    "onnxruntime-rocm",
    "onnxruntime-openvino",
)
_HINT = "install exactly one of onnxruntime and onnxruntime-gpu (they overwrite each other)"
_NO_TELEMETRY = "ORT_DISABLE_TELEMETRY"
_ERRORS_ONLY = 3
_COLORS = ("bin_logits", "ab")
"""The outputs that nearly every run asks for."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """What runs the models on this machine, for ``tintype doctor``.

    Attributes:
        version: of ONNX Runtime.
        packages: the distributions that bring it; more than one overwrite each other.
        available: the providers compiled into it.
        chosen: those that a session asks for, first choice first.
        threads: the default number.
    """

    version: str
    packages: tuple[str, ...]
    available: tuple[str, ...]
    chosen: tuple[str, ...]
    threads: int

    @property
    def advice(self) -> str | None:
        """One line about a broken installation, or None."""
        return f"{' and '.join(self.packages)} are installed: {_HINT}" if len(self.packages) > 1 else None


def runtime() -> Runtime:
    """Return what would run a model here.

    Raises:
        MissingExtraError: ONNX Runtime is not installed or damaged.
    """
    ort = _import_onnxruntime()
    available = tuple(ort.get_available_providers())
    return Runtime(
        version=ort.__version__,
        packages=_installed_packages(),
        available=available,
        chosen=_choose_providers(None, available),
        threads=default_threads(),
    )


def default_threads() -> int:
    """Return the number of threads for one run: the cores open to this process, at most `MOST_THREADS`."""
    if hasattr(os, "sched_getaffinity"):
        return min(len(os.sched_getaffinity(0)), MOST_THREADS)
    return min(os.cpu_count() or 1, MOST_THREADS)


class Session:
    """A model that is loaded and ready; it may be used from several threads at once.

    Args:
        model: the model's file and card, from `tintype.models.catalog.find_model`.
        threads: for one run; None for `default_threads`.
        providers: in order of preference, by ONNX Runtime's names or their beginnings ("cuda", "cpu"); None
            chooses the best that is there.
        live: for a person who changes the guidance of a photograph and watches: what the photograph alone decides
            is computed once and kept, and threads that wait for each other do not do so at full speed, which is a
            little faster where nothing else runs, but several times slower where the cores are shared, as with the
            browser that draws the result.

    Attributes:
        card: the model's card.
        providers: those that the loaded model uses, in their order.
        threads: for one run.

    Raises:
        BrokenModelError: the file can't be loaded.
        ContractError: the graph's interface is not what the card says.
        ModelError: fewer than one thread.
        MissingExtraError: ONNX Runtime, or a provider that was asked for, is not installed.
    """

    def __init__(
        self,
        model: ModelFile,
        threads: int | None = None,
        providers: Sequence[str] | None = None,
        *,
        live: bool = False,
    ) -> None:
        if threads is not None and threads < 1:
            raise ModelError(f"threads is {threads}; give 1 or more")
        self.card: Card = model.card
        self.threads = threads or default_threads()
        workers = _Workers(self.threads, live)
        self._session: Any = (_open_arrays if is_array_file(model.path) else _open_graph)(
            model, workers, providers
        )
        self._running: set[Any] = set()
        self.providers = tuple(self._session.get_providers())
        check_interface(model.card, self._session.get_inputs(), self._session.get_outputs())

    def run(
        self,
        lightness: Array,
        *,
        hints: Array | None = None,
        palette: Array | None = None,
        style: Array | None = None,
        latent: Array | None = None,
        context: Array | None = None,
        outputs: Sequence[str] | None = None,
    ) -> dict[str, Array]:
        """Run the model once.

        Args:
            lightness: (N, 1, H, W) float32, CIE L 0..100, H and W as the card's size rule wants them.
            hints: (N, 3, H, W) float32: a, b in Lab units, confidence 0..1. None: no hints.
            palette: (N, Q + 1) float32: distribution over the bins and its strength. None: no palette.
            style: (N, S) float32. None: zeros.
            latent: (N, Z) float32. None: zeros.
            context: (N, K, h, w) float32, ``context_out`` of another look. None: this look's own.
            outputs: the names that are wanted; None for all.

        Returns:
            Name to float32 array, as `tintype.models.contract.OUTPUTS` says.

        Raises:
            UnsupportedByModelError: guidance that the model does not take.
            ContractError: an array or result of a wrong shape, dtype or range, or an output it does not have.
            ModelError: the run failed, for example out of memory.
            BrokenOffError: `break_off` was called meanwhile.
        """
        guidance = {"hints": hints, "palette": palette, "style": style, "latent": latent, "context": context}
        given = {name: array for name, array in guidance.items() if array is not None}
        feeds = {"lightness": lightness, **given}
        check_inputs(self.card, feeds)
        self._add_absent(feeds)
        names = [tensor.name for tensor in outputs_of(self.card)] if outputs is None else [*outputs]
        results = dict(zip(names, self._run(names, feeds), strict=True))
        check_outputs(self.card, feeds, results)
        return results

    def break_off(self) -> None:
        """Let the runs that are going on end soon, with an error; those that begin later are not touched.

        A model that numpy runs goes on to its end.
        """
        for options in tuple(self._running):
            options.terminate = True

    def length_of(self, name: str) -> int:
        """Return the length of an input that is a vector, ``style`` or ``latent``, as the graph declares it.

        Raises:
            UnsupportedByModelError: the model does not take it.
        """
        for node in self._session.get_inputs():
            if node.name == name:
                return int(node.shape[-1])
        raise UnsupportedByModelError(f"{self.card.name} takes no {name}; choose a model that does")

    def _add_absent(self, feeds: dict[str, Array]) -> None:
        """Feed zeros for guidance that was not given: a graph needs all of its inputs."""
        n, _, height, width = feeds["lightness"].shape
        own = {node.name: node.shape for node in self._session.get_inputs()}
        settled = {"N": n, "H": height, "W": width, "h": 1, "w": 1}
        for tensor in inputs_of(self.card):
            if tensor.name not in feeds:
                shape = [settled.get(str(axis), own[tensor.name][i]) for i, axis in enumerate(tensor.axes)]
                feeds[tensor.name] = np.zeros(shape, np.float32)

    def _run(self, names: list[str], feeds: dict[str, Array]) -> list[Array]:
        known = {tensor.name for tensor in outputs_of(self.card)}
        if unknown := sorted(set(names) - known):
            raise ModelError(f"model {self.card.name} has no output {unknown[0]!r}; it has {sorted(known)}")
        options = self._session.run_options()
        self._running.add(options)
        try:
            results: list[Array] = self._session.run(names, feeds, options)
        except TintypeError:
            raise
        except Exception as error:  # ONNX Runtime's errors have no common base but Exception
            if options.terminate:
                raise BrokenOffError(f"model {self.card.name} was broken off; ask again") from error
            raise ModelError(
                f"model {self.card.name} failed on {self.providers[0]}: {_reason(error)}; "
                "try a smaller size, or the provider 'cpu'"
            ) from error
        finally:
            self._running.discard(options)
        return results


@dataclass(frozen=True, slots=True)
class _Workers:
    """The threads of one run, and whether somebody watches."""

    count: int
    live: bool


def _open_graph(model: ModelFile, workers: _Workers, providers: Sequence[str] | None) -> GraphParts:
    ort = _import_onnxruntime()
    chosen = _choose_providers(providers, ort.get_available_providers())

    def load(part: bytes, settled: Sequence[str] | None) -> Any:
        wanted = chosen if settled is None else tuple(settled)
        return _load(ort, model, workers, wanted, part=part, may_fall_back=providers is None)

    try:
        return GraphParts(model.path.read_bytes(), load, _COLORS, ort.RunOptions, in_steps=workers.live)
    except OSError as error:
        raise ModelNotFoundError(f"{model.path}: {error.strerror or error}; check the path") from error
    except ValueError as error:
        raise BrokenModelError(
            f"{model.path} can't be loaded: {error}; export or download it again"
        ) from error


def _open_arrays(model: ModelFile, workers: _Workers, providers: Sequence[str] | None) -> Any:
    """Load a model that numpy runs, which knows but one provider."""
    from tintype.models.examples.method import PROVIDER, MethodSession  # noqa: PLC0415 - few models are of this kind

    for name in providers or ():
        if not PROVIDER.lower().startswith(name.lower()):
            raise MissingExtraError(f"{model.card.name} runs on the CPU alone, not on {name!r}; leave it out")
    return MethodSession(model, workers.count)


def _import_onnxruntime() -> Any:
    # Since 1.29 it tells its maker of each process that uses it, before it can be asked by a function not to.
    os.environ[_NO_TELEMETRY] = "1"
    try:
        import onnxruntime  # noqa: PLC0415 - heavy, and only needed to run a model
    except ImportError as error:
        raise MissingExtraError(f"ONNX Runtime can't be imported ({error}); {_HINT}") from error
    if not hasattr(onnxruntime, "InferenceSession"):  # what is left when one of the two packages is removed
        raise MissingExtraError(f"the installation of ONNX Runtime is damaged; remove it, then {_HINT}")
    onnxruntime.disable_telemetry_events()
    onnxruntime.set_default_logger_severity(_ERRORS_ONLY)
    return onnxruntime


def _installed_packages() -> tuple[str, ...]:
    found = []
    for name in _PACKAGES:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return tuple(found)


def _choose_providers(asked: Sequence[str] | None, available: Sequence[str]) -> tuple[str, ...]:
    """Return the providers to load a model with; the CPU is always the last resort of an automatic choice."""
    if asked is None:
        return tuple(name for name in PREFERENCE if name in available)
    return tuple(_full_name(name, available) for name in asked)


def _full_name(asked: str, available: Sequence[str]) -> str:
    for name in available:
        if asked and name.lower().startswith(asked.lower()):
            return name
    raise MissingExtraError(
        f"this ONNX Runtime has no provider {asked!r}, but {', '.join(available)}; "
        "for CUDA replace onnxruntime by onnxruntime-gpu"
    )


def _load(
    ort: Any,
    model: ModelFile,
    workers: _Workers,
    providers: tuple[str, ...],
    *,
    part: bytes,
    may_fall_back: bool,
) -> onnxruntime.InferenceSession:
    """Load a part of the graph; a provider that was chosen automatically and does not work gives way to the CPU."""
    try:
        return ort.InferenceSession(
            part, _options(ort, workers, providers), providers=providers, enable_fallback=0
        )
    except Exception as error:  # ONNX Runtime's errors have no common base but Exception
        if may_fall_back and providers != (CPU,):
            return _load(ort, model, workers, (CPU,), part=part, may_fall_back=False)
        raise BrokenModelError(
            f"{model.path} can't be loaded by ONNX Runtime {ort.__version__}: {_reason(error)}; "
            "export or download it again"
        ) from error


def _options(ort: Any, workers: _Workers, providers: tuple[str, ...]) -> Any:
    options = ort.SessionOptions()
    options.intra_op_num_threads = workers.count
    if workers.live:
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERRORS_ONLY
    options.enable_mem_pattern = "DmlExecutionProvider" not in providers  # DirectML does not allow it
    return options


def _reason(error: Exception) -> str:
    """Return ONNX Runtime's own words without its prefix of codes, on one line and not too long."""
    words = " ".join(str(error).split()).split(" : ")[-1]
    return words if len(words) < 200 else words[:197] + "..."
