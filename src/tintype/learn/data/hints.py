"""Simulated guidance: what a person, a matched photograph or a palette would have said about a color photograph.

Points follow Zhang et al. 2017 (arXiv:1705.02999): a geometric number of them, centers normal around the middle,
square patches, the patch's mean color; of a few photographs all color is shown. What a recipe may ask for beyond that
paper: more points than the geometric distribution gives, and anywhere; points that are wrong as often as their
confidence says; soft wide hints that are displaced and noisy, as matching and optical flow give them; a palette mixed
with another photograph's, whose strength is the true share.

Everything is drawn for a whole batch on its own device.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional as F

from tintype.learn.recipe import HintRecipe

MAX_PATCH = 9  # patches are 1..9 pixels wide (Zhang 2017)


def simulate_hints(ab: Tensor, recipe: HintRecipe, generator: torch.Generator) -> Tensor:
    """Draw hints for photographs whose true color is known.

    Args:
        ab: (N, 2, H, W), Lab units.
        recipe: shares of the kinds of hints.
        generator: of the device of ``ab``.

    Returns:
        (N, 3, H, W): a, b, confidence; zeros where there is no hint.
    """
    kind = torch.rand(len(ab), generator=generator, device=ab.device)
    hints = ab.new_zeros(len(ab), 3, *ab.shape[2:])
    pointed = (kind < recipe.points).nonzero()[:, 0]
    softened = ((kind >= recipe.points) & (kind < recipe.points + recipe.soft)).nonzero()[:, 0]
    if len(pointed):
        hints[pointed] = _point_hints(ab[pointed], recipe, generator)
    if len(softened):
        hints[softened] = _soft_hints(ab[softened], generator)
    shown = kind >= 1 - recipe.whole
    hints[shown] = torch.cat([ab, torch.ones_like(ab[:, :1])], 1)[shown]
    return hints


def simulate_palette(distribution: Tensor, recipe: HintRecipe, generator: torch.Generator) -> Tensor:
    """Draw palettes from the photographs' own distributions (N, Q).

    A palette of strength s is s parts of the photograph's own colors and 1 - s of another photograph's, so that the
    strength means what it says. It is sharpened or blunted at random, and half of them keep only their few most
    frequent bins: a person names three colors, not a histogram.

    Returns:
        (N, Q + 1), all zeros where there is no palette.
    """
    n, bins = distribution.shape
    if recipe.own_palettes:
        used = (torch.rand((n, 1), generator=generator, device=distribution.device) < recipe.palette).float()
        return torch.cat([distribution, torch.ones_like(used)], 1) * used
    draw = torch.rand((5, n, 1), generator=generator, device=distribution.device)
    used, strength = (draw[0] < recipe.palette).float(), draw[1].sqrt()
    mixed = strength * distribution + (1 - strength) * distribution.roll(1, 0)
    sharp = (mixed + 1e-9) ** (0.5 + draw[2])
    kept = torch.where(draw[3] < 0.5, (4 * 10 ** draw[4]).long(), bins)
    rank = sharp.argsort(1, descending=True).argsort(1)
    palette = sharp * (rank < kept)
    return torch.cat([palette / palette.sum(1, keepdim=True), strength], 1) * used


def draw_point_counts(n: int, recipe: HintRecipe, generator: torch.Generator, device: torch.device) -> Tensor:
    """Draw how many points each photograph has: geometric as in Zhang 2017, or log-uniform up to the most."""
    u = torch.rand((2, n), generator=generator, device=device).clamp(1e-6, 1 - 1e-6)
    geometric = 1 + (u[0].log() / math.log(1 - 1 / 8)).floor()
    many = (u[0] * math.log(recipe.most + 1)).exp().floor()
    return torch.where(u[1] < recipe.many, many, geometric).clamp(1, recipe.most).long()


def _point_hints(ab: Tensor, recipe: HintRecipe, generator: torch.Generator) -> Tensor:
    n, _, height, width = ab.shape
    device = ab.device
    counts = draw_point_counts(n, recipe, generator, device)
    most = int(counts.max())
    exists = torch.arange(most, device=device) < counts[:, None]
    centers = 0.5 + 0.25 * torch.randn((n, most, 2), generator=generator, device=device)
    anywhere = torch.rand((n, most, 2), generator=generator, device=device)
    spread = torch.rand((n, 1, 1), generator=generator, device=device) < recipe.anywhere
    centers = torch.where(spread, anywhere, centers).clamp(0, 1)
    u = torch.rand((3, n, most), generator=generator, device=device)
    patch = 1 + (u[0] * MAX_PATCH).floor()
    if recipe.patch_side:
        patch = patch * min(height, width) / recipe.patch_side
    patch = patch.round().clamp(1, min(MAX_PATCH, height, width)).long()
    x = (centers[..., 0] * width - patch / 2).round().long().clamp(min=0).minimum(width - patch)
    y = (centers[..., 1] * height - patch / 2).round().long().clamp(min=0).minimum(height - patch)
    color = _patch_means(ab, x, y, patch)
    confidence = torch.where(u[1] < recipe.doubtful, 0.2 + 0.8 * u[2], torch.ones_like(u[2]))
    wrong = torch.rand((n, most), generator=generator, device=device) > confidence
    color = torch.where(wrong[..., None], color.roll(1, 0), color)
    return _paint(torch.cat([color, confidence[..., None]], 2), (x, y), patch, exists, (height, width))


def _patch_means(ab: Tensor, x: Tensor, y: Tensor, patch: Tensor) -> Tensor:
    """Return the mean color (N, P, 2) of square patches, from an integral image."""
    n, width = ab.shape[0], ab.shape[3]
    integral = F.pad(ab.double().cumsum(2).cumsum(3), (1, 0, 1, 0)).flatten(2)

    def corner(row: Tensor, column: Tensor) -> Tensor:
        index = (row * (width + 1) + column)[:, None].expand(n, 2, -1)
        return integral.gather(2, index)

    total = corner(y + patch, x + patch) - corner(y, x + patch) - corner(y + patch, x) + corner(y, x)
    return (total / patch[:, None].square()).transpose(1, 2).to(ab.dtype)


def _paint(
    values: Tensor, corners: tuple[Tensor, Tensor], patch: Tensor, exists: Tensor, size: tuple[int, int]
) -> Tensor:
    """Paint square patches (N, P) of values (N, P, 3) into maps (N, 3, H, W); later ones cover earlier ones."""
    n, most, channels = values.shape
    (x, y), (height, width) = corners, size
    offset = torch.arange(int(patch.max()), device=values.device)
    inside = (offset < patch[..., None]) & exists[..., None]
    covered = inside[..., :, None] & inside[..., None, :]
    rows = (y[..., None] + offset).clamp(max=height - 1)
    columns = (x[..., None] + offset).clamp(max=width - 1)
    cells = rows[..., :, None] * width + columns[..., None, :]
    cells = torch.where(covered, cells, height * width).flatten(1)
    number = torch.arange(1, most + 1, device=values.device)[:, None, None].expand_as(covered).flatten(1)
    # Which patch is seen is settled once for all channels: a scattered value might be another one's in each.
    seen = number.new_zeros(n, height * width + 1).scatter_reduce(1, cells, number, "amax")[:, :-1]
    painted = F.pad(values, (0, 0, 1, 0)).gather(1, seen[..., None].expand(n, height * width, channels))
    return painted.transpose(1, 2).reshape(n, channels, height, width)


def _soft_hints(ab: Tensor, generator: torch.Generator) -> Tensor:
    """Return displaced, noisy hints over wide smooth regions, less sure where they are noisier."""
    n, _, height, width = ab.shape
    confidence = _smooth_field((n, 1, height, width), generator).mul(1.5).sigmoid()
    confidence = ((confidence - 0.4) / 0.6).clamp(0, 0.9)
    flow = 0.05 * _smooth_field((n, 2, height, width), generator).permute(0, 2, 3, 1)
    identity = torch.eye(2, 3, device=ab.device).expand(n, 2, 3)
    still = F.affine_grid(identity, [n, 2, height, width], align_corners=False)
    grid = still + flow * (1 - confidence[:, 0, ..., None])
    moved = F.grid_sample(ab, grid, padding_mode="border", align_corners=False)
    noise = _smooth_field((n, 2, height, width), generator, cells=8)
    return torch.cat([moved + 20.0 * (1 - confidence) * noise, confidence], 1) * (confidence > 0)


def _smooth_field(shape: tuple[int, int, int, int], generator: torch.Generator, cells: int = 4) -> Tensor:
    """Return a smooth random field of about unit variance, (N, C, H, W), with ``cells`` bumps each way."""
    coarse = torch.randn((*shape[:2], cells, cells), generator=generator, device=generator.device)
    return F.interpolate(coarse, size=shape[2:], mode="bilinear", align_corners=False)
