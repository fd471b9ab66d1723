"""Weights from a seeded generator, so that a network's answer can be told from before without storing weights."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def fill(network: nn.Module, seed: int = 1) -> nn.Module:
    """Fill all weights in the order of the state dict's names, and return the network in evaluation mode."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in sorted(network.state_dict().items()):
            if tensor.is_floating_point():
                tensor.copy_(_draw(name, tensor, generator))
    return network.eval()


def lightness(height: int, width: int, seed: int = 1) -> Tensor:
    """Return noise (1, 1, height, width), 0..100."""
    return torch.rand(1, 1, height, width, generator=torch.Generator().manual_seed(seed)) * 100


def hints(height: int, width: int, seed: int = 2) -> Tensor:
    """Return hints (1, 3, height, width) at one pixel of twenty, zeros elsewhere."""
    generator = torch.Generator().manual_seed(seed)
    mask = (torch.rand(1, 1, height, width, generator=generator) < 0.05).float()
    ab = torch.rand(1, 2, height, width, generator=generator) * 160 - 80
    return torch.cat([ab * mask, mask], 1)


def fingerprint(answer: Tensor) -> list[float]:
    """Return mean, standard deviation and four values of a tensor, evenly taken."""
    flat = answer.flatten()
    picked = flat[:: flat.numel() // 4][:4]
    return [float(flat.mean()), float(flat.std()), *picked.tolist()]


def _draw(name: str, tensor: Tensor, generator: torch.Generator) -> Tensor:
    if name.endswith("running_var"):
        return torch.rand(tensor.shape, generator=generator) + 0.5
    if tensor.ndim > 1:  # as ReLU wants it
        return torch.randn(tensor.shape, generator=generator) * (2 / tensor[0].numel()) ** 0.5
    if name.endswith("weight"):  # of a norm
        return torch.rand(tensor.shape, generator=generator) + 0.5
    return torch.randn(tensor.shape, generator=generator) * 0.1
