"""What the colors of a picture as a whole are like, and pictures from lightness and color."""

from __future__ import annotations

import torch
from torch import Tensor

from tintype.color.lab import lab_to_srgb


def to_srgb(lightness: Tensor, ab: Tensor) -> Tensor:
    """Return sRGB (N, 3, H, W), cut to 0..1, of lightness (N, 1, H, W) and ab (N, 2, H, W)."""
    srgb: Tensor = lab_to_srgb(torch.cat([lightness, ab], 1).permute(0, 2, 3, 1))
    return srgb.permute(0, 3, 1, 2).clamp(0, 1)


def colorfulness(srgb: Tensor) -> Tensor:
    """Return the colorfulness (N,) of pictures (N, 3, H, W), on the published scale (Hasler and Suesstrunk 2003)."""
    red, green, blue = (255 * srgb).unbind(1)
    first, second = red - green, 0.5 * (red + green) - blue
    spread = (first.var((1, 2)) + second.var((1, 2)) + 1e-6).sqrt()
    mean = (first.mean((1, 2)).square() + second.mean((1, 2)).square() + 1e-6).sqrt()
    return spread + 0.3 * mean


def dullness(srgb: Tensor) -> Tensor:
    """Return 1 - colorfulness / 100, mean over the batch: the colorfulness loss of Kang et al. 2023, equation 8.

    The authors' code sums over the batch instead, so that its weight would depend on the batch's size.
    """
    return (1 - colorfulness(srgb) / 100).mean()
