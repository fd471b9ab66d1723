"""From a trained network to a model file: torch -> ONNX under the contract, checked against torch.

The file is written only after the graph has been compared with the network at several sizes, and only whole.
Half precision here means that the weights are *stored* as float16 and widened when the model is loaded: the
file is half as large, the arithmetic stays float32 and needs nothing of the machine. int8 stores and computes
in eight bits (static quantization, per channel); its figures must be measured before it is shipped.
"""

from __future__ import annotations

import contextlib
import copy
import hashlib
import logging
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor, nn

from tintype.color.bins import BIN_COUNT
from tintype.errors import (
    BrokenModelError,
    ContractError,
    MissingExtraError,
    ModelNotFoundError,
    RecipeError,
)
from tintype.learn.storage import bound_softmax, store_half, store_int8, tidy
from tintype.models.card import PRECISIONS, Card
from tintype.models.catalog import ModelFile, copy_with_card
from tintype.models.contract import Arrays, check_outputs, inputs_of, outputs_of
from tintype.models.onnx_file import fingerprint
from tintype.models.session import Session
from tintype.photos.atomic import atomic_file, refuse_existing

OPSET = 20
GRAPH_TOLERANCE = 1e-3
"""Largest difference between an output of the float32 graph and of torch."""

ROUNDING_TOLERANCE = {"fp32": 0.0, "fp16": 0.01, "int8": 0.25}
"""Largest relative error (root mean square over standard deviation) that storing the weights may cause."""


@dataclass(frozen=True, slots=True)
class Export:
    """What an export made and how well it agrees.

    Attributes:
        model: the file and its card, with parameters, precision and fingerprint filled in.
        differences: output name to the largest absolute difference between torch and the float32 graph.
        rounding: output name to the relative error that the stored precision adds.
    """

    model: ModelFile
    differences: Mapping[str, float]
    rounding: Mapping[str, float]


def export_model(
    network: nn.Module,
    card: Card,
    path: Path,
    *,
    precision: str = "fp16",
    calibration: Iterable[Arrays] = (),
    keep_float: Sequence[str] = (),
    lengths: Mapping[str, int] | None = None,
    overwrite: bool = False,
) -> Export:
    """Export a network as one ONNX file with its card inside.

    Args:
        network: takes the card's inputs by name, float32, and returns a dict with the card's outputs. It is
            copied, and stays as it is.
        card: parameters, precision and fingerprint are filled in here.
        path: of the ONNX file.
        precision: how the weights are stored, "fp32", "fp16" or "int8".
        calibration: for int8, inputs as `tintype.models.session.Session.run` takes them, of real photographs.
        keep_float: for int8, weights whose names hold one of these texts stay float16, for example "encoder".
        lengths: K, S, Z of the inputs ``context``, ``style`` and ``latent``, where the network has them.
        overwrite: replace an existing file.

    Raises:
        ContractError: the network breaks the contract, can't be exported, or the graph differs from it.
        RecipeError: an unknown precision, or int8 without calibration.
        OutputExistsError, WriteFailedError: the file is in the way or can't be written.
    """
    calibration = [*calibration]
    _check_request(path, precision, calibration, overwrite=overwrite)
    network = copy.deepcopy(network).cpu().float().eval().requires_grad_(requires_grad=False)
    card = replace(card, parameters=sum(p.numel() for p in network.parameters()), precision=precision)
    examples = _examples(card, lengths or {})
    expected = [_run_torch(network, feeds, card) for feeds in examples]
    with tempfile.TemporaryDirectory() as folder:
        plain, stored = Path(folder, "plain.onnx"), Path(folder, "stored.onnx")
        _write_graph(network, card, plain, lengths or {})
        _store(plain, stored, precision, calibration, keep_float)
        card = replace(card, sha256=fingerprint(stored))
        whole, rounded = (Session(ModelFile(file, card), providers=["cpu"]) for file in (plain, stored))
        differences = _differences(whole, examples, expected)
        _check_graph(card, network, differences, examples, expected)
        rounding = _rounding(whole, rounded, calibration or examples)
        with atomic_file(path, overwrite=overwrite) as file:
            copy_with_card(stored, file, card)
    return Export(ModelFile(path, card), differences, rounding)


