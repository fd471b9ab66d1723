from collections import Counter
from itertools import pairwise

import pytest

from study_samples import PREFERENCE, STUDY, TEST
from tintype.errors import StudyFileError
from tintype.measure.study.answers import TRUTH
from tintype.studio.study.definition import ABSURD, read_definition
from tintype.studio.study.trials import Trial, create_design, plan_session

THREE = STUDY + 'third = "colored/third"\n'


@pytest.fixture
def design(tmp_path):
    def design(parts=TEST + PREFERENCE, count=30, study=THREE, seed=1):
        for name in ("photographs", "colored/dull", "colored/vivid", "colored/third"):
            (tmp_path / name).mkdir(parents=True, exist_ok=True)
        path = tmp_path / "study.toml"
        path.write_text(f"seed = {seed}\n{study}{parts}", "utf-8")
        return create_design(read_definition(path), [f"p{i:03d}" for i in range(count)])

    return design


def sessions(design, count):
    """Plan sessions one after the other, each knowing those before."""
    usage = Counter()
    for number in range(count):
        trials = plan_session(design, number, usage)
        usage.update((it.kind, it.photograph, it.left, it.right) for it in judged(trials))
        yield trials


def judged(trials):
    return [it for it in trials if not it.practice and not it.attention]


def test_session_has_its_parts_in_order(design):
    trials = plan_session(design(), 0, {})
    kinds = [it.kind for it in trials]
    assert kinds == ["real_or_colored"] * 12 + ["preference"] * 8
    assert [it.practice for it in trials[:12]] == [True] * 2 + [False] * 10
    assert sum(it.attention for it in trials[:12]) == 2
    assert not trials[2].attention


def test_checks_are_spread_over_the_judged_trials(design):
    for trials in sessions(design(TEST, study=STUDY), 40):
        marks = [it.attention for it in trials if not it.practice]
        first, second = (place for place, mark in enumerate(marks) if mark)
        assert first >= 2
        assert second - first > 2


def test_same_seed_and_number_give_the_same_session(design):
    assert plan_session(design(), 3, {}) == plan_session(design(), 3, {})
    assert plan_session(design(), 3, {}) != plan_session(design(), 4, {})
    assert plan_session(design(), 3, {}) != plan_session(design(seed=2), 3, {})


def test_photograph_is_seen_once_where_there_are_enough(design):
    for trials in sessions(design(), 5):
        assert max(Counter(it.photograph for it in trials).values()) == 1


def test_photographs_of_practice_and_checks_are_never_judged(design):
    plan = [*sessions(design(), 20)]
    aside = {it.photograph for trials in plan for it in trials if it.practice or it.attention}
    assert aside.isdisjoint(it.photograph for trials in plan for it in judged(trials))


# With 20 photographs the second part has no choice: it takes all that the first did not show.
@pytest.mark.parametrize(("count", "spread"), [(20, 2), (30, 1), (57, 1)])
def test_every_comparison_gets_as_many_answers(design, count, spread):
    made = design(count=count)
    items = Counter()
    for trials in sessions(made, 40):
        items.update((it.kind, it.photograph, frozenset((it.left, it.right))) for it in judged(trials))
    for part in made.parts:
        expected = len(made.judged) * len(made.pairs[part.kind])
        counts = [count for (kind, *_), count in items.items() if kind == part.kind]
        counts += [0] * (expected - len(counts))
        assert max(counts) - min(counts) <= spread


def test_each_pair_comes_as_often_within_a_session(design):
    for trials in sessions(design(), 10):
        for kind in ("real_or_colored", "preference"):
            pairs = Counter(frozenset((it.left, it.right)) for it in judged(trials) if it.kind == kind)
            assert max(pairs.values()) - min(pairs.values()) <= 2


def test_sides_are_balanced_within_a_session_and_for_each_comparison(design):
    sides = Counter()
    for trials in sessions(design(), 60):
        test = [it for it in judged(trials) if it.kind == "real_or_colored"]
        assert abs(sum(1 if it.truth_side == "left" else -1 for it in test)) <= 1
        for it in test:
            sides[it.photograph, it.left, it.right] += 1
    surplus = [abs(sides[name, one, other] - sides[name, other, one]) for name, one, other in sides]
    assert max(surplus) <= 2


def test_usage_of_those_who_left_is_made_up_for(design):
    made = design(PREFERENCE, study=STUDY)
    first = made.judged[:6]
    usage = {("preference", name, "dull", "vivid"): 5 for name in made.judged if name not in first}
    assert {it.photograph for it in judged(plan_session(made, 0, usage))} == set(first)


def test_photograph_comes_again_only_after_all_others(design):
    made = design(PREFERENCE.replace("trials = 6", "trials = 12"), count=6)
    order = [it.photograph for it in judged(plan_session(made, 0, {}))]
    assert [len(set(order[i : i + 4])) for i in (0, 4, 8)] == [4, 4, 4]
    assert all(one != other for one, other in pairwise(order))


def test_too_few_photographs_are_refused(design):
    with pytest.raises(
        StudyFileError, match=r"real_or_colored.trials: is 8, but of 13 photographs 6 are set aside"
    ):
        design(count=13)
    with pytest.raises(StudyFileError, match="leaves 0"):
        design(count=3)


def test_right_answers():
    test = Trial("real_or_colored", "p", "dull", TRUTH)
    assert (test.truth_side, test.right_answer) == ("right", "left")
    assert Trial("preference", "p", "dull", "vivid").right_answer is None
    assert Trial("preference", "p", "dull", TRUTH).right_answer is None
    assert Trial("preference", "p", ABSURD, "vivid", attention=True).right_answer == "right"
    assert Trial("real_or_colored", "p", ABSURD, TRUTH, attention=True).right_answer == "left"
