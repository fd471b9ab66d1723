"""What was computed before a training was killed is not computed again."""

import numpy as np
import pytest

from tintype.errors import WriteFailedError
from tintype.learn.unfinished import Unfinished


class Counted:
    """Computes arrays, and counts how often."""

    def __init__(self):
        self.times = 0

    def __call__(self):
        self.times += 1
        return {"numbers": np.arange(3)}


def test_arrays_are_computed_once(tmp_path):
    compute = Counted()
    for _ in range(3):
        kept = Unfinished(tmp_path / "state").keep("part-1", compute)
        assert kept["numbers"].tolist() == [0, 1, 2]
    assert compute.times == 1
    Unfinished(tmp_path / "state").keep("part-2", compute)
    assert compute.times == 2


def test_damaged_file_is_computed_again(tmp_path):
    compute, unfinished = Counted(), Unfinished(tmp_path)
    for damaged in (b"", b"PK\x03\x04 half a file"):
        (tmp_path / "part.npz").write_bytes(damaged)
        assert unfinished.keep("part", compute)["numbers"].tolist() == [0, 1, 2]
    assert compute.times == 2


def test_finished_training_leaves_nothing(tmp_path):
    unfinished = Unfinished(tmp_path / "state")
    unfinished.keep("part", Counted())
    unfinished.forget()
    assert not (tmp_path / "state").exists()


def test_without_a_folder_nothing_is_kept():
    compute, unfinished = Counted(), Unfinished()
    for _ in range(2):
        unfinished.keep("part", compute)
    unfinished.forget()
    assert compute.times == 2


def test_error_of_the_computation_leaves_no_file(tmp_path):
    def fail():
        raise WriteFailedError("no")

    with pytest.raises(WriteFailedError):
        Unfinished(tmp_path).keep("part", fail)
    assert not [*tmp_path.iterdir()]
