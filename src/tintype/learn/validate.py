"""How a network does on held-out photographs while it is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.color.bins import BIN_COUNT, CENTERS, smooth_prior
from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.learn.data.batches import center_crops
from tintype.learn.data.examples import GRID, encode_bins
from tintype.learn.data.photographs import Photograph, Pool
from tintype.learn.losses.classification import cells_of, soft_cross_entropy
from tintype.learn.recipe import ValidationRecipe

VIVID = (0.5, 0.6)  # rarity and temperature of the second figure of each kind and of the contact sheet
HINTED = 10  # points of the figure with hints
CHUNK = 16


@dataclass(frozen=True)
class HeldOut:
    """Held-out photographs, prepared once.

    Attributes:
        lab: (N, 3, H, W).
        hints: (N, 3, H, W), `HINTED` true points each.
    """

    lab: Tensor
    hints: Tensor


def load_held_out(pools: Sequence[Pool], recipe: ValidationRecipe) -> HeldOut:
    """Take held-out photographs of the sources that may be shown at the validation's size."""
    chosen: list[Photograph] = []
    for pool in pools:
        if pool.source.max_side >= recipe.side or len(pools) == 1:
            chosen.extend(pool.held_out)
    pixels = center_crops(chosen[: recipe.photos], recipe.side)
    lab = srgb_to_lab(pixels.float() / 255).permute(0, 3, 1, 2).contiguous()
    return HeldOut(lab, _true_points(lab[:, 1:]))


@torch.no_grad()
def validate(network: nn.Module, held_out: HeldOut, prior: Tensor) -> dict[str, float]:
    """Return figures over the held-out photographs, colored without film and, but for one, without hints.

    ``loss``: cross-entropy in nats; ``psnr``, ``ab_error``, ``colorfulness``: of the plain mean (most faithful);
    ``vivid_*``: at rarity and temperature `VIVID`; ``psnr_10``: with ten true points.
    """
    sums: dict[str, float] = {}
    for lab, hints in _chunks(held_out):
        logits = _logits(network, lab, torch.zeros_like(hints))
        bins, weights = encode_bins(F.avg_pool2d(lab[:, 1:], GRID))
        hinted = _logits(network, lab, hints)
        figures = {
            "loss": float(
                soft_cross_entropy(
                    F.log_softmax(cells_of(logits), 1), cells_of(bins), cells_of(weights)
                )
            ),
            **_figures("", lab, _mean_color(logits, prior, 0.0, 1.0)),
            **_figures("vivid_", lab, _mean_color(logits, prior, *VIVID)),
            "psnr_10": _figures("", lab, _mean_color(hinted, prior, 0.0, 1.0))["psnr"],
            "true_colorfulness": float(_colorfulness(_to_srgb(lab)).mean()),
        }
        for key, value in figures.items():
            sums[key] = sums.get(key, 0.0) + value * len(lab) / len(held_out.lab)
    return sums


@torch.no_grad()
def write_contact_sheet(
    network: nn.Module, held_out: HeldOut, prior: Tensor, path: Path, count: int
) -> None:
    """Write rows of gray | faithful | vivid | ten hints | true, as one JPEG."""
    step = max(1, len(held_out.lab) // max(1, count))
    lab, hints = held_out.lab[::step][:count], held_out.hints[::step][:count]
    logits, hinted = _logits(network, lab, torch.zeros_like(hints)), _logits(network, lab, hints)
    columns = [
        lab[:, 1:] * 0,
        _mean_color(logits, prior, 0.0, 1.0),
        _mean_color(logits, prior, *VIVID),
        _mean_color(hinted, prior, *VIVID),
        lab[:, 1:],
    ]
    rows = torch.cat([_to_srgb(torch.cat([lab[:, :1], ab], 1)) for ab in columns], 3)
    sheet = (rows.permute(0, 2, 3, 1).flatten(0, 1) * 255).round().byte()
    Image.fromarray(sheet.numpy()).save(path, quality=88)


def _logits(network: nn.Module, lab: Tensor, hints: Tensor) -> Tensor:
    palette = lab.new_zeros(len(lab), BIN_COUNT + 1)
    with torch.autocast(lab.device.type, torch.bfloat16):
        outputs = network(lab[:, :1], hints, palette)
    return outputs["bin_logits"].float()


def _mean_color(logits: Tensor, prior: Tensor, rarity: float, temperature: float) -> Tensor:
    """Return the decoded ab at the size of the photograph."""
    scores = logits - rarity * smooth_prior(prior).log()[:, None, None]
    centers = torch.from_numpy(CENTERS.copy()).to(logits.device).t()[:, :, None, None]
    ab = F.conv2d((scores / temperature).softmax(1), centers)
    return F.interpolate(ab, scale_factor=GRID, mode="bilinear", align_corners=False)


def _figures(prefix: str, lab: Tensor, ab: Tensor) -> dict[str, float]:
    colored, true = _to_srgb(torch.cat([lab[:, :1], ab], 1)), _to_srgb(lab)
    error = (colored - true).square().mean((1, 2, 3)).clamp(min=1e-10)
    return {
        f"{prefix}psnr": float((-10 * error.log10()).mean()),
        f"{prefix}ab_error": float((ab - lab[:, 1:]).norm(dim=1).mean()),
        f"{prefix}colorfulness": float(_colorfulness(colored).mean()),
    }


def _to_srgb(lab: Tensor) -> Tensor:
    return lab_to_srgb(lab.permute(0, 2, 3, 1)).permute(0, 3, 1, 2).clamp(0, 1)


def _colorfulness(srgb: Tensor) -> Tensor:
    red, green, blue = (255 * srgb).unbind(1)
    first, second = red - green, 0.5 * (red + green) - blue
    spread = (first.var((1, 2)) + second.var((1, 2))).sqrt()
    return spread + 0.3 * (first.mean((1, 2)).square() + second.mean((1, 2)).square()).sqrt()


def _true_points(ab: Tensor) -> Tensor:
    """Return hint maps with `HINTED` true 6 x 6 patches each, centers normal around the middle."""
    n, _, height, width = ab.shape
    generator = torch.Generator().manual_seed(0)
    hints = torch.zeros(n, 3, height, width)
    centers = (0.5 + 0.25 * torch.randn(n, HINTED, 2, generator=generator)).clamp(0, 1)
    for i in range(n):
        for x, y in centers[i].tolist():
            left, top = round(x * (width - 6)), round(y * (height - 6))
            area = (slice(top, top + 6), slice(left, left + 6))
            hints[i, :2, *area] = ab[i, :, *area].mean((1, 2), keepdim=True)
            hints[i, 2, *area] = 1.0
    return hints


def _chunks(held_out: HeldOut) -> Iterator[tuple[Tensor, Tensor]]:
    yield from zip(held_out.lab.split(CHUNK), held_out.hints.split(CHUNK), strict=True)