def embed_card(path: Path, card: Card) -> ModelFile:
    """Give an exported model another card, for example when its figures have been measured; the graph stays.

    Raises:
        BrokenModelError: the file is no ONNX model.
        WriteFailedError: the file can't be written; the old one is kept.
    """
    card = replace(card, sha256=fingerprint(path))
    with atomic_file(path, overwrite=True) as file:
        copy_with_card(path, file, card)
    return ModelFile(path, card)


def distance_from(
    network: nn.Module, model: ModelFile, lengths: Mapping[str, int] | None = None
) -> dict[str, float]:
    """Compare a model's file with the network that it is said to be made of.

    Returns:
        Output name to the largest relative error: root mean square over standard deviation.

    Raises:
        ContractError: the network does not give what the model's card says.
        BrokenModelError: the model can't be run.
    """
    session = Session(model, providers=["cpu"])
    network = copy.deepcopy(network).cpu().float().eval()
    found: dict[str, float] = {}
    for feeds in _examples(model.card, lengths or {})[1:]:
        expected = _run_torch(network, feeds, model.card)
        for name, array in session.run(**cast(Any, feeds)).items():
            found[name] = max(found.get(name, 0.0), _relative(array, expected[name]))
    return found


def save_weights(network: nn.Module, card: Card, path: Path, *, overwrite: bool = False) -> Card:
    """Save a network's weights as safetensors, with the card as JSON beside (``.json``), to train on from.

    Returns:
        The card with ``weights_sha256`` filled in.

    Raises:
        OutputExistsError, WriteFailedError: a file is in the way or can't be written.
    """
    beside = path.with_suffix(".json")
    for place in (path, beside):
        refuse_existing(place, overwrite=overwrite)
    state = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    data = save(state)  # not save_file, whose files can be read by nobody else
    with atomic_file(path, overwrite=overwrite) as file:
        file.write(data)
    digest = hashlib.sha256(data).hexdigest()
    card = replace(card, weights_sha256=digest, parameters=sum(p.numel() for p in network.parameters()))
    with atomic_file(beside, overwrite=overwrite) as file:
        file.write(f"{card.to_json(indent=1)}\n".encode())
    return card


def load_weights(path: Path) -> tuple[dict[str, Tensor], Card]:
    """Read what `save_weights` wrote: the state dict and the card.

    Raises:
        ModelNotFoundError: one of the two files is not there or may not be read.
        BrokenModelError: they are damaged, or do not belong together.
    """
    try:
        card = Card.from_json(path.with_suffix(".json").read_text(encoding="utf-8"))
        if hashlib.sha256(path.read_bytes()).hexdigest() != card.weights_sha256:
            raise BrokenModelError(f"{path} does not fit its card; download or save both again")
        return load_file(path), card
    except OSError as error:
        raise ModelNotFoundError(
            f"{error.filename}: {error.strerror}; weights and card lie together"
        ) from error
    except (SafetensorError, UnicodeDecodeError) as error:
        raise BrokenModelError(f"{path} is damaged ({error}); download or save it again") from error


