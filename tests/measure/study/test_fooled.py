import dataclasses

import numpy as np
import pytest
import scipy.stats

from simulated_answers import Crowd
from tintype.measure.study.fooled import judge_fooled
from tintype.measure.study.selection import select
from tintype.measure.study.settings import Settings

QUICK = Settings(resamples=2000)
RATES = {"good": 0.4, "fair": 0.3, "poor": 0.12}


def judged(crowd, rates=None, settings=QUICK):
    return judge_fooled(select(crowd.judge_truth(rates or RATES)).answers, settings)


def test_known_rates_are_recovered():
    figures = judged(Crowd(participants=60, trials=60))
    assert [rate.model for rate in figures.rates] == ["good", "fair", "poor"]
    for rate in figures.rates:
        assert rate.rate.low < RATES[rate.model] < rate.rate.high
        assert rate.by_participants.low < RATES[rate.model] < rate.by_participants.high
        assert rate.rate.value == rate.fooled / rate.answers == rate.by_participants.value
    assert figures.answers == sum(rate.answers for rate in figures.rates) == 3600
    assert figures.left.low < 0.5 < figures.left.high
    assert 1000 < figures.median_ms < 2400


def test_random_answers_fool_half_the_time():
    crowd = Crowd(participants=30, careless=30, checks=0)
    (rate,) = judged(crowd, {"any": 0.01}).rates
    assert rate.rate.low < 0.5 < rate.rate.high


def test_rate_has_wilsons_interval():
    (rate,) = judged(Crowd(participants=8), {"one": 0.3}).rates
    expected = scipy.stats.binomtest(rate.fooled, rate.answers).proportion_ci(method="wilson")
    assert (rate.rate.low, rate.rate.high) == pytest.approx((expected.low, expected.high))


def test_interval_over_participants_is_wider_where_people_differ():
    alike, different = (
        judged(Crowd(participants=40, trials=60, opinion=opinion), {"one": 0.3}).rates[0]
        for opinion in (0.0, 1.5)
    )

    def ratio(rate):
        return (rate.by_participants.high - rate.by_participants.low) / (rate.rate.high - rate.rate.low)

    assert ratio(alike) == pytest.approx(1, abs=0.3)
    assert ratio(different) > 1.8


def test_differences_are_found_and_adjusted():
    figures = judged(Crowd(participants=40, trials=60))
    by_pair = {(d.one, d.other): d for d in figures.differences}
    assert list(by_pair) == [("fair", "good"), ("fair", "poor"), ("good", "poor")]
    assert by_pair["good", "poor"].difference.mean.value == pytest.approx(0.28, abs=0.05)
    assert by_pair["good", "poor"].adjusted_p < 0.01
    assert all(d.adjusted_p >= d.difference.p for d in figures.differences)


def test_equal_models_do_not_differ_more_often_than_by_chance():
    found = [
        judged(Crowd(participants=20, trials=20, seed=seed), {"a": 0.3, "b": 0.3}, Settings(resamples=500))
        for seed in range(40)
    ]
    assert np.mean([figures.differences[0].difference.p < 0.05 for figures in found]) <= 0.15


def test_each_photograph_is_counted_for_itself():
    crowd = Crowd(participants=20, trials=30)
    answers = select(crowd.judge_truth({"one": 0.3})).answers
    hard = [dataclasses.replace(a, photograph="hard") if i % 3 == 0 else a for i, a in enumerate(answers)]
    figures = judge_fooled(hard, QUICK)
    assert sum(row.answers for row in figures.photographs) == 600
    row = next(row for row in figures.photographs if row.photograph == "hard")
    chosen = [a.chosen == "truth" for a in hard if a.photograph == "hard"]
    assert (row.fooled, row.answers) == (sum(chosen), len(chosen))
    assert [row.photograph for row in figures.photographs] == sorted(
        row.photograph for row in figures.photographs
    )


def test_people_agree_on_photographs_that_are_easy_or_hard():
    crowd = Crowd(participants=30, trials=40)
    answers = select(crowd.judge_truth({"one": 0.5})).answers
    assert judge_fooled(answers, QUICK).alpha.value == pytest.approx(0, abs=0.05)

    def as_all_do(answer):
        fools = int(answer.photograph[-2:]) % 2
        return dataclasses.replace(
            answer, answer="left" if (answer.left == "truth") == bool(fools) else "right"
        )

    figures = judge_fooled([as_all_do(answer) for answer in answers], QUICK)
    assert figures.alpha.value == figures.kappa == pytest.approx(1)


def test_of_answers_repeated_by_a_participant_the_first_is_the_rating():
    answers = select(Crowd(participants=6, trials=30).judge_truth({"one": 0.5})).answers
    again = [
        dataclasses.replace(a, trial=a.trial + 1000, answer="left" if a.left == "truth" else "right")
        for a in answers
    ]
    assert judge_fooled([*answers, *again], QUICK).kappa == judge_fooled(answers, QUICK).kappa


def test_single_participant_has_no_interval_over_participants():
    figures = judged(Crowd(participants=1))
    assert not any(rate.by_participants.has_bounds for rate in figures.rates)
    assert all(rate.rate.has_bounds for rate in figures.rates)


def test_other_trials_give_no_figures():
    assert judge_fooled(Crowd(participants=1).prefer({"a": 0, "b": 0})) is None
