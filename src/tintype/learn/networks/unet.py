"""The decoder of U-Nets on a pretrained encoder, as practitioners build it: pixel shuffle, skips with a norm.

The U-Net is that of Ronneberger et al. 2015 (arXiv:1505.04597). What stands in each block follows the dynamic U-Net
of fastai (Howard and Gugger 2020, arXiv:2002.04688), on which DeOldify built its generators.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.learn.networks.blocks import start_for_tanh
from tintype.learn.networks.spectral import SelfAttention, SpectralConv


class NormedConv(nn.Sequential):
    """Convolution (no bias), ReLU, batch norm.

    Args:
        inputs: channels.
        outputs: channels.
        kernel: size of the convolution.
        spectral: under spectral norm.
        relu: with the ReLU.
        equal_fours: begin with the same weights for four channels each, those of a pixel shuffle.

    Shape:
        (N, inputs, H, W) -> (N, outputs, H, W).
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        *,
        spectral: bool = False,
        relu: bool = True,
        equal_fours: bool = False,
    ) -> None:
        fours = 4 if equal_fours else 1
        weight = nn.init.kaiming_normal_(torch.empty(outputs // fours, inputs, kernel, kernel))
        conv = _conv(weight.repeat_interleave(fours, 0), spectral=spectral)
        super().__init__(conv, *([nn.ReLU()] if relu else []), nn.BatchNorm2d(outputs))


class ShuffleUp(nn.Module):
    """Doubles the size: 1x1 convolution, ReLU, pixel shuffle (Shi et al. 2016, arXiv:1609.05158).

    The four pixels of a cell begin equal (Aitken et al. 2017, arXiv:1707.02937), which avoids checkerboards.

    Args:
        inputs: channels.
        outputs: channels.
        spectral: as of `NormedConv`.
        blur: a mean of 2x2 pixels behind (Sugawara et al. 2018, arXiv:1806.02658), against what checkerboard is left.

    Shape:
        (N, inputs, H, W) -> (N, outputs, 2H, 2W).
    """

    def __init__(self, inputs: int, outputs: int, *, spectral: bool = False, blur: bool = False) -> None:
        super().__init__()
        self.conv = NormedConv(inputs, 4 * outputs, 1, spectral=spectral, relu=False, equal_fours=True)
        self.blur = nn.Sequential(nn.ReplicationPad2d((1, 0, 1, 0)), nn.AvgPool2d(2, 1)) if blur else None

    def forward(self, x: Tensor) -> Tensor:
        """Return the doubled map."""
        x = F.pixel_shuffle(F.relu(self.conv(x)), 2)
        return x if self.blur is None else self.blur(x)


class SkipBlock(nn.Module):
    """One scale of the decoder: what comes from below is doubled and joined with the encoder's features.

    Args:
        below: channels of what comes from below.
        skip: channels of the encoder's features.
        outputs: channels.
        attention: with `SelfAttention` behind the last convolution.
        spectral: as of `NormedConv`.
        blur: as of `ShuffleUp`.

    Shape:
        (N, below, H, W), (N, skip, 2H, 2W) -> (N, outputs, 2H, 2W).
    """

    def __init__(
        self, below: int, skip: int, outputs: int, *, attention: bool, spectral: bool, blur: bool
    ) -> None:
        super().__init__()
        self.up = ShuffleUp(below, below // 2, spectral=spectral, blur=blur)
        self.skip_norm = nn.BatchNorm2d(skip)
        self.convs = nn.Sequential(
            NormedConv(below // 2 + skip, outputs, spectral=spectral),
            NormedConv(outputs, outputs, spectral=spectral),
            *([SelfAttention(outputs)] if attention else []),
        )

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        """Return the joined map."""
        return self.convs(F.relu(torch.cat([self.up(below), self.skip_norm(skip)], 1)))


class ShuffleDecoder(nn.Module):
    """From the features of an encoder to a color for every pixel.

    Two convolutions at the bottom, a `SkipBlock` for every other scale, a last doubling, a residual unit that also
    sees the encoder's input, and a 1x1 convolution with a tanh.

    Args:
        channels: of the encoder's features, finest first, each at half the size of the one before; the finest at 1/2.
        factor: the blocks are so many times as wide as what enters them.
        spectral: as of `NormedConv`, in every layer.
        blur: as of `ShuffleUp`.
        attention: behind the second block, at 1/8 of the size where there are five scales.

    Shape:
        rgb (N, 3, H, W), features (N, C_i, H/2^i, W/2^i) -> (N, 2, H, W), -1..1.
    """

    def __init__(
        self,
        channels: Sequence[int],
        *,
        factor: float = 1.0,
        spectral: bool = False,
        blur: bool = False,
        attention: bool = False,
    ) -> None:
        super().__init__()
        *skips, width = channels
        self.bottom = nn.Sequential(
            *(nn.BatchNorm2d(width), nn.ReLU()),
            *(
                NormedConv(width, 2 * width, spectral=spectral),
                NormedConv(2 * width, width, spectral=spectral),
            ),
        )
        self.blocks = nn.ModuleList()
        for i, skip in enumerate(reversed(skips)):
            joined = width // 2 + skip
            outputs = int((joined if i < len(skips) - 1 else joined // 2) * factor)
            self.blocks.append(
                SkipBlock(width, skip, outputs, attention=attention and i == 1, spectral=spectral, blur=blur)
            )
            width = outputs
        self.up = ShuffleUp(width, width, spectral=spectral, blur=blur)
        self.refine = nn.Sequential(*(NormedConv(width + 3, width + 3, spectral=spectral) for _ in range(2)))
        self.head = nn.Sequential(_head(width + 3, spectral=spectral), nn.Tanh())

    def forward(self, rgb: Tensor, features: Sequence[Tensor]) -> Tensor:
        """Return the color."""
        *skips, x = features
        x = self.bottom(x)
        for block, skip in zip(self.blocks, reversed(skips), strict=True):
            x = block(x, skip)
        x = torch.cat([self.up(x), rgb], 1)
        return self.head(x + self.refine(x))


def _conv(weight: Tensor, *, spectral: bool) -> nn.Module:
    """Return a convolution that keeps the size and begins with a weight, without a bias."""
    outputs, inputs, kernel, _ = weight.shape
    if spectral:
        normed = SpectralConv(inputs, outputs, kernel, bias=False)
        normed.start(weight)
        return normed
    conv = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False)
    with torch.no_grad():
        conv.weight.copy_(weight)
    return conv


def _head(inputs: int, *, spectral: bool) -> nn.Module:
    """Return the 1x1 convolution before the tanh; spectral norm leaves it no choice of a scale."""
    if spectral:
        return SpectralConv(inputs, 2, 1)
    head = nn.Conv2d(inputs, 2, 1)
    start_for_tanh(head)
    return head
