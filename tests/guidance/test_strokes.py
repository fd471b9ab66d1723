import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from scribble_samples import (
    BLUE,
    GREEN,
    ORANGE,
    PINK,
    encode,
    gray_copy,
    lab_distance,
    layer,
    scribble_on,
    white,
)
from tintype.color.lab import srgb_to_lab
from tintype.errors import GuidanceError
from tintype.guidance.strokes import Painting, find_strokes, label_parts
from tintype.photos.read import read_photo

PAINTS = (ORANGE, GREEN, BLUE, PINK)


def painting_of(data: bytes) -> Painting:
    photo = read_photo(data, keep_ab=True)
    lab = np.zeros((photo.height, photo.width, 3), np.float32)
    lab[..., 0] = photo.lightness()
    if photo.true_ab is not None:
        lab[..., 1:] = photo.true_ab
    return find_strokes(lab, None if photo.alpha is None else np.float32(photo.alpha / 255))


def lab_of(srgb: tuple[int, int, int]) -> tuple[float, ...]:
    return tuple(srgb_to_lab(np.array(srgb) / 255))


def check_five(painting: Painting, tolerance: float) -> None:
    """Expect two orange strokes, one green, one blue, and a pink dab, and nothing else."""
    found = {name: [] for name in ("orange", "green", "blue", "pink")}
    for stroke in painting.strokes:
        near = {n: lab_distance(stroke.color[1:], lab_of(c)[1:]) for n, c in zip(found, PAINTS, strict=True)}
        best = min(near, key=near.__getitem__)
        assert near[best] < tolerance, (stroke.color, near)
        found[best].append(stroke)
    assert {name: len(strokes) for name, strokes in found.items()} == {
        "orange": 2,
        "green": 1,
        "blue": 1,
        "pink": 1,
    }
    scale = painting.size[0] / 256 / painting.cell
    assert found["pink"][0].area == pytest.approx(113 * scale**2, rel=0.25)
    assert found["green"][0].area == pytest.approx(14 * 116 * scale**2, rel=0.2)


@pytest.mark.parametrize("base", [layer, white, gray_copy])
@pytest.mark.parametrize("scale", [1, 3])
def test_strokes_are_found_on_any_ground_at_any_size(base, scale):
    check_five(painting_of(encode(scribble_on(base(), scale))), tolerance=8)


@pytest.mark.parametrize("base", [white, gray_copy])
@pytest.mark.parametrize("quality", [75, 92])
def test_noise_of_a_jpeg_is_no_further_color(base, quality):
    check_five(painting_of(encode(scribble_on(base(), 2), "JPEG", quality=quality)), tolerance=16)


def test_paint_through_which_the_photograph_shines_is_found():
    paint = scribble_on(layer(), 2)
    glaze = gray_copy().resize(paint.size)
    glaze.paste(paint.convert("RGB"), (0, 0), paint.getchannel("A").point(lambda alpha: int(alpha * 0.6)))
    hues = [
        np.degrees(np.arctan2(s.color[2], s.color[1]))
        for s in painting_of(encode(glaze)).strokes
        if s.area > 300
    ]
    expected = [np.degrees(np.arctan2(*lab_of(c)[:0:-1])) for c in (ORANGE, ORANGE, GREEN, BLUE)]
    assert sorted(np.round(hues, -1)) == pytest.approx(sorted(np.round(expected, -1)), abs=21)


def test_gray_paint_counts_on_a_transparent_layer_alone():
    sheet = layer()
    sheet.paste((128, 128, 128, 255), (40, 40, 90, 60))
    (stroke,) = painting_of(encode(sheet)).strokes
    assert stroke.color == pytest.approx((53.6, 0, 0), abs=0.1)
    assert (stroke.top, stroke.left, stroke.mask.shape) == (40, 40, (20, 50))
    sheet = white()
    sheet.paste((128, 128, 128), (40, 40, 90, 60))
    with pytest.raises(GuidanceError, match="there is no paint on it"):
        painting_of(encode(sheet))


def test_strokes_of_two_colors_that_touch_stay_two():
    sheet = layer()
    sheet.paste((*ORANGE, 255), (40, 40, 90, 60))
    sheet.paste((*GREEN, 255), (90, 40, 140, 60))
    strokes = painting_of(encode(sheet)).strokes
    assert [stroke.area for stroke in strokes] == [1000, 1000]


@pytest.mark.parametrize("picture", [gray_copy(), white(), layer(), Image.new("L", (1, 1), 3)])
def test_picture_without_paint_is_refused(picture):
    with pytest.raises(GuidanceError, match="there is no paint on it"):
        painting_of(encode(picture))


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_photograph_is_no_scribble(name):
    with pytest.raises(GuidanceError, match="it looks like a photograph and no scribble"):
        painting_of(encode(Image.fromarray(getattr(skimage.data, name)()), "JPEG"))


def test_scribble_of_full_size_takes_little_time_and_is_read_coarsely():
    painting = painting_of(encode(scribble_on(white(), 10), "JPEG", quality=90))
    assert (painting.size, painting.cell) == ((2560, 2560), 3)
    check_five(painting, tolerance=8)


@given(st.lists(st.lists(st.integers(-1, 2), min_size=7, max_size=7), min_size=1, max_size=7))
def test_parts_are_those_of_scikit_image(rows):
    labels = np.array(rows, np.int32)
    expected = skimage.measure.label(labels + 1, background=0, connectivity=2)
    parts = label_parts(labels)
    assert ((parts >= 0) == (expected > 0)).all()
    pairs = {(int(a), int(b)) for a, b in zip(parts.ravel(), expected.ravel(), strict=True) if a >= 0}
    assert len({a for a, _ in pairs}) == len({b for _, b in pairs}) == len(pairs)
