import numpy as np
import pytest

from scribble_samples import encode, gray_copy, layer, scribble_on
from tintype.colorize.guides import follow
from tintype.colorize.scribbles import read_scribble, scribble_of
from tintype.colorize.settings import choose_settings
from tintype.errors import GuidanceError, UnreadablePhotoError
from tintype.photos.photo import Photo


@pytest.fixture
def square(colorizer):
    return colorizer.open(np.asarray(gray_copy().convert("L")))


def test_scribble_guides_a_photograph(tmp_path, square):
    path = tmp_path / "colors.png"
    path.write_bytes(encode(scribble_on(layer(), 3)))
    guide = read_scribble(path)
    settings, guided = follow(square, choose_settings(square.colorizer.card), [guide])
    assert guided.notes == ("colors.png: 5 strokes became marks",)
    assert {mark.origin for mark in guided.guidance.marks} == {"person:scribble"}
    plain, colored = square.colorize().ab, square.render(settings).ab
    rows, columns = colored.shape[:2]
    green = colored[190 * rows // 256, 219 * columns // 256]
    assert green == pytest.approx((-44, 44), abs=3)
    assert np.abs(colored - plain).max() > 20


def test_array_is_a_scribble_too():
    picture = np.asarray(scribble_on(layer()))
    guide = scribble_of(Photo.from_array(picture, keep_ab=True))
    assert len(guide.painting.strokes) == 5
    assert len(guide.digest) == 64


def test_digest_tells_scribbles_apart(tmp_path):
    for name, scale in (("a.png", 1), ("b.png", 2)):
        (tmp_path / name).write_bytes(encode(scribble_on(layer(), scale)))
    assert read_scribble(tmp_path / "a.png").digest != read_scribble(tmp_path / "b.png").digest


def test_other_aspect_ratio_names_the_scribble(tmp_path, opened):
    path = tmp_path / "colors.png"
    path.write_bytes(encode(scribble_on(layer())))
    with pytest.raises(GuidanceError, match=r"^colors\.png: the scribble has 256 x 256 pixels and the"):
        read_scribble(path).guide(opened)


def test_scribble_without_paint_or_that_is_none_names_the_file(tmp_path):
    path = tmp_path / "colors.png"
    path.write_bytes(encode(gray_copy()))
    with pytest.raises(GuidanceError, match=r"colors\.png: there is no paint on it"):
        read_scribble(path)
    path.write_bytes(b"no picture")
    with pytest.raises(UnreadablePhotoError, match=r"colors\.png"):
        read_scribble(path)
