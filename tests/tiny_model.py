"""A model file that keeps the contract and takes a millisecond, made without torch.

Its color follows the hints: the bin nearest to a hint wins. Elsewhere light cells are warm, dark ones cold.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from tintype.color.bins import BIN_COUNT, CENTERS
from tintype.models.card import CARD_KEY, Card, Figures, SizeRule, VividnessStep
from tintype.models.catalog import ModelFile, read_model
from tintype.models.onnx_file import copy_with_metadata, fingerprint

FEATURES, CLASSES = 8, 10
COLOR_OF_LIGHT = (1.5, 3.0)
Shape = tuple[str, list[str | int]]


def create_card(**changes: Any) -> Card:
    """Return the card of the tiny model, with some fields changed."""
    card = Card(
        name="test-tiny@1",
        system="test",
        bins=BIN_COUNT,
        grid=4,
        size=SizeRule(multiple=32, default=64, minimum=32, maximum=512),
        capabilities=frozenset(
            {"hints", "palette", "samples", "suggestions", "doubt", "features", "classes", "class_map"}
        ),
        license="Apache-2.0",
        summary="A model for tests.",
        prior=tuple(np.full(BIN_COUNT, 1 / BIN_COUNT).tolist()),
        vividness_path=(
            VividnessStep(0.0, 0.0, 1.0),
            VividnessStep(0.5, 0.6, 0.6),
            VividnessStep(1.0, 1.0, 0.4),
        ),
        data="none",
        recipe={"name": "by hand", "seeds": [1, 2]},
        origin="none",
        figures=(Figures("nothing", "pytest", {"psnr": 21.95}),),
        failures=("It colors by lightness alone.",),
    )
    return dataclasses.replace(card, **changes)


def write_tiny_model(path: Path, *, drop_output: str = "", **changes: Any) -> ModelFile:
    """Write the tiny model with a card, some of whose fields are changed."""
    return _write(path, _build(drop_output), changes)


def write_style_model(path: Path) -> ModelFile:
    """Write a model that takes a style and nothing else: two numbers, which are a and b of all that it colors.

    A photograph's own style is half of its mean lightness, twice.
    """
    changes = {
        "name": "test-style@1",
        "bins": 0,
        "prior": None,
        "vividness_path": (),
        "capabilities": frozenset({"style"}),
    }
    return _write(path, _build_style(), changes)


def write_color_model(path: Path) -> ModelFile:
    """Write a model that gives ab instead of bins and takes no guidance: `COLOR_OF_LIGHT` times L - 50."""
    changes = {
        "name": "test-color@1",
        "bins": 0,
        "prior": None,
        "vividness_path": (),
        "capabilities": frozenset(),
    }
    return _write(path, _build_color(), changes)


def _write(path: Path, graph: onnx.ModelProto, changes: dict[str, Any]) -> ModelFile:
    bare = path.with_suffix(".bare")
    bare.write_bytes(graph.SerializeToString())
    card = create_card(**{"sha256": fingerprint(bare), **changes})
    write_with_metadata(bare, path, {CARD_KEY: card.to_json()})
    bare.unlink()
    return read_model(path)


def write_with_metadata(source: Path, target: Path, metadata: dict[str, str]) -> None:
    """Copy an ONNX file with other metadata."""
    with target.open("wb") as file:
        copy_with_metadata(source, file, metadata)


def _build(drop_output: str) -> onnx.ModelProto:
    nodes = [
        helper.make_node("AveragePool", ["lightness"], ["light4"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("AveragePool", ["hints"], ["hints4"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Concat", ["light4", "hints4"], ["cells"], axis=1),
        helper.make_node("Conv", ["cells", "bin_weight", "bin_bias"], ["scores"]),
        helper.make_node("Slice", ["palette", "first", "last", "one"], ["shares"]),
        helper.make_node("Slice", ["palette", "last", "end", "one"], ["strength"]),
        helper.make_node("Mul", ["shares", "strength"], ["wish"]),
        helper.make_node("Unsqueeze", ["wish", "spatial"], ["shift"]),
        helper.make_node("Add", ["scores", "shift"], ["bin_logits"]),
        helper.make_node("AveragePool", ["lightness"], ["light16"], kernel_shape=[16, 16], strides=[16, 16]),
        helper.make_node("Conv", ["light16", "feature_weight", "feature_bias"], ["raw"]),
        helper.make_node("LpNormalization", ["raw"], ["features"], axis=1, p=2),
        helper.make_node("AveragePool", ["light16"], ["light32"], kernel_shape=[2, 2], strides=[2, 2]),
        helper.make_node("Conv", ["light32", "class_weight"], ["class_map"]),
        helper.make_node("GlobalAveragePool", ["class_map"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["classes"]),
    ]
    outputs = [item for item in _OUTPUTS if item[0] != drop_output]
    return _join("tiny", nodes, _INPUTS, outputs, _weights())


def _build_color() -> onnx.ModelProto:
    nodes = [
        helper.make_node("AveragePool", ["lightness"], ["light4"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Sub", ["light4", "middle"], ["warmth"]),
        helper.make_node("Mul", ["warmth", "color"], ["ab"]),
    ]
    constants = {"middle": np.float32(50), "color": np.float32(COLOR_OF_LIGHT).reshape(1, 2, 1, 1)}
    outputs = [("ab", ["batch", 2, "height/4", "width/4"])]
    return _join("color", nodes, _INPUTS[:1], outputs, constants)


def _build_style() -> onnx.ModelProto:
    nodes = [
        helper.make_node("AveragePool", ["lightness"], ["light4"], kernel_shape=[4, 4], strides=[4, 4]),
        helper.make_node("Mul", ["light4", "none"], ["blank"]),
        helper.make_node("Unsqueeze", ["style", "spatial"], ["color"]),
        helper.make_node("Add", ["blank", "color"], ["ab"]),
        helper.make_node("GlobalAveragePool", ["lightness"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Mul", ["flat", "halves"], ["style_out"]),
    ]
    constants = {
        "none": np.float32(0),
        "halves": np.float32([0.5, 0.5]),
        "spatial": np.array([2, 3]),
    }
    inputs = [("lightness", ["batch", 1, "height", "width"]), ("style", ["batch", 2])]
    outputs = [("ab", ["batch", 2, "height/4", "width/4"]), ("style_out", ["batch", 2])]
    return _join("style", nodes, inputs, outputs, constants)


def _join(
    name: str,
    nodes: Sequence[onnx.NodeProto],
    inputs: Sequence[Shape],
    outputs: Sequence[Shape],
    constants: Mapping[str, np.ndarray],
) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        name,
        [_declare(*item) for item in inputs],
        [_declare(*item) for item in outputs],
        [numpy_helper.from_array(np.asarray(array), constant) for constant, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=9)
    onnx.checker.check_model(model)
    return model


_INPUTS = (
    ("lightness", ["batch", 1, "height", "width"]),
    ("hints", ["batch", 3, "height", "width"]),
    ("palette", ["batch", BIN_COUNT + 1]),
)
_OUTPUTS = (
    ("bin_logits", ["batch", BIN_COUNT, "height/4", "width/4"]),
    ("features", ["batch", FEATURES, "height/16", "width/16"]),
    ("classes", ["batch", CLASSES]),
    ("class_map", ["batch", CLASSES, "height/32", "width/32"]),
)


def _declare(name: str, shape: list[str | int]) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)


def _weights() -> dict[str, np.ndarray]:
    a, b = CENTERS.T
    random = np.random.default_rng(0)
    warmth = 0.0003 * (a + b)
    bins = np.stack([warmth, 0.01 * a, 0.01 * b, np.zeros_like(a)], axis=1)
    return {
        "bin_weight": bins[:, :, None, None].astype(np.float32),
        "bin_bias": (-0.005 * (a**2 + b**2) - 50 * warmth).astype(np.float32),
        "feature_weight": random.normal(size=(FEATURES, 1, 1, 1)).astype(np.float32),
        "feature_bias": random.normal(size=FEATURES).astype(np.float32),
        "class_weight": random.normal(size=(CLASSES, 1, 1, 1)).astype(np.float32),
        **{"first": np.array([0]), "last": np.array([BIN_COUNT]), "end": np.array([BIN_COUNT + 1])},
        **{"one": np.array([1]), "spatial": np.array([2, 3])},
    }
