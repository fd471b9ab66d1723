"""How wrong a model itself expects its colors to be: it alone knows what is on the photograph."""

from __future__ import annotations

import numpy as np

from tintype.color.bins import CENTERS, Decoding, probabilities
from tintype.colorize.result import Colorization
from tintype.measure.unaided.look import Floats

_AS_IT_IS = Decoding(rarity=0.0, temperature=1.0)


def expected_error(result: Colorization) -> float | None:
    """Measure the mean distance of a result from the truth, as far as the model's own distribution is right.

    Formula: mean over the cells of sum_q p_q |c_q - ab|, with the model's undecoded distribution p over the
    centers c of the bins. Results at different sizes compare by it, and samples with the result proper.

    Returns:
        Lab units, 0 or more; None for models that give one color a cell.
    """
    if not result.answer.card.bins:
        return None
    rows = zip(result.answer.logits, result.ab, strict=True)  # row by row: all bins of a picture are large
    errors = [
        np.einsum("wq,wq->w", probabilities(logits, None, _AS_IT_IS), _distances(ab)) for logits, ab in rows
    ]
    return float(np.mean(errors))


def _distances(ab: Floats) -> Floats:
    """Return the distances (w, Q) of colors (w, 2) from the centers of all bins."""
    distances: Floats = np.linalg.norm(ab[:, None] - CENTERS, axis=2)
    return distances
