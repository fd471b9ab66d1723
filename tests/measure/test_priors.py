import numpy as np
import pytest

from tintype.errors import DataError
from tintype.measure.priors import bundled_priors, read_priors


def test_bundled_priors_are_a_distribution_without_impossible_bins():
    priors = bundled_priors()
    assert priors.shape == (313,)
    assert priors.sum() == pytest.approx(1)
    assert priors.min() >= 0.01 / 313
    assert priors.argmax() == 120  # gray


@pytest.mark.parametrize("suffix", ["npy", "txt", "csv"])
def test_priors_are_read_and_scaled(tmp_path, suffix):
    values = np.random.default_rng(0).random(313)
    path = tmp_path / f"priors.{suffix}"
    if suffix == "npy":
        np.save(path, values)
    else:
        np.savetxt(path, values if suffix == "txt" else values[None], delimiter=",")
    np.testing.assert_allclose(read_priors(path), values / values.sum())


@pytest.mark.parametrize("values", [np.ones(312), np.full(313, -1.0), np.zeros(313), np.full(313, np.nan)])
def test_what_is_no_distribution_is_refused(tmp_path, values):
    path = tmp_path / "priors.npy"
    np.save(path, values)
    with pytest.raises(DataError, match=r"priors.npy holds no priors; give 313 numbers"):
        read_priors(path)


@pytest.mark.parametrize("content", [None, b"", b"reddish\n"])
def test_broken_priors_are_named(tmp_path, content):
    for name in ("priors.npy", "priors.txt"):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(DataError, match=name):
            read_priors(path)
