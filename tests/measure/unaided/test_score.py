import dataclasses
import json
import math

import numpy as np
import pytest
from scipy.special import softmax
from skimage import data

from tintype.color.bins import BIN_COUNT, CENTERS, Decoding
from tintype.colorize.colorizer import Colorizer
from tintype.measure.unaided.confidence import expected_error
from tintype.measure.unaided.features import FEATURES, measure_features
from tintype.measure.unaided.look import Look, look_of
from tintype.measure.unaided.score import Score, Weight, load_score, parse_score
from tiny_model import create_card, write_tiny_model

SCORE = Score({"bleeding": Weight(0.2, 0.1, 0.0, 2.0), "hues": Weight(6.0, 2.0, 1.0, 0.0)}, 3.0)


@pytest.fixture(scope="module")
def colorizer(tmp_path_factory):
    return Colorizer(write_tiny_model(tmp_path_factory.mktemp("models") / "tiny.onnx"), threads=1)


def test_penalty_is_the_sum_of_squares_from_one_deviation_on_the_good_side():
    verdict = SCORE.judge_features({"bleeding": 0.35, "hues": 4.0, "surprise": 99.0})
    penalty = 2.0 * (1 + 1.5) ** 2 + 1.0 * (1 + 1) ** 2
    assert dict(verdict.faults) == pytest.approx({"bleeding": 2 * 2.5**2 - 2, "one hue": 3.0})
    assert verdict.score == pytest.approx(100 * math.exp(-math.log(4 / 3) * penalty / 3.0))


def test_what_is_not_amiss_costs_nothing():
    verdict = SCORE.judge_features({"bleeding": 0.05, "hues": 9.0})
    assert (verdict.score, dict(verdict.faults)) == (100, {})


def test_photograph_of_typical_penalty_has_three_quarters():
    assert SCORE.judge_features({"bleeding": 0.2, "hues": 6.0}).score == pytest.approx(75)


def test_what_cannot_be_told_counts_as_the_mean_and_deviations_end():
    at_mean = SCORE.judge_features({"bleeding": 0.2, "hues": 6.0}).score
    assert SCORE.judge_features({"bleeding": None}).score == at_mean
    one, other = (SCORE.judge_features({"bleeding": value}).score for value in (0.7, 70.0))
    assert one == pytest.approx(other)
    assert one > 0


def test_score_that_comes_with_it_knows_all_figures():
    score = load_score()
    assert list(score.weights) == list(FEATURES)
    assert min(min(weight.low, weight.high) for weight in score.weights.values()) >= 0
    assert sum(weight.low + weight.high for weight in score.weights.values()) > 0
    assert score.name.startswith("unaided 1 ")


def test_score_is_read_from_json():
    numbers = {"mean": 0.2, "deviation": 0.1, "low": 0.0, "high": 2.0}
    text = json.dumps({"typical": 3.0, "weights": {"bleeding": numbers}})
    assert parse_score(text, "by hand") == Score({"bleeding": Weight(0.2, 0.1, 0.0, 2.0)}, 3.0, "by hand")


# What the score sees in every photograph; hues that are wrong but possible it can't tell, see results/score.csv.
@pytest.mark.parametrize("fault", ["garish", "tinted", "stained", "bled", "shifted", "blocks", "noisy"])
def test_nobody_prefers_a_photograph_with_a_fault(spoiled, fault):
    from tintype.color.lab import srgb_to_lab

    scores = []
    for strength in (0.0, 1.0):
        photographs = (data.astronaut(), data.coffee(), data.chelsea(), data.rocket())
        labs = (srgb_to_lab(codes[::2, ::2] / 255.0) for codes in photographs)
        scores.append(np.mean([load_score().judge(spoiled(lab, fault, strength)).score for lab in labs]))
    assert scores[0] > scores[1]


def test_all_figures_are_measured(lab):
    found = measure_features(Look(lab[..., 0], lab[..., 1:]))
    assert list(found) == list(FEATURES)
    assert all(math.isfinite(value) for name, value in found.items() if "skin" not in name)


def test_choosing_weighs_the_look_with_the_error_that_the_model_expects(colorizer):
    result = colorizer.colorize(np.ascontiguousarray(data.camera()[::2, ::2]))
    expected = load_score().judge(look_of(result)).score * math.exp(-expected_error(result) / 10)
    assert load_score()(result) == pytest.approx(expected)


def test_model_without_distribution_is_judged_by_its_look(colorizer):
    result = colorizer.colorize(np.ascontiguousarray(data.camera()[::2, ::2]))
    card = create_card(bins=0, prior=None, vividness_path=(), capabilities=frozenset())
    single = dataclasses.replace(
        result, answer=dataclasses.replace(result.answer, card=card), sampled=result.ab
    )
    assert expected_error(single) is None
    assert load_score()(single) == load_score().judge(look_of(result)).score


def test_expected_error_is_that_of_colors_drawn_from_the_distribution(colorizer):
    result = colorizer.colorize(np.ascontiguousarray(data.camera()[::4, ::4]))
    random, shares = np.random.default_rng(0), softmax(result.answer.logits, axis=2)
    cells = [random.choice(CENTERS, 400, p=p / p.sum()) for p in shares.reshape(-1, BIN_COUNT).astype(float)]
    errors = np.linalg.norm(np.array(cells) - result.ab.reshape(-1, 1, 2), axis=2)
    assert expected_error(result) == pytest.approx(errors.mean(), rel=0.01)


def test_samples_are_expected_to_be_more_wrong(colorizer):
    result = colorizer.colorize(np.ascontiguousarray(data.camera()[::4, ::4]), decoding=Decoding(0.0, 1.0))
    assert all(expected_error(sample) > expected_error(result) for sample in result.alternatives(4))


@pytest.mark.parametrize("shape", [(1, 1), (7, 300), (4, 5000)])
def test_tiny_photographs_score_nothing(colorizer, shape):
    assert load_score()(colorizer.colorize(np.full(shape, 128, np.uint8))) == 0
