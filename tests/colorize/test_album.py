import hashlib
from pathlib import Path

import numpy as np
import pytest
from skimage import data

from photo_samples import gray, save
from tintype.color.lab import srgb_to_lab
from tintype.colorize.album import AlbumGuide, find_by_hash
from tintype.colorize.batch.plan import make_plan
from tintype.colorize.batch.run import BatchOptions, run_plan
from tintype.colorize.colorizer import Colorizer
from tintype.colorize.settings import choose_settings
from tintype.errors import GuidanceError
from tintype.guidance.colors import WeightedColor
from tintype.guidance.guidance import GlobalPalette, Guidance, Style
from tintype.guidance.marks import PointMark
from tintype.measure.fidelity import psnr
from tintype.measure.figures import left_gray
from tintype.photos.photo import Photo

CAMERA = np.ascontiguousarray(data.camera()[::2, ::2])
RED = (50.0, 60.0, 40.0)
MARKS = (PointMark(120, 60, radius=8, color=RED), PointMark(20, 20, radius=8, color=RED))


SAID = Guidance(MARKS)


def guide(guidance=SAID, picture=CAMERA, name="a.jpg"):
    return AlbumGuide(Photo.from_array(picture), guidance, name)


def test_marks_are_carried_to_a_crop(colorizer):
    crop = np.ascontiguousarray(CAMERA[30:, 40:])
    guided = guide().guide(colorizer.open(crop))
    (mark,) = guided.guidance.marks
    assert (mark.x, mark.y) == pytest.approx((80, 30), abs=1)
    assert (mark.color, mark.confidence, mark.origin) == (RED, 0.95, "match:a.jpg")
    assert guided.notes == (
        "a.jpg: 1 of 2 marks carried by place, confidence 0.95; outside of this photograph: mark 2",
    )


def test_mirrored_photograph_is_told(colorizer):
    guided = guide().guide(colorizer.open(np.ascontiguousarray(CAMERA[:, ::-1])))
    assert guided.notes == ("a.jpg: 2 of 2 marks carried by place, mirrored, confidence 0.95",)


def test_first_photograph_keeps_its_marks_as_they_are(colorizer):
    guided = guide().guide(colorizer.open(CAMERA))
    assert guided.guidance == Guidance(MARKS)
    assert guided.notes == ("a.jpg: this is the photograph that its marks were made for",)


def test_palette_and_style_are_taken_as_they_are(colorizer):
    palette, style = GlobalPalette((WeightedColor(RED),), 0.7), Style((1.0, 2.0))
    opened = colorizer.open(np.ascontiguousarray(CAMERA[30:, 40:]))
    carried = guide(Guidance(MARKS, palette, style)).guide(opened).guidance
    assert (carried.palette, carried.style) == (palette, style)
    alone = guide(Guidance(palette=palette)).guide(opened)
    assert (alone.guidance, alone.notes) == (Guidance(palette=palette), ())


def test_photograph_of_other_things_takes_nothing():
    bundled = Colorizer(threads=1)
    first = left_gray(data.astronaut()[::2, ::2])[..., 0]
    guided = guide(picture=first).guide(bundled.open(left_gray(data.rocket())[..., 0]))
    assert guided.guidance.marks == ()
    assert guided.notes == (
        "a.jpg: none of its 2 marks was carried, so it gives this photograph no color; not found again: marks 1, 2",
    )


def test_true_marks_of_one_print_raise_the_quality_of_another():
    bundled = Colorizer(threads=1)
    true = data.coffee()[::2, ::2]
    patches = [(30, 150), (90, 90), (150, 120), (180, 40), (40, 250), (170, 270)]
    marks = tuple(_true_mark(true, y, x) for y, x in patches)
    album = guide(Guidance(marks), left_gray(true)[..., 0])
    other = np.ascontiguousarray(true[10:, ::-1])
    opened = bundled.open(np.ascontiguousarray(left_gray(other)[..., 0]))

    def quality(guidance):
        return psnr(other / 255, opened.colorize(guidance).picture().to_array() / 255)

    assert quality(album.guide(opened).guidance) > quality(Guidance()) + 2


def _true_mark(true, y, x):
    lab = srgb_to_lab(true[y - 3 : y + 4, x - 3 : x + 4] / 255).mean(axis=(0, 1))
    return PointMark(x + 0.5, y + 0.5, radius=3, color=tuple(lab.tolist()))


def test_mark_outside_of_the_first_photograph_is_named():
    with pytest.raises(
        GuidanceError, match=r"marks\[0\]: \(900, 5\) is outside of the photograph of 256 x 256"
    ):
        guide(Guidance((PointMark(900, 5, color=RED),)))


def test_digest_knows_photograph_and_marks():
    guides = [guide(), guide(Guidance(MARKS[:1])), guide(picture=CAMERA[:200])]
    assert len({one.digest for one in guides}) == 3
    assert guide().digest == guide(name="b.jpg").digest == guides[0].digest


def test_first_photograph_is_looked_at_once_for_each_model(colorizer, monkeypatch):
    album, opened = guide(), colorizer.open(np.ascontiguousarray(CAMERA[30:, 40:]))
    first = album.guide(opened)
    monkeypatch.setattr(Colorizer, "open", lambda *_: pytest.fail("it is looked at again"))
    assert album.guide(opened) == first


def test_batch_tells_the_confidence_of_each_mark(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("b.png").write_bytes(save(np.ascontiguousarray(CAMERA[30:, 40:]), "PNG"))
    options = BatchOptions(choose_settings(model.card), threads=1, guides=(guide(),))
    (outcome,) = run_plan(make_plan([Path("b.png")]), model, options)
    (row,) = outcome.as_row()["marks"]
    assert (row["confidence"], row["origin"]) == (0.95, "match:a.jpg")
    assert outcome.as_line()["confidence"] == "0.95"


@pytest.fixture
def scan(tmp_path):
    data = save(gray(), "PNG")
    (tmp_path / "album").mkdir()
    (tmp_path / "album" / "renamed.png").write_bytes(data)
    (tmp_path / "scan.png").write_bytes(save(gray()[::-1], "PNG"))
    return hashlib.sha256(data).hexdigest()


def test_photograph_of_a_project_is_found_by_its_content(scan, tmp_path):
    found = find_by_hash(scan, "scan.png", [tmp_path, tmp_path / "album", tmp_path / "none"])
    assert found == tmp_path / "album" / "renamed.png"


def test_photograph_that_is_not_there_is_named(scan, tmp_path):
    with pytest.raises(GuidanceError) as caught:
        find_by_hash(scan, "scan.png", [tmp_path])
    assert str(caught.value) == (
        f"scan.png: the photograph of this project (SHA-256 {scan[:12]}...) is not in {tmp_path}; put it there"
    )


def test_name_is_tried_first(scan, tmp_path):
    (tmp_path / "album" / "scan.png").write_bytes((tmp_path / "album" / "renamed.png").read_bytes())
    assert find_by_hash(scan, "scan.png", [tmp_path / "album"]).name == "scan.png"
