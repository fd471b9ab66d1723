import io
import json

import numpy as np
import pytest
from PIL import Image

from tintype.errors import GuidanceError, UnreadablePhotoError
from tintype.guidance.guidance import Guidance, read_guidance
from tintype.guidance.masks import read_mask

RED = (50.0, 60.0, 40.0)
MARKED = np.zeros((30, 40), dtype=bool)
MARKED[8:20, 10:30] = True


def encoded(pixels, suffix="PNG", **options):
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, suffix, **options)
    return stream.getvalue()


def found(mark):
    plane = np.zeros(MARKED.shape, dtype=bool)
    plane[mark.y : mark.y + mark.height, mark.x : mark.x + mark.width] = mark.to_array()
    return plane


@pytest.mark.parametrize(
    "picture",
    [
        encoded(MARKED.astype(np.uint8) * 255),
        encoded(MARKED),
        encoded(MARKED.astype(np.uint8)),
        encoded(MARKED.astype(np.uint16) * 65535),
        encoded(np.dstack([np.full((30, 40, 3), 90, np.uint8), MARKED.astype(np.uint8) * 255])),
        encoded(MARKED.astype(np.uint8) * 200 + 20, "BMP"),
        encoded(np.repeat(MARKED.astype(np.uint8)[..., None] * 255, 3, axis=-1), "TIFF"),
    ],
    ids=["gray", "bits", "0 and 1", "16 bits", "alpha", "grays", "rgb"],
)
def test_mask_is_read_from_any_picture(picture):
    mark = read_mask(picture, color=RED)
    assert np.array_equal(found(mark), MARKED)
    assert mark.frame == (40, 30)
    assert mark.color == RED


def test_lossy_mask_keeps_its_border():
    mark = read_mask(encoded(MARKED.astype(np.uint8) * 255, "JPEG", quality=60), color=RED)
    assert (found(mark) != MARKED).mean() < 0.02


def test_mask_that_marks_nothing_is_refused(tmp_path):
    path = tmp_path / "black.png"
    path.write_bytes(encoded(np.zeros((30, 40), np.uint8)))
    with pytest.raises(GuidanceError, match=r"black.png: nothing is marked; paint"):
        read_mask(path, color=RED)


def test_mask_that_is_no_picture_is_refused():
    with pytest.raises(UnreadablePhotoError):
        read_mask(b"no picture", color=RED)


def write_hints(folder, **changes):
    (folder / "coat.png").write_bytes(encoded(MARKED.astype(np.uint8) * 255))
    mark = {"kind": "mask", "file": "coat.png", "color": "#aa2211"} | changes
    path = folder / "hints.json"
    path.write_text(json.dumps({"marks": [mark]}))
    return path


def test_hints_file_names_a_mask_beside_it(tmp_path):
    guidance = read_guidance(write_hints(tmp_path))
    assert np.array_equal(found(guidance.marks[0]), MARKED)
    assert "coat.png" not in guidance.to_json()
    assert Guidance.from_json(guidance.to_json()) == guidance


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"file": "hat.png"}, r"hints.json: marks\[0\]: .*hat.png"),
        ({"file": 3}, "file is 3; give the path of a picture"),
        ({"file": ""}, "file is ''; give the path"),
        ({"file": "a\0b"}, "give the path"),
        ({"x": 0}, "the key 'x' is unknown"),
        ({"color": None}, "color is null"),
    ],
)
def test_bad_mask_in_a_hints_file_is_one_line(tmp_path, changes, message):
    with pytest.raises(GuidanceError, match=message) as caught:
        read_guidance(write_hints(tmp_path, **changes))
    assert "\n" not in str(caught.value)


def test_json_from_elsewhere_reads_no_files(tmp_path):
    text = write_hints(tmp_path).read_text()
    with pytest.raises(GuidanceError, match="only a hints file can name a picture"):
        Guidance.from_json(text)


def test_mask_of_another_size_is_refused(tmp_path):
    guidance = read_guidance(write_hints(tmp_path))
    guidance.check_inside((30, 40))
    message = (
        r"hints.json: marks\[0\]: the mask is of 40 x 30 pixels, the photograph has 80 x 60; make the mask"
    )
    with pytest.raises(GuidanceError, match=message):
        guidance.check_inside((60, 80))
