import dataclasses
import re
import sys
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from simulated_answers import Crowd
from tintype.errors import MissingExtraError, OutputExistsError
from tintype.measure.study.analysis import analyze
from tintype.measure.study.findings import findings
from tintype.measure.study.plots import drawings_of
from tintype.measure.study.report import publish, render_report, write_report
from tintype.measure.study.settings import Settings
from tintype.measure.study.tables import tables_of

QUICK = Settings(resamples=500)
VOID = {"meta", "br", "img", "link", "path", "use"}


def analyzed(rates, scores, participants=30, trials=40):
    crowd = Crowd(participants=participants, trials=trials)
    tests = crowd.judge_truth(rates) if rates else []
    preferences = crowd.prefer(scores) if scores else []
    return analyze(
        [*tests, *(dataclasses.replace(a, trial=a.trial + 100) for a in preferences)], settings=QUICK
    )


@pytest.fixture(scope="module")
def analysis():
    return analyzed({"small": 0.3, "even": 0.5, "vivid": 0.75}, {"small": 0.8, "vivid": -0.8, "even": -0.8})


@pytest.fixture(scope="module")
def page(analysis):
    return render_report(analysis)


class Text(HTMLParser):
    def __init__(self):
        super().__init__()
        self.found, self.open = [], []

    def handle_starttag(self, tag, attributes):
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.found.append(data)


def test_findings_say_the_outcome(analysis):
    said = " ".join(findings(analysis))
    assert re.search(r"small fooled people in [23]\d\.\d% \[.*?answers: people can tell it", said)
    assert re.search(r"even fooled people .*? answers: these answers don't show that people can tell", said)
    assert re.search(r"vivid fooled people .*? answers: people take it for the truth more often than", said)
    assert re.search(r"small was preferred to vivid in 8\d% of \d+ comparisons: more than chance", said)
    assert re.search(r"(even|vivid) was preferred to (even|vivid) in 5\d% .*?: which may be chance", said)


def test_page_holds_all_tables_and_drawings(analysis, page):
    parser = Text()
    parser.feed(page)
    assert parser.open == []
    text = " ".join(parser.found)
    for table in tables_of(analysis):
        assert table.title.replace("'", "'") in text
        assert all(cell in text for row in table.rows for cell in row)
    assert page.count("<svg") == 4
    assert "95% intervals" in text


def test_page_asks_nobody_for_anything(page):
    addresses = re.findall(r"""(?:src|href)\s*=\s*["']?([^"'> ]+)|url\(([^)]+)\)""", page)
    assert all((one or other).startswith("#") for one, other in addresses)
    assert "<script" not in page
    assert "@import" not in page


def test_page_is_the_same_each_time(analysis, page):
    assert render_report(analysis) == page


def test_identifiers_of_the_page_are_not_repeated_with_another_meaning(analysis):
    defined = [
        set(re.findall(r'<clipPath id="([^"]+)"', drawing)) for drawing in drawings_of(analysis).values()
    ]
    assert sum(len(ids) for ids in defined) == len(set.union(*defined))


def test_drawings_are_svg_with_text(analysis):
    drawings = drawings_of(analysis)
    assert set(drawings) == {"fooled", "fooled_by_photograph", "scores", "preferences"}
    for drawing in drawings.values():
        root = ElementTree.fromstring(drawing)
        assert root.tag.endswith("svg")
        assert "small" in "".join(root.itertext())


def test_names_are_not_taken_for_markup():
    strange = analyzed({"<b>bold</b>": 0.3}, None, participants=6)
    assert "<b>bold</b>" not in render_report(strange)
    assert "&lt;b&gt;bold&lt;/b&gt;" in render_report(strange)


@pytest.mark.parametrize(
    ("rates", "scores", "drawn"), [({"a": 0.3}, None, "fooled"), (None, {"a": 0.2, "b": 0.1}, "scores")]
)
def test_study_of_one_kind_and_one_participant_is_reported(rates, scores, drawn):
    analysis = analyzed(rates, scores, participants=1, trials=3)
    assert drawn in drawings_of(analysis)
    assert "fewer than 6 participants" in render_report(analysis)


def test_report_is_written_whole_and_once(tmp_path, analysis, page):
    path = write_report(analysis, tmp_path / "new" / "report.html")
    assert path.read_text("utf-8") == page
    with pytest.raises(OutputExistsError):
        write_report(analysis, path)
    assert write_report(analysis, path, overwrite=True) == path


@pytest.mark.parametrize("module", ["jinja2", "matplotlib"])
def test_missing_extra_is_named(monkeypatch, analysis, module):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingExtraError, match=r"pip install 'tintype\[measure\]'"):
        render_report(analysis)


def test_everything_is_published(tmp_path, analysis, page):
    published = publish(analysis, tmp_path)
    assert sorted(published.paths) == sorted(tmp_path.iterdir())
    assert published.notes == ()
    assert (tmp_path / "report.html").read_text("utf-8") == page


def test_report_in_the_way_stops_the_tables_too(tmp_path, analysis):
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(OutputExistsError):
        publish(analysis, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_tables_are_published_without_the_extra(monkeypatch, tmp_path, analysis):
    monkeypatch.setitem(sys.modules, "jinja2", None)
    published = publish(analysis, tmp_path)
    assert (tmp_path / "analysis.json").exists()
    assert not (tmp_path / "report.html").exists()
    assert "report.html is not written: the report needs Jinja" in published.notes[0]
