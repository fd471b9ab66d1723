"""Batch norm over the batches of all processes, on any device: torch's own knows only accelerators.

With it, two processes take the same step as one would with the whole batch.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from tintype.learn.networks.encoders import import_timm


def share_norms(network: nn.Module) -> nn.Module:
    """Turn the batch norms of a network into shared ones, in place; names and weights stay."""
    for module in network.modules():
        if type(module) is nn.BatchNorm2d:
            module.__class__ = SharedNorm2d
        elif type(module) is nn.BatchNorm1d:
            module.__class__ = SharedNorm1d
        elif type(module).__name__ == "BatchNormAct2d":
            module.__class__ = _shared_norm_of_timm()
    return network


@lru_cache
def _shared_norm_of_timm() -> type[nn.BatchNorm2d]:
    """Return the shared one of timm's norm that comes with an activation."""
    import_timm()
    from timm.layers.norm_act import BatchNormAct2d  # noqa: PLC0415 - can be imported only after import_timm

    class SharedNormAct2d(BatchNormAct2d):
        def forward(self, x: Tensor) -> Tensor:
            if not (self.training and dist.is_initialized()):
                own: Tensor = super().forward(x)  # type: ignore[no-untyped-call]
                return own
            activated: Tensor = self.act(self.drop(_normalize(self, x)))
            return activated

    return SharedNormAct2d


class SharedNorm2d(nn.BatchNorm2d):
    """`torch.nn.BatchNorm2d` with the statistics of all processes."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, C, H, W), normalized."""
        return _normalize(self, x) if self.training and dist.is_initialized() else super().forward(x)


class SharedNorm1d(nn.BatchNorm1d):
    """`torch.nn.BatchNorm1d` with the statistics of all processes."""

    def forward(self, x: Tensor) -> Tensor:
        """Return (N, C) or (N, C, K), normalized."""
        return _normalize(self, x) if self.training and dist.is_initialized() else super().forward(x)


def _normalize(norm: nn.BatchNorm1d | nn.BatchNorm2d, x: Tensor) -> Tensor:
    """Normalize over all axes but the second, and over all processes."""
    axes = [axis for axis in range(x.ndim) if axis != 1]
    shape = [-1 if axis == 1 else 1 for axis in range(x.ndim)]
    wide = x.float()
    count = _add_up(wide.new_tensor(wide.numel() / wide.shape[1]))
    mean = _add_up(wide.sum(axes)) / count
    centered = wide - mean.view(shape)
    variance = _add_up(centered.square().sum(axes)) / count
    _remember(norm, mean.detach(), (variance * count / (count - 1)).detach())
    y: Tensor = centered * torch.rsqrt(variance + norm.eps).view(shape)
    if norm.affine:
        y = y * norm.weight.view(shape) + norm.bias.view(shape)
    return y.to(x.dtype)


def _add_up(x: Tensor) -> Tensor:
    """Return the sum over all processes; gradients go back to each."""
    total: Tensor = _AddUp.apply(x)  # type: ignore[no-untyped-call]
    return total


class _AddUp(torch.autograd.Function):
    """What each process gives counts once in the sum that each one gets: so do, backwards, the gradients."""

    @staticmethod
    def forward(_context: Any, x: Tensor) -> Tensor:
        total = x.clone(memory_format=torch.contiguous_format)
        dist.all_reduce(total)
        return total

    @staticmethod
    def backward(_context: Any, gradient: Tensor) -> Tensor:
        return _AddUp.forward(_context, gradient)


def _remember(norm: nn.BatchNorm1d | nn.BatchNorm2d, mean: Tensor, variance: Tensor) -> None:
    """Let the running statistics follow."""
    if norm.running_mean is None or norm.running_var is None or norm.num_batches_tracked is None:
        return
    norm.num_batches_tracked.add_(1)
    pace = norm.momentum if norm.momentum is not None else 1 / float(norm.num_batches_tracked)
    norm.running_mean.lerp_(mean, pace)
    norm.running_var.lerp_(variance, pace)
