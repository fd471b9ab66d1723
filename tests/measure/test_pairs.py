import unicodedata
from pathlib import Path

import pytest

from tintype.errors import UnreadablePhotoError
from tintype.measure.pairs import match_pairs


@pytest.fixture
def folder(tmp_path):
    """Make empty files; names alone are matched."""

    def folder(name, *files):
        for file in files:
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        return tmp_path / name

    return folder


def matched(true, result, **options):
    """Matched names as (truth, result), and problems as text."""
    found = match_pairs(true, result, **options)
    pairs = [(pair.true.name, pair.result.name) for pair in found.pairs]
    return pairs, [str(error) for _, error in found.problems]


def test_names_match_without_their_suffix(folder):
    true = folder("true", "b.jpg", "a.tif", "notes.txt", ".hidden.jpg")
    assert matched(true, folder("result", "a.png", "b.jpg")) == ([("a.tif", "a.png"), ("b.jpg", "b.jpg")], [])


def test_names_with_dots_are_kept_whole(folder):
    true = folder("true", "oma.1910.jpg", "oma.1911.jpg")
    pairs, problems = matched(true, folder("result", "oma.1911.png", "oma.1910.png"))
    assert pairs == [("oma.1910.jpg", "oma.1910.png"), ("oma.1911.jpg", "oma.1911.png")]
    assert not problems


def test_folders_in_folders_match_by_place(folder):
    true = folder("true", "x/a.jpg", "y/a.jpg")
    found = match_pairs(true, folder("result", "x/a.png", "y/a.png"))
    assert [pair.name for pair in found.pairs] == ["x/a.jpg", "y/a.jpg"]
    assert [pair.result.parent.name for pair in found.pairs] == ["x", "y"]


def test_result_with_an_ending_is_preferred_to_the_gray_original(folder):
    result = folder("result", "a.jpg", "a_color.jpg", "b_colorized.png")
    assert matched(folder("true", "a.jpg", "b.jpg"), result) == (
        [("a.jpg", "a_color.jpg"), ("b.jpg", "b_colorized.png")],
        [],
    )


def test_other_endings_can_be_named(folder):
    true, result = folder("true", "a.jpg"), folder("result", "a_eccv16.png")
    assert matched(true, result, endings=("_eccv16",)) == ([("a.jpg", "a_eccv16.png")], [])
    assert not matched(true, result)[0]


def test_truth_that_is_called_color_keeps_its_own_result(folder):
    true = folder("true", "wall.jpg", "wall_color.jpg")
    result = folder("result", "wall.jpg", "wall_color.jpg")
    assert matched(true, result)[0] == [("wall.jpg", "wall.jpg"), ("wall_color.jpg", "wall_color.jpg")]


def test_truths_and_results_share_a_folder(folder):
    both = folder("both", "a.jpg", "a_color.jpg", "a_color_layer.png", "b.jpg", "b_color.png")
    assert matched(both, both) == ([("a.jpg", "a_color.jpg"), ("b.jpg", "b_color.png")], [])


def test_companions_of_results_are_passed_over(folder):
    files = ("a.png", "a_sample1.png", "a_layer.png", "a_doubt.png", "a_compare.jpg")
    assert matched(folder("true", "a.jpg"), folder("result", *files)) == ([("a.jpg", "a.png")], [])


def test_truth_without_result_is_named(folder):
    pairs, problems = matched(folder("true", "a.jpg", "b.jpg"), folder("result", "b.jpg"))
    assert pairs == [("b.jpg", "b.jpg")]
    assert problems == ["a.jpg: there is no result of this name; color the photograph, or leave it out"]


def test_result_without_truth_is_named(folder):
    pairs, problems = matched(folder("true", "a.jpg"), folder("result", "a.png", "z.png"))
    assert pairs == [("a.jpg", "a.png")]
    assert problems == ["z.png: there is no true photograph of this name; add it, or leave the result out"]


def test_two_results_of_one_truth_are_named(folder):
    pairs, problems = matched(folder("true", "a.jpg"), folder("result", "a.png", "a.webp"))
    assert not pairs
    assert problems == ["a.jpg: a.png and a.webp both fit; remove one of them"]


def test_result_of_the_very_same_name_is_taken(folder):
    assert matched(folder("true", "a.jpg"), folder("result", "a.png", "a.jpg"))[0] == [("a.jpg", "a.jpg")]


def test_two_truths_of_one_name_match_exactly_or_not_at_all(folder):
    pairs, problems = matched(folder("true", "a.jpg", "a.png"), folder("result", "a.png"))
    assert pairs == [("a.png", "a.png")]
    assert problems == ["a.jpg: several true photographs have this name; rename one of them"]


def test_two_files_are_a_pair_whatever_their_names(folder):
    true, result = folder("true", "a.jpg") / "a.jpg", folder("result", "b.png") / "b.png"
    assert matched(true, result) == ([("a.jpg", "b.png")], [])


def test_file_is_looked_for_in_a_folder(folder):
    true, result = folder("true", "a.jpg", "b.jpg"), folder("result", "a.png", "b.png")
    assert matched(true / "a.jpg", result) == ([("a.jpg", "a.png")], [])
    assert matched(true, result / "b.png") == ([("b.jpg", "b.png")], [])


def test_file_that_is_not_in_the_folder_is_named(folder):
    true, result = folder("true", "a.jpg"), folder("result", "b.png")
    assert "no result of this name" in matched(true / "a.jpg", result)[1][0]
    assert "no true photograph of this name" in matched(true, result / "b.png")[1][0]


def test_accents_match_however_a_system_writes_them(folder):
    composed, apart = (unicodedata.normalize(form, "gänse.jpg") for form in ("NFC", "NFD"))
    assert len(matched(folder("true", composed), folder("result", apart))[0]) == 1


@pytest.mark.parametrize("which", [0, 1])
def test_path_that_leads_nowhere_is_refused(folder, which):
    paths = [folder("true", "a.jpg"), folder("result", "a.jpg")]
    paths[which] = Path("nowhere")
    with pytest.raises(UnreadablePhotoError, match="nowhere: there is no such file or folder"):
        match_pairs(*paths)


def test_folder_without_photographs_is_refused(folder):
    with pytest.raises(UnreadablePhotoError, match="no photographs"):
        match_pairs(folder("true", "a.jpg"), folder("result", "notes.txt"))
