"""Every figure agrees with its reference library on photographs, as results/agreement.csv says."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import pytest

RESULTS = Path(__file__).parents[2] / "results"


@pytest.mark.slow
def test_every_figure_agrees_with_its_reference(tmp_path):
    table = tmp_path / "agreement.csv"
    command = [sys.executable, str(RESULTS / "agreement.py"), "--table", str(table)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    measured = list(csv.DictReader(table.read_text().splitlines()))
    assert {row["figure"] for row in measured} == {row["figure"] for row in stored()}
    assert str(tmp_path) not in str(measured)


def test_stored_differences_are_as_small_as_asked():
    for row in stored():
        assert float(row["value"]) <= float(row["required"].removeprefix("<= ")), row["figure"]


def stored():
    return list(csv.DictReader((RESULTS / "agreement.csv").read_text().splitlines()))
