import time
from dataclasses import dataclass, replace

import numpy as np
import pytest

from tintype.color.bins import BIN_COUNT, CENTERS, Decoding, decode
from tintype.errors import GuidanceError, UnsupportedByModelError
from tintype.guidance.colors import WeightedColor
from tintype.guidance.compile import CompiledGuidance, compile_guidance, compile_inputs, palette_distribution
from tintype.guidance.fields import Field
from tintype.guidance.guidance import GlobalPalette, Guidance
from tintype.guidance.marks import FieldMark, GrownMark, LassoMark, MaskMark, PointMark, StrokeMark

RED, BLUE, GREEN = (50.0, 60.0, 40.0), (40.0, 10.0, -50.0), (60.0, -40.0, 40.0)
SIZE = (64, 96)


@dataclass(frozen=True)
class Card:
    name: str = "tintype-tiny@1"
    capabilities: frozenset = frozenset({"hints", "palette"})
    bins: int = BIN_COUNT
    grid: int = 4
    prior: tuple | None = None


CARD = Card()
BLIND = Card(name="eccv16@1", capabilities=frozenset())


def compiled(*marks, card=CARD, photo_size=SIZE, input_size=SIZE, palette=None):
    return compile_guidance(Guidance(marks, palette), card, photo_size, input_size)


def patch(x, y, color=RED, side=6, **painted):
    return MaskMark(x, y, side, side, (0, side * side), color=color, **painted)


def decoded(result, logits):
    return result.pinned(decode(result.biased(logits), None, Decoding(0, 1)))


def test_no_guidance_compiles_to_nothing():
    result = compiled()
    assert (result.hints, result.palette, result.logit_bias, result.pins) == (None, None, None, None)
    ab = np.ones((16, 24, 2), np.float32)
    assert result.pinned(ab) is ab
    assert result.biased(ab) is ab


def test_patch_becomes_exact_hints():
    hints = compiled(patch(10, 20, confidence=0.5)).hints
    expected = np.zeros((3, *SIZE), np.float32)
    expected[:, 20:26, 10:16] = np.float32([60, 40, 0.5])[:, None, None]
    assert hints.dtype == np.float32
    assert hints == pytest.approx(expected, abs=1e-5)


def test_point_is_found_after_the_photograph_is_reduced():
    result = compiled(PointMark(4800, 3200, 5, color=RED), photo_size=(6400, 9600))
    assert result.hints[2, 32, 48] == 1
    assert result.hints[:2, 32, 48].tolist() == [60, 40]
    assert (result.hints[2] > 0).sum() >= 9
    assert result.pins[8, 12, 2] == 1


def test_smallest_mask_is_not_lost():
    result = compiled(patch(4801, 3201, side=1), photo_size=(6400, 9600))
    assert result.hints[2].max() == 1
    assert result.pins[..., 2].max() == 1


@pytest.mark.parametrize("place", [(0, 0), (96, 64), (50.2, 30.9), (96, 0)])
def test_every_full_point_pins_a_cell(place):
    pins = compiled(PointMark(*place, color=RED)).pins
    assert pins[..., 2].max() == 1
    rows, columns = np.nonzero(pins[..., 2] == 1)
    assert np.hypot((columns + 0.5) * 4 - place[0], (rows + 0.5) * 4 - place[1]).min() < 4


def test_place_is_scaled_in_both_directions():
    result = compiled(PointMark(300, 50, 10, color=RED), photo_size=(100, 400))
    rows, columns = np.nonzero(result.hints[2])
    assert (rows.mean() + 0.5, columns.mean() + 0.5) == pytest.approx((32, 72), abs=0.6)


def test_orders_are_obeyed_in_the_cells_they_cover():
    result = compiled(patch(9, 21), patch(40, 40, BLUE))
    logits = np.random.default_rng(0).normal(0, 3, (16, 24, BIN_COUNT)).astype(np.float32)
    plain, ab = decode(logits, None, Decoding(0, 1)), decoded(result, logits)
    assert ab[5:7, 2:4].reshape(-1, 2) == pytest.approx(np.tile([60, 40], (4, 1)), abs=1e-3)
    assert ab[10, 10] == pytest.approx([10, -50], abs=1e-3)
    untouched = result.pins[..., 2] == 0
    assert untouched.sum() > 300
    assert np.array_equal(ab[untouched], plain[untouched])


