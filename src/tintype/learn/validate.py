"""How a network does on held-out photographs while it is trained."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

from tintype.color.bins import BIN_COUNT, CENTERS, smooth_prior
from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.errors import DataError
from tintype.learn.data.batches import center_crops, center_shown, take_whole
from tintype.learn.data.examples import encode_bins, show
from tintype.learn.data.photographs import Photograph, Pool
from tintype.learn.losses.classification import cells_of, soft_cross_entropy
from tintype.learn.losses.regression import color_distance
from tintype.learn.networks.traits import NetworkTraits, traits_of
from tintype.learn.recipe import Recipe
from tintype.measure.auc import ErrorTable
from tintype.photos.film_stock import develop, draw_film

FAITHFUL = (0.0, 1.0)  # rarity and temperature: the plain mean
VIVID = (0.5, 0.6)  # of the second figure of each kind and of the contact sheet
HINTED = 10  # points of the figure with hints
CHUNK = 16
TALLIED = ("psnr", "ab_error", "colorfulness", "auc", "rebalanced")
VECTORS = ("style", "latent")  # inputs of a number of numbers for each photograph; any other may be left out


@dataclass(frozen=True)
class HeldOut:
    """Held-out photographs, prepared once.

    Attributes:
        lab: (N, 3, H, W).
        hints: (N, 3, H, W), `HINTED` true points each.
        shown: (N, 1, H, W), the lightness that the network is shown: their own, or what a drawing or a pair shows.
        worn: (N, 1, H, W), the lightness as film and time left it, at strength 1, none clean.
        broken: photographs that could not be decoded and were passed over.
    """

    lab: Tensor
    hints: Tensor
    shown: Tensor
    worn: Tensor
    broken: int = 0


def load_held_out(pools: Sequence[Pool], recipe: Recipe, device: torch.device) -> HeldOut:
    """Take held-out photographs of the sources that may be shown at the validation's size.

    Raises:
        DataError: there is none that is whole.
    """
    side = recipe.validation.side
    chosen: list[Photograph] = []
    for pool in pools:
        if pool.source.max_side >= side or len(pools) == 1:
            chosen.extend(pool.held_out)
    chosen, broken = take_whole(chosen, recipe.validation.photos)
    if not chosen:
        raise DataError(
            "no whole photograph is held out for the validation; give more, a smaller data.held_out, "
            "or a validation.side that a source may be enlarged to"
        )
    pixels = center_crops(chosen, side)
    lab = srgb_to_lab(pixels.float() / 255).permute(0, 3, 1, 2).contiguous()
    pairs, generator = center_shown(chosen, side), torch.Generator().manual_seed(0)
    shown = show(lab[:, :1].clone(), lab, pairs, recipe, seed=0, generator=generator)
    hints, worn = _true_points(lab[:, 1:]), _wear(pixels)
    return HeldOut(lab.to(device), hints.to(device), shown.to(device), worn.to(device), broken)


def figure_names(traits: NetworkTraits) -> list[str]:
    """Return the names of the figures that `validate` gives for networks of these traits."""
    vivid = [f"vivid_{name}" for name in TALLIED] if traits.bins else []
    hinted = ["psnr_10"] if "hints" in traits.capabilities else []
    return ["loss", *TALLIED, *vivid, *hinted, "worn_ab_error", "worn_rebalanced"]


@torch.no_grad()
def validate(network: nn.Module, held_out: HeldOut, prior: Tensor) -> dict[str, float]:
    """Return figures over the held-out photographs, as they are shown and without hints but where said.

    ``loss``: of a distribution its cross-entropy in nats, of ab the smooth L1 distance in units of 10 Lab units.
    ``psnr``, ``ab_error``, ``colorfulness`` (share of the truth's), ``auc``, ``rebalanced``: of ab, or of the plain
    mean, the most faithful decoding. ``vivid_...``: of a distribution, the same at `VIVID`. ``psnr_10``: with ten
    true points, where the network takes hints. ``worn_...``: from the lightness that film and time left, at `VIVID`
    where there is a distribution.
    """
    traits = traits_of(network)
    losses: list[Tensor] = []
    faithful, vivid, hinted, worn = Tally(), Tally(), Tally(), Tally()
    for lab, hints, shown, lightness in _chunks(held_out):
        outputs = _outputs(network, shown)
        losses.append(_loss(outputs, lab[:, 1:], traits) * len(lab))
        faithful.add(lab, _color(outputs, prior, traits, FAITHFUL))
        worn.add(lab, _color(_outputs(network, lightness), prior, traits, VIVID))
        if traits.bins:
            vivid.add(lab, _color(outputs, prior, traits, VIVID))
        if "hints" in traits.capabilities:
            hinted.add(lab, _color(_outputs(network, shown, hints), prior, traits, FAITHFUL))
    figures = {"loss": float(torch.stack(losses).sum()) / len(held_out.lab), **faithful.figures()}
    if traits.bins:
        figures |= {f"vivid_{key}": value for key, value in vivid.figures().items()}
    if "hints" in traits.capabilities:
        figures["psnr_10"] = hinted.figures()["psnr"]
    of_worn = worn.figures()
    return figures | {"worn_ab_error": of_worn["ab_error"], "worn_rebalanced": of_worn["rebalanced"]}


class Tally:
    """Figures of one decoding, added up over chunks of photographs."""

    def __init__(self) -> None:
        self.errors = ErrorTable()
        self.psnr: list[Tensor] = []
        self.ab_error: list[Tensor] = []
        self.colorfulness: list[Tensor] = []

    def add(self, lab: Tensor, ab: Tensor) -> None:
        """Count photographs lab (N, 3, H, W) that were colored with ab (N, 2, H, W), Lab units."""
        colored, true = _to_srgb(torch.cat([lab[:, :1], ab], 1)), _to_srgb(lab)
        error = (colored - true).square().mean((1, 2, 3)).clamp(min=1e-10)
        self.psnr.append(-10 * error.log10())
        self.ab_error.append((ab - lab[:, 1:]).norm(dim=1).mean((1, 2)))
        self.colorfulness.append(torch.stack([_colorfulness(colored), _colorfulness(true)]))
        self.errors.add(*(x.permute(0, 2, 3, 1).cpu().numpy() for x in (lab[:, 1:], ab)))

    def figures(self) -> dict[str, float]:
        """Return the figures of all that were counted; see `validate`."""
        auc = self.errors.auc()
        colored, true = torch.cat(self.colorfulness, 1).mean(1).tolist()
        return {
            "psnr": float(torch.cat(self.psnr).mean()),
            "ab_error": float(torch.cat(self.ab_error).mean()),
            "colorfulness": colored / true if true else float("nan"),
            "auc": auc.raw,
            "rebalanced": auc.rebalanced,
        }


@torch.no_grad()
def write_contact_sheet(network: nn.Module, held_out: HeldOut, prior: Tensor, path: Path, count: int) -> None:
    """Write rows of shown | faithful | vivid | ten hints | true, as one JPEG; without what the network can't give.

    The colors lie on the lightness of the photograph, whatever was shown of it.
    """
    step = max(1, len(held_out.lab) // max(1, count))
    lab, hints, shown = (t[::step][:count] for t in (held_out.lab, held_out.hints, held_out.shown))
    traits, outputs = traits_of(network), _outputs(network, shown)
    columns = [_color(outputs, prior, traits, FAITHFUL)]
    if traits.bins:
        columns.append(_color(outputs, prior, traits, VIVID))
    if "hints" in traits.capabilities:
        columns.append(_color(_outputs(network, shown, hints), prior, traits, VIVID))
    columns.append(lab[:, 1:])
    pictures = [torch.cat([shown, lab[:, 1:] * 0], 1), *(torch.cat([lab[:, :1], ab], 1) for ab in columns)]
    rows = torch.cat([_to_srgb(picture) for picture in pictures], 3)
    sheet = (rows.permute(0, 2, 3, 1).flatten(0, 1) * 255).round().byte()
    Image.fromarray(sheet.cpu().numpy()).save(path, quality=88)


def unguided_inputs(traits: NetworkTraits, lightness: Tensor) -> dict[str, Tensor]:
    """Return what a network of these traits is fed where nobody guides it."""
    n, _, height, width = lightness.shape
    guidance = {
        "hints": lightness.new_zeros(n, 3, height, width),
        "palette": lightness.new_zeros(n, BIN_COUNT + 1),
        **{name: lightness.new_zeros(n, traits.lengths[name]) for name in VECTORS if name in traits.lengths},
    }
    taken = {name: value for name, value in guidance.items() if name in traits.capabilities}
    return {"lightness": lightness, **taken}


def _outputs(network: nn.Module, lightness: Tensor, hints: Tensor | None = None) -> dict[str, Tensor]:
    """Return what a network answers, in float32, without guidance but the hints."""
    inputs = unguided_inputs(traits_of(network), lightness)
    if hints is not None:
        inputs["hints"] = hints
    with torch.autocast(lightness.device.type, torch.bfloat16):
        outputs = network(**inputs)
    return {name: outputs[name].float() for name in ("bin_logits", "ab") if name in outputs}


def _loss(outputs: dict[str, Tensor], ab: Tensor, traits: NetworkTraits) -> Tensor:
    coarse = F.avg_pool2d(ab, traits.grid)
    if not traits.bins:
        return color_distance(outputs["ab"], coarse)
    bins, weights = encode_bins(coarse)
    answer = F.log_softmax(cells_of(outputs["bin_logits"]), 1)
    return soft_cross_entropy(answer, cells_of(bins), cells_of(weights))


def _color(
    outputs: dict[str, Tensor], prior: Tensor, traits: NetworkTraits, decoding: tuple[float, float]
) -> Tensor:
    """Return the ab at the size of the photograph; of a distribution decoded by rarity and temperature."""
    if traits.bins:
        rarity, temperature = decoding
        scores = outputs["bin_logits"] - rarity * smooth_prior(prior).log()[:, None, None]
        centers = torch.from_numpy(CENTERS.copy()).to(scores.device).t()[:, :, None, None]
        ab = F.conv2d((scores / temperature).softmax(1), centers)
    else:
        ab = outputs["ab"]
    if traits.grid == 1:
        return ab
    return F.interpolate(ab, scale_factor=traits.grid, mode="bilinear", align_corners=False)


def _to_srgb(lab: Tensor) -> Tensor:
    srgb: Tensor = lab_to_srgb(lab.permute(0, 2, 3, 1))
    return srgb.permute(0, 3, 1, 2).clamp(0, 1)


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


def _wear(pixels: Tensor) -> Tensor:
    """Return the lightness (N, 1, H, W) that film and time would have left of pixels (N, H, W, 3) uint8."""
    film = draw_film(np.random.default_rng(0), len(pixels), clean_share=0.0)
    noise = torch.randn(pixels.shape[:3], generator=torch.Generator().manual_seed(0))
    worn: Tensor = develop(pixels.float() / 255, film, noise)
    return worn[:, None]


def _chunks(held_out: HeldOut) -> Iterator[tuple[Tensor, Tensor, Tensor, Tensor]]:
    for first in range(0, len(held_out.lab), CHUNK):
        chunk = slice(first, first + CHUNK)
        yield held_out.lab[chunk], held_out.hints[chunk], held_out.shown[chunk], held_out.worn[chunk]
