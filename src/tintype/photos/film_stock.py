"""What film, time and scanners do to a photograph: from color to a gray picture as people have them.

A colorizer that has only seen exact CIE lightness is surprised by orthochromatic film, fading and grain.
`draw_film` draws, for each photograph of a batch, what happened to it; `develop` lets it happen. The two are
apart so that drawing is a few numbers on the host and developing is plain array arithmetic: the same code
runs on numpy arrays and on torch tensors on any device, and the seed and the noise field fix the result.

The order is that of history: the lens (blur, vignette) and the film's spectral response in linear light, the
tone curve, grain, fading of the print, scratches and dust, the scanner's noise, and JPEG.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from tintype.color.lab import LINEAR_TO_XYZ, luminance_to_lightness, srgb_to_linear

Array = Any  # a numpy array or a torch tensor: the array API has no common static type
Floats = NDArray[np.float32]
Flags = NDArray[np.bool_]

LUMINANCE: Floats = LINEAR_TO_XYZ[1].astype(np.float32)
"""Weights of linear R, G and B in CIE Y: an ideal film, which sees as we do."""

SPECTRA: dict[str, tuple[float, tuple[float, float, float], tuple[float, float, float]]] = {
    "plain": (0.30, (0.13, 0.60, 0.04), (0.33, 0.75, 0.16)),
    "panchromatic": (0.30, (0.22, 0.28, 0.18), (0.42, 0.48, 0.38)),
    "orthochromatic": (0.22, (0.00, 0.42, 0.25), (0.06, 0.65, 0.55)),
    "yellow filter": (0.11, (0.30, 0.50, 0.01), (0.42, 0.65, 0.06)),
    "red filter": (0.07, (0.65, 0.05, 0.00), (0.90, 0.25, 0.02)),
}
"""Kinds of film: share, least and greatest weights of linear R, G, B before these are made to sum to 1."""

JPEG_LUMINANCE: Floats = np.array(
    [
        [16, 11, 10, 16, 24, 40, 51, 61],
        [12, 12, 14, 19, 26, 58, 60, 55],
        [14, 13, 16, 24, 40, 57, 69, 56],
        [14, 17, 22, 29, 51, 87, 80, 62],
        [18, 22, 37, 56, 68, 109, 103, 77],
        [24, 35, 55, 64, 81, 104, 113, 92],
        [49, 64, 78, 87, 103, 121, 120, 101],
        [72, 92, 95, 98, 112, 100, 103, 99],
    ],
    dtype=np.float32,
)
"""The luminance quantization table of ITU-T T.81, annex K.1."""

_SCRATCHES, _SPOTS = 3, 6


@dataclass(frozen=True)
class Film:
    """What happened to each of N photographs: float32 fields of N rows, neutral where nothing happened.

    Attributes:
        weights: (N, 3) response to linear R, G, B, sum 1.
        exposure: (N,) factor on linear light; 1 is neutral.
        blur: (N,) radius (standard deviation) of the lens blur in pixels; 0 is sharp.
        vignette: (N,) share of light lost in the corners.
        gamma: (N,) exponent of the tone curve on lightness 0..1; 1 is neutral.
        contrast: (N,) steepness added in the mid tones (negative: taken away); 0 is neutral.
        grain: (N,) standard deviation of the grain in mid tones, lightness 0..1.
        grain_size: (N,) radius of a grain in pixels.
        black: (N,) lightness 0..1 that black has faded to.
        white: (N,) lightness 0..1 that white has faded to.
        scratches: (N, 3, 4) angle in radians, offset from the center in short sides, half width in pixels,
            change of lightness 0..1 (0: no scratch).
        dust: (N, 6, 4) x and y (0..1 of the width and height), radius in short sides, change of lightness.
        scan_noise: (N,) standard deviation of the scanner's noise, lightness 0..1.
        quality: (N,) JPEG quality 1..100; 0: no JPEG.
    """

    weights: Floats
    exposure: Floats
    blur: Floats
    vignette: Floats
    gamma: Floats
    contrast: Floats
    grain: Floats
    grain_size: Floats
    black: Floats
    white: Floats
    scratches: Floats
    dust: Floats
    scan_noise: Floats
    quality: Floats

    def __len__(self) -> int:
        """Return the number of photographs."""
        return len(self.exposure)

    def __getitem__(self, chosen: Any) -> Film:
        """Return the film of the chosen photographs (a slice, or an array of indices or booleans)."""
        return Film(**{field.name: getattr(self, field.name)[chosen] for field in fields(self)})

    @property
    def is_clean(self) -> Flags:
        """(N,) true where nothing happened, so that the result is exact CIE lightness."""
        neutral, clean = _neutral(len(self)), np.ones(len(self), np.bool_)
        for name in [field.name for field in fields(self) if field.name != "grain_size"]:
            clean &= (getattr(self, name) == getattr(neutral, name)).reshape(len(self), -1).all(axis=1)
        return clean


def draw_film(
    rng: np.random.Generator, count: int, strength: float = 1.0, *, clean_share: float = 0.4
) -> Film:
    """Draw what happened to each of `count` photographs.

    Args:
        rng: source of all randomness.
        count: number of photographs N.
        strength: 1 is what a family's photographs look like (the lightness is 24 dB from the clean one on
            average), 0 leaves everything clean, 2 is rough treatment (19 dB). What happens is as frequent at
            every strength; how much of it happens is scaled.
        clean_share: probability 0..1 that a photograph is left clean.

    Raises:
        ValueError: for a negative strength or a share outside 0..1.
    """
    if strength < 0 or not 0 <= clean_share <= 1:
        raise ValueError(f"strength {strength} must be >= 0 and clean_share {clean_share} in 0..1")
    touched = rng.random(count) >= clean_share
    if strength == 0:
        touched[:] = False
    drawn, neutral = _draw_touched(rng, count, strength), _neutral(count)
    return Film(
        **{
            field.name: _choose(touched, getattr(drawn, field.name), getattr(neutral, field.name))
            for field in fields(Film)
        }
    )


def develop(srgb: Array, film: Film, noise: Array) -> Array:
    """Return the lightness of photographs as film, time and scanner left it.

    Args:
        srgb: (N, H, W, 3) floating point, 0..1, numpy or torch.
        film: what happened to each of the N photographs.
        noise: (N, H, W) standard normal values, kind and device as `srgb`: the pattern of grain and scanner.

    Returns:
        (N, H, W) CIE lightness 0..100, kind, device and dtype of `srgb`; where the film is clean it is the
        lightness of the color photograph, exact to rounding.
    """
    return develop_linear(srgb_to_linear(srgb), film, noise)


def develop_linear(linear: Array, film: Film, noise: Array) -> Array:
    """Do as `develop` does, from linear light (N, H, W, 3), 0..1; the conversion takes half of its time."""
    lightness = luminance_to_lightness(_expose(linear, film)) / 100
    for happened, effect in (
        ((film.gamma != 1) | (film.contrast != 0), _tone),
        (film.grain > 0, _grain),
        ((film.black > 0) | (film.white < 1), _fade),
        ((film.scratches[..., 3] != 0).any(axis=1), _scratch),
        ((film.dust[..., 3] != 0).any(axis=1), _dust),
        (film.scan_noise > 0, _scan),
        (film.quality > 0, _compress),
    ):
        lightness = _where(happened, effect, lightness, film, noise)
    return _clip(lightness, 0, 1) * 100


# ---- drawing ------------------------------------------------------------------------------------------


def _neutral(count: int) -> Film:
    zeros, ones = np.zeros(count, np.float32), np.ones(count, np.float32)
    return Film(
        weights=np.tile(LUMINANCE, (count, 1)),
        exposure=ones,
        blur=zeros,
        vignette=zeros,
        gamma=ones,
        contrast=zeros,
        grain=zeros,
        grain_size=ones,
        black=zeros,
        white=ones,
        scratches=np.zeros((count, _SCRATCHES, 4), np.float32),
        dust=np.zeros((count, _SPOTS, 4), np.float32),
        scan_noise=zeros,
        quality=zeros,
    )


def _draw_touched(rng: np.random.Generator, count: int, strength: float) -> Film:
    def some(share: float, low: float, high: float) -> Floats:
        """Uniform between low and high, times strength, for a share of the photographs; 0 for the others."""
        happened = rng.random(count) < share
        return (happened * rng.uniform(low, high, count) * strength).astype(np.float32)

    return Film(
        weights=_draw_weights(rng, count, strength),
        exposure=np.exp2(some(0.5, -0.4, 0.3)),
        blur=some(0.4, 0.3, 0.9),
        vignette=np.minimum(some(0.3, 0.05, 0.35), 0.9),
        gamma=np.exp(some(0.6, -0.2, 0.2)),
        contrast=np.clip(some(0.6, -0.25, 0.5), -0.9, 0.9),
        grain=some(0.5, 0.006, 0.03),
        grain_size=rng.uniform(0.3, 0.9, count).astype(np.float32),
        black=np.minimum(some(0.35, 0.02, 0.14), 0.45),
        white=np.maximum(1 - some(0.35, 0.02, 0.14), 0.55),
        scratches=_draw_scratches(rng, count, strength),
        dust=_draw_dust(rng, count, strength),
        scan_noise=some(0.4, 0.004, 0.015),
        quality=_draw_quality(rng, count, strength),
    )


def _draw_weights(rng: np.random.Generator, count: int, strength: float) -> Floats:
    shares, low, high = (np.array(column) for column in zip(*SPECTRA.values(), strict=True))
    kind = rng.choice(len(shares), count, p=shares / shares.sum())
    weights = rng.uniform(low[kind], high[kind])
    weights /= weights.sum(axis=1, keepdims=True)
    weights = np.maximum(LUMINANCE + strength * (weights - LUMINANCE), 0)
    return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)


def _draw_scratches(rng: np.random.Generator, count: int, strength: float) -> Floats:
    shape = (count, _SCRATCHES)
    # Film is scratched along its run, prints anywhere: mostly upright or level lines.
    angle = rng.integers(0, 2, (count, 1)) * (np.pi / 2) + rng.normal(0, 0.08, shape)
    change = rng.choice([-1.0, 1.0], shape) * rng.uniform(0.08, 0.35, shape) * strength
    happened = (rng.random((count, 1)) < 0.15) & (rng.random(shape) < 0.6)
    drawn = [angle, rng.uniform(-0.5, 0.5, shape), rng.uniform(0.5, 1.2, shape), change * happened]
    return np.stack(drawn, axis=-1).astype(np.float32)


def _draw_dust(rng: np.random.Generator, count: int, strength: float) -> Floats:
    shape = (count, _SPOTS)
    change = rng.choice([-1.0, 1.0], shape, p=[0.3, 0.7]) * rng.uniform(0.1, 0.5, shape) * strength
    happened = (rng.random((count, 1)) < 0.2) & (rng.random(shape) < 0.6)
    drawn = [rng.random(shape), rng.random(shape), rng.uniform(0.004, 0.015, shape), change * happened]
    return np.stack(drawn, axis=-1).astype(np.float32)


def _draw_quality(rng: np.random.Generator, count: int, strength: float) -> Floats:
    quality = np.clip(100 - strength * rng.uniform(8, 60, count), 5, 100)
    return (quality * (rng.random(count) < 0.5)).astype(np.float32)


def _choose(touched: Flags, drawn: Floats, neutral: Floats) -> Floats:
    return np.where(touched.reshape(-1, *[1] * (drawn.ndim - 1)), drawn, neutral)


# ---- developing ------------------------------------------------------------------------------------------


def _where(
    happened: Flags,
    effect: Callable[[Array, Film, Array], Array],
    plane: Array,
    film: Film,
    noise: Array,
) -> Array:
    """Apply an effect to the photographs that have it; the others cost nothing and keep their values."""
    if happened.all():
        return effect(plane, film, noise)
    if happened.any():
        chosen = np.flatnonzero(happened)
        xp, device = array_api_compat.array_namespace(plane), array_api_compat.device(plane)
        index = xp.asarray(chosen, device=device)
        plane[index] = effect(plane[index], film[chosen], noise[index])
    return plane


def _like(values: NDArray[Any], plane: Array) -> Array:
    """Bring host numbers to the plane's namespace, device and dtype."""
    xp = array_api_compat.array_namespace(plane)
    return xp.asarray(values, dtype=plane.dtype, device=array_api_compat.device(plane))


