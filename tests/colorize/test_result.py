import numpy as np
import pytest

import tintype
from photo_samples import gray, save
from tintype.color.bins import Decoding
from tintype.color.gamut import is_in_gamut
from tintype.color.lab import srgb_to_lab
from tintype.colorize.answer import Answer
from tintype.colorize.passes import Passes
from tintype.colorize.result import Colorization
from tintype.colorize.settings import Settings
from tintype.errors import GuidanceError, OutputExistsError, UnsupportedByModelError
from tintype.guidance.compile import CompiledGuidance
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import PointMark
from tintype.photos.metadata import read_mark
from tiny_model import create_card


@pytest.fixture
def result(opened):
    return opened.colorize()


@pytest.fixture
def without_bins(photo):
    card = create_card(bins=0, prior=None, vividness_path=(), capabilities=frozenset())
    cells = np.full((8, 8, 2), 10, np.float32)
    answer = Answer(card, cells, CompiledGuidance(), cells[..., 0])
    return Colorization(photo, answer, Settings(Passes((64,)), None), "model")


def test_picture_keeps_the_lightness(result):
    colored = result.picture().to_array()
    assert colored.dtype == np.uint8
    lightness = srgb_to_lab(colored / 255.0)[..., 0]
    assert np.abs(lightness - result.photo.lightness()).max() <= 0.27


def test_redecoding_gives_what_coloring_anew_gives(opened, result):
    np.testing.assert_array_equal(result.redecoded(vividness=1.0).ab, opened.colorize(vividness=1.0).ab)
    faithful = result.redecoded(decoding=Decoding(0.0, 1.0))
    assert faithful.digest == opened.colorize(decoding=Decoding(0.0, 1.0)).digest
    assert result.redecoded().digest == result.digest


def test_alternatives_differ_and_come_again(result):
    first, second = result.alternatives(2, seed=3)
    assert not np.array_equal(first.ab, second.ab)
    np.testing.assert_array_equal(first.ab, result.alternatives(5, seed=3)[0].ab)
    assert len({result.digest, first.digest, second.digest, result.alternatives(1, seed=4)[0].digest}) == 4
    assert first.redecoded().digest == result.digest


def test_alternatives_obey_orders(opened):
    guidance = Guidance((PointMark(60, 60, 10, color=(50, 60, 40)),))
    for alternative in opened.colorize(guidance).alternatives(3):
        rows, columns = alternative.ab.shape[:2]
        np.testing.assert_allclose(
            alternative.ab[int(60 * rows / 128), int(60 * columns / 171)], (60, 40), atol=1e-3
        )


def test_no_alternatives_is_refused(result):
    with pytest.raises(GuidanceError, match="0 alternatives"):
        result.alternatives(0)


def test_suggestions_exist_at_the_lightness_of_the_place(result):
    suggestions = result.suggestions(100.5, 20.2, k=3)
    assert 1 <= len(suggestions) <= 3
    assert sum(suggestion.probability for suggestion in suggestions) <= 1.0001
    probabilities = [suggestion.probability for suggestion in suggestions]
    assert probabilities == sorted(probabilities, reverse=True)
    for suggestion in suggestions:
        assert suggestion.lab[0] == pytest.approx(result.photo.lightness()[20, 100])
        assert is_in_gamut(np.array(suggestion.lab), tolerance=1e-3)
        assert suggestion.hex == "#" + bytes(suggestion.srgb).hex()


@pytest.mark.parametrize("place", [(-1, 5), (5, -1), (171, 5), (5, 128), (float("nan"), 5)])
def test_suggestions_outside_are_refused(result, place):
    with pytest.raises(GuidanceError, match="outside of the photograph of 171 x 128"):
        result.suggestions(*place)


def test_doubt_is_between_certain_and_any_color(result):
    assert result.doubt.dtype == np.float32
    assert (result.doubt >= 0).all()
    assert (result.doubt <= 1).all()


def test_doubt_does_not_depend_on_vividness(result):
    np.testing.assert_array_equal(result.redecoded(vividness=1).doubt, result.doubt)


@pytest.mark.parametrize(
    "ask",
    [
        lambda result: result.alternatives(2),
        lambda result: result.suggestions(1, 1),
        lambda result: result.doubt,
        lambda result: result.redecoded(vividness=0.5),
    ],
)
def test_model_without_a_distribution_says_so(without_bins, ask):
    assert without_bins.picture().to_array().shape == (128, 171, 3)
    with pytest.raises(UnsupportedByModelError, match="test-tiny@1"):
        ask(without_bins)


def test_mark_says_what_it_is(opened):
    guidance = Guidance((PointMark(60, 60, color=(50, 60, 40)),))
    mark = opened.colorize(guidance).mark()
    assert (mark.model, mark.tintype_version) == ("tintype-small@99", tintype.__version__)
    assert mark.guidance_digest == guidance.digest()
    assert mark.source_sha256 == opened.photo.sha256
    assert mark.result_digest == opened.colorize(guidance).digest
    assert "machine" in mark.sentence
    assert opened.colorize().mark().guidance_digest == ""


def test_written_result_carries_the_mark(colorizer, tmp_path):
    source = tmp_path / "scan.png"
    source.write_bytes(save(gray(), "PNG"))
    result = colorizer.colorize(source)
    report = result.write()
    assert report.path == tmp_path / "scan_color.png"
    assert read_mark(report.path) == result.mark()
    assert read_mark(result.write(tmp_path / "plain.png", mark=False).path) is None


def test_existing_file_is_not_overwritten_unless_asked(colorizer, tmp_path):
    target = tmp_path / "out.png"
    target.write_bytes(b"precious")
    result = colorizer.colorize(gray())
    with pytest.raises(OutputExistsError, match=r"out\.png"):
        result.write(target)
    assert target.read_bytes() == b"precious"
    result.write(target, overwrite=True)
    assert target.read_bytes().startswith(b"\x89PNG")


def test_photograph_without_a_file_needs_a_path(result):
    with pytest.raises(GuidanceError, match="give the path of the result"):
        result.write()