def test_order_pins_a_cell_from_half_of_it_on():
    pins = compiled(patch(8, 8)).pins
    # The patch ends in the middle of the next cells: a half of one is enough, a quarter is half of a pin.
    assert pins[2:5, 2:5, 2].tolist() == [[1, 1, 0], [1, 0.5, 0], [0, 0, 0]]


def test_advice_pins_nothing():
    assert compiled(patch(9, 21, confidence=0.999)).pins is None


def test_later_order_hides_an_earlier_one():
    result = compiled(patch(8, 8, RED), patch(8, 8, BLUE))
    assert result.hints[:, 10, 10].tolist() == [10, -50, 1]
    assert result.pins[2, 2].tolist() == [10, -50, 1]


def test_person_lies_on_a_later_match():
    result = compiled(patch(8, 8, RED), patch(8, 8, BLUE, origin="match"))
    assert result.hints[:2, 10, 10].tolist() == [60, 40]


def test_weak_marks_are_mixed_by_confidence():
    below, above = patch(8, 8, RED, confidence=0.8), patch(8, 8, BLUE, confidence=0.5)
    a, b, confidence = compiled(below, above).hints[:, 10, 10]
    assert confidence == pytest.approx(0.5 + 0.5 * 0.8)
    assert [a, b] == pytest.approx([(0.5 * 10 + 0.4 * 60) / 0.9, (0.5 * -50 + 0.4 * 40) / 0.9], abs=1e-4)


def test_mark_of_no_confidence_says_nothing():
    result = compiled(patch(8, 8, confidence=0))
    assert not result.hints.any()
    assert np.isfinite(result.hints).all()
    assert np.array_equal(
        compiled(patch(8, 8), patch(8, 8, BLUE, confidence=0)).hints, compiled(patch(8, 8)).hints
    )


def test_palette_in_a_place_restricts_its_cells_only():
    grass = (WeightedColor(GREEN, 2), WeightedColor((50, -20, 30)))
    result = compiled(MaskMark(0, 0, 32, 32, (0, 1024), palette=grass))
    logits = np.zeros((16, 24, BIN_COUNT), np.float32)
    logits[..., (CENTERS == (0, -50)).all(axis=1)] = 12  # the model is sure that it is blue
    ab = decoded(result, logits)
    assert ab[:8, :8, 0].max() < -15
    assert ab[:8, :8, 1].min() > 20
    assert np.array_equal(ab[9:, 9:], decode(logits, None, Decoding(0, 1))[9:, 9:])
    assert result.hints is None
    assert result.pins is None


def test_palette_follows_bayes():
    prior = np.linspace(1, 3, BIN_COUNT)
    prior /= prior.sum()
    colors = (WeightedColor(GREEN),)
    result = compile_guidance(
        Guidance((MaskMark(0, 0, 96, 64, (0, 6144), palette=colors),)),
        replace(CARD, prior=tuple(prior)),
        SIZE,
        SIZE,
    )
    smooth = (prior + 1 / BIN_COUNT) / 2
    expected = np.log(palette_distribution(colors) / smooth * (1 - 1e-4) + 1e-4)
    assert result.logit_bias[3, 5] == pytest.approx(expected, abs=1e-4)


def test_color_over_a_palette_hides_its_bias():
    grass = (WeightedColor(GREEN),)
    result = compiled(MaskMark(0, 0, 32, 32, (0, 1024), palette=grass), patch(8, 8, RED, side=8))
    assert not result.logit_bias[2:4, 2:4].any()
    assert result.logit_bias[0, 0].any()


def test_palette_over_a_color_hides_its_hint_and_pin():
    grass = (WeightedColor(GREEN),)
    result = compiled(patch(8, 8, RED, side=8), MaskMark(0, 0, 32, 32, (0, 1024), palette=grass))
    assert not result.hints.any()
    assert not result.pins[..., 2].any()


