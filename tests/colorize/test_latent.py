"""A model that draws by itself, through the same door as one with a distribution."""

import subprocess
import sys

import numpy as np
import pytest

from tintype.colorize.best import candidates
from tintype.colorize.colorizer import Colorizer
from tintype.colorize.settings import choose_settings
from tintype.errors import UnsupportedByModelError
from tintype.models.session import Session

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def path(exported):
    return exported("divcolor17-test")


@pytest.fixture(scope="module")
def colorizer(path):
    return Colorizer(path, threads=1)


@pytest.fixture
def runs(monkeypatch):
    """Latents of all runs of a network."""
    latents = []
    run = Session.run

    def counted(self, *arguments, latent=None, **more):
        latents.append(latent)
        return run(self, *arguments, latent=latent, **more)

    monkeypatch.setattr(Session, "run", counted)
    return latents


def test_alternatives_differ_and_come_again(colorizer, photo, runs):
    result = colorizer.open(photo).colorize()
    first, second = result.alternatives(2, seed=3)
    assert len(runs) == 3
    assert runs[0] is None
    assert runs[1].shape == (1, 24)
    assert np.abs(first.ab - second.ab).max() > 0.01
    assert np.abs(first.ab - result.ab).max() > 0.01
    np.testing.assert_array_equal(first.ab, result.alternatives(5, seed=3)[0].ab)
    assert np.abs(result.alternatives(1, seed=4)[0].ab - first.ab).max() > 0.01
    assert len({result.digest, first.digest, second.digest}) == 3


def test_latents_are_normal(colorizer, photo, runs):
    colorizer.open(photo).colorize().alternatives(60, seed=1)
    latents = np.concatenate(runs[1:])
    assert abs(latents.mean()) < 0.1
    assert abs(latents.std() - 1) < 0.1


def test_both_sides_of_a_mirrored_look_have_one_latent(colorizer, photo, runs):
    colorizer.open(photo).colorize(mirrored=True).alternatives(1)
    np.testing.assert_array_equal(runs[2], runs[3])


def test_best_of_compares_draws(colorizer, photo):
    opened = colorizer.open(photo)

    def warmth(result):
        return float(result.ab.sum())

    best = opened.best_of(4, warmth, seed=2)
    plain = opened.colorize()
    drawn = plain.alternatives(3, 2)
    assert warmth(best) == max(map(warmth, [plain, *drawn]))
    found = candidates(colorizer.card, choose_settings(colorizer.card), 4, 2, "warmth")
    assert [candidate.sample for candidate in found] == [0, 1, 2, 3]


def test_vividness_and_doubt_are_not_offered(colorizer, photo):
    result = colorizer.open(photo).colorize()
    with pytest.raises(UnsupportedByModelError, match="no vividness"):
        colorizer.open(photo).colorize(vividness=0.5)
    with pytest.raises(UnsupportedByModelError, match="no distribution"):
        _ = result.doubt
    with pytest.raises(UnsupportedByModelError, match="no distribution"):
        result.suggestions(1, 1)


def test_length_of_what_a_model_does_not_take_is_an_error(colorizer):
    with pytest.raises(UnsupportedByModelError, match="takes no style"):
        colorizer.session.length_of("style")


def test_command_writes_alternatives(path, photo, tmp_path):
    from PIL import Image

    Image.fromarray(np.rint(photo.lightness() * 2.55).astype(np.uint8)).save(tmp_path / "scan.png")
    command = [sys.executable, "-m", "tintype", "colorize", str(tmp_path / "scan.png")]
    options = ["--model", str(path), "--samples", "2", "--seed", "1", "--threads", "1"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    written = [file.read_bytes() for file in sorted(tmp_path.glob("scan_*.png"))]
    assert len(written) == len(set(written)) == 3
