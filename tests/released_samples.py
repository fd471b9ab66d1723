"""Small files as others publish them: checkpoints of the tiny networks, and Caffe's three files."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from torch import Tensor, nn

from seeded_weights import fill
from tintype.color.bins import CENTERS
from tintype.learn.networks import create_network
from tintype.learn.networks.spectral import SpectralConv

SCALE = 2.606
NORM_FACTOR = 999.9824  # what Caffe divides its sums of means and variances by
NAMES = {"eccv16": "eccv16-test", "siggraph17": "siggraph17-test", "ddcolor23": "ddcolor23-test"}


def released(system: str, seed: int = 1) -> nn.Module:
    """Return a tiny network of a system, filled as its release would be."""
    changes = {"global_hints": False} if system == "siggraph17" else {}
    network = fill(create_network(NAMES[system], changes), seed)
    for module in network.modules():
        if isinstance(module, SpectralConv):
            for _ in range(30):
                module.step()
    if system == "ddcolor23":
        network.mean.copy_(torch.tensor([0.485, 0.456, 0.406])[None, :, None, None])
        network.std.copy_(torch.tensor([0.229, 0.224, 0.225])[None, :, None, None])
    if system == "eccv16":
        network.model_out.weight.copy_(torch.from_numpy(CENTERS.T.copy())[:, :, None, None] / 110)
    return network.eval()


def released_state(system: str) -> dict[str, Tensor]:
    """Return the weights of a tiny network of a system, with what its release has besides."""
    state = dict(released(system).state_dict())
    if system == "ddcolor23":  # the head of the encoder's classifier, which their code no longer has
        state |= {
            "encoder.arch.head_cls.weight": torch.ones(10, 32),
            "encoder.arch.head_cls.bias": torch.ones(10),
        }
    return state


def caffe_network() -> nn.Module:
    """Return a tiny eccv16 whose norms have no scale and shift, as Caffe's."""
    network = released("eccv16")
    with torch.no_grad():
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.weight.fill_(1)
                module.bias.zero_()
    return network


def write_caffe(folder: Path, network: nn.Module | None = None) -> list[Path]:
    """Write a network as Caffe's three files, and return their paths."""
    network = network or caffe_network()
    convolutions, norms = _layers(network)
    prototxt = folder / "colorization_deploy_v2.prototxt"
    caffemodel = folder / "colorization_release_v2.caffemodel"
    bins = folder / "pts_in_hull.npy"
    prototxt.write_text(_describe(convolutions, norms))
    caffemodel.write_bytes(create_net(convolutions, norms).SerializeToString())
    np.save(bins, CENTERS.astype(np.int64))
    return [prototxt, caffemodel, bins]


def create_net(convolutions: dict[str, nn.Module], norms: dict[str, nn.BatchNorm2d]):
    """Make the message of a caffemodel."""
    net = net_class()(name="LtoAB")
    net.layer.add(name="data_l", type="Input")
    for name, conv in convolutions.items():
        weight = conv.weight.detach().numpy()
        if name == "bw_conv1_1":
            weight = weight / 100  # Caffe's network is given L - 50, PyTorch's (L - 50) / 100
        _add_layer(net, name, "Convolution", [weight, conv.bias.detach().numpy()])
    for name, norm in norms.items():
        sums = [norm.running_mean.numpy() * NORM_FACTOR, norm.running_var.numpy() * NORM_FACTOR]
        _add_layer(net, name, "BatchNorm", [*sums, np.array([NORM_FACTOR])])
    return net