def test_model_without_hints_takes_a_color_as_bias():
    result = compiled(patch(8, 8, BLUE, side=8, confidence=0.9), card=BLIND)
    assert result.hints is None
    ab = decoded(result, np.zeros((16, 24, BIN_COUNT), np.float32))
    assert ab[2, 2] == pytest.approx([10, -50], abs=3)
    assert ab[8, 8] == pytest.approx(CENTERS.mean(axis=0), abs=1e-3)


def test_picture_palette_is_an_input():
    palette = GlobalPalette((WeightedColor((50, 10, 0), 3), WeightedColor((50, -60, 40), 1)), 0.25)
    vector = compiled(palette=palette).palette
    assert vector.shape == (BIN_COUNT + 1,)
    assert vector.dtype == np.float32
    assert vector[-1] == 0.25
    assert vector[:-1].sum() == pytest.approx(1)
    assert vector[:-1] @ CENTERS == pytest.approx([0.75 * 10 + 0.25 * -60, 0.25 * 40], abs=0.5)


def test_picture_palette_is_a_bias_for_a_model_that_does_not_take_it():
    palette = GlobalPalette((WeightedColor(BLUE),), 0.5)
    result = compiled(palette=palette, card=BLIND)
    assert result.palette is None
    assert result.logit_bias.shape == (BIN_COUNT,)
    assert result.logit_bias.min() == pytest.approx(0.5 * np.log(0.1), abs=1e-5)
    half = compiled(patch(8, 8, GREEN, confidence=0.5), palette=palette, card=BLIND).logit_bias
    assert np.array_equal(half[15, 15], result.logit_bias)


@pytest.mark.parametrize(
    ("guidance", "thing"),
    [
        (
            Guidance((PointMark(1, 1, color=RED),), source="hints.json"),
            r"hints.json: marks\[0\]: .* takes no hints",
        ),
        (Guidance((PointMark(1, 1, palette=(WeightedColor(RED),)),)), "takes no palettes in a place"),
        (
            Guidance(palette=GlobalPalette((WeightedColor(RED),))),
            "palette: the model old-ab@1 takes no palette",
        ),
    ],
)
def test_model_without_bins_and_inputs_refuses_guidance(guidance, thing):
    card = Card(name="old-ab@1", capabilities=frozenset(), bins=0)
    with pytest.raises(UnsupportedByModelError, match=thing):
        compile_guidance(guidance, card, SIZE, SIZE)


def test_model_of_ab_with_hints_takes_colors():
    card = Card(capabilities=frozenset({"hints"}), bins=0)
    result = compiled(patch(8, 8), card=card)
    assert result.hints[2].max() == 1
    assert result.pins[..., 2].max() == 1
    assert result.logit_bias is None


def test_mark_outside_is_refused():
    with pytest.raises(GuidanceError, match=r"marks\[0\]: \(97, 5\) is outside"):
        compiled(PointMark(97, 5, color=RED))


def test_stroke_hints_along_its_line():
    hints = compiled(StrokeMark(((10, 10), (80, 50)), 3, color=GREEN)).hints
    assert hints[:, 30, 45].tolist() == [-40, 40, 1]


def test_lasso_covers_its_inside():
    result = compiled(LassoMark(((8, 8), (40, 8), (40, 40), (8, 40)), color=GREEN))
    assert result.hints[2, 8:40, 8:40].min() == 1
    assert result.hints[2].sum() == pytest.approx(32 * 32)
    assert result.pins[2:10, 2:10, 2].min() == 1


def test_grown_mark_has_to_be_grown_first():
    with pytest.raises(GuidanceError, match="still to be grown"):
        compiled(GrownMark(5, 5, color=GREEN))


def field(ab, weights=None, box=(8, 8, 16, 16), **said):
    ab = np.asarray(ab, np.float32)
    weights = np.ones(ab.shape[:2], np.float32) if weights is None else np.asarray(weights, np.float32)
    return FieldMark.from_field(Field(box, ab, weights), **said)


