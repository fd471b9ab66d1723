"""The style of another photograph, through the same door as its colors."""

import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from tintype.colorize.colorizer import Colorizer
from tintype.colorize.referring import Reference, ReferenceGuide
from tintype.errors import GuidanceError, UnsupportedByModelError
from tintype.guidance.guidance import Guidance, Style
from tintype.photos.photo import Photo

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def path(exported):
    return exported("iizuka16-test")


@pytest.fixture(scope="module")
def colorizer(path):
    return Colorizer(path, threads=1)


def colorful(seed=0):
    return np.random.default_rng(seed).integers(0, 256, (96, 96, 3), np.uint8)


def test_reference_lends_its_style(colorizer, photo):
    opened = colorizer.open(photo)
    guided = ReferenceGuide([Reference(Photo.from_array(colorful()), "autumn.jpg")]).guide(opened)
    assert guided.guidance.style.origin == "match:autumn.jpg"
    assert guided.notes == ("autumn.jpg: the photograph takes the style, not the colors",)
    own, lent = opened.colorize(), opened.colorize(guided.guidance)
    assert np.abs(own.ab - lent.ab).max() > 1e-3
    assert lent.digest != own.digest
    np.testing.assert_allclose(opened.colorize(Guidance(style=opened.style())).ab, own.ab, atol=1e-3)


def test_style_of_another_model_and_for_another_model_is_refused(colorizer, photo):
    with pytest.raises(GuidanceError, match=r"style: it has 3 numbers and iizuka16-test.* takes 32"):
        colorizer.open(photo).colorize(Guidance(style=Style((1.0, 0.0, 2.0))))
    with pytest.raises(UnsupportedByModelError, match=r"style: the model tintype-small.* takes none"):
        Colorizer(threads=1).open(photo).colorize(Guidance(style=Style((1.0,))))


def test_style_of_a_region_is_refused(colorizer, photo):
    region = np.zeros((96, 96), np.bool)
    region[:9] = True
    guide = ReferenceGuide([Reference(Photo.from_array(colorful()), "autumn.jpg", region)])
    with pytest.raises(UnsupportedByModelError, match="leave the region out"):
        guide.guide(colorizer.open(photo))


def test_command_line_takes_a_style_and_a_project_keeps_it(path, tmp_path):
    Image.fromarray(colorful(1)[..., 0]).save(tmp_path / "scan.png")
    Image.fromarray(colorful(2)).save(tmp_path / "autumn.png")
    command = [sys.executable, "-m", "tintype", "colorize", tmp_path / "scan.png", "--model", path]
    more = ["--reference", tmp_path / "autumn.png", "--project", "-o", tmp_path / "out.png"]
    subprocess.run([*command, *more], check=True)
    (project,) = tmp_path.glob("*.tintype")
    assert len(json.loads(project.read_text())["guidance"]["style"]["vector"]) == 32
