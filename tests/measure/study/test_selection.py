import dataclasses

import pytest

from simulated_answers import Crowd
from tintype.errors import StudyError
from tintype.measure.study.selection import Attention, Rules, select


def test_inattentive_participants_are_left_out_and_named():
    answers = Crowd(participants=12, careless=3, trials=10, checks=6).judge_truth({"a": 0.3})
    selection = select(answers)
    assert [one.participant for one in selection.excluded] == ["p000", "p001", "p002"]
    assert (selection.participants, selection.kept, selection.excluded_answers) == (12, 9, 30)
    assert len(selection.answers) == 90
    assert "3 participants passed fewer than 67% of the attention checks and were left out" in " ".join(
        selection.sentences()
    )


def test_rule_about_checks_can_be_set():
    answers = Crowd(participants=12, careless=3, trials=10, checks=6).judge_truth({"a": 0.3})
    assert select(answers, Rules(least_attention=0)).excluded == ()
    with pytest.raises(StudyError, match="no share of checks"):
        Rules(least_attention=66)


def checked(passed, checks):
    answers = Crowd(participants=1, trials=5, checks=checks).judge_truth({"a": 0.3})
    for index in [i for i, a in enumerate(answers) if a.is_attention][passed:]:
        answers[index] = dataclasses.replace(answers[index], is_correct=False)
    return [*answers, *Crowd(participants=1, trials=1, checks=0).prefer({"a": 0, "b": 0})]


def test_two_checks_of_three_are_enough():
    assert select(checked(2, 3)).excluded == ()
    other = [dataclasses.replace(a, participant="other", trial=a.trial + 100) for a in checked(3, 3)]
    assert select([*checked(1, 3), *other]).excluded == (Attention("p000", 1, 3),)


def test_practice_and_checks_are_never_judged():
    selection = select(Crowd(participants=5, trials=8, checks=4, practice=2).judge_truth({"a": 0.3}))
    assert all(answer.is_judged for answer in selection.answers)
    assert (len(selection.answers), selection.practice, selection.attention) == (40, 10, 20)


def test_missed_check_during_practice_excludes_nobody():
    answers = Crowd(participants=2, trials=4, checks=2).judge_truth({"a": 0.3})
    answers = [
        dataclasses.replace(a, is_practice=True, is_correct=False) if a.is_attention else a for a in answers
    ]
    assert select(answers).excluded == ()


def test_answers_that_came_too_fast_are_left_out():
    answers = Crowd(participants=5, trials=30).judge_truth({"a": 0.3})
    selection = select(answers, Rules(fastest_ms=1000))
    assert selection.too_fast > 0
    assert selection.too_fast + len(selection.answers) == 150
    assert min(answer.response_ms for answer in selection.answers) >= 1000
    assert f"{selection.too_fast} answers came within 1000 ms" in " ".join(selection.sentences())


def test_nothing_to_judge_is_an_error():
    with pytest.raises(StudyError, match="none of 1 answer can be judged"):
        select(Crowd(participants=1, trials=0, checks=0, practice=1).judge_truth({"a": 0.3}))


@pytest.mark.parametrize(("keep", "judged"), [(True, 10), (False, 8)])
def test_second_looks_are_counted_and_left_out_if_asked(keep, judged):
    answers = Crowd(participants=1, trials=10, checks=0, practice=0).judge_truth({"a": 0.3})
    answers[3:5] = [dataclasses.replace(answer, shown=2) for answer in answers[3:5]]
    selection = select(answers, Rules(keep_second_looks=keep))
    assert (len(selection.answers), selection.second_looks) == (judged, 2)
    assert "2 answers came after a second look" in " ".join(selection.sentences())
