import csv
import io
import json
import math
import os
import re
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from tintype.errors import OutputExistsError
from tintype.measure.benchmark import report as module
from tintype.measure.benchmark import speed
from tintype.measure.benchmark.photographs import find_photographs, sit
from tintype.measure.benchmark.report import (
    Circumstances,
    Report,
    render_report,
    report_document,
    write_report,
    write_rows,
)
from tintype.measure.benchmark.speed import Speed, busy_cores, measure_speed
from tintype.measure.benchmark.summary import TESTED, as_document
from tintype.measure.benchmark.words import tell, tell_speed
from tintype.measure.figures import summarize
from tintype.measure.statistics import holm, paired_difference
from tintype.measure.unaided.score import load_score

CIRCUMSTANCES = Circumstances("2026-11-22", "tintype benchmark", "a machine", "python 3")


@pytest.fixture(scope="module")
def report(summary, options):
    speeds = [Speed("test-tiny", side, side / 1000, 300.0, 2, 3.0) for side in (64, 128)]
    return Report([summary], CIRCUMSTANCES, speeds, cache=options.cache)


@pytest.fixture(scope="module")
def page(report):
    return render_report(report)


def test_summary_has_the_figures_of_the_set(ran, summary):
    for label in ran.entries:
        expected = summarize(ran.figures(label)).values()
        found = {name: interval.value for name, interval in summary.score(label).figures.items()}
        assert found == pytest.approx(expected, nan_ok=True)
        low, high = summary.score(label).figures["delta_e"].low, summary.score(label).figures["delta_e"].high
        assert low <= found["delta_e"] <= high


def test_differences_are_paired_and_corrected_for_the_pairs(summary):
    found = [it for it in summary.differences if it.figure == "psnr"]
    one, two, three = (score.values["psnr"] for score in summary.scores)
    expected = [paired_difference(*pair).p for pair in ((one, two), (one, three), (two, three))]
    assert [it.difference.p for it in found] == expected
    assert [it.p for it in found] == holm(expected)
    assert len(summary.differences) == 3 * len(TESTED)


def test_less_is_better_for_errors(summary):
    gray, tiny = (summary.score(label).values["delta_e"] for label in ("gray", "test-tiny"))
    found = summary.compare("delta_e", "test-tiny", "gray")
    certain = replace(found, p=0.001, difference=paired_difference(np.arange(20) + 5.0, np.arange(20) + 4.0))
    assert (certain.one, certain.better) == ("gray", "test-tiny")
    assert replace(certain, figure="psnr").better == "gray"
    assert replace(certain, p=0.2).better == ""
    assert replace(certain, p=0.2).leading == "test-tiny"
    assert found.difference.mean.value == pytest.approx((gray - tiny).mean())


def test_document_is_json_without_what_is_no_number(summary):
    text = json.dumps(as_document(summary), allow_nan=False)
    document = json.loads(text)
    assert document["photographs"] == 3
    assert document["contestants"][0]["figures"]["ms_ssim"]["value"] is None  # photographs too small for it
    assert set(document["contestants"][1]["hint_psnr"]) == {"0", "1", "10"}


def test_best_of_more_samples_is_never_worse(summary, suite):
    assert summary.score("gray").samples is None
    found = summary.score("test-tiny").samples
    errors = [error.value for error in found.best_errors]
    assert len(errors) == suite.probes.samples == 4
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < errors[0]
    assert found.distance.value > 0
    row = as_document(summary)["contestants"][1]
    assert row["best_of_ab_error"]["4"]["value"] == pytest.approx(errors[-1])
    assert row["sample_distance"]["value"] == found.distance.value


def test_score_without_the_truth_is_that_of_the_pictures(summary, suite):
    trues = [sit(photograph, suite).true for photograph in find_photographs(suite).photographs]
    expected = [load_score().judge_codes(true) for true in trues]
    assert summary.true_look.values.tolist() == [verdict.score for verdict in expected]
    assert summary.true_look.score.value == pytest.approx(np.mean(summary.true_look.values))
    first = [next(iter(verdict.faults)) for verdict in expected if verdict.faults]
    assert summary.true_look.faults == {fault: first.count(fault) for fault in first}
    assert summary.score("gray").look.score.value < summary.true_look.score.value
    rows = csv.DictReader(io.StringIO(write_rows(summary)))
    told = [float(row["unaided_score"]) for row in rows if row["contestant"] == "gray"]
    assert told == pytest.approx(summary.score("gray").look.values.tolist(), rel=1e-5)


def test_stripe_too_narrow_for_the_score_has_none():
    from tintype.measure.benchmark.run import _look

    assert _look(np.zeros((32, 20000, 3), np.uint8)) is None


def test_report_holds_all_and_asks_nobody(page):
    assert not re.findall(r'(?:src|href)="(?!#|data:)', page)
    assert "@import" not in page
    assert "<script" not in page
    assert page.count("<svg") == 4 + 2 + 4 + 2
    assert page.count("data:image/jpeg") > 10
    for text in (
        "test-tiny, vividness 1",
        "astronaut",
        "In short",
        "2026-11-22",
        "against",
        "Seen without the truth",
        "Is the truth among several answers?",
    ):
        assert text in page


def test_names_in_the_report_are_escaped(page):
    assert "Small &lt;photographs&gt;" in page
    assert "Small <photographs>" not in page


def test_every_part_that_is_linked_is_there_once(page):
    ids = re.findall(r'\sid="([^"]+)"', page)
    for target in re.findall(r'(?:xlink:)?href="#([^"]+)"|url\(#([^)]+)\)', page):
        assert "".join(target) in ids
    assert len({name for name in ids if not name.startswith(("figure", "axes", "patch"))}) > 3


