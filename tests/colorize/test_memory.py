"""What coloring a large photograph costs in memory, measured in a process of its own."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tifffile

MEASURED = """
import re, sys
from tintype.cli.app import run
assert run(["colorize", sys.argv[1], "-o", sys.argv[2], "--threads", "2", "--quiet"]) == 0
print(re.search(r"VmHWM:\\s*(\\d+)", open("/proc/self/status").read())[1])  # kB, of this process alone
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_stays_in_proportion_to_the_lightness(model, tmp_path):
    """36 megapixels of 16-bit RGB are 216 MB; the program itself, its libraries and the model take 200."""
    row = np.linspace(0, 65535, 6000).astype(np.uint16)
    with tifffile.TiffWriter(tmp_path / "large.tif") as writer:
        page = np.broadcast_to(row[:, None, None], (6000, 6000, 3))
        writer.write(page, photometric="rgb", rowsperstrip=64)
    environment = os.environ | {"TINTYPE_MODELS": str(model.path.parent), "OMP_NUM_THREADS": "2"}
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path / "large.tif"), str(tmp_path / "out.tif")],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert int(done.stdout) < 400_000