def _each(values: Floats, plane: Array) -> Array:
    """Bring one number per photograph to the plane as (N, 1, 1)."""
    return _like(values, plane)[:, None, None]


def _clip(plane: Array, low: float, high: float) -> Array:
    return array_api_compat.array_namespace(plane).clip(plane, low, high)


def _expose(linear: Array, film: Film) -> Array:
    """Return the light (N, H, W) that the film took in, 0..1."""
    xp = array_api_compat.array_namespace(linear)
    count, height, width, _ = linear.shape
    weights = _like(film.weights * film.exposure[:, None], linear)[:, :, None]
    light = xp.reshape(xp.reshape(linear, (count, height * width, 3)) @ weights, (count, height, width))
    light = _where(film.blur > 0, _lens, light, film, light)
    light = _where(film.vignette > 0, _vignette, light, film, light)
    return _clip(light, 0, 1)


def _lens(light: Array, film: Film, _: Array) -> Array:
    return _blurred(light, film.blur)


def _vignette(light: Array, film: Film, _: Array) -> Array:
    _, height, width = light.shape
    y, x = (_like(np.linspace(-1, 1, side) ** 2 / 2, light) for side in (height, width))
    return light * (1 - _each(film.vignette, light) * (y[:, None] + x[None, :]))


def _blurred(plane: Array, radius: Floats) -> Array:
    """Blur with a Gaussian of five taps, one radius (0 to about 1.2 pixels) each; edges are repeated."""
    near, far = np.exp(-0.5 / np.maximum(radius, 1e-3) ** 2), np.exp(-2 / np.maximum(radius, 1e-3) ** 2)
    total = 1 + 2 * near + 2 * far
    xp = array_api_compat.array_namespace(plane)
    middle, near, far = (_each(taps / total, plane) for taps in (np.ones_like(near), near, far))
    for axis in (1, 2):
        side = plane.shape[axis]
        first, last = (_slice(plane, axis, slice(at, at + 1)) for at in (0, side - 1))
        padded = xp.concat([first, first, plane, last, last], axis=axis)
        shifted = [_slice(padded, axis, slice(shift, shift + side)) for shift in range(5)]
        plane = plane * middle + (shifted[1] + shifted[3]) * near + (shifted[0] + shifted[4]) * far
    return plane


