import csv
import hashlib
import subprocess

import pytest

from tintype.errors import DataError
from tintype.measure.record import (
    Origin,
    Row,
    describe_command,
    describe_machine,
    describe_versions,
    list_photographs,
    write_photograph_table,
    write_table,
)


def test_table_says_how_it_came_to_be(tmp_path):
    path = tmp_path / "results" / "table.csv"
    rows = [Row("PSNR", 22.123456789, ">= 22.2", 185), Row("stays black", "yes, all", "", 3)]
    write_table(path, rows, Origin("python x.py", "a machine", "python 3.11", "abc"))
    with path.open(newline="") as file:
        found = list(csv.DictReader(file))
    assert found[0] == {
        "figure": "PSNR",
        "value": "22.1235",
        "required": ">= 22.2",
        "n": "185",
        "command": "python x.py",
        "machine": "a machine",
        "versions": "python 3.11",
        "data": "abc",
    }
    assert found[1]["value"] == "yes, all"
    assert b"\r" not in path.read_bytes()


def test_photograph_lacks_a_figure_where_it_has_none(tmp_path):
    path = tmp_path / "photographs" / "table.csv"
    write_photograph_table(
        path,
        [("a, b.png", {"PSNR": 22.123456789, "SSIM": float("nan")}), ("c.png", {"PSNR": 1.0, "SSIM": 0.5})],
    )
    assert path.read_bytes() == b'photograph,PSNR,SSIM\n"a, b.png",22.1235,\nc.png,1,0.5\n'


def test_list_of_photographs_is_one_that_sha256sum_checks(tmp_path):
    for name in ("b.jpg", "a.PNG", "notes.txt"):
        (tmp_path / name).write_bytes(name.encode())
    found = list_photographs(tmp_path)
    assert [path.name for path in found.paths] == ["a.PNG", "b.jpg"]
    assert found.lines[1] == f"{hashlib.sha256(b'b.jpg').hexdigest()}  b.jpg"
    (tmp_path / "list").write_text(found.text)
    subprocess.run(["sha256sum", "--check", "--quiet", "list"], cwd=tmp_path, check=True)


def test_digest_of_photographs_changes_with_names_and_contents(tmp_path):
    digests = set()
    for name, content in (("a.jpg", b"1"), ("a.jpg", b"2"), ("b.jpg", b"2")):
        for old in tmp_path.glob("*"):
            old.unlink()
        (tmp_path / name).write_bytes(content)
        digests.add(list_photographs(tmp_path).digest)
    assert len(digests) == 3


def test_folder_without_photographs_is_named(tmp_path):
    with pytest.raises(DataError, match="holds no photographs; set TINTYPE_DATA"):
        list_photographs(tmp_path / "nowhere")


def test_machine_and_versions_are_described():
    assert "cores" in describe_machine()
    assert describe_versions(("numpy", "no-such-package")).startswith("python 3.")
    assert "no-such-package" not in describe_versions(("numpy", "no-such-package"))


def test_command_leaves_out_the_folders_of_this_machine(monkeypatch):
    monkeypatch.setattr("sys.argv", ["/home/me/results/evaluate.py", "--data", "/home/me/data"])
    assert describe_command() == "python evaluate.py --data data"
