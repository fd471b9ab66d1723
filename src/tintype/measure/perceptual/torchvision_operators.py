"""Importing torchvision, also where its compiled library does not fit the installed torch.

The torchvision of PyPI does not import beside a CPU build of torch: its compiled library needs CUDA, and
registering ``nms`` fails. Only the *declaration* of two operators is missing for what networks that measure
need, so they are declared where the library can't be loaded. Real ``nms`` and torchvision's own decoding of
pictures stay missing.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import torch

_declared: list[torch.library.Library] = []  # a library object undoes its declarations when it dies


@cache
def import_torchvision() -> ModuleType:
    """Import torchvision; afterwards what depends on it (timm, lpips, torch-fidelity) can be imported as usual."""
    if "torchvision" not in sys.modules and not _has_compiled_library():
        _declare_operators()
    return importlib.import_module("torchvision")


def _has_compiled_library() -> bool:
    spec = importlib.util.find_spec("torchvision")
    if spec is None or not spec.submodule_search_locations:
        return False
    compiled = [*Path(spec.submodule_search_locations[0]).glob("_C*.so")]
    try:
        for library in compiled:
            torch.ops.load_library(str(library))  # type: ignore[no-untyped-call]  # torch's own
    except OSError:
        return False
    return bool(compiled)


def _declare_operators() -> None:
    library = torch.library.Library("torchvision", "DEF")  # type: ignore[no-untyped-call]  # torch's own
    for name in ("nms", "qnms"):
        schema = f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
        library.define(schema)  # type: ignore[no-untyped-call]  # torch's own
    _declared.append(library)
