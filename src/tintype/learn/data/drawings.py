"""Drawings made from photographs, as a person with a pen, a pencil or a brush might have made them.

No collection of drawings comes with their true colors, but every photograph can be drawn: a network that is shown
the drawing and asked for the photograph's colors learns to color line art (as in Sangkloy et al. 2017, "Scribbler",
and Zhang et al. 2018, "Two-stage sketch colorization"). One filter would teach it that filter, so there are six,
their numbers are drawn anew for each photograph, lines are missing, shaky, gray or thick, and the sheet was scanned.

``xdog``, ``ink``: extended differences of Gaussians, as lines alone and with black areas (Winnemoeller et al. 2012,
"XDoG"); ``pencil``: what a photograph divided by its own blur leaves; ``soft``: the strength of the edges of
lightness and color; ``outline``: their crests alone; ``hatching``: outlines, and tone as parallel strokes.

Everything is done for a whole batch, on its own device.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from tintype.color.lab import lightness_to_luminance
from tintype.errors import RecipeError
from tintype.photos.film_stock import develop_linear, draw_film

STYLES = ("xdog", "ink", "pencil", "soft", "outline", "hatching")

Floats = NDArray[np.float32]

_COLOR_EDGES = 0.6  # what a step in ab weighs beside one in L: people draw what they see, not its lightness
_REACH = 2.5  # standard deviations after which a Gaussian is cut off


class Draw:
    """The numbers and fields that a batch of drawings is made with, one of each for every photograph.

    Args:
        rng: source of the numbers.
        generator: source of the fields, of the device of the batch.
        count: photographs.
    """

    def __init__(self, rng: np.random.Generator, generator: torch.Generator, count: int) -> None:
        self.rng, self.generator, self.count = rng, generator, count

    def uniform(self, low: float, high: float) -> Tensor:
        """Return (N, 1, 1, 1), uniform between two numbers."""
        return self._column(self.rng.uniform(low, high, self.count))

    def some(self, share: float, low: float, high: float, otherwise: float = 0.0) -> Tensor:
        """Return (N, 1, 1, 1): uniform for a share of the photographs, another number for the others."""
        happened = self.rng.random(self.count) < share
        return self._column(np.where(happened, self.rng.uniform(low, high, self.count), otherwise))

    def field(self, height: int, width: int, cells: int, channels: int = 1) -> Tensor:
        """Return smooth fields (N, C, H, W) of about unit variance, with so many bumps along the shorter side."""
        rows, columns = (max(2, round(cells * side / min(height, width))) for side in (height, width))
        coarse = torch.randn(
            (self.count, channels, rows, columns), generator=self.generator, device=self.generator.device
        )
        return F.interpolate(coarse, size=(height, width), mode="bicubic", align_corners=False)

    def noise(self, like: Tensor) -> Tensor:
        """Return white noise of the shape of ``like``."""
        return torch.randn(like.shape, generator=self.generator, device=like.device)

    def _column(self, values: NDArray[np.float64]) -> Tensor:
        column = torch.from_numpy(values.astype(np.float32))[:, None, None, None]
        return column.to(self.generator.device)


def make_drawings(
    lab: Tensor, styles: Sequence[str], rng: np.random.Generator, generator: torch.Generator
) -> Tensor:
    """Draw photographs, each in one of the styles.

    Args:
        lab: (N, 3, H, W), CIE Lab.
        styles: of `STYLES`; each is as likely as another.
        rng: source of all numbers.
        generator: source of all fields, of the device of ``lab``.

    Returns:
        (N, 1, H, W): the lightness 0..100 of the scanned sheets: mostly paper, the lines darker.

    Raises:
        RecipeError: a style that is none, or no style at all.
    """
    check_styles(styles)
    which = rng.integers(len(styles), size=len(lab))
    sheets = torch.empty_like(lab[:, :1])
    scaled = lab / 100
    for i, style in enumerate(styles):
        chosen = np.flatnonzero(which == i)
        if len(chosen):
            index = torch.from_numpy(chosen).to(lab.device)
            draw = Draw(rng, generator, len(chosen))
            darkness = _HANDS[style](_shake(scaled[index], draw), draw)
            sheets[index] = _lay_on_paper(darkness, draw)
    return _scan(sheets, rng, generator)


def check_styles(styles: Sequence[str]) -> None:
    """Refuse styles that nobody knows.

    Raises:
        RecipeError: a style that is none, or no style at all.
    """
    unknown = [style for style in styles if style not in STYLES]
    if unknown or not styles:
        raise RecipeError(f"recipe: drawing.styles is {list(styles)}; give some of {', '.join(STYLES)}")


# ---- the hands: Lab divided by 100 -> darkness (N, 1, H, W), 0 paper, 1 ink ----------------------------


def _draw_xdog(lab: Tensor, draw: Draw) -> Tensor:
    """Draw dark lines where it is darker than around: tau just below 1 leaves flat areas white."""
    light = _flatten(lab[:, :1], draw)
    sigma = draw.uniform(0.6, 1.6)
    fine, wide = _blur(light, sigma), _blur(light, 1.6 * sigma)
    difference = fine - draw.uniform(0.96, 0.995) * wide + draw.uniform(0, 0.006)
    return -torch.tanh(draw.uniform(30, 150) * difference.clamp(max=0))


def _draw_ink(lab: Tensor, draw: Draw) -> Tensor:
    """Sharpen, then threshold softly at the tone of the photograph's darkest part: black areas and lines."""
    light = _flatten(lab[:, :1], draw)
    sigma, sharpness = draw.uniform(0.7, 1.8), draw.uniform(4, 20)
    fine, wide = _blur(light, sigma), _blur(light, 1.6 * sigma)
    sharp = (1 + sharpness) * fine - sharpness * wide
    edge = _quantile(light, draw.uniform(0.05, 0.35))
    steep = draw.uniform(6, 40)
    darkness = -torch.tanh(steep * (sharp - edge).clamp(max=0))
    washed = draw.some(0.3, 0.2, 0.5) * (light < _quantile(light, draw.uniform(0.35, 0.6))).float()
    return torch.maximum(darkness, washed)