def test_field_pins_each_of_its_cells():
    ab = np.random.default_rng(1).uniform(-60, 60, (4, 4, 2)).round(2)
    result = compiled(field(ab))
    assert result.pins[2:6, 2:6, :2] == pytest.approx(ab, abs=0.01)
    assert result.pins[..., 2].sum() == 16
    assert result.hints[2].sum() == 256
    assert result.hints[:2, 10:22, 10:22].mean(axis=(1, 2)) == pytest.approx(ab.mean(axis=(0, 1)), abs=8)


def test_weight_of_a_field_is_advice_where_it_is_below_one():
    weights = np.ones((4, 4))
    weights[:, 2:] = 0.5
    result = compiled(field(np.full((4, 4, 2), 30), weights))
    assert result.pins[2:6, 2:4, 2].min() == 1
    assert result.pins[2:6, 4:6, 2].max() == 0
    assert result.hints[2, 12, 22] == pytest.approx(0.5, abs=0.01)


def test_field_of_less_confidence_is_advice():
    assert compiled(field(np.full((4, 4, 2), 30), confidence=0.8)).pins is None
    assert compiled(field(np.full((4, 4, 2), 30), confidence=0.8)).hints[2].max() == pytest.approx(0.8)


def test_person_lies_on_a_field_that_was_matched():
    result = compiled(patch(8, 8, RED, side=8), field(np.full((4, 4, 2), 30), origin="match:a.jpg"))
    assert result.pins[2, 2].tolist() == [60, 40, 1]
    assert result.pins[5, 5].tolist() == pytest.approx([30, 30, 1])


def test_model_without_hints_takes_no_field():
    with pytest.raises(UnsupportedByModelError, match="takes no fields of colors"):
        compiled(field(np.full((4, 4, 2), 30)), card=BLIND)


def test_neutral_mark_asks_for_no_color():
    result = compiled(patch(8, 8, "neutral"))
    assert result.hints[:, 10, 10].tolist() == [0, 0, 1]
    assert result.pins[2, 2].tolist() == [0, 0, 1]


def test_inputs_alone_are_those_of_the_whole():
    marks = (
        patch(10, 20, confidence=0.5),
        MaskMark(30, 20, 9, 9, (0, 81), palette=(WeightedColor(GREEN),)),
        StrokeMark(((12, 20), (40, 30)), 4, color=BLUE, origin="match:a.jpg"),
        field(np.full((4, 4, 2), 30)),
    )
    guidance = Guidance(marks, GlobalPalette((WeightedColor(RED),), 0.5))
    whole = compile_guidance(guidance, CARD, SIZE, SIZE)
    inputs = compile_inputs(guidance, CARD, SIZE, SIZE)
    assert np.array_equal(inputs.hints, whole.hints)
    assert np.array_equal(inputs.palette, whole.palette)
    assert (inputs.logit_bias, inputs.pins, inputs.placed) == (None, None, ())


def test_inputs_are_only_what_the_model_takes():
    guidance = Guidance((patch(10, 20),), GlobalPalette((WeightedColor(RED),), 0.5))
    inputs = compile_inputs(guidance, BLIND, SIZE, SIZE)
    assert (inputs.hints, inputs.palette) == (None, None)


def test_inputs_of_a_mark_outside_are_refused():
    with pytest.raises(GuidanceError, match="outside"):
        compile_inputs(Guidance((PointMark(200, 3, color=RED),)), CARD, SIZE, SIZE)


def test_compiled_guidance_pins_by_share():
    pins = np.zeros((1, 2, 3), np.float32)
    pins[0, 0] = [10, 20, 0.5]
    ab = CompiledGuidance(pins=pins).pinned(np.full((1, 2, 2), 4, np.float32))
    assert ab.tolist() == [[[7, 12], [4, 4]]]


def test_thirty_marks_compile_in_milliseconds():
    rng = np.random.default_rng(0)
    marks = tuple(PointMark(*rng.uniform(0, 1024, 2), 12, color=RED) for _ in range(30))
    guidance = Guidance(marks)
    started = time.process_time()
    compile_guidance(guidance, CARD, (1024, 1024), (512, 512))
    assert time.process_time() - started < 0.2
