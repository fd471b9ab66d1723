"""Line drawings for tests: a pen on paper."""

import numpy as np
import skimage.data
import skimage.filters
from PIL import Image, ImageDraw
from skimage.color import rgb2gray


def draw_house(size: tuple[int, int] = (240, 320), width: int = 2, paper: int = 255) -> np.ndarray:
    """A child's drawing, (height, width) uint8."""
    height, wide = size
    sheet = Image.new("L", (wide * 2, height * 2), paper)
    pen = ImageDraw.Draw(sheet)
    x, y = wide / 8, height / 8
    house = [
        (4 * x, 14 * y),
        (4 * x, 8 * y),
        (8 * x, 4 * y),
        (12 * x, 8 * y),
        (12 * x, 14 * y),
        (4 * x, 14 * y),
    ]
    pen.line(house, fill=20, width=2 * width, joint="curve")
    pen.line([(4 * x, 8 * y), (12 * x, 8 * y)], fill=20, width=2 * width)
    pen.ellipse([13 * x, 1 * y, 15 * x, 3 * y], outline=20, width=2 * width)
    pen.rectangle([7 * x, 10 * y, 9 * x, 14 * y], outline=20, width=2 * width)
    return np.asarray(sheet.resize((wide, height), Image.Resampling.LANCZOS))


def trace(name: str = "astronaut") -> np.ndarray:
    """The edges of a package photograph in gray pencil, (h, w) uint8."""
    edges = skimage.filters.sobel(skimage.filters.gaussian(rgb2gray(getattr(skimage.data, name)()), 1.5))
    darkness = np.clip((edges / np.quantile(edges, 0.97) - 0.5) * 1.5, 0, 1)
    return np.rint(245 * (1 - 0.8 * darkness)).astype(np.uint8)
