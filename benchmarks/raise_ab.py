"""Compare ways to raise a small map of color to full size, on photographs whose color is known.

    python benchmarks/raise_ab.py
    python benchmarks/raise_ab.py --cells 96 --grain 6 --pictures FOLDER

The true ab of each photograph is averaged over a grid of cells, blurred as a network's answer is less sharp than its
cells (sigma 0, 0.7 and 1 cell), raised by each method and compared with the truth: distance in ab, on average
and near contours (the tenth of the pixels, widened by 3, where ab changes most). Photographs: scikit-image's and
scikit-learn's, or --photographs FOLDER. With --grain, noise of that sigma is added to the full lightness.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage
from skimage import data
from sklearn.datasets import load_sample_images

from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.photos.raise_ab import average_cells, raise_ab

Floats = NDArray[np.float32]
Raise = Callable[[Floats, Floats, Floats], Floats]  # (ab_small, lightness_small, lightness) -> ab

BLURS = (0.0, 0.7, 1.0)


def interpolate(ab_small: Floats, size: tuple[int, ...], how: Image.Resampling) -> Floats:
    """Resize (h, w, n) by one of Pillow's filters."""
    planes = [Image.fromarray(np.ascontiguousarray(plane)) for plane in np.moveaxis(ab_small, -1, 0)]
    return np.stack([np.asarray(plane.resize(size[::-1], how)) for plane in planes], axis=-1)


def raise_bilateral(ab_small: Floats, lightness_small: Floats, lightness: Floats) -> Floats:
    """Joint bilateral upsampling (Kopf et al. 2007), sigma 0.5 cells and 4 units of L, the best of those tried."""
    cells, size = lightness_small.shape, lightness.shape
    places = [(np.arange(full) + 0.5) * n / full - 0.5 for n, full in zip(cells, size, strict=True)]
    total, weights = np.zeros((*size, 2)), np.zeros(size)
    for down in range(-2, 3):
        for right in range(-2, 3):
            rows, columns = np.rint(places[0]) + down, np.rint(places[1]) + right
            far = np.exp(-2 * ((rows - places[0]) ** 2)[:, None] - 2 * (columns - places[1]) ** 2)
            index = np.ix_(
                *(np.clip(p, 0, n - 1).astype(int) for p, n in zip((rows, columns), cells, strict=True))
            )
            weight = far * (np.exp(-((lightness - lightness_small[index]) ** 2) / 32) + 1e-4)
            total += weight[..., None] * ab_small[index]
            weights += weight
    return np.asarray(total / weights[..., None], np.float32)


def raise_guided(ab_small: Floats, lightness_small: Floats, lightness: Floats) -> Floats:
    """Fast guided filter (He and Sun 2015): radius 1, eps 4, the best of those tried."""

    def mean(maps: Floats) -> Floats:
        return np.asarray(ndimage.uniform_filter(maps, (3, 3, 1), mode="nearest"))

    guide = lightness_small[..., None]
    covariance = mean(guide * ab_small) - mean(guide) * mean(ab_small)
    slope = covariance / (mean(guide**2) - mean(guide) ** 2 + 4)
    offset = mean(ab_small) - slope * mean(guide)
    slope, offset = (
        interpolate(mean(maps), lightness.shape, Image.Resampling.BILINEAR) for maps in (slope, offset)
    )
    return slope * lightness[..., None] + offset


METHODS: dict[str, Raise] = {
    "nearest": lambda ab, _, light: interpolate(ab, light.shape, Image.Resampling.NEAREST),
    "bilinear": lambda ab, _, light: interpolate(ab, light.shape, Image.Resampling.BILINEAR),
    "bicubic": lambda ab, _, light: interpolate(ab, light.shape, Image.Resampling.BICUBIC),
    "guided filter": raise_guided,
    "joint bilateral": raise_bilateral,
    "tintype": lambda ab, _, light: raise_ab(ab, light),
}


def load_photographs(folder: Path | None) -> Iterator[tuple[str, Floats]]:
    """Yield names and Lab pictures (height, width, 3)."""
    if folder:
        loaded = (
            (path.stem, np.asarray(Image.open(path).convert("RGB"))) for path in sorted(folder.iterdir())
        )
    else:
        names = ("astronaut", "coffee", "chelsea", "rocket")
        samples = zip(("china", "flower"), load_sample_images().images, strict=True)
        loaded = (*((name, getattr(data, name)()) for name in names), *samples)
    for name, codes in loaded:
        yield name, srgb_to_lab(codes[..., :3].astype(np.float32) / 255)


def find_contours(ab: Floats) -> NDArray[np.bool_]:
    """Mark where color changes most, and three pixels around."""
    change = np.hypot(*(ndimage.gaussian_gradient_magnitude(ab[..., i], 1) for i in (0, 1)))
    return np.asarray(ndimage.binary_dilation(change > np.quantile(change, 0.9), iterations=3))


def measure(
    lab: Floats, cells: int, blur: float, grain: float
) -> dict[str, tuple[Floats, tuple[float, float]]]:
    """Raise one photograph's color by each method: the result, and its error on average and near contours."""
    lightness, ab = lab[..., 0], lab[..., 1:]
    grid = tuple(max(1, round(cells * n / max(lightness.shape))) for n in lightness.shape)
    noise = np.random.default_rng(0).normal(0, grain, lightness.shape) if grain else 0
    lightness = np.clip(lightness + noise, 0, 100).astype(np.float32)
    small = np.stack([average_cells(ab[..., i], grid) for i in (0, 1)], axis=-1)
    small = ndimage.gaussian_filter(small, (blur, blur, 0), mode="nearest")
    contours = find_contours(ab)
    results = {}
    for name, method in METHODS.items():
        raised = method(small, average_cells(lightness, grid), lightness)
        error = np.hypot(*np.moveaxis(raised - ab, -1, 0))
        results[name] = (raised, (float(error.mean()), float(error[contours].mean())))
    return results


def draw(lab: Floats, results: dict[str, tuple[Floats, tuple[float, float]]]) -> Image.Image:
    """Show the truth and all results side by side: above the picture, below its color at one lightness."""
    colors = [lab[..., 1:], *(raised for raised, _ in results.values())]
    rows = []
    for lightness in (lab[..., :1], np.full_like(lab[..., :1], 65)):
        pictures = [lab_to_srgb(np.concatenate([lightness, ab], axis=2)) for ab in colors]
        rows.append(np.hstack(pictures))
    return Image.fromarray(np.rint(255 * np.clip(np.vstack(rows), 0, 1)).astype(np.uint8))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--cells", type=int, default=64, help="of the longer side")
    parser.add_argument("--grain", type=float, default=0.0, help="sigma, in units of L")
    parser.add_argument("--photographs", type=Path, help="a folder of color photographs")
    parser.add_argument("--pictures", type=Path, help="a folder for comparisons to look at")
    options = parser.parse_args()
    photographs = dict(load_photographs(options.photographs))
    print("method,blur,mean error,near contours")  # noqa: T201 -- the table is the result
    for blur in BLURS:
        measured = {
            name: measure(lab, options.cells, blur, options.grain) for name, lab in photographs.items()
        }
        for method in METHODS:
            mean, near = np.mean([results[method][1] for results in measured.values()], axis=0)
            print(f"{method},{blur},{mean:.3f},{near:.3f}")  # noqa: T201
        for name, results in measured.items() if options.pictures else ():
            options.pictures.mkdir(parents=True, exist_ok=True)
            draw(photographs[name], results).save(options.pictures / f"{name}_{blur}.png")


if __name__ == "__main__":
    main()
