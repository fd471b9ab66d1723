"""Reading checkpoints of PyTorch and safetensors files: weights, and nothing that could run."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from tintype.errors import BrokenModelError, ModelNotFoundError, shorten

WRAPPERS = ("params_ema", "params", "state_dict")
"""Under which of its keys a checkpoint may keep its weights; the averaged ones go before the last ones."""

_PICKLE, _ZIP = b"\x80", b"PK\x03\x04"
_LONGEST_HEADER = 100 << 20  # of a safetensors file, which says so itself
_FOREIGN = re.compile(r"(?:GLOBAL|global:?)\s+`?([A-Za-z_][\w.]*\.[\w.]+)|Unsupported (operand \d+)")


def read_state(path: Path) -> dict[str, Tensor]:
    """Return the weights of a file by their names, on the CPU.

    Args:
        path: a safetensors file, or a checkpoint of PyTorch, in which the weights may lie under one of `WRAPPERS`.

    Raises:
        ModelNotFoundError: there is no such file, or it may not be read.
        BrokenModelError: it is no checkpoint, is damaged, or holds code; nothing of it was run.
    """
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError as error:
        raise ModelNotFoundError(f"{path}: {error.strerror or error}; check the path of the file") from error
    if head.startswith((_PICKLE, _ZIP)):
        return _unwrap(path, _load_pickle(path))
    if head[8:] == b"{" and int.from_bytes(head[:8], "little") < _LONGEST_HEADER:
        return _unwrap(path, _load_safetensors(path))
    raise BrokenModelError(
        f"{path} is no checkpoint; give a file of PyTorch (.pth, .pt, .bin) or safetensors, or prototxt, caffemodel "
        "and pts_in_hull.npy together"
    )


def _load_safetensors(path: Path) -> dict[str, Tensor]:
    try:
        return load_file(path)
    except SafetensorError as error:
        raise _damaged(path, error) from error


def _load_pickle(path: Path) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of protocols and types, for programmers
            return torch.load(path, map_location="cpu", weights_only=True)
    except MemoryError:
        raise
    except Exception as error:  # an unpickler raises whatever the bytes lead it to
        if found := _FOREIGN.search(str(error)):
            raise BrokenModelError(
                f"{path} holds more than weights ({found[1] or found[2]}), which could be a program; nothing of it "
                "was run: ask for the weights as .safetensors"
            ) from error
        raise _damaged(path, error) from error


def _unwrap(path: Path, loaded: Any) -> dict[str, Tensor]:
    """Return the weights of what a file held."""
    for wrapper in WRAPPERS:
        if isinstance(loaded, Mapping) and isinstance(loaded.get(wrapper), Mapping):
            loaded = loaded[wrapper]
            break
    if not isinstance(loaded, Mapping) or not loaded:
        raise BrokenModelError(
            f"{path} holds a {type(loaded).__name__} and no named weights; give a checkpoint"
        )
    for name, value in loaded.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise BrokenModelError(
                f"{path}: {str(name)[:60]!r} is a {type(value).__name__} and no weight; give the weights alone, or "
                f"under {' or '.join(WRAPPERS)}"
            )
        if value.layout != torch.strided or value.is_meta or value.is_quantized or value.is_complex():
            raise BrokenModelError(
                f"{path}: {name[:60]!r} is stored in a way that no known release uses ({_describe(value)}); ask for "
                "the weights in float32"
            )
    return _without_prefix(loaded)


def _describe(value: Tensor) -> str:
    return f"{value.dtype}, {value.layout}, on {value.device}".replace("torch.", "")


def _without_prefix(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Take off the ``module.`` that training on several devices puts before every name."""
    prefix = "module." if all(name.startswith("module.") for name in state) else ""
    return {name.removeprefix(prefix): tensor for name, tensor in state.items()}


def _damaged(path: Path, error: Exception) -> BrokenModelError:
    return BrokenModelError(f"{path} is damaged or cut off ({shorten(error)}); download it again")
