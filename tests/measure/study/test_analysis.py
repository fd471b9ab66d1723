import csv
import dataclasses
import io
import json

import pytest

from simulated_answers import Crowd, write_answers
from tintype.errors import OutputExistsError, StudyError
from tintype.measure.statistics import Interval
from tintype.measure.study.analysis import analyze
from tintype.measure.study.selection import Rules
from tintype.measure.study.settings import Settings
from tintype.measure.study.tables import show_number, show_share, tables_of, write_tables

QUICK = Settings(resamples=1000)


def both_kinds(participants=12):
    crowd = Crowd(participants=participants, trials=20, careless=1, checks=6)
    tests = crowd.judge_truth({"small": 0.35, "large": 0.45})
    preferences = crowd.prefer({"small": -0.5, "large": 0.5, "truth": 1.0})
    return [*tests, *(dataclasses.replace(a, trial=a.trial + 100) for a in preferences)]


@pytest.fixture(scope="module")
def analysis():
    return analyze(both_kinds(), settings=QUICK)


def test_file_and_answers_give_the_same(tmp_path, analysis):
    path = write_answers(tmp_path / "answers.csv", both_kinds())
    assert analyze(path, settings=QUICK) == analysis


def test_both_kinds_are_judged(analysis):
    assert analysis.study == "simulated"
    assert {rate.model for rate in analysis.fooled.rates} == {"small", "large"}
    assert {score.name for score in analysis.preference.scores} == {"small", "large", "truth"}
    assert analysis.first_answer < analysis.last_answer
    assert analysis.notes()[0] == "12 participants, 11 of them judged."


def test_rules_and_settings_are_followed():
    found = analyze(both_kinds(), Rules(least_attention=0), Settings(level=0.5, resamples=500))
    assert found.selection.kept == 12
    narrow, wide = found.fooled.rates[0].rate, analyze(both_kinds(), settings=QUICK).fooled.rates[0].rate
    assert narrow.high - narrow.low < wide.high - wide.low


def test_few_participants_are_a_warning():
    assert any("fewer than 6 participants" in note for note in analyze(both_kinds(5), settings=QUICK).notes())


def test_json_holds_all_figures_and_no_nan(analysis):
    found = json.loads(analysis.to_json())
    assert found["selection"]["judged_participants"] == 11
    assert found["selection"]["excluded"][0]["participant"] == "p000"
    rate = found["real_or_colored"]["rates"][0]
    assert rate["rate"]["low"] < rate["rate"]["value"] < rate["rate"]["high"]
    assert "answers" not in found["selection"]
    alone = analyze(Crowd(participants=1).prefer({"a": 1, "b": 0}), settings=QUICK)
    assert json.loads(alone.to_json())["real_or_colored"] is None


def test_json_is_the_same_each_time(analysis):
    assert analyze(reversed(both_kinds()), settings=QUICK).to_json() == analysis.to_json()


def test_one_study_is_chosen(analysis):
    other = [dataclasses.replace(a, study="other") for a in both_kinds()]
    with pytest.raises(StudyError, match=r"answers of 2 studies \(other, simulated\)"):
        analyze([*both_kinds(), *other])
    assert analyze([*both_kinds(), *other], settings=QUICK, study="simulated") == analysis
    with pytest.raises(StudyError, match="no answers of 'third'"):
        analyze(both_kinds(), study="third")
    with pytest.raises(StudyError, match="holds no answers"):
        analyze([])


def test_tables_say_the_figures(analysis):
    tables = {table.name: table for table in tables_of(analysis)}
    assert list(tables) == [
        "fooled",
        "fooled_differences",
        "fooled_by_photograph",
        "scores",
        "preferences",
        "preferences_by_photograph",
        "agreement",
    ]
    best = analysis.fooled.rates[0]
    assert tables["fooled"].rows[0][:2] == [best.model, show_share(best.rate)]
    assert all(len(row) == len(table.headings) for table in tables.values() for row in table.rows)


def test_csv_holds_bounds_as_columns(analysis):
    table = next(table for table in tables_of(analysis) if table.name == "scores")
    rows = list(csv.DictReader(io.StringIO(table.to_csv())))
    score = analysis.preference.scores[0]
    assert rows[0]["name"] == score.name
    assert float(rows[0]["score_low"]) == pytest.approx(score.score.low, rel=1e-5)
    assert float(rows[0]["score_high"]) == pytest.approx(score.score.high, rel=1e-5)


def test_what_is_not_known_is_empty_in_csv_and_said_to_people():
    alone = analyze(Crowd(participants=1).judge_truth({"a": 0.3}), settings=QUICK)
    table = tables_of(alone)[0]
    assert next(csv.DictReader(io.StringIO(table.to_csv())))["by_participants_low"] == ""
    nothing = float("nan")
    assert show_number(nothing) == show_share(nothing) == "not known"
    assert show_number(Interval(nothing, nothing, nothing)) == "not known"


def test_tables_are_written_once(tmp_path, analysis):
    folder = tmp_path / "new" / "figures"
    written = write_tables(analysis, folder)
    assert {path.name for path in written} == {path.name for path in folder.iterdir()}
    assert json.loads((folder / "analysis.json").read_text("utf-8"))["study"] == "simulated"
    for path in written[:-1]:
        path.unlink()
    with pytest.raises(OutputExistsError, match=written[-1].name):
        write_tables(analysis, folder)
    assert [*folder.iterdir()] == written[-1:]
    assert write_tables(analysis, folder, overwrite=True) == written
