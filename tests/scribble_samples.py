"""Scribbles as people make them: strokes with soft edges, on a layer, on white, over a gray copy."""

import io

import numpy as np
import skimage.data
from PIL import Image, ImageDraw

ORANGE, GREEN, BLUE, PINK = (210, 98, 42), (80, 160, 60), (60, 90, 200), (240, 180, 150)
SIDE = 256


def gray_copy() -> Image.Image:
    """A gray copy of the astronaut, as RGB."""
    return Image.fromarray(skimage.data.astronaut()[::2, ::2]).convert("L").convert("RGB")


def layer() -> Image.Image:
    """An empty transparent layer."""
    return Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))


def white() -> Image.Image:
    """A white sheet."""
    return Image.new("RGB", (SIDE, SIDE), (255, 255, 255))


def scribble_on(base: Image.Image, scale: int = 1) -> Image.Image:
    """Paint four strokes and a dab on a picture, at a scale; none of them touches another."""
    fine = 4 * scale  # painted larger, then reduced: so edges are soft
    picture = base.resize((SIDE * fine, SIDE * fine))
    pen = ImageDraw.Draw(picture)

    def line(points: list[tuple[int, int]], color: tuple[int, ...], width: int) -> None:
        pen.line([(x * fine, y * fine) for x, y in points], (*color, 255), width * fine, joint="curve")

    line([(30, 200), (60, 225), (100, 200)], ORANGE, 9)
    line([(160, 20), (220, 40)], ORANGE, 7)
    line([(200, 130), (236, 240)], GREEN, 14)
    line([(20, 20), (60, 70)], BLUE, 3)
    pen.ellipse([110 * fine, 90 * fine, 122 * fine, 102 * fine], (*PINK, 255))
    return picture.resize((SIDE * scale, SIDE * scale), Image.Resampling.LANCZOS)


def encode(picture: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def lab_distance(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    return float(np.linalg.norm(np.subtract(one, other)))
