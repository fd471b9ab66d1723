import numpy as np
import pytest
from PIL import Image

from photo_samples import gray, save, toned
from tintype.color.lab import srgb_to_lab
from tintype.colorize.companions import (
    comparison,
    doubt_map,
    layer,
    view,
    write_comparison,
    write_doubt,
    write_layer,
)
from tintype.errors import OutputExistsError
from tintype.photos.metadata import read_mark
from tintype.photos.photo import Photo


@pytest.fixture
def result(opened):
    return opened.colorize()


def test_view_of_a_small_photograph_is_the_picture(result):
    np.testing.assert_array_equal(view(result), result.picture().to_array())


def test_view_of_a_large_photograph_is_reduced(colorizer):
    large = colorizer.colorize(np.ascontiguousarray(np.tile(gray(16), (4, 6))))
    assert view(large, side=96).shape == (64, 96, 3)
    assert view(large, side=96).dtype == np.uint8
    assert view(large, side=1000).dtype == np.uint8


def test_comparison_shows_before_and_after(result):
    pair = comparison(result)
    height, width = result.photo.height, result.photo.width
    assert pair.shape == (height, 2 * width + 16, 3)
    before, after = pair[:, :width], pair[:, -width:]
    assert (before[..., 0] == before[..., 2]).all()
    np.testing.assert_allclose(
        srgb_to_lab(before / 255.0)[..., 0], srgb_to_lab(after / 255.0)[..., 0], atol=0.6
    )


def test_comparison_shows_the_tone_of_a_toned_print(colorizer):
    sepia = toned()
    pair = comparison(colorizer.colorize(save(sepia, "PNG")))
    before = pair[:, : sepia.shape[1]].astype(float)
    assert np.abs(before - sepia).mean() < 4


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 2)])
def test_companions_of_odd_shapes(colorizer, shape):
    result = colorizer.colorize(np.full(shape, 90, np.uint8))
    height, width = view(result).shape[:2]
    assert comparison(result).shape == (height, 2 * width + 16, 3)
    assert doubt_map(result).shape == (height, width)
    assert layer(result).to_array().shape == (*shape, 3)


def test_doubt_map_is_white_where_the_network_knows_nothing(result):
    picture = doubt_map(result)
    assert picture.shape == (128, 171)
    assert picture.mean() / 255 == pytest.approx(result.doubt.mean(), abs=0.01)


def test_layer_laid_over_the_photograph_gives_the_result(result):
    """The blend mode Color keeps the luma of what lies below and takes the rest from the layer."""
    luma = np.array([0.3, 0.59, 0.11])
    colored, alone = result.picture().to_array() / 255.0, layer(result).to_array() / 255.0
    laid = alone + (result.photo.pixels / 255.0 - alone @ luma)[..., None]
    assert np.abs(laid - colored).mean() < 0.01


def test_layer_holds_no_detail_of_the_photograph(result):
    luma = layer(result).to_array() @ np.array([0.3, 0.59, 0.11])
    assert np.ptp(luma) < 2.0


def test_written_companions_carry_the_mark(result, tmp_path):
    write_layer(result, tmp_path / "layer.png")
    write_comparison(result, tmp_path / "compare.jpg")
    write_doubt(result, tmp_path / "doubt.png")
    digests = [read_mark(tmp_path / name).result_digest for name in ("layer.png", "compare.jpg")]
    assert len({*digests, result.digest}) == 3
    assert digests[0] == result.settings.digest(result.model, "layer")
    with Image.open(tmp_path / "doubt.png") as doubt:
        assert doubt.mode == "L"
    write_layer(result, tmp_path / "plain.png", mark=False)
    assert read_mark(tmp_path / "plain.png") is None


def test_companions_overwrite_only_when_asked(result, tmp_path):
    for name, write in (("a.png", write_layer), ("b.jpg", write_comparison), ("c.png", write_doubt)):
        path = tmp_path / name
        path.write_bytes(b"precious")
        with pytest.raises(OutputExistsError, match=name):
            write(result, path)
        assert path.read_bytes() == b"precious"
        write(result, path, overwrite=True)
        assert path.stat().st_size > 100


def test_layer_is_made_in_the_space_of_the_result(colorizer):
    photo = Photo.from_array(gray())
    assert layer(colorizer.colorize(photo)).rgb_space is photo.rgb_space