def _slice(plane: Array, axis: int, part: slice) -> Array:
    return plane[:, part, :] if axis == 1 else plane[:, :, part]


def _tone(lightness: Array, film: Film, _: Array) -> Array:
    """Apply gamma, then an S-curve with toe and shoulder as Hurter and Driffield found; 0 and 1 stay."""
    bent = lightness ** _each(film.gamma, lightness)
    steep = bent * bent * (3 - 2 * bent)
    return bent + _each(film.contrast, lightness) * (steep - bent)


def _grain(lightness: Array, film: Film, noise: Array) -> Array:
    """Add clumped noise, strongest in the mid tones, where film has most grains half developed."""
    grains = _blurred(noise, film.grain_size) * _each(film.grain * _sharpening(film.grain_size), noise)
    return lightness + grains * (0.3 + 2.8 * lightness * (1 - lightness))


def _sharpening(radius: Floats) -> Floats:
    """Return what gives blurred white noise its old standard deviation back."""
    near, far = np.exp(-0.5 / radius**2), np.exp(-2 / radius**2)
    return np.asarray((1 + 2 * near + 2 * far) ** 2 / (1 + 2 * near**2 + 2 * far**2), dtype=np.float32)


def _fade(lightness: Array, film: Film, _: Array) -> Array:
    black, white = (_each(values, lightness) for values in (film.black, film.white))
    return black + _clip(lightness, 0, 1) * (white - black)


