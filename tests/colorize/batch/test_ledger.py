import json

import pytest

from tintype.colorize.batch.ledger import LEDGER_NAME, Ledger
from tintype.errors import WriteFailedError


def test_file_is_done_once_it_was_written(tmp_path):
    path = tmp_path / "a.bmp"
    ledger = Ledger()
    ledger.record(path, "source", "digest")
    assert not ledger.is_done(path, "source", "digest")  # killed before the file was written
    path.write_bytes(b"result")
    for reader in (ledger, Ledger()):
        assert reader.is_done(path, "source", "digest")
        assert not reader.is_done(path, "other", "digest")
        assert not reader.is_done(path, "source", "other")
        assert not reader.is_done(tmp_path / "b.bmp", "source", "digest")


def test_file_that_was_to_be_replaced_is_not_done(tmp_path):
    path = tmp_path / "a.bmp"
    path.write_bytes(b"someone else's")
    Ledger().record(path, "source", "digest")
    assert not Ledger().is_done(path, "source", "digest")
    path.unlink()
    path.write_bytes(b"ours, as long")
    assert Ledger().is_done(path, "source", "digest")


def test_latest_line_counts(tmp_path):
    path = tmp_path / "a.bmp"
    Ledger().record(path, "source", "old")
    Ledger().record(path, "source", "new")
    path.write_bytes(b"result")
    assert Ledger().is_done(path, "source", "new")
    assert not Ledger().is_done(path, "source", "old")


@pytest.mark.parametrize(
    "damage", ['{"name": "b', "[]\n", '{"name": 7}\n', "\xff\x00\n", '"a"\n', "{}\n", "[" * 9000 + "\n"]
)
def test_damaged_lines_are_passed_over(tmp_path, damage):
    path = tmp_path / "a.bmp"
    (tmp_path / LEDGER_NAME).write_text(damage)
    Ledger().record(path, "source", "digest")
    path.write_bytes(b"result")
    assert Ledger().is_done(path, "source", "digest")


def test_line_is_whole_json(tmp_path):
    Ledger().record(tmp_path / "Großmutter.bmp", "source", "digest")
    lines = [line for line in (tmp_path / LEDGER_NAME).read_text().splitlines() if line]
    assert json.loads(lines[0]) == {
        "name": "Großmutter.bmp",
        "source_sha256": "source",
        "result_digest": "digest",
        "before": None,
    }


def test_ledger_that_cannot_be_written_is_one_error(tmp_path):
    (tmp_path / LEDGER_NAME).mkdir()
    with pytest.raises(WriteFailedError, match=r"tintype-ledger\.jsonl"):
        Ledger().record(tmp_path / "a.bmp", "source", "digest")
