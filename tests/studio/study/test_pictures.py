import io

import numpy as np
import pytest
from PIL import Image
from skimage import color as reference

from photo_samples import gray, save
from study_samples import PREFERENCE, TEST, photographs, write_study
from tintype.errors import StudyError, UnreadablePhotoError
from tintype.studio.study.definition import read_definition
from tintype.studio.study.material import find_material
from tintype.studio.study.pictures import paint_absurdly, prepare_pictures


def prepare(path, cache, **options):
    definition = read_definition(path)
    return prepare_pictures(definition, find_material(definition), cache=cache, **options)


def open_picture(pictures, name, version):
    return Image.open(io.BytesIO(pictures.read(name, version)))


def test_versions_are_alike_in_all_but_their_colors(study_file, cache):
    pictures = prepare(study_file, cache)
    for version in ("truth", "dull", "vivid", "absurd"):
        picture = open_picture(pictures, "p00.png", version)
        assert (picture.format, picture.mode, picture.size) == ("JPEG", "RGB", (128, 96))
        assert {*picture.info} <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        assert picture.quantization == open_picture(pictures, "p00.png", "truth").quantization


def test_truth_looks_like_the_photograph(study_file, cache):
    sent = np.asarray(open_picture(prepare(study_file, cache), "p01.png", "truth"), int)
    assert np.abs(sent - [*photographs(2)][1]).mean() < 2  # what JPEG costs


def test_large_pictures_are_made_smaller_all_to_one_size(tmp_path, cache):
    path = write_study(
        tmp_path, count=9, parts="[preference]\ntrials = 1\nattention = 1\n", top="picture_side = 100\n"
    )
    half = next(photographs(1))[::2, ::2]
    (tmp_path / "colored/dull/p00_color.png").write_bytes(save(half, "PNG"))
    pictures = prepare(path, cache)
    assert open_picture(pictures, "p01.png", "truth").size == (100, 75)
    assert {open_picture(pictures, "p00.png", it).size for it in ("truth", "dull", "vivid")} == {(64, 48)}


def test_second_preparation_takes_them_from_the_cache(study_file, tmp_path):
    cache = tmp_path / "cache"
    prepare(study_file, cache)
    made = {path: path.stat().st_mtime_ns for path in cache.rglob("*.jpg")}
    told = []
    prepare(study_file, cache, progress=lambda done, total: told.append((done, total)))
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.jpg")} == made
    assert len(made) == 20 * 4
    assert told[-1] == (20, 20)


def test_changed_version_is_prepared_anew(study_file, tmp_path):
    before = prepare(study_file, tmp_path / "cache").read("p00.png", "dull")
    (tmp_path / "colored/dull/p00_color.png").write_bytes(save([*photographs(2)][1], "PNG"))
    assert prepare(study_file, tmp_path / "cache").read("p00.png", "dull") != before


def test_absurd_colors_keep_the_lightness_and_are_far_from_any_right_ones():
    codes = next(photographs(1))
    absurd = paint_absurdly(codes, 1)
    true, wrong = reference.rgb2lab(codes), reference.rgb2lab(absurd)
    assert np.abs(true[..., 0] - wrong[..., 0]).max() < 0.5
    assert np.hypot(*(true - wrong)[..., 1:].transpose(2, 0, 1)).mean() > 30
    hues = np.arctan2(wrong[..., 2], wrong[..., 1])
    assert np.histogram(hues, 8)[0].min() > 0


def test_gray_photograph_is_no_truth(tmp_path, cache):
    path = write_study(tmp_path, parts=TEST)
    (tmp_path / "photographs/p03.png").write_bytes(save(gray(step=8)[:48], "PNG"))
    with pytest.raises(StudyError, match=r"p03.png: is gray, so it is no true color photograph"):
        prepare(path, cache)
    path.write_text(path.read_text().replace(TEST, PREFERENCE))
    (tmp_path / "photographs/p03.png").write_bytes(save(np.resize(gray(step=4), (96, 128)), "PNG"))
    assert prepare(path, cache).read("p03.png", "dull")


def test_other_shape_is_named(study_file, tmp_path, cache):
    (tmp_path / "colored/vivid/p05.jpg").write_bytes(save(next(photographs(1))[:, :96], "JPEG"))
    with pytest.raises(StudyError, match=r"p05.jpg: is 96 x 96, its photograph 128 x 96; bring both"):
        prepare(study_file, cache)


def test_broken_files_are_named_all_at_once(study_file, tmp_path, cache):
    (tmp_path / "colored/vivid/p05.jpg").write_bytes(b"")
    with pytest.raises(UnreadablePhotoError, match=r"p05.jpg"):
        prepare(study_file, cache)
    (tmp_path / "colored/dull/p07_color.png").write_bytes(b"no picture")
    with pytest.raises(
        StudyError, match=r"2 photographs can't be shown\. .*p05\.jpg.* The others are p07\.png"
    ):
        prepare(study_file, cache)


@pytest.mark.parametrize(
    ("lost", "text"),
    [("colored/vivid/p05.jpg", "p05.png: there is no result"), ("photographs/p05.png", "no true photograph")],
)
def test_missing_partner_is_named_with_its_model(study_file, tmp_path, lost, text):
    (tmp_path / lost).unlink()
    with pytest.raises(StudyError, match=f"model (dull|vivid) in .*{text}"):
        find_material(read_definition(study_file))
