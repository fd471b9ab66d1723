import numpy as np
import pytest
from skimage import data

from photo_samples import save
from tintype.errors import TintypeError
from tintype.measure.figures import FIGURES, judge_photograph, summarize, tinted
from tintype.measure.pairs import Pair
from tintype.measure.verdicts import judge_pairs, measure_intervals

CROPS = [
    np.ascontiguousarray(picture[top : top + 48, 40:88])
    for picture in (data.astronaut(), data.coffee(), data.chelsea())
    for top in range(0, 192, 48)
]
RESULTS = [tinted(crop, (15, 10)) for crop in CROPS]


@pytest.fixture
def pairs(tmp_path):
    """Twelve pairs of files, the sixth of which is broken."""
    found = []
    for i, (true, result) in enumerate(zip(CROPS, RESULTS, strict=True)):
        pair = Pair(f"{i:02}.png", tmp_path / f"true{i}.png", tmp_path / f"result{i}.png")
        pair.true.write_bytes(save(true, "PNG"))
        pair.result.write_bytes(b"" if i == 5 else save(result, "PNG"))
        found.append(pair)
    return found


@pytest.fixture(scope="module")
def figures():
    return [judge_photograph(true, result) for true, result in zip(CROPS, RESULTS, strict=True)]


@pytest.mark.parametrize("threads", [1, 3, None])
def test_verdicts_come_in_order(pairs, figures, threads):
    verdicts = [*judge_pairs(pairs, threads=threads)]
    assert [verdict.pair for verdict in verdicts] == pairs
    assert [i for i, verdict in enumerate(verdicts) if verdict.problem] == [5]
    assert verdicts[5].figures is None
    judged = [verdict.figures.psnr for verdict in verdicts if verdict.figures]
    assert judged == [each.psnr for i, each in enumerate(figures) if i != 5]


def test_viewer_sees_what_was_judged_in_order(pairs):
    seen = []
    verdicts = judge_pairs(pairs, threads=3, viewer=lambda pair, *codes: seen.append((pair, codes)))
    assert len([*verdicts]) == 12
    assert [pair for pair, _ in seen] == [*pairs[:5], *pairs[6:]]
    for pair, (true, result) in seen:
        i = int(pair.name[:2])
        assert np.array_equal(true, CROPS[i])
        assert np.array_equal(result, RESULTS[i])


def test_only_a_few_pairs_are_read_ahead(pairs):
    taken = []

    def taking():
        for pair in pairs:
            taken.append(pair)
            yield pair

    first = next(judge_pairs(taking(), threads=2))
    assert first.pair == pairs[0]
    assert len(taken) <= 5


def test_failure_without_a_name_gets_one(pairs):
    (verdict,) = judge_pairs(pairs[:1], protocols=("mine",))
    assert verdict.problem.startswith("00.png: there is no AuC protocol 'mine'")


def test_intervals_hold_the_figures_of_the_set(figures):
    intervals = measure_intervals(figures)
    assert {name: it.value for name, it in intervals.items()} == pytest.approx(
        summarize(figures).values(), nan_ok=True
    )
    assert [*intervals] == [*FIGURES]
    assert intervals["delta_e"].low < intervals["delta_e"].value < intervals["delta_e"].high


def test_mean_has_the_interval_of_scipy(figures):
    from scipy.stats import bootstrap

    errors = np.array([each.ab_error for each in figures])
    expected = bootstrap((errors,), np.mean, random_state=0, n_resamples=9999).confidence_interval
    found = measure_intervals(figures)["ab_error"]
    assert [found.low, found.high] == pytest.approx([*expected], abs=0.05 * (expected.high - expected.low))


def test_figure_that_counts_bins_has_the_interval_of_the_jackknife(figures):
    found = measure_intervals(figures)["rebalanced_auc_set"]
    without = [
        summarize([*figures[:i], *figures[i + 1 :]]).auc["set"].rebalanced for i in range(len(figures))
    ]
    deviation = np.sqrt((len(figures) - 1) * np.var(without))
    assert [found.low, found.high] == pytest.approx(
        [found.value - 1.96 * deviation, found.value + 1.96 * deviation], abs=1e-3
    )


def test_priors_change_the_figure_that_they_are_for(figures):
    flat, steep = np.ones(313), np.linspace(1, 100, 313)
    one, two = (measure_intervals(figures, priors) for priors in (flat, steep))
    changed = {name for name in one if one[name].value != pytest.approx(two[name].value, nan_ok=True)}
    assert changed == {"rebalanced_auc_zhang16"}


def test_nothing_to_sum_up_is_refused():
    with pytest.raises(TintypeError, match="give at least one photograph"):
        measure_intervals([])
