"""What is done to an exported graph before it is stored: tidied, kept off denormal numbers, as float16 or int8."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tintype.errors import ContractError
from tintype.models.card import Card
from tintype.models.contract import Arrays, Tensor, inputs_of, outputs_of

_SMALLEST = 1024  # numbers in a weight; what is smaller is not worth rounding
_LOWEST_SCORE = -60.0
_AXIS_NAMES = {"N": "batch", "H": "height", "W": "width"}


def tidy(model: Any, card: Card) -> Any:
    """Name the axes as the contract does and take out what only the exporter's authors read.

    The exporter notes for each node the stack trace of its origin, with the paths of the machine: half a
    megabyte that nobody should ship.

    Args:
        model: an ``onnx.ModelProto``; it is changed.
        card: of the model.
    """
    graph = model.graph
    model.doc_string = graph.doc_string = ""
    del graph.value_info[:], model.metadata_props[:], graph.metadata_props[:]
    for item in (*graph.node, *graph.initializer, *graph.input, *graph.output):
        item.doc_string = ""
        del item.metadata_props[:]
    for tensor, declared in (
        *zip(inputs_of(card), graph.input, strict=True),
        *zip(outputs_of(card), graph.output, strict=True),
    ):
        _name_axes(tensor, declared, card)
    return model


def bound_softmax(model: Any) -> Any:
    """Keep the softmaxes over the last axis off denormal numbers.

    A sharp attention has shares of 1e-40, which change nothing, but on which a CPU takes 30 times as long: in
    tintype-small one product of 14 took a third of the time. So what lies more than 60 below the highest score
    is raised to 60 below it, a share of 1e-26.

    Args:
        model: an ``onnx.ModelProto``; it is changed.
    """
    from onnx import helper, numpy_helper  # noqa: PLC0415 - only the export needs it

    nodes = []
    for node in model.graph.node:
        if node.op_type == "Softmax" and all(a.i == -1 for a in node.attribute if a.name == "axis"):
            scores, (highest, below, bounded) = node.input[0], (f"{node.name}.{i}" for i in range(3))
            nodes += [
                helper.make_node("ReduceMax", [scores, "softmax.axis"], [highest], keepdims=1),
                helper.make_node("Sub", [scores, highest], [below]),
                helper.make_node("Clip", [below, "softmax.lowest"], [bounded]),
            ]
            node.input[0] = bounded
        nodes.append(node)
    if len(nodes) > len(model.graph.node):
        constants = {"softmax.axis": np.array([-1]), "softmax.lowest": np.float32(_LOWEST_SCORE)}
        model.graph.initializer.extend(
            numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()
        )
        del model.graph.node[:]
        model.graph.node.extend(nodes)
    return model


def _name_axes(tensor: Tensor, declared: Any, card: Card) -> None:
    """Write "height/4" where the exporter wrote its own formula."""
    for axis, dim in zip(tensor.axes, declared.type.tensor_type.shape.dim, strict=True):
        if isinstance(axis, str) and not dim.HasField("dim_value"):
            name, slash, divisor = axis.replace("/k", f"/{card.grid}").partition("/")
            dim.dim_param = _AXIS_NAMES.get(name, name) + slash + divisor


def store_half(source: Path, target: Path) -> None:
    """Store the large weights as float16, each widened by a Cast that ONNX Runtime folds on loading.

    Raises:
        ContractError: a weight is too large for float16.
    """
    import onnx  # noqa: PLC0415 - only the export needs it

    model = onnx.load(source)
    casts, stored = [], []
    for weight in model.graph.initializer:
        values = onnx.numpy_helper.to_array(weight)
        if values.dtype == np.float32 and values.size >= _SMALLEST:
            stored.append(onnx.numpy_helper.from_array(_to_half(values, weight.name), f"{weight.name}.half"))
            casts.append(
                onnx.helper.make_node(
                    "Cast", [f"{weight.name}.half"], [weight.name], to=onnx.TensorProto.FLOAT
                )
            )
        else:
            stored.append(weight)
    nodes = [*casts, *model.graph.node]
    del model.graph.initializer[:], model.graph.node[:]
    model.graph.initializer.extend(stored)
    model.graph.node.extend(nodes)
    target.write_bytes(model.SerializeToString())


def _to_half(values: Any, name: str) -> Any:
    largest = float(np.abs(values).max())
    if not largest <= float(np.finfo(np.float16).max):
        raise ContractError(f"the weight {name} holds {largest:.3g}, too large for float16; export as fp32")
    return values.astype(np.float16)


def store_int8(source: Path, target: Path, calibration: Iterable[Arrays], keep_float: Sequence[str]) -> None:
    """Quantize a graph to eight bits, per channel, and store the weights that stay float as float16.

    Args:
        source: the float32 model.
        target: the quantized one.
        calibration: inputs from which the ranges of the activations are learned.
        keep_float: nodes whose weights' names hold one of these texts are left alone.
    """
    import onnx  # noqa: PLC0415 - only the export needs it
    from onnxruntime import quantization  # noqa: PLC0415 - slow to import

    kept = [
        node.name
        for node in onnx.load(source, load_external_data=False).graph.node
        if any(part in name for part in keep_float for name in node.input)
    ]
    quantization.quantize_static(
        source,
        target,
        _Reader(calibration),
        quant_format=quantization.QuantFormat.QDQ,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
        nodes_to_exclude=kept,
    )
    store_half(target, target)


class _Reader:
    """Calibration inputs, one after the other, as ONNX Runtime's quantizer asks for them."""

    def __init__(self, feeds: Iterable[Arrays]) -> None:
        self._feeds = iter(feeds)

    def get_next(self) -> Arrays | None:
        return next(self._feeds, None)
