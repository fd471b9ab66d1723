"""Layers under spectral norm, for critics and the decoders that borrow from them.

Their weights are divided by their largest singular value, so that no layer stretches its input by more than 1
(Miyato et al. 2018, arXiv:1802.05957). Names are those that ``torch.nn.utils.spectral_norm`` gave the weights of
published checkpoints: ``weight_orig``, ``weight_u``, ``weight_v``. Unlike there, no tensor is swapped in before each
pass, so a network can be copied at any time, and the singular vectors are near the truth from the beginning.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

START_STEPS = 15


class SpectralConv(nn.Module):
    """A convolution under spectral norm.

    Args:
        inputs: channels.
        outputs: channels.
        kernel: its side.
        stride: of the convolution.
        padding: of the convolution; None for half the kernel, rounded down from an even one.
        bias: has one.
        axes: 2 for pictures, 1 for sequences.

    Shape:
        (N, inputs, H, W) -> (N, outputs, H', W'), or (N, inputs, K) -> (N, outputs, K').
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int = 3,
        *,
        stride: int = 1,
        padding: int | None = None,
        bias: bool = True,
        axes: int = 2,
    ) -> None:
        super().__init__()
        self.stride = stride
        self.padding = (kernel - 1) // 2 if padding is None else padding
        self.weight_orig = nn.Parameter(torch.empty(outputs, inputs, *[kernel] * axes))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.weight_u: Tensor
        self.weight_v: Tensor
        self.register_buffer("weight_u", F.normalize(torch.randn(outputs), dim=0))
        self.register_buffer("weight_v", F.normalize(torch.randn(inputs * kernel**axes), dim=0))
        self.start(nn.init.kaiming_normal_(torch.empty_like(self.weight_orig)))

    def start(self, weight: Tensor) -> None:
        """Begin with other weights: of the shape of ``weight_orig``."""
        with torch.no_grad():
            self.weight_orig.copy_(weight)
        for _ in range(START_STEPS):
            self.step()

    @torch.no_grad()
    def step(self) -> None:
        """Bring the singular vectors nearer to the truth by one power iteration."""
        matrix = self.weight_orig.flatten(1)  # products and sums stay in float32 where matmul would not
        self.weight_v.copy_(F.normalize((matrix * self.weight_u[:, None]).sum(0), dim=0))
        self.weight_u.copy_(F.normalize((matrix * self.weight_v).sum(1), dim=0))

    @property
    def weight(self) -> Tensor:
        """The weights of spectral norm 1."""
        left, right = self.weight_u.clone(), self.weight_v.clone()  # a step before backward would spoil them
        largest = ((self.weight_orig.flatten(1) * right).sum(1) * left).sum()
        return self.weight_orig / largest

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution; in training after a power iteration."""
        if self.training:
            self.step()
        convolve = F.conv2d if self.weight_orig.ndim == 4 else F.conv1d
        return convolve(x, self.weight, self.bias, self.stride, self.padding)


class SelfAttention(nn.Module):
    """Attention of all cells to all, added to the input (Zhang et al. 2019, arXiv:1805.08318).

    Shape:
        (N, channels, H, W) -> the same.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = SpectralConv(channels, channels // 8, 1, bias=False, axes=1)
        self.key = SpectralConv(channels, channels // 8, 1, bias=False, axes=1)
        self.value = SpectralConv(channels, channels, 1, bias=False, axes=1)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, x: Tensor) -> Tensor:
        """Return x + gamma * what it attends to."""
        cells = x.flatten(2)
        shares = (self.query(cells).transpose(1, 2) @ self.key(cells)).softmax(1)
        return (self.gamma * (self.value(cells) @ shares) + cells).view_as(x)
