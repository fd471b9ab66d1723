import numpy as np
import pytest

from tintype.color.bins import Decoding
from tintype.colorize.answer import Answer, ask, resize_grid
from tintype.colorize.passes import Passes
from tintype.errors import UnsupportedByModelError
from tintype.guidance.compile import CompiledGuidance
from tintype.guidance.guidance import Guidance
from tintype.guidance.marks import PointMark
from tintype.models.session import Session
from tiny_model import create_card


class Crooked:
    """A model without bins whose answer depends on the place: a grows from left to right."""

    def __init__(self):
        capabilities = frozenset({"hints"})
        self.card = create_card(bins=0, prior=None, vividness_path=(), capabilities=capabilities)
        self.hints, self.contexts = [], []

    def run(self, lightness, *, hints=None, palette=None, latent=None, context=None, outputs=None):
        self.hints.append(hints)
        self.contexts.append(context)
        _, _, height, width = lightness.shape
        ab = np.zeros((1, 2, height // 4, width // 4), np.float32)
        ab[:, 0] = np.linspace(-10, 30, width // 4)
        ab[:, 1] = lightness[:, 0, ::4, ::4]
        return {"ab": ab}


def ramp(size):
    return np.broadcast_to(np.linspace(0, 100, size[1], dtype=np.float32), size).copy()


def test_resized_grid_keeps_a_ramp_and_the_mean():
    cells = np.arange(12, dtype=np.float32).reshape(3, 4, 1).repeat(2, axis=-1)
    large = resize_grid(cells, (6, 8))
    assert large.shape == (6, 8, 2)
    assert large.dtype == np.float32
    np.testing.assert_allclose(np.diff(large[0, 1:-1, 0]), 0.5, atol=1e-5)
    np.testing.assert_allclose(large.mean(), cells.mean(), atol=1e-5)
    assert resize_grid(cells, (3, 4)) is cells


def test_resized_grid_of_one_cell_is_constant():
    assert (resize_grid(np.full((1, 1, 3), 7, np.float32), (5, 4)) == 7).all()


def test_mirrored_looks_are_turned_back_and_averaged():
    session = Crooked()
    answer = ask(session, ramp, (64, 64), Guidance(), Passes((64,), mirrored=True))
    np.testing.assert_allclose(answer.cells[..., 0], 10, atol=1e-5)  # what leans to one side evens out
    plain = ask(session, ramp, (64, 64), Guidance(), Passes((64,)))
    np.testing.assert_allclose(answer.cells[..., 1], plain.cells[..., 1], atol=8)


def test_mirrored_looks_see_mirrored_hints():
    session = Crooked()
    guidance = Guidance((PointMark(10, 40, 4, color=(50, 20, 20)),))
    ask(session, ramp, (64, 64), guidance, Passes((64,), mirrored=True))
    first, second = session.hints
    np.testing.assert_array_equal(first, second[..., ::-1])
    assert first[0, 2, 40, 10] > 0.9


def test_answers_of_several_sizes_are_averaged_at_the_largest():
    session = Crooked()
    answer = ask(session, ramp, (64, 64), Guidance(), Passes((64, 128)))
    assert answer.cells.shape == (32, 32, 2)
    assert answer.lightness.shape == (32, 32)
    np.testing.assert_allclose(answer.cells[16, :, 0], np.linspace(-10, 30, 32), atol=1.5)


def test_order_is_obeyed_by_a_model_without_bins():
    guidance = Guidance((PointMark(32, 32, 8, color=(50, -40, 60)),))
    answer = ask(Crooked(), ramp, (64, 64), guidance, Passes((64,)))
    np.testing.assert_allclose(answer.decode(None)[8, 8], (-40, 60), atol=1e-3)


def test_model_without_bins_has_no_logits():
    answer = ask(Crooked(), ramp, (64, 64), Guidance(), Passes((64,)))
    with pytest.raises(UnsupportedByModelError, match="gives one color for each place"):
        _ = answer.logits
    with pytest.raises(UnsupportedByModelError):
        answer.decode(Decoding())


def test_logits_of_a_real_session_are_averaged(model):
    session = Session(model, threads=1)
    single = [ask(session, ramp, (64, 64), Guidance(), Passes((size,))) for size in (64, 128)]
    both = ask(session, ramp, (64, 64), Guidance(), Passes((64, 128)))
    expected = (resize_grid(single[0].cells, (32, 32)) + single[1].cells) / 2
    np.testing.assert_allclose(both.cells, expected, atol=1e-4)


def test_prior_of_a_card_without_one_is_none():
    card = create_card(prior=None)
    cells = np.zeros((1, 1, 313), np.float32)
    assert Answer(card, cells, CompiledGuidance(), cells[..., 0]).prior is None


def test_looks_at_other_sizes_are_told_what_the_usual_one_saw():
    session, seen = Crooked(), np.arange(6, dtype=np.float32).reshape(1, 2, 3)
    sizes = Passes((32, session.card.size.default, 96), mirrored=True)
    ask(session, ramp, (64, 64), Guidance(), sizes, context=lambda: seen)
    told = session.contexts
    assert [context is None for context in told] == [False, False, True, True, False, False]
    np.testing.assert_array_equal(told[0], seen[None])
    np.testing.assert_array_equal(told[1], seen[None, ..., ::-1])
