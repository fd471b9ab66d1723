import dataclasses
import math

import numpy as np
import pytest

from simulated_answers import Crowd
from tintype.measure.study.preference import judge_preferences
from tintype.measure.study.selection import select
from tintype.measure.study.settings import Settings

QUICK = Settings(resamples=2000)
SCORES = {"truth": 1.2, "good": 0.3, "fair": -0.4, "poor": -1.1}


def judged(crowd, scores=None, settings=QUICK):
    return judge_preferences(select(crowd.prefer(scores or SCORES)).answers, settings)


def test_known_preferences_are_recovered():
    figures = judged(Crowd(participants=60, trials=60))
    assert [score.name for score in figures.scores] == list(SCORES)
    for score in figures.scores:
        assert score.score.low < SCORES[score.name] < score.score.high
        assert score.score.high - score.score.low < 0.3
    assert figures.notes == ()
    assert figures.left.low < 0.5 < figures.left.high


def test_careless_participants_are_left_out_before_they_blur_the_scores():
    crowd = Crowd(participants=60, trials=60, careless=20, checks=8)
    selection = select(crowd.prefer(SCORES))
    assert len(selection.excluded) >= 18
    best = judge_preferences(selection.answers, QUICK).scores[0]
    assert best.score.low < 1.2 < best.score.high


def test_scores_are_shares_of_wins_against_the_average():
    figures = judged(Crowd(participants=30))
    for score in figures.scores:
        share = 1 / (1 + math.exp(-score.score.value))
        assert score.preferred_to_average.value == pytest.approx(share)
        assert score.preferred_to_average.low < share < score.preferred_to_average.high
    assert sum(score.comparisons for score in figures.scores) == 2 * figures.answers


def test_intervals_are_wider_where_people_differ():
    def width(opinion):
        score = judged(Crowd(participants=40, trials=60, opinion=opinion)).scores[0].score
        return score.high - score.low

    assert width(1.5) > 1.5 * width(0.0)


def test_pairs_are_counted_tested_and_adjusted():
    figures = judged(Crowd(participants=40, trials=60))
    pairs = {(pair.one, pair.other): pair for pair in figures.pairs}
    assert len(pairs) == 6
    pair = pairs["good", "truth"]
    assert pair.share.value == pair.wins / pair.comparisons
    assert pair.share.low < 1 / (1 + math.exp(0.9)) < pair.share.high
    assert pair.p <= pair.adjusted_p < 0.01
    assert sum(
        row.comparisons for row in figures.photographs if (row.one, row.other) == ("good", "truth")
    ) == (pair.comparisons)


def test_many_answers_of_one_participant_are_no_proof():
    answers = select(Crowd(participants=1, trials=60, checks=0).prefer({"a": 1.5, "b": -1.5})).answers
    figures = judge_preferences(answers, QUICK)
    assert figures.pairs[0].share.low > 0.8
    assert figures.pairs[0].p == 1
    assert "Only one participant compared a, b" in figures.notes[0]


def test_competitors_that_never_met_are_not_compared():
    crowd = Crowd(participants=20)
    answers = [*crowd.prefer({"a": 0.5, "b": -0.5}), *crowd.prefer({"c": 1.0, "d": -1.0})]
    figures = judge_preferences(select(answers).answers, QUICK)
    assert [(score.name, score.group) for score in figures.scores] == [("a", 1), ("b", 1), ("c", 2), ("d", 2)]
    assert len(figures.pairs) == len(figures.misfit_p) == 2
    assert "scores hold within a group only: a, b; c, d" in figures.notes[0]


def test_competitor_that_always_wins_has_a_finite_score_and_a_note():
    answers = [
        a for a in select(Crowd(participants=10).prefer({"a": 3.0, "b": 0.0})).answers if a.chosen == "a"
    ]
    figures = judge_preferences(answers, QUICK)
    assert figures.scores[0].name == "a"
    assert math.isfinite(figures.scores[0].score.high)
    assert "Firth's penalty" in " ".join(figures.notes)


def test_preferences_in_a_circle_are_named():
    beats = {("a", "b"), ("b", "c"), ("c", "a")}
    answers = []
    for answer in select(Crowd(participants=20).prefer({"a": 0, "b": 0, "c": 0})).answers:
        side = "left" if (answer.left, answer.right) in beats else "right"
        answers.append(dataclasses.replace(answer, answer=side))
    figures = judge_preferences(answers, QUICK)
    assert any("fit badly on one scale" in note for note in figures.notes)


def test_agreement_counts_chance_within_each_pair():
    figures = judged(Crowd(participants=50, trials=60))
    # Photographs are alike, so nobody agrees on them more than the pair alone explains.
    assert figures.alpha.value == pytest.approx(0, abs=0.05)
    assert figures.kappa == pytest.approx(0, abs=0.05)
    assert figures.alpha.low < 0.01


def test_agreement_on_photographs_is_found():
    answers = select(Crowd(participants=30, trials=60).prefer({"a": 0, "b": 0, "c": 0})).answers

    def as_all_do(answer):
        first, last = sorted((answer.left, answer.right))
        wanted = first if int(answer.photograph[-2:]) % 2 else last
        return dataclasses.replace(answer, answer="left" if answer.left == wanted else "right")

    figures = judge_preferences([as_all_do(answer) for answer in answers], QUICK)
    assert figures.alpha.value == figures.kappa == pytest.approx(1)


def test_of_answers_repeated_by_a_participant_the_first_is_the_rating():
    answers = select(Crowd(participants=6, trials=30).prefer({"a": 0.5, "b": 0.0})).answers
    again = [
        dataclasses.replace(a, trial=a.trial + 1000, answer="left" if a.left == "a" else "right")
        for a in answers
    ]
    assert judge_preferences([*answers, *again], QUICK).kappa == judge_preferences(answers, QUICK).kappa


def test_intervals_cover_the_truth_as_often_as_they_say():
    covered = []
    for seed in range(25):
        figures = judged(
            Crowd(participants=25, trials=20, checks=0, seed=seed), settings=Settings(resamples=50)
        )
        covered += [score.score.low < SCORES[score.name] < score.score.high for score in figures.scores]
    assert 0.88 < np.mean(covered) < 0.99


def test_other_trials_give_no_figures():
    assert judge_preferences(Crowd(participants=1).judge_truth({"a": 0.3})) is None
