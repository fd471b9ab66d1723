import csv
from dataclasses import replace

import numpy as np
import pytest

from tintype.colorize.batch.outcome import Outcome, check_report, write_report
from tintype.colorize.semantics import Sighting
from tintype.errors import OutputExistsError
from tintype.guidance.marks import MaskMark, PointMark

OUTCOMES = [
    Outcome(
        "a.jpg", "out/a.jpg", "done", width=40, height=30, pages=1, seconds=1.23456, model="m@1", digest="ab"
    ),
    Outcome('odd, "name".jpg', "", "failed", "why, oh\nwhy"),
]


def test_report_has_a_row_for_each_file(tmp_path):
    path = tmp_path / "report.csv"
    write_report(OUTCOMES, path)
    with path.open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    assert [row["source"] for row in rows] == ["a.jpg", 'odd, "name".jpg']
    assert rows[0] == {
        "source": "a.jpg",
        "output": "out/a.jpg",
        "status": "done",
        "reason": "",
        "width": "40",
        "height": "30",
        "pages": "1",
        "seconds": "1.235",
        "model": "m@1",
        "digest": "ab",
        "marks": "",
        "confidence": "",
        "sees": "",
    }


def test_marks_of_guides_are_told_with_their_confidence(tmp_path):
    marks = (
        PointMark(3, 4, color=(50, 10, 20), confidence=0.75, origin="match:b.jpg"),
        MaskMark.from_array(np.ones((2, 3)), color=(50, 0, 0), confidence=0.5, origin="match:b.jpg"),
    )
    outcome = replace(OUTCOMES[0], marks=marks)
    point, mask = outcome.as_row()["marks"]
    assert (point["x"], point["y"], point["confidence"], point["origin"]) == (3, 4, 0.75, "match:b.jpg")
    assert (mask["width"], mask["height"]) == (3, 2)
    assert "runs" not in mask
    write_report([outcome], tmp_path / "report.csv")
    with (tmp_path / "report.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert (row["marks"], row["confidence"]) == ("2", "0.75 0.50")


def test_what_the_encoder_sees_is_told_with_its_probability(tmp_path):
    where = np.ones((2, 2), np.float32)
    sees = (
        Sighting("tench", 0, 0.87654, (1, 2, 3, 4), where),
        Sighting("tabby", 281, 0.05, (0, 0, 9, 9), where),
    )
    outcome = replace(OUTCOMES[0], sees=sees)
    assert outcome.as_row()["sees"][0] == {"name": "tench", "probability": 0.8765, "box": [1, 2, 3, 4]}
    write_report([outcome], tmp_path / "report.csv")
    with (tmp_path / "report.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["sees"] == "tench 0.88; tabby 0.05"


def test_report_of_an_earlier_version_is_replaced(tmp_path):
    path = tmp_path / "report.csv"
    path.write_text("source,output,status,reason,width,height,pages,seconds,model,digest\n", encoding="utf-8")
    check_report(path)


def test_report_replaces_only_a_report(tmp_path):
    path = tmp_path / "report.csv"
    check_report(path)
    write_report(OUTCOMES, path)
    check_report(path)
    for content in (b"my diary", b"", b"\xff\xfe\x00", b'"' * 200_000):
        path.write_bytes(content)
        with pytest.raises(OutputExistsError, match=r"report\.csv: this is no report of ours"):
            check_report(path)
        check_report(path, overwrite=True)