def _draw_pencil(lab: Tensor, draw: Draw) -> Tensor:
    """Divide by the blur ("color dodge"): edges and texture stay, tones go; then the grain of the paper."""
    light = lab[:, :1].clamp(0.02, 1)
    around = _blur_widely(light, draw.uniform(2.5, 8.0))
    left = (light / around.clamp(min=0.02)).clamp(0, 1) ** draw.uniform(1.5, 5.0)
    tone = draw.some(0.5, 0.1, 0.4) * (1 - _blur(light, draw.uniform(0.8, 1.5)))
    grain = 1 + draw.uniform(0.05, 0.4) * _blur(draw.noise(light), draw.uniform(0.3, 0.7))
    return (torch.maximum(1 - left, tone) * grain).clamp(0, 1)


def _draw_soft(lab: Tensor, draw: Draw) -> Tensor:
    """Draw the strength of edges, as a detector of edges or a soft crayon does."""
    strength, _ = _edges(_flatten(lab, draw), draw.uniform(0.5, 1.5))
    return (strength * draw.uniform(0.6, 1.2)).clamp(0, 1) ** draw.uniform(0.8, 1.6)


def _draw_outline(lab: Tensor, draw: Draw) -> Tensor:
    """Draw the crests of the strongest edges with one pen."""
    strength, angle = _edges(_flatten(lab, draw), draw.uniform(0.8, 2.0))
    crests = strength * _is_crest(strength, angle)
    lines = (crests > _quantile(strength, draw.uniform(0.80, 0.95)).clamp(min=0.08)).float()
    return (_blur(lines, draw.uniform(0.35, 1.0)) * draw.uniform(1.6, 3.0)).clamp(0, 1)


def _draw_hatching(lab: Tensor, draw: Draw) -> Tensor:
    """Draw outlines, and the tone as layers of parallel strokes, each layer where it is darker."""
    height, width = lab.shape[2:]
    tone = _blur(lab[:, :1], draw.uniform(1.0, 2.5))
    darkness = _draw_outline(lab, draw) * draw.some(0.8, 0.5, 1.0)
    angle, period = draw.uniform(0, math.pi), draw.uniform(2.5, 6.0)
    shaking = draw.field(height, width, 6) * draw.uniform(0.0, 0.8)
    y = torch.arange(height, device=lab.device, dtype=lab.dtype)[:, None]
    x = torch.arange(width, device=lab.device, dtype=lab.dtype)
    for layer, below in enumerate((0.55, 0.35, 0.15)):
        turned = angle + layer * math.pi / 3
        phase = 2 * math.pi * (x * torch.cos(turned) + y * torch.sin(turned)) / period + shaking
        strokes = (phase.cos() - draw.uniform(0.2, 0.7)).clamp(min=0) * draw.uniform(1.5, 3.0)
        darkness = torch.maximum(darkness, strokes.clamp(max=1) * (tone < _quantile(tone, below)).float())
    return darkness


