"""Thousands of mutated real files: no crash, no hang, no error but ours, nothing on the screen.

`TINTYPE_FUZZ=50` makes it fifty times as long. What was found once and mended stands in `test_read.py`.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

FUZZ = Path(__file__).parents[1] / "reading_fuzz.py"
LENGTH = int(os.environ.get("TINTYPE_FUZZ", "1"))
COUNTS = {
    "JPEG": 400, "PNG": 400, "TIFF": 500, "RARE_TIFF": 300, "WEBP": 300, "AVIF": 200, "HEIC": 200,
    "JPEG2000": 400, "JXL": 300, "BMP": 300, "GIF": 300, "ICC": 300,
}  # fmt: skip


@pytest.mark.parametrize("kind", COUNTS)
def test_mutated_files_give_photographs_or_errors(kind):
    if kind == "HEIC":
        pytest.importorskip("pillow_heif")
    command = [sys.executable, FUZZ, kind, str(COUNTS[kind] * LENGTH), "0"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in result.stderr.splitlines() if not line.isdigit()]
    last = [line for line in result.stderr.splitlines() if line.isdigit()][-1:]
    assert (result.returncode, said) == (0, []), f"at seed {last}: {said}"
    assert int(result.stdout) > 0
