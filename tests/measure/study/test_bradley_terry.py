import math

import numpy as np
import pytest
import scipy.optimize
import scipy.stats

from tintype.errors import StudyError
from tintype.measure.study.bradley_terry import chi_squared_tail, connected_groups, fit_bradley_terry

# Agresti, "Categorical Data Analysis", baseball of the American League in 1987: Milwaukee, Detroit, Toronto,
# New York, Boston, Cleveland, Baltimore.
BASEBALL = [
    [0, 7, 9, 7, 7, 9, 11],
    [6, 0, 7, 5, 11, 9, 9],
    [4, 6, 0, 7, 7, 8, 12],
    [6, 8, 6, 0, 6, 7, 10],
    [6, 2, 6, 7, 0, 7, 12],
    [4, 4, 5, 6, 6, 0, 6],
    [2, 4, 1, 3, 1, 7, 0],
]

# Stigler, "Citation patterns in the journals of statistics and probability" (1994), as in the vignette of the R
# package BradleyTerry2: Biometrika, Communications in Statistics, JASA, JRSS-B; rows are cited by columns.
CITATIONS = [[714, 730, 498, 221], [33, 425, 68, 17], [320, 813, 1072, 142], [284, 276, 325, 188]]


def test_scores_of_baseball_are_the_published_ones():
    fit = fit_bradley_terry(BASEBALL)
    assert fit.scores - fit.scores[-1] == pytest.approx(
        [1.581, 1.436, 1.294, 1.248, 1.108, 0.684, 0], abs=1e-3
    )
    assert (fit.deviance, fit.freedom) == (pytest.approx(15.737, abs=1e-3), 15)
    assert not fit.is_reduced


def test_scores_and_errors_of_citations_are_the_published_ones():
    fit = fit_bradley_terry(CITATIONS)
    against_first = fit.covariance[0, 0] + np.diag(fit.covariance) - 2 * fit.covariance[0]
    assert fit.scores - fit.scores[0] == pytest.approx([0, -2.94907, -0.47957, 0.26895], abs=1e-5)
    assert np.sqrt(against_first) == pytest.approx([0, 0.10255, 0.06059, 0.07083], abs=1e-5)
    assert (fit.deviance, fit.freedom) == (pytest.approx(4.2934, abs=1e-4), 3)


def test_scores_are_the_most_likely_ones():
    wins = np.random.default_rng(0).integers(0, 9, (5, 5))
    trials_won = wins * (1 - np.eye(5))

    def cost(free):
        scores = np.append(free, -free.sum())
        return np.sum(trials_won * np.logaddexp(0, scores[None, :] - scores[:, None]))

    best = scipy.optimize.minimize(cost, np.zeros(4), tol=1e-12).x
    assert fit_bradley_terry(wins).scores[:4] == pytest.approx(best, abs=1e-5)


def test_two_competitors_have_the_log_odds():
    fit = fit_bradley_terry([[0, 30], [10, 0]])
    assert fit.scores[0] - fit.scores[1] == pytest.approx(math.log(3))
    # The variance of log odds is 1/30 + 1/10; each score carries a quarter of it.
    assert fit.covariance[0, 0] == pytest.approx((1 / 30 + 1 / 10) / 4)


def test_competitor_that_always_wins_gets_a_finite_score():
    fit = fit_bradley_terry([[0, 8, 5], [0, 0, 6], [0, 3, 0]])
    assert fit.is_reduced
    assert np.isfinite(fit.scores).all()
    assert fit.scores[0] > fit.scores[1] > fit.scores[2]


def test_penalty_of_two_competitors_adds_half_a_win_to_each():
    # For one pair Firth's penalty is known in closed form: (wins + 1/2) / (losses + 1/2).
    fit = fit_bradley_terry([[0, 7], [0, 0]])
    assert fit.scores[0] - fit.scores[1] == pytest.approx(math.log(7.5 / 0.5), abs=1e-8)