def test_report_without_pictures_holds_no_photograph(report):
    page = render_report(replace(report, pictures="none"))
    assert "data:image/jpeg" not in page
    assert "In short" in page


def test_photographs_that_may_not_be_passed_on_are_left_out(report, summary):
    assert "data:image/jpeg" in render_report(replace(report, pictures="shareable"))
    private = replace(summary, run=replace(summary.run, suite=replace(summary.run.suite, shareable=False)))
    page = render_report(replace(report, summaries=[private], pictures="shareable"))
    assert "data:image/jpeg" not in page
    assert "none is shown here" in page
    assert "may not be published as it is" in render_report(replace(report, summaries=[private]))


def test_files_are_written_once(report, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "render_report", lambda _: "page")
    paths = write_report(report, tmp_path / "out")
    assert sorted(path.name for path in paths) == ["report.html", "small.csv", "summary.json"]
    with pytest.raises(OutputExistsError):
        write_report(report, tmp_path / "out")
    write_report(report, tmp_path / "out", overwrite=True)


def test_rows_hold_each_photograph_of_each_contestant(summary):
    rows = [*csv.DictReader(io.StringIO(write_rows(summary)))]
    assert len(rows) == 9
    assert {row["contestant"] for row in rows} == {"gray", "test-tiny", "test-tiny, vividness 1"}
    assert float(rows[0]["delta_e"]) == pytest.approx(summary.score("gray").values["delta_e"][0], rel=1e-5)
    assert len(rows[0]["sha256_of_pixels"]) == 64


def test_rows_hold_what_was_asked_of_each_photograph(summary):
    gray, *_, tiny = csv.DictReader(io.StringIO(write_rows(summary)))
    hints = summary.score("test-tiny, vividness 1").hints
    assert [float(tiny[f"psnr_{count}_hints"]) for count in hints.counts] == pytest.approx(
        hints.psnr[-1].tolist(), rel=1e-5
    )
    assert float(tiny["best_of_4_ab_error"]) < float(tiny["best_of_1_ab_error"])
    assert float(tiny["sample_distance"]) > 0
    assert gray["psnr_1_hints"] == gray["best_of_4_ab_error"] == gray["sample_distance"] == ""


def test_hints_are_told_with_intervals_and_beside_the_published(summary, page):
    step = [*summary.score("test-tiny").hints.steps()][-1]
    (said,) = [sentence for sentence in tell(summary) if "10 hints" in sentence]
    assert f"test-tiny {step.gain.value:+.1f} dB ({step.gain.low:+.1f} to {step.gain.high:+.1f})" in said
    assert "published for another model, on other photographs, in 2017: +4.0 dB" in said
    table = page.partition("What hints gain, in figures")[2].partition("</table>")[0]
    assert f"{step.psnr.value:.2f}" in table
    assert "<td>28.42</td><td>+3.99</td>" in table


def test_problems_name_no_folder(report, summary, tmp_path):
    run = replace(summary.run, problems=(f"{tmp_path}/zebra.png can't be read", "no <picture>"))
    spoiled = replace(summary, run=run)
    page = render_report(replace(report, summaries=[spoiled]))
    assert "<li>zebra.png can&#39;t be read.</li><li>no &lt;picture&gt;.</li>" in page
    assert str(tmp_path) not in page
    assert as_document(spoiled)["problems"] == ["zebra.png can't be read", "no <picture>"]


def test_what_is_said_names_the_closest(summary):
    best = min(summary.scores, key=lambda score: score.figures["delta_e"].value)
    first = tell(summary)[0]
    assert first.startswith(f"Closest to the true colors is {best.label}: Delta E")
    assert any("left gray" in sentence for sentence in tell(summary))


def test_times_of_a_busy_machine_are_doubted(report):
    assert "measure again on a quiet machine" in tell_speed(report.speeds)[-1]
    quiet = [replace(speed, load=0.1) for speed in report.speeds]
    assert not any("quiet" in sentence for sentence in tell_speed(quiet))


def test_work_of_others_is_seen_and_ones_own_past_is_not():
    spin = "print('begun', flush=True)\nwhile True: pass"
    with subprocess.Popen([sys.executable, "-c", spin], stdout=subprocess.PIPE) as other:
        try:
            assert other.stdout.readline() == b"begun\n"
            busy = busy_cores(1.0)
        finally:
            other.kill()
    assert not busy <= 0.5  # where the system does not tell it is not a number
    assert not busy > 1.2 * os.cpu_count()


def test_machine_that_wakes_late_is_no_busier_for_it(monkeypatch):
    clock = SimpleNamespace(now=10.0, spent=100.0)

    def sleep(seconds):
        clock.now += 4 * seconds
        clock.spent += 2 * seconds

    monkeypatch.setattr(speed, "time", SimpleNamespace(sleep=sleep, monotonic=lambda: clock.now))
    monkeypatch.setattr(speed, "_spent_seconds", lambda: clock.spent)
    assert busy_cores(1.0) == 0.5


def test_what_the_system_does_not_tell_is_null_in_the_document(report):
    untold = replace(report, speeds=[replace(report.speeds[0], load=math.nan, megabytes=math.nan)])
    document = json.loads(json.dumps(report_document(untold), allow_nan=False))
    assert (document["speed"][0]["load"], document["speed"][0]["megabytes"]) == (None, None)
    assert document["speed"][0]["seconds"] == report.speeds[0].seconds
    assert not untold.speeds[0].is_disturbed


def test_speed_is_measured(contestants):
    found = measure_speed(contestants[1], 64, load=0.0)
    assert 0 < found.seconds < 60
    assert found.megabytes > 30
