"""The weights of eccv16 as Caffe has them: the files that the tutorials of OpenCV use.

A ``.prototxt`` describes the layers in text, a ``.caffemodel`` holds their weights, ``pts_in_hull.npy`` the
colors of the bins. The first two are one message of Protocol Buffers, ``NetParameter``, as text and in binary. What
is needed of it is declared here by the numbers of caffe.proto (github.com/BVLC/caffe), so that neither Caffe nor
code made for it is needed.

The network is that of `tintype.learn.networks.eccv16`, but for three things that are settled here: it is given
L - 50 and not (L - 50) / 100, its norms have no scale and shift of their own, and it multiplies its logits by
2.606, which is one over the temperature of its decoding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import torch
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from google.protobuf.message import DecodeError
from numpy.typing import NDArray
from torch import Tensor

from tintype.color.bins import CENTERS
from tintype.errors import BrokenModelError, ModelNotFoundError, shorten
from tintype.learn.networks.eccv16 import AB_SCALE

SUFFIXES = (".prototxt", ".caffemodel", ".npy")

_L_SCALE = 100.0
_NORM_EPSILON = 1e-5
_SCALE_LAYER = "conv8_313_rh"
_CONVS_OF_BLOCK = {1: 2, 2: 2, 3: 3, 4: 3, 5: 3, 6: 3, 7: 3}
_STRIDED, _DILATED = (1, 2, 3), (5, 6)

_Field = descriptor_pb2.FieldDescriptorProto
_MESSAGES: dict[str, dict[str, tuple[int, int | str, bool]]] = {
    "BlobShape": {"dim": (1, _Field.TYPE_INT64, True)},
    # `data` is declared as bytes: its packed floats are the same on the wire and need not be unpacked one by one.
    "BlobProto": {
        "num": (1, _Field.TYPE_INT64, False),
        "channels": (2, _Field.TYPE_INT64, False),
        "height": (3, _Field.TYPE_INT64, False),
        "width": (4, _Field.TYPE_INT64, False),
        "data": (5, _Field.TYPE_BYTES, False),
        "shape": (7, "BlobShape", False),
    },
    "FillerParameter": {"value": (2, _Field.TYPE_FLOAT, False)},
    "ConvolutionParameter": {
        "num_output": (1, _Field.TYPE_UINT64, False),
        "pad": (3, _Field.TYPE_UINT64, True),
        "kernel_size": (4, _Field.TYPE_UINT64, True),
        "stride": (6, _Field.TYPE_UINT64, True),
        "dilation": (18, _Field.TYPE_UINT64, True),
    },
    "BatchNormParameter": {"eps": (3, _Field.TYPE_FLOAT, False)},
    "ScaleParameter": {"filler": (3, "FillerParameter", False)},
    "LayerParameter": {
        "name": (1, _Field.TYPE_STRING, False),
        "type": (2, _Field.TYPE_STRING, False),
        "blobs": (7, "BlobProto", True),
        "convolution_param": (106, "ConvolutionParameter", False),
        "batch_norm_param": (139, "BatchNormParameter", False),
        "scale_param": (142, "ScaleParameter", False),
    },
    "NetParameter": {"name": (1, _Field.TYPE_STRING, False), "layer": (100, "LayerParameter", True)},
}
"""Message to field to (number, type, whether repeated)."""


@dataclass(frozen=True)
class CaffeWeights:
    """What the three files hold.

    Attributes:
        state: the weights under the names of the PyTorch release.
        temperature: at which the release decodes.
    """

    state: dict[str, Tensor]
    temperature: float


@dataclass(frozen=True)
class _Conv:
    """A convolution: its name in Caffe and in PyTorch, and how it is laid."""

    caffe: str
    ours: str
    kernel: int = 3
    stride: int = 1
    dilation: int = 1
    kind: str = "Convolution"

    @property
    def pad(self) -> int:
        """Zeros around the picture: none for a 1x1 convolution, else what keeps the size."""
        return {1: 0, 4: 1}.get(self.kernel, self.dilation)


def read_caffe(prototxt: Path, caffemodel: Path, bins: Path) -> CaffeWeights:
    """Read the weights of eccv16 from Caffe's files.

    Args:
        prototxt: the layers (colorization_deploy_v2.prototxt).
        caffemodel: their weights (colorization_release_v2.caffemodel).
        bins: the colors of the bins, (313, 2), Lab units (pts_in_hull.npy).

    Raises:
        ModelNotFoundError: one of them is not there, or may not be read.
        BrokenModelError: one of them is damaged, or they are of another network.
    """
    layers = _read_layers(prototxt)
    blobs = {layer.name: layer.blobs for layer in _read_net(caffemodel).layer if layer.blobs}
    state: dict[str, Tensor] = {}
    for conv in _convolutions():
        _check_layer(prototxt, layers, conv)
        state |= _read_conv(caffemodel, blobs, conv)
    for caffe, ours in _norms():
        _check_norm(prototxt, layers, caffe)
        state |= _read_norm(caffemodel, blobs, caffe, ours)
    state["model1.0.weight"] = state["model1.0.weight"] * _L_SCALE
    colors = torch.from_numpy(_read_bins(bins).T / AB_SCALE)
    state["model_out.weight"] = colors[:, :, None, None].float()
    return CaffeWeights(state, 1 / _read_scale(prototxt, layers, caffemodel, blobs))


def _convolutions() -> Iterator[_Conv]:
    for block, count in _CONVS_OF_BLOCK.items():
        for i in range(count):
            name = "bw_conv1_1" if (block, i) == (1, 0) else f"conv{block}_{i + 1}"
            stride = 2 if block in _STRIDED and i == count - 1 else 1
            yield _Conv(name, f"model{block}.{2 * i}", 3, stride, 2 if block in _DILATED else 1)
    yield _Conv("conv8_1", "model8.0", 4, 2, kind="Deconvolution")
    yield _Conv("conv8_2", "model8.2")
    yield _Conv("conv8_3", "model8.4")
    yield _Conv("conv8_313", "model8.6", 1)


def _norms() -> Iterator[tuple[str, str]]:
    for block, count in _CONVS_OF_BLOCK.items():
        yield f"conv{block}_{count}norm", f"model{block}.{2 * count}"


@cache
def _net_class() -> type[Any]:
    """Return the class of ``NetParameter``, made of what is declared above."""
    file = descriptor_pb2.FileDescriptorProto(name="caffe.proto", package="caffe", syntax="proto2")
    for message, fields in _MESSAGES.items():
        declared = file.message_type.add(name=message)
        for name, (number, kind, repeated) in fields.items():
            label = _Field.LABEL_REPEATED if repeated else _Field.LABEL_OPTIONAL
            field = declared.field.add(name=name, number=number, label=label)
            if isinstance(kind, str):
                field.type, field.type_name = _Field.TYPE_MESSAGE, f".caffe.{kind}"
            else:
                field.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    net: type[Any] = message_factory.GetMessageClass(pool.FindMessageTypeByName("caffe.NetParameter"))
    return net


def _read_layers(path: Path) -> dict[str, Any]:
    """Return the layers of a description by their names."""
    try:
        net = text_format.Parse(_read(path).decode(), _net_class()(), allow_unknown_field=True)
    except (text_format.ParseError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenModelError(f"{path} is no prototxt of Caffe ({shorten(error)}); get it again") from error
    return {layer.name: layer for layer in net.layer}


def _read_net(path: Path) -> Any:
    try:
        return _net_class().FromString(_read(path))
    except DecodeError as error:
        raise BrokenModelError(f"{path} is no caffemodel, or was cut off; get it again") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ModelNotFoundError(f"{path}: {error.strerror or error}; check the path of the file") from error


def _check_layer(path: Path, layers: Mapping[str, Any], conv: _Conv) -> None:
    """Refuse a description in which a convolution is missing or laid in another way."""
    layer = layers.get(conv.caffe)
    if layer is None:
        raise BrokenModelError(f"{path} has no layer {conv.caffe}; give colorization_deploy_v2.prototxt")
    said = layer.convolution_param
    found = (_one(said.kernel_size, 0), _one(said.stride, 1), _one(said.pad, 0), _one(said.dilation, 1))
    wanted = (conv.kernel, conv.stride, conv.pad, conv.dilation)
    if layer.type != conv.kind or found != wanted:
        raise BrokenModelError(
            f"{path}: the layer {conv.caffe} is of another network: {layer.type} with kernel, stride, pad, dilation "
            f"{found} and not {conv.kind} with {wanted}; give colorization_deploy_v2.prototxt"
        )


def _one(values: Any, default: int) -> int:
    """Return the number that holds for both axes; -1 where they have different ones."""
    return default if not values else int(values[0]) if len({*values}) == 1 else -1


def _check_norm(path: Path, layers: Mapping[str, Any], name: str) -> None:
    layer = layers.get(name)
    if layer is None or layer.type != "BatchNorm":
        raise BrokenModelError(f"{path} has no batch norm {name}; give colorization_deploy_v2.prototxt")
    said = layer.batch_norm_param
    if said.HasField("eps") and abs(said.eps - _NORM_EPSILON) > _NORM_EPSILON / 100:
        raise BrokenModelError(
            f"{path}: {name} has eps {said.eps:g} and not {_NORM_EPSILON:g}; get the release"
        )


def _read_conv(path: Path, blobs: Mapping[str, Any], conv: _Conv) -> dict[str, Tensor]:
    weight, bias = _read_blobs(path, blobs, conv.caffe, 2)
    if weight.ndim != 4 or weight.shape[2:] != (conv.kernel, conv.kernel):
        raise BrokenModelError(f"{path}: the weights of {conv.caffe} are {weight.shape}; get the release")
    return {
        f"{conv.ours}.weight": torch.from_numpy(weight),
        f"{conv.ours}.bias": torch.from_numpy(bias.ravel()),
    }


def _read_norm(path: Path, blobs: Mapping[str, Any], name: str, ours: str) -> dict[str, Tensor]:
    """Read a batch norm: sums of means and variances, and by what they are to be divided."""
    mean, variance, factor = (torch.from_numpy(blob.ravel()) for blob in _read_blobs(path, blobs, name, 3))
    if factor.numel() != 1 or not factor > 0:
        raise BrokenModelError(f"{path}: {name} was never trained; get the release")
    return {
        f"{ours}.weight": torch.ones_like(mean),
        f"{ours}.bias": torch.zeros_like(mean),
        f"{ours}.running_mean": mean / factor,
        f"{ours}.running_var": variance / factor,
    }


def _read_blobs(path: Path, blobs: Mapping[str, Any], name: str, count: int) -> list[NDArray[np.float32]]:
    found = blobs.get(name, ())
    if len(found) != count:
        raise BrokenModelError(
            f"{path}: the layer {name} has {len(found)} weights and not {count}; get the release"
        )
    return [_read_blob(path, name, blob) for blob in found]


def _read_blob(path: Path, name: str, blob: Any) -> NDArray[np.float32]:
    shape = (
        tuple(blob.shape.dim)
        if blob.HasField("shape")
        else (blob.num, blob.channels, blob.height, blob.width)
    )
    if min(shape, default=-1) < 0 or 4 * np.prod(shape, dtype=float) != len(blob.data):
        raise BrokenModelError(
            f"{path}: a weight of {name} says {shape} and holds {len(blob.data)} bytes; get it again"
        )
    return np.frombuffer(blob.data, "<f4").reshape(shape).astype(np.float32)


def _read_bins(path: Path) -> NDArray[np.float64]:
    try:
        colors = np.load(path, allow_pickle=False)
    except OSError as error:
        raise ModelNotFoundError(f"{path}: {error.strerror or error}; check the path of the file") from error
    except (ValueError, EOFError, SyntaxError, TokenError, MemoryError) as error:  # as the bytes have it
        raise BrokenModelError(f"{path} is no array of numpy ({error}); give pts_in_hull.npy") from error
    if not isinstance(colors, np.ndarray) or colors.shape != CENTERS.shape or colors.dtype.kind not in "iuf":
        raise BrokenModelError(f"{path} does not hold {len(CENTERS)} colors; give pts_in_hull.npy")
    return colors.astype(np.float64)


def _read_scale(
    prototxt: Path, layers: Mapping[str, Any], caffemodel: Path, blobs: Mapping[str, Any]
) -> float:
    """Return what the logits are multiplied by: stored with the weights, or else the description's number."""
    if _SCALE_LAYER in blobs:
        stored = _read_blobs(caffemodel, blobs, _SCALE_LAYER, 1)[0]
        scale = float(stored.flat[0]) if np.ptp(stored) == 0 else 0.0
    elif _SCALE_LAYER in layers:
        scale = layers[_SCALE_LAYER].scale_param.filler.value
    else:
        raise BrokenModelError(
            f"{prototxt} has no layer {_SCALE_LAYER}; give colorization_deploy_v2.prototxt"
        )
    if not 0.1 <= scale <= 100:
        raise BrokenModelError(
            f"{prototxt}: {_SCALE_LAYER} multiplies by {scale:g}, not by about 2.6; get the release"
        )
    return scale