def _scratch(lightness: Array, film: Film, _: Array) -> Array:
    _, height, width = lightness.shape
    short = min(height, width)
    y, x = (_like(np.arange(side) - (side - 1) / 2, lightness) for side in (height, width))
    for line in range(_SCRATCHES):
        angle, offset, half_width, change = film.scratches[:, line].T
        across, along = (_each(turn, lightness) for turn in (np.cos(angle), np.sin(angle)))
        distance = x[None, None, :] * across + (y[None, :, None] * along - _each(offset * short, lightness))
        cover = _clip(_each(half_width + 0.5, lightness) - abs(distance), 0, 1)
        lightness = lightness + cover * _each(change, lightness)
    return lightness


def _dust(lightness: Array, film: Film, _: Array) -> Array:
    """Add round specks: each is the product of a column and a row, so all of them are one matrix product."""
    _, height, width = lightness.shape
    radius = np.maximum(film.dust[..., 2] * min(height, width), 0.6)
    columns, rows = (
        np.exp(-(((np.arange(side) - film.dust[..., at, None] * side) / radius[..., None]) ** 2))
        for at, side in ((0, width), (1, height))
    )
    change = film.dust[..., 3, None]
    specks = _like(rows * change * 2.5, lightness).mT @ _like(columns, lightness)
    limit = _each(abs(change).max(axis=(1, 2)), lightness)
    xp = array_api_compat.array_namespace(lightness)
    return lightness + xp.minimum(xp.maximum(specks, -limit), limit)