def net_class():
    """Return the class of NetParameter with packed floats, as caffe.proto declares it."""
    field = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="written_by_caffe.proto", package="caffe", syntax="proto2")
    shape = file.message_type.add(name="BlobShape").field.add(name="dim", number=1, type=field.TYPE_INT64)
    blob = file.message_type.add(name="BlobProto")
    data = blob.field.add(name="data", number=5, type=field.TYPE_FLOAT)
    for packed in (shape, data):
        packed.label, packed.options.packed = field.LABEL_REPEATED, True
    for number, name in enumerate(("num", "channels", "height", "width"), 1):
        blob.field.add(name=name, number=number, type=field.TYPE_INT32, label=field.LABEL_OPTIONAL)
    blob.field.add(
        name="shape",
        number=7,
        type=field.TYPE_MESSAGE,
        label=field.LABEL_OPTIONAL,
        type_name=".caffe.BlobShape",
    )
    layer = file.message_type.add(name="LayerParameter")
    for number, name in ((1, "name"), (2, "type")):
        layer.field.add(name=name, number=number, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    layer.field.add(
        name="blobs",
        number=7,
        type=field.TYPE_MESSAGE,
        label=field.LABEL_REPEATED,
        type_name=".caffe.BlobProto",
    )
    net = file.message_type.add(name="NetParameter")
    net.field.add(name="name", number=1, type=field.TYPE_STRING, label=field.LABEL_OPTIONAL)
    net.field.add(
        name="layer",
        number=100,
        type=field.TYPE_MESSAGE,
        label=field.LABEL_REPEATED,
        type_name=".caffe.LayerParameter",
    )
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("caffe.NetParameter"))


def _add_layer(net, name, kind, arrays):
    layer = net.layer.add(name=name, type=kind)
    for array in arrays:
        blob = layer.blobs.add(data=np.asarray(array, np.float32).ravel())
        blob.shape.dim.extend(array.shape)


def _layers(network: nn.Module) -> tuple[dict[str, nn.Module], dict[str, nn.BatchNorm2d]]:
    """Return the convolutions and norms of a network by the names that Caffe's has."""
    convolutions, norms = {}, {}
    for i in range(1, 8):
        block = getattr(network, f"model{i}")
        found = [module for module in block if isinstance(module, nn.Conv2d)]
        convolutions |= {f"conv{i}_{j}": module for j, module in enumerate(found, 1)}
        norms[f"conv{i}_{len(found)}norm"] = block[-1]
    last = [module for module in network.model8 if hasattr(module, "weight")]
    convolutions |= dict(zip(("conv8_1", "conv8_2", "conv8_3", "conv8_313"), last, strict=True))
    first = {"bw_conv1_1": convolutions.pop("conv1_1")}
    return first | convolutions, norms


def _describe(convolutions: dict[str, nn.Module], norms: dict[str, nn.BatchNorm2d]) -> str:
    """Write the layers as a prototxt has them, with much that nobody needs."""
    texts = [
        'name: "LtoAB"\nlayer { name: "data_l" type: "Input" top: "data_l"',
        "input_param { shape { dim: 1 } } }",
    ]
    for name, conv in convolutions.items():
        kind = "Deconvolution" if isinstance(conv, nn.ConvTranspose2d) else "Convolution"
        said = {"num_output": conv.out_channels, "kernel_size": conv.kernel_size[0]}
        said |= {"stride": conv.stride[0]} if conv.stride[0] > 1 else {}
        said |= {"pad": conv.padding[0]} if conv.padding[0] else {}
        said |= {"dilation": conv.dilation[0]} if conv.dilation[0] > 1 else {}
        inner = " ".join(f"{key}: {value}" for key, value in said.items())
        texts.append(
            f'layer {{ name: "{name}" type: "{kind}" bottom: "x" top: "{name}" # a remark\n'
            f"param {{ lr_mult: 0 decay_mult: 0 }}\nconvolution_param {{ {inner} }} }}"
        )
    texts += [f'layer {{ name: "{name}" type: "BatchNorm" batch_norm_param{{ }} }}' for name in norms]
    texts.append(
        'layer { name: "conv8_313_rh" type: "Scale" scale_param { bias_term: False '
        f"filler {{ type: 'constant' value: {SCALE} }} }} }}"
    )
    texts.append(
        'layer { name: "class8_ab" type: "Convolution" convolution_param { num_output: 2 kernel_size: 1 } }'
    )
    return "\n".join(texts)
