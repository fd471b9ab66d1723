import json

import pytest

from benchmark_samples import NAMES, write_suite
from tintype.measure.benchmark.suite import list_suites


@pytest.fixture
def suite(folder):
    return write_suite(folder)


@pytest.fixture
def measure(call, suite):
    def measure(*arguments):
        return call("benchmark", *arguments, "--suite", suite, "--jobs", 1, "--cache", "cache", "--no-speed")

    return measure


def test_report_is_written_and_summed_up(measure, folder):
    done = measure("-o", "out")
    assert (done.status, done.err) == (0, "")
    assert {path.name for path in (folder / "out").iterdir()} == {"report.html", "summary.json", "small.csv"}
    lines = done.out.splitlines()
    assert lines[0] == "small: 3 photographs"
    assert lines[2].startswith("gray ")
    assert lines[3].startswith("tintype-small ")
    assert lines[-1] == "report: out/report.html"
    document = json.loads((folder / "out" / "summary.json").read_text("utf-8"))
    assert document["command"].startswith("tintype ")
    again = measure("-o", "out")
    assert again.status == 1
    assert "report.html" in again.error
    assert measure("-o", "out", "--force", "--quiet").out == ""


def test_figures_are_printed_as_json(measure):
    done = measure("-o", "out", "--json", "--no-probes", "--limit", 2)
    document = json.loads(done.out)
    assert document["suites"][0]["photographs"] == 2
    assert [row["label"] for row in document["suites"][0]["contestants"]] == ["gray", "tintype-small"]


def test_photograph_that_fails_is_named_and_the_rest_goes_on(measure, folder):
    (folder / "photographs" / "zebra.png").write_bytes(b"nothing")
    done = measure("-o", "out", "--no-probes")
    assert done.status == 1
    assert all("zebra.png can't be read" in line for line in done.err.splitlines())
    assert (folder / "out" / "report.html").is_file()


def test_suites_are_listed(call):
    listed = call("benchmark", "--list-suites")
    assert [line.split()[0] for line in listed.out.splitlines()[1:]] == list_suites()
    document = json.loads(call("benchmark", "--list-suites", "--json").out)
    assert {"open", "imagenet-ctest10k"} <= {it["name"] for it in document}


def test_inputs_are_written(call, suite, folder):
    assert call("benchmark", "--suite", suite, "--inputs", "gray").status == 0
    assert {path.stem for path in (folder / "gray" / "small").iterdir()} == {*NAMES}


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["tintype-small"], "no suite is named"),
        (["--suite", "small.toml"], "give -o FOLDER"),
        (["--suite", "nothing", "-o", "out"], "there is no suite 'nothing'"),
        (["--suite", "eval-objects", "--inputs", "out"], "TINTYPE_DATA is not set"),
        (["nobody", "--suite", "small.toml", "-o", "out"], "there is no model 'nobody'"),
        (["theirs=nowhere", "--suite", "small.toml", "-o", "out"], "give LABEL=FOLDER"),
    ],
)
def test_call_that_makes_no_sense_is_refused(call, suite, monkeypatch, arguments, text):
    monkeypatch.delenv("TINTYPE_DATA", raising=False)
    refused = call("benchmark", *arguments)
    assert refused.status == 2
    assert text in refused.error


def test_report_needs_its_extra(call, suite, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    refused = call("benchmark", "--suite", "small.toml", "-o", "out")
    assert refused.status == 1
    assert "pip install 'tintype[measure]'" in refused.error
