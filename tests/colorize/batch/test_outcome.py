import csv

import pytest

from tintype.colorize.batch.outcome import Outcome, check_report, write_report
from tintype.errors import OutputExistsError

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
    }


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
