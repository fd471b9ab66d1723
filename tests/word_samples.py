"""What the tests of words share: a model that takes bright things for tench, and photographs with a bright thing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from tintype.models.card import CARD_KEY
from tintype.models.catalog import ModelFile, read_model
from tintype.models.onnx_file import fingerprint
from tiny_model import create_card, write_tiny_model, write_with_metadata

TENCH = 0
BRIGHT = (slice(80, 176), slice(96, 224))
"""Rows and columns of the bright thing."""


def write_seeing_model(path: Path, **changes: Any) -> ModelFile:
    """Write the tiny model with the classes of ImageNet: where it is bright it sees a tench, elsewhere nothing."""
    tiny = onnx.load(write_tiny_model(path.with_suffix(".tiny")).path)
    weights = np.zeros((1000, 1, 1, 1), np.float32)
    weights[TENCH] = 0.25
    for initializer in tiny.graph.initializer:
        if initializer.name == "class_weight":
            initializer.CopyFrom(numpy_helper.from_array(weights, "class_weight"))
    for output in tiny.graph.output:
        if output.name in ("classes", "class_map"):
            output.type.tensor_type.shape.dim[1].dim_value = len(weights)
    bare = path.with_suffix(".bare")
    onnx.save(tiny, bare)
    card = create_card(**{"sha256": fingerprint(bare), "class_list": "imagenet-1k", **changes})
    write_with_metadata(bare, path, {CARD_KEY: card.to_json()})
    return read_model(path)


def bright_thing() -> NDArray[np.uint8]:
    """Return a dark photograph (256, 320) with a bright thing in it."""
    random = np.random.default_rng(0)
    gray = np.full((256, 320), 50.0)
    gray[BRIGHT] = 230
    return np.clip(gray + random.normal(0, 2, gray.shape), 0, 255).astype(np.uint8)