def test_penalized_scores_top_the_penalized_likelihood():
    wins = np.array([[0, 8, 5.0], [0, 0, 6], [0, 3, 0]])
    trials = wins + wins.T

    def cost(free):
        scores = np.append(free, 0)
        chances = 1 / (1 + np.exp(scores[None, :] - scores[:, None]))
        weights = trials * chances * chances.T
        information = (np.diag(weights.sum(axis=1)) - weights)[:2, :2]
        return -np.sum(wins * np.log(chances)) - 0.5 * np.log(np.linalg.det(information))

    best = np.append(scipy.optimize.minimize(cost, np.zeros(2), tol=1e-12).x, 0)
    assert fit_bradley_terry(wins).scores == pytest.approx(best - best.mean(), abs=1e-5)


def test_groups_that_never_met_are_found():
    wins = np.zeros((5, 5))
    wins[0, 3] = wins[3, 4] = wins[1, 2] = 2
    assert connected_groups(wins) == [(0, 3, 4), (1, 2)]
    with pytest.raises(StudyError, match="linked"):
        fit_bradley_terry(wins)


@pytest.mark.parametrize("wins", [[[0]], np.zeros((0, 0)), [[0, 1]], [[0, -1], [1, 0]]])
def test_what_cannot_be_scored_is_refused(wins):
    with pytest.raises(StudyError):
        fit_bradley_terry(wins)


def test_own_comparisons_are_not_counted():
    assert fit_bradley_terry([[50, 30], [10, 70]]).scores == pytest.approx(
        fit_bradley_terry([[0, 30], [10, 0]]).scores
    )


def simulated(scores, participants, trials, opinion, random):
    """Let participants prefer; each has scores of his own around the true ones."""
    count = len(scores)
    wins = np.zeros((participants, count, count))
    for one in range(participants):
        own = scores + random.normal(0, opinion, count)
        for _ in range(trials):
            i, j = random.choice(count, 2, replace=False)
            winner = random.uniform() < 1 / (1 + np.exp(own[j] - own[i]))
            wins[one, i if winner else j, j if winner else i] += 1
    return wins


def test_independent_answers_give_equal_covariances():
    random = np.random.default_rng(4)
    wins = simulated(np.array([0.7, 0.0, -0.7]), 300, 20, 0.0, random)
    fit = fit_bradley_terry(wins.sum(axis=0), wins)
    assert np.diag(fit.clustered) == pytest.approx(np.diag(fit.covariance), rel=0.2)


def scores_of_all_people(scores, opinion, random):
    """Fit what people say on the whole: nearer to each other than the scores around which their own lie."""
    own = scores + random.normal(0, opinion, (20_000, len(scores)))
    chances = 1 / (1 + np.exp(own[:, None, :] - own[:, :, None]))
    return fit_bradley_terry(chances.mean(axis=0)).scores


def test_intervals_cover_the_truth_though_participants_differ():
    random = np.random.default_rng(5)
    around = np.array([0.8, 0.1, -0.9])
    true = scores_of_all_people(around, 0.6, random)
    covered = {"clustered": [], "covariance": []}
    for _ in range(100):
        wins = simulated(around, 25, 24, 0.6, random)
        fit = fit_bradley_terry(wins.sum(axis=0), wins)
        for name, found in covered.items():
            found.append(np.abs(fit.scores - true) < 1.96 * np.sqrt(np.diag(getattr(fit, name))))
    assert np.mean(covered["clustered"]) > 0.9
    assert np.mean(covered["covariance"]) < 0.9


@pytest.mark.parametrize("freedom", [1, 2, 3, 4, 9, 10, 45])
@pytest.mark.parametrize("value", [0.0, 0.4, 3.0, 15.7, 60.0])
def test_tail_agrees_with_scipy(value, freedom):
    assert chi_squared_tail(value, freedom) == pytest.approx(
        scipy.stats.chi2.sf(value, freedom), rel=1e-9, abs=1e-15
    )


def test_preferences_in_a_circle_do_not_fit_one_scale():
    circle = [[0, 30, 5], [5, 0, 30], [30, 5, 0]]
    assert fit_bradley_terry(circle).misfit_p() < 1e-6
    assert fit_bradley_terry(BASEBALL).misfit_p() == pytest.approx(scipy.stats.chi2.sf(15.737, 15), abs=1e-4)
    assert math.isnan(fit_bradley_terry([[0, 3], [2, 0]]).misfit_p())
