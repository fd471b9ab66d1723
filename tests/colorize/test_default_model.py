"""The model that comes with Tintype, used as anyone uses it first."""

import numpy as np
import pytest
from skimage import data

from tintype.color.lab import lab_to_srgb, srgb_to_lab
from tintype.colorize.colorizer import DEFAULT_MODEL, Colorizer
from tintype.colorize.palettes import read_palette
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import PointMark
from tintype.guidance.palettes.named import list_named_palettes
from tintype.models.catalog import find_model
from tintype.photos.photo import Photo


@pytest.fixture(scope="module")
def astronaut():
    """A color photograph as a person would have it in black and white: (512, 512) uint8."""
    lab = srgb_to_lab(data.astronaut() / 255.0)
    lab[..., 1:] = 0
    return Photo.from_array(np.rint(lab_to_srgb(lab)[..., 0] * 255).astype(np.uint8))


@pytest.fixture(scope="module")
def opened(astronaut, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TINTYPE_MODELS", str(tmp_path_factory.mktemp("none")))
        return Colorizer(threads=2).open(astronaut)


def test_default_model_is_bundled_and_whole(monkeypatch, tmp_path):
    monkeypatch.setenv("TINTYPE_MODELS", str(tmp_path))
    model = find_model(DEFAULT_MODEL)
    assert model.is_bundled
    model.verify()


def test_skin_becomes_warm(opened):
    face = opened.colorize().picture().to_array()[90:150, 195:245]
    _, a, b = srgb_to_lab(face / 255.0).mean(axis=(0, 1))
    assert 3 < a < 40
    assert 3 < b < 50


def test_more_vividness_is_more_chroma(opened):
    chroma = [np.linalg.norm(opened.colorize(vividness=v).ab, axis=-1).mean() for v in (0, 0.5, 1)]
    assert chroma == sorted(chroma)
    assert chroma[2] > 1.2 * chroma[0]


@pytest.mark.parametrize("name", [palette.name for palette in list_named_palettes()])
def test_named_palette_acts_and_leaves_skin_warm(opened, name):
    plain, colored = opened.colorize(), opened.colorize(Guidance(palette=read_palette(name)))
    assert np.linalg.norm(colored.ab - plain.ab, axis=-1).mean() > 2
    _, a, b = srgb_to_lab(colored.picture().to_array()[90:150, 195:245] / 255.0).mean(axis=(0, 1))
    assert 2 < a < 40
    assert 0 < b < 50


def test_sizes_and_mirroring_agree(opened):
    plain = opened.colorize().picture().to_array().astype(float)
    for arguments in ({"quality": "fast"}, {"quality": "best"}, {"mirrored": True}):
        other = opened.colorize(**arguments).picture().to_array().astype(float)
        assert np.abs(srgb_to_lab(other / 255) - srgb_to_lab(plain / 255))[..., 1:].mean() < 6


def test_order_colors_its_place(opened):
    blue = Guidance((PointMark(150, 300, 12, color=(45, 10, -50)),))
    ab = opened.colorize(blue).ab
    rows, columns = ab.shape[:2]
    np.testing.assert_allclose(ab[300 * rows // 512, 150 * columns // 512], (10, -50), atol=0.01)


def test_suggestions_and_doubt_make_sense(opened):
    result = opened.colorize()
    likely = result.suggestions(220, 120)
    assert likely[0].probability > 0.1
    assert 0.05 < result.doubt.mean() < 0.95
    assert len({suggestion.hex for suggestion in result.suggestions(150, 300, k=4)}) > 1