_HANDS: dict[str, Callable[[Tensor, Draw], Tensor]] = {
    "xdog": _draw_xdog,
    "ink": _draw_ink,
    "pencil": _draw_pencil,
    "soft": _draw_soft,
    "outline": _draw_outline,
    "hatching": _draw_hatching,
}


# ---- the sheet ------------------------------------------------------------------------------------------


def _shake(lab: Tensor, draw: Draw) -> Tensor:
    """Bend what is drawn a little, since no hand draws a contour exactly where it is."""
    n, _, height, width = lab.shape
    pixels = draw.field(height, width, 5, channels=2) * draw.some(0.6, 0.2, 1.2)
    shift = pixels.permute(0, 2, 3, 1) * torch.tensor([2 / width, 2 / height], device=lab.device)
    identity = torch.eye(2, 3, device=lab.device).expand(n, 2, 3)
    grid = F.affine_grid(identity, [n, 1, height, width], align_corners=False) + shift
    return F.grid_sample(lab, grid, padding_mode="border", align_corners=False)


def _lay_on_paper(darkness: Tensor, draw: Draw) -> Tensor:
    """Return the sheet's lightness 0..100: faint and broken lines, gray pencils, paper that is not quite white."""
    height, width = darkness.shape[2:]
    gaps = (0.75 + draw.some(0.5, 0.1, 0.6) * draw.field(height, width, 7)).clamp(0, 1)
    ink = darkness * torch.where(draw.uniform(0, 1) < 0.5, gaps, torch.ones_like(gaps))
    ink = ink * draw.uniform(0.45, 1.0)
    paper = draw.some(0.5, 0.86, 1.0, otherwise=1.0)
    shade = draw.some(0.25, 0.01, 0.05) * draw.field(height, width, 2)
    grain = draw.some(0.4, 0.004, 0.025) * draw.noise(darkness)
    return 100 * ((paper + shade + grain).clamp(max=1) * (1 - ink)).clamp(0, 1)


def _scan(sheets: Tensor, rng: np.random.Generator, generator: torch.Generator) -> Tensor:
    """Return sheets (N, 1, H, W) as a lens, a scanner and JPEG left some of them."""
    drawn = draw_film(rng, len(sheets), clean_share=0.5)
    film = draw_film(rng, len(sheets), 0.0)  # neutral: a sheet has no scratches, and no spectrum
    film = replace(film, blur=drawn.blur, scan_noise=drawn.scan_noise, quality=drawn.quality)
    light = lightness_to_luminance(sheets[:, 0])[..., None].expand(-1, -1, -1, 3)
    noise = torch.randn(light.shape[:3], generator=generator, device=sheets.device)
    scanned: Tensor = develop_linear(light.contiguous(), film, noise)
    return scanned[:, None]


# ---- what the hands see by ------------------------------------------------------------------------------


def _flatten(lab: Tensor, draw: Draw) -> Tensor:
    """Smooth texture and keep edges, for some photographs: a person draws the coat and not its cloth.

    A bilateral filter of nine neighbors, twice, farther apart the second time (Tomasi and Manduchi 1998).
    """
    amount = draw.some(0.7, 0.5, 1.0)
    tolerance = draw.uniform(0.05, 0.15)
    smooth = lab
    for step in (1, 2):
        smooth = _bilateral(smooth, tolerance, step)
    return lab + amount * (smooth - lab)


