"""Looks at photographs with a clear licence, and the same with faults."""

import numpy as np
import pytest
from skimage import data

from tintype.color.lab import srgb_to_lab
from tintype.measure.unaided.faults import FAULTS, lab_to_codes
from tintype.measure.unaided.look import look_at

PHOTOGRAPHS = {name: getattr(data, name)()[::2, ::2] for name in ("astronaut", "coffee", "chelsea")}


@pytest.fixture(scope="session", params=PHOTOGRAPHS)
def lab(request):
    """A true photograph, Lab (H, W, 3) float64."""
    return srgb_to_lab(PHOTOGRAPHS[request.param] / 255.0)


@pytest.fixture(scope="session")
def spoiled():
    """A function that looks at a photograph with a fault of some strength."""

    def look(lab, fault, strength):
        return look_at(lab_to_codes(FAULTS[fault](lab, strength, np.random.default_rng(1))))

    return look