def create_feeds(
    card: Card,
    height: int,
    width: int,
    *,
    count: int = 1,
    seed: int = 0,
    lengths: Mapping[str, int] | None = None,
) -> dict[str, NDArray[np.float32]]:
    """Make random inputs of a model, guidance included, for comparisons and timings.

    Returns:
        Name to float32 array: noise as lightness, a colored square as hint, a random palette at full
        strength.
    """
    random = np.random.default_rng(seed)
    hints = np.zeros((count, 3, height, width), np.float32)
    hints[:, :2, : height // 2, : width // 2] = random.uniform(-60, 60, (count, 2, 1, 1))
    hints[:, 2, : height // 2, : width // 2] = random.uniform(0.1, 1, (count, 1, 1))
    shares = random.dirichlet(np.ones(BIN_COUNT), count)
    made: dict[str, NDArray[np.floating]] = {
        "lightness": random.uniform(0, 100, (count, 1, height, width)),
        "hints": hints,
        "palette": np.concatenate([shares, np.ones((count, 1))], axis=1),
        **{name: random.normal(size=(count, length)) for name, length in (lengths or {}).items()},
    }
    if "context" in made:
        made["context"] = random.normal(size=(*made["context"].shape, 3, 2))
    return {tensor.name: made[tensor.name].astype(np.float32) for tensor in inputs_of(card)}


class _ByPosition(nn.Module):
    """A network that takes and gives tuples in the contract's order, as the exporter wants it."""

    def __init__(self, network: nn.Module, card: Card) -> None:
        super().__init__()
        self.network = network
        self.takes = [tensor.name for tensor in inputs_of(card)]
        self.gives = [tensor.name for tensor in outputs_of(card)]

    def forward(self, *tensors: Tensor) -> tuple[Tensor, ...]:
        outputs = self.network(**dict(zip(self.takes, tensors, strict=True)))
        return tuple(outputs[name] for name in self.gives)


def _check_request(path: Path, precision: str, calibration: list[Arrays], *, overwrite: bool) -> None:
    if precision not in PRECISIONS:
        raise RecipeError(f"precision is {precision!r}; give one of {', '.join(PRECISIONS)}")
    if precision == "int8" and not calibration:
        raise RecipeError(
            "precision is 'int8', which needs calibration photographs; give some, or use 'fp16'"
        )
    refuse_existing(path, overwrite=overwrite)


def _write_graph(network: nn.Module, card: Card, path: Path, lengths: Mapping[str, int]) -> None:
    """Trace the network and write its graph in float32, without a card."""
    rule = card.size
    height, width = 2 * rule.multiple, 2 * rule.multiple if rule.square else 3 * rule.multiple
    if rule.fixed:
        height = width = rule.default
    feeds = create_feeds(card, height, width, count=2, lengths=lengths)
    program = _trace(_ByPosition(network, card), card, tuple(map(torch.from_numpy, feeds.values())))
    path.write_bytes(bound_softmax(tidy(program.model_proto, card)).SerializeToString())


def _trace(network: _ByPosition, card: Card, examples: tuple[Tensor, ...]) -> Any:
    from torch.nn.attention import SDPBackend, sdpa_kernel  # noqa: PLC0415 - only here

    shapes = tuple(_dynamic_axes(tensor.axes, card) for tensor in inputs_of(card))
    try:
        # The CPU's fused attention leaves strides behind that torch 2.13 can't decompose for symbolic shapes.
        with sdpa_kernel(SDPBackend.MATH), _quiet(), torch.no_grad():
            return torch.onnx.export(
                network.eval(),
                examples,
                input_names=network.takes,
                output_names=network.gives,
                dynamic_shapes=(shapes,),
                opset_version=OPSET,
                dynamo=True,
                external_data=False,
                verbose=False,
            )
    except ImportError as error:
        raise MissingExtraError(f"the export needs {error.name}: pip install 'tintype[train]'") from error
    except Exception as error:  # the exporter raises whatever the network or its many stages raise
        words = str(error.__cause__ or error)[:300]
        raise ContractError(f"model {card.name}: the network can't be exported: {words}") from error


def _dynamic_axes(axes: Sequence[int | str], card: Card) -> dict[int, Any]:
    """Return the axes that may change from run to run: the batch, and H and W unless the size is fixed."""
    names: dict[int | str, Any] = {name: torch.export.Dim(f"context_{name}") for name in ("h", "w")}
    names["N"] = torch.export.Dim("batch")
    if not card.size.fixed:
        names["H"] = _multiple_of(card.size.multiple, "rows")
        names["W"] = _multiple_of(card.size.multiple, "columns")
    return {i: names[axis] for i, axis in enumerate(axes) if axis in names}


def _multiple_of(step: int, name: str) -> Any:
    return torch.export.Dim(name) if step == 1 else step * torch.export.Dim(name)


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep the exporter's and the quantizer's remarks about their own inside from the user."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _store(
    plain: Path, stored: Path, precision: str, calibration: list[Arrays], keep_float: Sequence[str]
) -> None:
    """Write the graph with its weights in the precision asked for."""
    if precision == "fp32":
        stored.write_bytes(plain.read_bytes())
    elif precision == "fp16":
        store_half(plain, stored)
    else:
        with _quiet():
            store_int8(plain, stored, calibration, keep_float)


def _differences(
    session: Session, examples: Sequence[Arrays], expected: Sequence[Arrays]
) -> dict[str, float]:
    """Return the largest difference between a session and torch for each output."""
    found: dict[str, float] = {}
    for feeds, wanted in zip(examples, expected, strict=True):
        for name, array in session.run(**cast(Any, feeds)).items():
            found[name] = max(found.get(name, 0.0), float(np.abs(array - wanted[name]).max()))
    return found


def _check_graph(
    card: Card,
    network: nn.Module,
    found: Mapping[str, float],
    examples: Sequence[Arrays],
    expected: Sequence[Arrays],
) -> None:
    """Refuse a graph whose difference from the network is neither small nor explained by float32 alone.

    A trained network may stretch what float32 rounds off: then two orders of the same sums are as far from each other
    as both are from the sums in float64, and no graph could be nearer.
    """
    if max(found.values()) <= GRAPH_TOLERANCE:
        return
    rounded = _rounded_off(network, examples, expected)
    for name, difference in found.items():
        tolerance = max(GRAPH_TOLERANCE, 2 * rounded.get(name, 0.0))
        _check_agreement(card, "the graph differs from the network", {name: difference}, tolerance)


def _rounded_off(
    network: nn.Module, examples: Sequence[Arrays], expected: Sequence[Arrays]
) -> dict[str, float]:
    """Return how far float32 takes each output of a network from what float64 gives; nothing if it refuses."""
    exact, found = copy.deepcopy(network).double(), dict[str, float]()
    for feeds, given in zip(examples, expected, strict=True):
        try:
            with torch.no_grad():
                outputs = exact(**{name: torch.from_numpy(array).double() for name, array in feeds.items()})
        except RuntimeError:
            return {}
        for name, array in given.items():
            found[name] = max(found.get(name, 0.0), float(np.abs(outputs[name].numpy() - array).max()))
    return found


def _rounding(plain: Session, stored: Session, examples: Sequence[Arrays]) -> dict[str, float]:
    """Return the largest relative error of the stored precision for each output; refuse a large one."""
    found: dict[str, float] = {}
    for feeds in examples:
        expected, actual = (session.run(**cast(Any, feeds)) for session in (plain, stored))
        for name, array in actual.items():
            found[name] = max(found.get(name, 0.0), _relative(array, expected[name]))
    precision = stored.card.precision
    _check_agreement(stored.card, f"{precision} changes the result", found, ROUNDING_TOLERANCE[precision])
    return found


def _examples(card: Card, lengths: Mapping[str, int]) -> list[Arrays]:
    """Make inputs at three sizes, one of them with two photographs."""
    return [
        create_feeds(card, *size, count=1 + seed % 2, seed=seed, lengths=lengths)
        for seed, size in enumerate(_sizes_to_compare(card))
    ]


def _sizes_to_compare(card: Card) -> list[tuple[int, int]]:
    """Return three sizes, one of them with an odd number of multiples on both sides."""
    step, default = card.size.multiple, card.size.default
    if card.size.fixed:
        return [(default, default)] * 3
    if card.size.square:
        return [(default, default), (3 * step, 3 * step), (step, step)]
    return [(default, default), (3 * step, 5 * step), (2 * step, step)]


def _run_torch(network: nn.Module, feeds: Arrays, card: Card) -> Arrays:
    """Run the network itself and hold what it gives against the contract."""
    try:
        with torch.no_grad():
            outputs = network(**{name: torch.from_numpy(array) for name, array in feeds.items()})
        arrays = {tensor.name: outputs[tensor.name].numpy() for tensor in outputs_of(card)}
    except (TypeError, KeyError) as error:
        raise ContractError(f"model {card.name}: the network is not what its card says: {error}") from error
    check_outputs(card, feeds, arrays)
    return arrays


def _relative(actual: NDArray[np.float32], expected: NDArray[np.float32]) -> float:
    """Return the root mean square difference as a share of the standard deviation of what is expected."""
    error = np.sqrt(np.square(actual - expected, dtype=np.float64).mean())
    return float(error / max(float(expected.std(dtype=np.float64)), 1e-12))


def _check_agreement(card: Card, what: str, found: Mapping[str, float], tolerance: float) -> None:
    name = max(found, key=lambda key: found[key])
    if not found[name] <= tolerance:
        raise ContractError(
            f"model {card.name}: {what}: {name} by {found[name]:.2g}; at most {tolerance:g} is allowed"
        )
