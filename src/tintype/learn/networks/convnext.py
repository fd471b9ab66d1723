"""ConvNeXt (Liu et al., "A ConvNet for the 2020s", CVPR 2022, arXiv:2201.03545) as a pyramid of features.

timm has it under names of its own. This one has the names of its authors' weights, and so of DDColor's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.errors import ModelNotFoundError
from tintype.learn.networks.encoders import create_timm, find_weights, missing_weights
from tintype.learn.read_state import read_state


class ChannelNorm(nn.LayerNorm):
    """Layer norm of the channels of every cell: (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=1e-6)

    def forward(self, x: Tensor) -> Tensor:
        """Return the normed map."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class ConvNextBlock(nn.Module):
    """A block of ConvNeXt (Liu et al. 2022, arXiv:2201.03545): (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=1e-6)
        self.pwconv1 = nn.Linear(channels, 4 * channels)
        self.pwconv2 = nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(torch.full((channels,), 1e-6))

    def forward(self, x: Tensor) -> Tensor:
        """Return the map and what the block adds to it."""
        y = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        y = self.gamma * self.pwconv2(F.gelu(self.pwconv1(y)))
        return x + y.permute(0, 3, 1, 2)


class FixedNorm(nn.Module):
    """Weights of a layer norm that nothing passes through."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.ones(channels))
        self.register_buffer("bias", torch.zeros(channels))


class ConvNext(nn.Module):
    """The encoder, with the names of the weights that its authors released.

    Shape:
        rgb (N, 3, H, W) -> list of (N, dims[i], H/r, W/r), r = 4, 8, 16, 32.
    """

    def __init__(self, depths: tuple[int, ...], dims: tuple[int, ...]) -> None:
        super().__init__()
        self.channels = dims
        shrinks = [nn.Sequential(nn.Conv2d(3, dims[0], 4, 4), ChannelNorm(dims[0]))]
        shrinks += [nn.Sequential(ChannelNorm(a), nn.Conv2d(a, b, 2, 2)) for a, b in pairwise(dims)]
        self.downsample_layers = nn.ModuleList(shrinks)
        self.stages = nn.ModuleList(
            nn.Sequential(*(ConvNextBlock(dim) for _ in range(depth)))
            for depth, dim in zip(depths, dims, strict=True)
        )
        for i, dim in enumerate(dims):
            setattr(self, f"norm{i}", ChannelNorm(dim))
        self.norm = FixedNorm(dims[-1])
        for module in self.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                nn.init.trunc_normal_(module.weight, std=0.02)
                if module.bias is not None:
                    nn.init.zeros_(module.bias)

    def forward(self, rgb: Tensor) -> list[Tensor]:
        """Return the normed features of every stage, finest first."""
        x, features = rgb, []
        for i, (shrink, stage) in enumerate(zip(self.downsample_layers, self.stages, strict=True)):
            x = stage(shrink(x))
            features.append(getattr(self, f"norm{i}")(x))
        return features

    def load(self, published: Mapping[str, Tensor]) -> None:
        """Take the weights of a classifier, under the names of timm or of its authors.

        Raises:
            ModelNotFoundError: they are of another size.
        """
        renamed = {rename_convnext(name): tensor for name, tensor in published.items()}
        fitting = {name: tensor for name, tensor in renamed.items() if not name.startswith("head")}
        try:
            missing, unexpected = self.load_state_dict(fitting, strict=False)
        except RuntimeError as error:
            raise ModelNotFoundError(f"the weights are of another ConvNeXt: {error}"[:200]) from error
        if absent := [name for name in (*missing, *unexpected) if not re.match(r"norm[0-3]?\.", name)]:
            raise ModelNotFoundError(f"the weights are of no ConvNeXt: {absent[:3]}")


def rename_convnext(name: str) -> str:
    """Turn timm's name of a weight of a ConvNeXt into that of its authors; others stay.

    >>> rename_convnext("stages.2.blocks.0.mlp.fc1.bias"), rename_convnext("stages.1.downsample.0.bias")
    ('stages.2.0.pwconv1.bias', 'downsample_layers.1.0.bias')
    """
    for pattern, other in (
        (r"^stem\.", "downsample_layers.0."),
        (r"^stages\.(\d)\.downsample\.", r"downsample_layers.\1."),
        (r"\.blocks\.", "."),
        (r"\.conv_dw\.", ".dwconv."),
        (r"\.mlp\.fc", ".pwconv"),
        (r"^head\.norm\.", "norm."),
    ):
        name = re.sub(pattern, other, name)
    return name


def read_weights(backbone: str, source: str) -> Mapping[str, Tensor]:
    """Return the published weights of a backbone, under the names of timm or of its authors.

    Args:
        backbone: timm's name, for example "convnext_tiny.fb_in22k".
        source: ``local`` (a file in TINTYPE_WEIGHTS) or ``timm`` (timm downloads).

    Raises:
        ModelNotFoundError, BrokenModelError: there is no such file, or it is damaged.
        DownloadError: they can't be fetched.
    """
    if source == "timm":
        weights: Mapping[str, Tensor] = create_timm(backbone, pretrained=True).state_dict()
        return weights
    if (path := find_weights(backbone)) is None:
        raise missing_weights(backbone)
    return read_state(path)
