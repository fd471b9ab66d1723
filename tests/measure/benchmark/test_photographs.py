from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from benchmark_samples import NAMES, SUITE, create_suite
from tintype.color.lab import srgb_to_lab
from tintype.errors import SuiteError, UnreadablePhotoError
from tintype.measure.benchmark.open_photographs import OPEN_PHOTOGRAPHS, list_digests, pixel_digest
from tintype.measure.benchmark.photographs import degrade, find_photographs, frame, sit, write_inputs
from tintype.measure.benchmark.suite import FOLDER, Degradation, Framing, read_suite


@pytest.fixture
def suite(tmp_path):
    return create_suite(tmp_path)


def test_photographs_are_found_by_name(suite):
    found = find_photographs(suite)
    assert [photograph.name for photograph in found.photographs] == [f"{name}.png" for name in NAMES]
    assert found.notes == ()
    assert "trial run" in find_photographs(suite, 2).notes[0]


def test_incomplete_copy_is_noted(tmp_path):
    suite = create_suite(tmp_path, SUITE.replace('"photographs"\n', '"photographs"\ncount = 5\n'))
    assert find_photographs(suite).notes == ("3 photographs were found where a complete copy has 5",)


def test_list_chooses_photographs_and_names_missing_ones(tmp_path):
    suite = create_suite(tmp_path, SUITE.replace('"photographs"\n', '"photographs"\nnames = "list.txt"\n'))
    (tmp_path / "list.txt").write_text("coffee.png\nnobody.png\n")
    found = find_photographs(suite)
    assert [photograph.name for photograph in found.photographs] == ["coffee.png"]
    assert "1 photographs of its list are not there, such as nobody.png" in found.notes[0]


def test_other_photograph_of_the_same_name_is_refused(tmp_path):
    suite = create_suite(tmp_path, SUITE.replace('"photographs"\n', '"photographs"\nnames = "list.txt"\n'))
    codes = np.asarray(Image.open(tmp_path / "photographs" / "coffee.png"))
    (tmp_path / "list.txt").write_text(f"{pixel_digest(codes)}  coffee.png\n{'0' * 64}  chelsea.png\n")
    right, wrong = find_photographs(suite).photographs
    assert np.array_equal(sit(right, suite).true, codes)
    with pytest.raises(UnreadablePhotoError, match="not the photograph of the suite's list"):
        sit(wrong, suite)


def test_missing_or_empty_folder_is_named(suite, tmp_path):
    gone = replace(suite, photographs=replace(suite.photographs, folder="gone"))
    with pytest.raises(SuiteError, match="there is no folder"):
        find_photographs(gone)
    (tmp_path / "gone").mkdir()
    with pytest.raises(SuiteError, match="holds none of its photographs"):
        find_photographs(gone)


def test_broken_and_tiny_photographs_are_named(suite, tmp_path):
    (tmp_path / "photographs" / "broken.png").write_bytes(b"\x89PNG but no more")
    Image.new("RGB", (20, 20)).save(tmp_path / "photographs" / "tiny.png")
    found = {photograph.name: photograph for photograph in find_photographs(suite).photographs}
    with pytest.raises(UnreadablePhotoError, match=r"broken.png can't be read"):
        sit(found["broken.png"], suite)
    with pytest.raises(UnreadablePhotoError, match="smaller than 32 pixels"):
        sit(found["tiny.png"], suite)


def test_framing_is_that_of_torchvision():
    codes = np.random.default_rng(0).integers(0, 256, (90, 131, 3), dtype=np.uint8)
    framed = frame(codes, Framing("center-square", (64, 64)))
    left = (131 - 90) // 2
    square = Image.fromarray(codes).crop((left, 0, left + 90, 90))
    assert np.array_equal(framed, np.asarray(square.resize((64, 64), Image.Resampling.BILINEAR)))
    assert frame(codes, Framing("none", (48, 64))).shape == (48, 64, 3)


def test_gray_input_has_the_lightness_of_the_truth(suite):
    sitting = sit(find_photographs(suite).photographs[0], suite)
    given = np.repeat(sitting.gray[..., None], 3, axis=2)
    difference = srgb_to_lab(given / 255)[..., 0] - srgb_to_lab(sitting.true / 255)[..., 0]
    assert np.abs(difference).max() < 0.27


@pytest.mark.parametrize("degradation", [Degradation("film", strength=1.0), Degradation("jpeg", quality=10)])
def test_degradation_changes_the_input_alone_and_always_alike(suite, degradation):
    sitting = sit(find_photographs(suite).photographs[0], suite)
    worn, again = (degrade(sitting.true, degradation, 7) for _ in range(2))
    assert worn.dtype == np.uint8
    assert np.array_equal(worn, again)
    assert np.abs(worn.astype(int) - sitting.gray).mean() > 1


def test_inputs_are_written_for_other_programs(suite, tmp_path):
    assert write_inputs(suite, tmp_path / "out") == []
    sitting = sit(find_photographs(suite).photographs[0], suite)
    written = Image.open(tmp_path / "out" / "astronaut.png")
    assert written.mode == "L"
    assert np.array_equal(np.asarray(written), sitting.gray)


def test_open_photographs_are_those_of_the_committed_list():
    assert list_digests() == (FOLDER / "open.sha256").read_text("utf-8")
    assert len(OPEN_PHOTOGRAPHS) == read_suite("open").photographs.count
    assert all(photograph.license and photograph.credit for photograph in OPEN_PHOTOGRAPHS)


def test_suite_of_open_photographs_builds_its_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("TINTYPE_OPEN", raising=False)
    monkeypatch.setattr("platformdirs.user_cache_path", lambda *_, **__: tmp_path)
    suite = read_suite("open")
    found = find_photographs(suite)
    assert len(found.photographs) == 10
    assert found.notes == ()
    assert sit(found.photographs[0], suite).true.shape == (256, 256, 3)
    assert "| coffee |" in (tmp_path / "open" / "README.md").read_text("utf-8")


def test_package_that_is_not_there_is_named(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SuiteError, match="pip install matplotlib scikit-image scikit-learn"):
        list_digests()
