"""Building blocks that several networks share."""

from __future__ import annotations

from contextlib import nullcontext

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class ConvUnit(nn.Sequential):
    """Convolution (no bias), batch norm, ReLU: (N, inputs, H, W) -> (N, outputs, H/stride, W/stride)."""

    def __init__(self, inputs: int, outputs: int, kernel: int = 3, stride: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inputs, outputs, kernel, stride, padding=kernel // 2, bias=False),
            nn.BatchNorm2d(outputs),
            nn.ReLU(inplace=True),
        )


class ResidualUnit(nn.Module):
    """Two 3x3 convolutions beside the identity: (N, C, H, W) -> (N, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvUnit(channels, channels)
        self.second = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return ReLU(x + f(x))."""
        return F.relu(x + self.second(self.first(x)))


def square_distances(height: int, width: int, like: Tensor) -> Tensor:
    """Return squared distances (H*W, H*W) between the cells of a grid, in units of its longer side."""
    y = torch.arange(height, device=like.device, dtype=torch.float32)
    x = torch.arange(width, device=like.device, dtype=torch.float32)
    dy = (y[:, None] - y[None, :]).square()
    dx = (x[:, None] - x[None, :]).square()
    distances = dy[:, None, :, None] + dx[None, :, None, :]
    return distances.reshape(height * width, height * width) / max(height, width) ** 2


class DistanceAttention(nn.Module):
    """Self-attention over all cells whose heads prefer near cells, each by its own learned reach.

    The logit of head h between cells i and j is sharpness_h * cos(q_i, k_j) - reach_h * |i - j|^2, the distance in
    units of the longer side, so that the same head means the same thing at every input size. Cosines keep the logits
    bounded (Henry et al. 2020, arXiv:2010.04245); unbounded ones grew past 100 in training.

    Shape:
        tokens (N, H*W, C) -> (N, H*W, C).
    """

    def __init__(self, channels: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.to_qkv = nn.Linear(channels, 3 * channels)
        self.merge = nn.Linear(channels, channels)
        self.log_reach = nn.Parameter(torch.linspace(-1.0, 4.5, heads))
        self.log_sharpness = nn.Parameter(torch.full((heads, 1, 1), 2.0))

    def forward(self, tokens: Tensor, height: int, width: int) -> Tensor:
        """Mix the tokens of a (height, width) grid."""
        n, count, channels = tokens.shape
        q, k, v = (
            self.to_qkv(tokens).view(n, count, 3, self.heads, channels // self.heads).permute(2, 0, 3, 1, 4)
        )
        distances = square_distances(height, width, tokens)
        # e^-40 is nothing beside 1 in float32, but e^-90 is a denormal number, on which a CPU takes 30 times as long
        bias = (-self.log_reach.exp()[:, None, None] * distances).clamp(min=-40.0)
        q, k = F.normalize(q, dim=-1) * self.log_sharpness.clamp(max=4.0).exp(), F.normalize(k, dim=-1)
        q, k = q.to(v.dtype), k.to(v.dtype)
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias[None].to(v.dtype), scale=1.0)
        return self.merge(mixed.transpose(1, 2).reshape(n, count, channels))


class LocalFeedForward(nn.Module):
    """The feed-forward half of a transformer block with a depthwise 3x3 between its layers (SegFormer's Mix-FFN).

    The depthwise convolution tells cells apart by place, so no positional code is needed and any size works.
    """

    def __init__(self, channels: int, ratio: float) -> None:
        super().__init__()
        hidden = int(channels * ratio)
        self.widen = nn.Conv2d(channels, hidden, 1)
        self.mix = nn.Conv2d(hidden, hidden, 3, padding=1, groups=hidden)
        self.narrow = nn.Conv2d(hidden, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        return self.narrow(F.gelu(self.mix(self.widen(x))))


class GlobalBlock(nn.Module):
    """A pre-norm transformer block on a feature map: every cell sees the whole photograph."""

    def __init__(self, channels: int, heads: int, ratio: float) -> None:
        super().__init__()
        self.attention_norm = nn.LayerNorm(channels)
        self.attention = DistanceAttention(channels, heads)
        self.feed_norm = nn.LayerNorm(channels)
        self.feed = LocalFeedForward(channels, ratio)

    def forward(self, x: Tensor) -> Tensor:
        """(N, C, H, W) -> (N, C, H, W)."""
        n, channels, height, width = x.shape
        tokens = x.flatten(2).transpose(1, 2)
        tokens = tokens + self.attention(self.attention_norm(tokens), height, width)
        grid = self.feed_norm(tokens).transpose(1, 2).reshape(n, channels, height, width)
        return tokens.transpose(1, 2).reshape(n, channels, height, width) + self.feed(grid)


def upsample(x: Tensor) -> Tensor:
    """Double the size of (N, C, H, W), bilinear."""
    return F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


def reduce_to(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Resize (N, C, H, W) to (height, width), bilinear and antialiased, in float32: CPUs can't do so in bfloat16."""
    kind = x.device.type
    full = torch.autocast(kind, enabled=False) if torch.is_autocast_enabled(kind) else nullcontext()
    with full:
        return F.interpolate(x.float(), size, mode="bilinear", align_corners=False, antialias=True)


class ConvChain(nn.Sequential):
    """3x3 convolutions with biases, a ReLU after each, then batch norm: a block of Zhang et al. 2016 and 2017.

    Args:
        channels: of the input, then of each convolution's output.
        stride: of the last convolution.
        dilation: of all.
        first_relu: begin with a ReLU, for an input that is a sum.

    Shape:
        (N, channels[0], H, W) -> (N, channels[-1], H/stride, W/stride).
    """

    def __init__(self, *channels: int, stride: int = 1, dilation: int = 1, first_relu: bool = False) -> None:
        layers: list[nn.Module] = [nn.ReLU()] if first_relu else []
        for i in range(1, len(channels)):
            step = stride if i == len(channels) - 1 else 1
            sizes = channels[i - 1], channels[i]
            layers += [nn.Conv2d(*sizes, 3, step, padding=dilation, dilation=dilation), nn.ReLU()]
        super().__init__(*layers, nn.BatchNorm2d(channels[-1]))


def start_for_relu(network: nn.Module) -> None:
    """Draw the weights of all convolutions so that ReLU keeps the variance (He et al. 2015, arXiv:1502.01852)."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            fans = module.in_channels // module.groups * module.weight[0, 0].numel()
            if module.transposed:  # its weights are shared out among the outputs of a step
                fans //= module.stride[0] * module.stride[1]
            nn.init.normal_(module.weight, std=(2 / fans) ** 0.5)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def start_for_tanh(head: nn.Conv2d) -> None:
    """Draw the weights of a last convolution so small that tanh or sigmoid behind it begin in their straight part."""
    fans = head.in_channels * head.kernel_size[0] * head.kernel_size[1]
    nn.init.normal_(head.weight, std=0.1 / fans**0.5)
    if head.bias is not None:
        nn.init.zeros_(head.bias)
