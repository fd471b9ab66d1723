"""How frequent each of the 313 ab bins is: what the rebalanced AuC of protocol ``zhang16`` divides by.

Two figures compare only if their priors are the same. Zhang 2016 counted 1.3 million photographs; where fewer were
counted, a bin may look so rare that a few pixels of one photograph decide over a whole set.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tintype.color.bins import BIN_COUNT, smooth_prior
from tintype.errors import DataError
from tintype.models.catalog import BUNDLED_FOLDER, read_model

DEFAULT_PRIORS = "tintype-small"
"""Which model's card the priors are from that are taken where none are given."""

BUNDLED_UNIFORM = 0.01
"""Share of the uniform distribution in them: no bin is rarer than one in 31,300 pixels."""


@cache
def bundled_priors() -> NDArray[np.float64]:
    """Return the priors on the bundled model's card, (313,), sum 1: of the photographs that it learned from.

    They were counted in some ten thousand photographs, so a hundredth of the uniform distribution is mixed in.
    """
    prior = read_model(BUNDLED_FOLDER / f"{DEFAULT_PRIORS}.onnx").card.prior
    return smooth_prior(_checked(np.array(prior, np.float64), DEFAULT_PRIORS), BUNDLED_UNIFORM)


def read_priors(path: Path) -> NDArray[np.float64]:
    """Read priors: an array of numpy (``.npy``, as the release of Zhang 2016 has it) or a text of 313 numbers.

    Returns:
        (313,) float64, scaled to sum 1.

    Raises:
        DataError: the file can't be read, or holds something else.
    """
    try:
        values = np.load(path, allow_pickle=False) if path.suffix == ".npy" else _read_numbers(path)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} can't be read as priors: {error}; give .npy or a text of numbers") from error
    return _checked(np.asarray(values, np.float64).ravel(), str(path))


def _read_numbers(path: Path) -> NDArray[np.float64]:
    return np.array(path.read_text(encoding="utf-8").replace(",", " ").split(), np.float64)


def _checked(priors: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    total = priors.sum()
    if priors.shape != (BIN_COUNT,) or not np.isfinite(total) or total <= 0 or priors.min() < 0:
        raise DataError(f"{name} holds no priors; give {BIN_COUNT} numbers of 0 or more, one for each bin")
    scaled: NDArray[np.float64] = priors / total
    scaled.flags.writeable = False
    return scaled