def _scan(lightness: Array, film: Film, noise: Array) -> Array:
    # The field upside down is as good as another field: no pixel meets itself (but in a middle line).
    xp = array_api_compat.array_namespace(noise)
    return lightness + xp.flip(noise, axis=(1, 2)) * _each(film.scan_noise, lightness)


def _compress(lightness: Array, film: Film, _: Array) -> Array:
    """Quantize as a baseline JPEG of the gray picture; lightness stands for the gray code, which is near."""
    count, height, width = lightness.shape
    blocks = _padded(_clip(lightness, 0, 1) * 255 - 128)
    dct = _like(_dct_matrix(), lightness)
    step = _like(_quantization(film.quality), lightness)[:, None, :, None, :]
    tall, wide = blocks.shape[1] // 8, blocks.shape[2] // 8
    xp = array_api_compat.array_namespace(lightness)
    across = xp.reshape(blocks, (-1, 8)) @ dct.T
    both = dct @ xp.reshape(across, (count * tall, 8, wide * 8))
    both = xp.reshape(both, (count, tall, 8, wide, 8))
    both = xp.reshape(xp.round(both / step) * step, (count * tall, 8, wide * 8))
    pixels = xp.reshape(dct.T @ both, (-1, 8)) @ dct
    return (xp.reshape(pixels, (count, tall * 8, wide * 8))[:, :height, :width] + 128) / 255


def _padded(plane: Array) -> Array:
    """Repeat the last row and column until both sides are multiples of 8."""
    xp = array_api_compat.array_namespace(plane)
    for axis in (1, 2):
        side = plane.shape[axis]
        missing = -side % 8
        if missing:
            plane = xp.concat([plane, *[_slice(plane, axis, slice(side - 1, side))] * missing], axis=axis)
    return plane


def _dct_matrix() -> Floats:
    """Return the orthonormal DCT-II of eight points, (frequency, pixel)."""
    frequency, pixel = np.mgrid[:8, :8]
    matrix = np.cos((2 * pixel + 1) * frequency * np.pi / 16) / 2
    matrix[0] /= np.sqrt(2)
    return np.asarray(matrix, dtype=np.float32)


def _quantization(quality: Floats) -> Floats:
    """Return the tables (N, 8, 8) of the Independent JPEG Group's rule for each quality 1..100."""
    scale: Floats = np.where(quality < 50, 5000 / quality, 200 - 2 * quality)[:, None, None]
    tables: Floats = np.clip(np.floor((JPEG_LUMINANCE * scale + 50) / 100), 1, 255).astype(np.float32)
    return tables