def _bilateral(lab: Tensor, tolerance: Tensor, step: int) -> Tensor:
    height, width = lab.shape[2:]
    padded = F.pad(lab, (step,) * 4, mode="replicate")
    total, weights = lab.clone(), torch.ones_like(lab[:, :1])
    for dy in (0, step, 2 * step):
        for dx in (0, step, 2 * step):
            if (dy, dx) != (step, step):
                other = padded[:, :, dy : dy + height, dx : dx + width]
                distance = (other - lab).square().sum(1, keepdim=True)
                weight = torch.exp(-distance / (2 * tolerance.square()))
                total = total + weight * other
                weights = weights + weight
    return total / weights


def _edges(lab: Tensor, sigma: Tensor) -> tuple[Tensor, Tensor]:
    """Return the strength (N, 1, H, W) of edges, 1 for a strong one, and the angle across them, radians."""
    weights = torch.tensor([1.0, _COLOR_EDGES, _COLOR_EDGES], device=lab.device)[:, None, None]
    padded = F.pad(_blur(lab * weights, sigma), (1, 1, 1, 1), mode="replicate")
    across = (padded[:, :, 1:-1, 2:] - padded[:, :, 1:-1, :-2]) / 2
    down = (padded[:, :, 2:, 1:-1] - padded[:, :, :-2, 1:-1]) / 2
    # The direction in which all channels together change most: the structure tensor's first axis (Di Zenzo 1986).
    xx, yy, xy = (_sum_channels(p) for p in (across * across, down * down, across * down))
    spread = ((xx - yy).square() + 4 * xy.square() + 1e-12).sqrt()
    strength = ((xx + yy + spread) / 2).clamp(min=0).sqrt()
    scale = _quantile(strength, torch.full_like(sigma, 0.97)).clamp(min=0.02)
    return strength / scale, 0.5 * torch.atan2(2 * xy, xx - yy)


def _sum_channels(maps: Tensor) -> Tensor:
    """Return the sum over the channels, (N, 1, H, W)."""
    return maps.sum(1, keepdim=True)


def _is_crest(strength: Tensor, angle: Tensor) -> Tensor:
    """Tell where an edge is stronger than its neighbors on both sides (Canny 1986): (N, 1, H, W), 0 or 1."""
    height, width = strength.shape[2:]
    padded = F.pad(strength, (1, 1, 1, 1))
    turns = torch.round(angle / (math.pi / 4)).long() % 4
    crest = torch.zeros_like(strength)
    for turn, (dy, dx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = padded[:, :, 1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        behind = padded[:, :, 1 - dy : 1 - dy + height, 1 - dx : 1 - dx + width]
        crest += (turns == turn) * (strength >= ahead) * (strength > behind)
    return crest


def _quantile(plane: Tensor, share: Tensor | float) -> Tensor:
    """Return the value (N, 1, 1, 1) below which a share of a plane (N, 1, H, W) lies, from every third pixel."""
    values = plane[:, 0, ::3, ::3].flatten(1).sort(1).values
    wanted = torch.as_tensor(share, device=plane.device, dtype=plane.dtype).expand(len(plane), 1, 1, 1)
    place = (wanted[:, :, 0, 0] * (values.shape[1] - 1)).round().long()
    return values.gather(1, place)[:, :, None, None]


def _blur(planes: Tensor, sigma: Tensor) -> Tensor:
    """Blur (N, C, H, W) by a Gaussian, sigma (N, 1, 1, 1) pixels for each photograph; edges are repeated."""
    n, channels, height, width = planes.shape
    reach = min(max(1, math.ceil(_REACH * float(sigma.max()))), min(height, width) - 1)
    offsets = torch.arange(-reach, reach + 1, device=planes.device, dtype=planes.dtype)
    taps = torch.exp(-0.5 * (offsets / sigma.view(n, 1)).square())
    taps = (taps / taps.sum(1, keepdim=True)).repeat_interleave(channels, 0)
    batch = F.pad(planes, (reach,) * 4, mode="replicate").reshape(1, n * channels, height + 2 * reach, -1)
    batch = F.conv2d(batch, taps[:, None, None, :], groups=n * channels)
    batch = F.conv2d(batch, taps[:, None, :, None], groups=n * channels)
    return batch.view(n, channels, height, width)


def _blur_widely(planes: Tensor, sigma: Tensor) -> Tensor:
    """Blur by a wide Gaussian at a quarter of the size."""
    small = _blur(F.avg_pool2d(planes, 4), sigma / 4)
    return F.interpolate(small, size=planes.shape[2:], mode="bilinear", align_corners=False)
