"""A batch that is stopped: by Ctrl-C, by a kill at any moment, by a reader that goes away."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from photo_samples import gray, save
from tintype.photos.metadata import read_mark

COMMAND = [sys.executable, "-m", "tintype"]
COUNT = 8
KILLS = 4


@pytest.fixture
def album(folder):
    path = folder / "album"
    path.mkdir()
    picture = np.tile(gray(step=1), (2, 2))
    for i in range(COUNT):
        (path / f"{i}.png").write_bytes(save(np.roll(picture, 7 * i), "PNG", compress_level=1))
    return path


def start(*arguments):
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    command = [*COMMAND, *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )


def wait_for_result(process):
    """Wait for the next photograph that is colored; tell whether there was one."""
    return any(line.startswith("done") for line in process.stdout)


def check_whole(folder):
    """Check that each file under a final name is whole; return how many there are."""
    results = [path for path in folder.glob("*") if not path.name.startswith(".")]
    for path in results:
        with Image.open(path) as picture:
            picture.load()
        assert read_mark(path)
    return len(results)


@pytest.mark.slow
def test_ctrl_c_ends_in_one_line_and_leaves_nothing_half_written(album, call):
    process = start("colorize", "album", "-o", "out", "--report", "report.csv", "--threads", "1")
    assert wait_for_result(process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=600)
    assert process.returncode == 130
    assert err.splitlines() == ["tintype: stopped; the same command goes on where it was"]
    assert " not begun; " in out.splitlines()[-1]
    done = check_whole(Path("out"))
    assert 1 <= done < COUNT
    assert not [*Path("out").glob(".*")]
    rows = Path("report.csv").read_text().splitlines()
    assert len(rows) == 1 + done
    second = call("colorize", "album", "-o", "out")
    assert f"{COUNT - done} colored, {done} skipped" in second.out
    assert check_whole(Path("out")) == COUNT


@pytest.mark.slow
def test_killed_at_random_moments_it_goes_on(album, call):
    moments, pace = random.Random(0), 0.0
    for _ in range(KILLS):
        process = start("colorize", "album", "-o", "out", "--threads", "1")
        is_colored = wait_for_result(process)
        if not pace:
            begun = time.monotonic()
            assert is_colored
            assert wait_for_result(process)
            pace = time.monotonic() - begun
        time.sleep(moments.uniform(0, pace))  # while the next one is colored or written
        process.kill()
        process.communicate()
        check_whole(Path("out"))
    last = call("colorize", "album", "-o", "out")
    assert (last.status, last.err) == (0, "")
    assert " failed" not in last.out
    assert check_whole(Path("out")) == COUNT
    assert not [*Path("out").glob(".*")]


@pytest.mark.slow
@pytest.mark.parametrize("options", [["--no-mark"], ["--doubt", "--compare"]])
def test_killed_runs_with_a_ledger_go_on(album, call, options):
    process = start("colorize", "album", "-o", "out", "--threads", "1", *options)
    assert wait_for_result(process)
    time.sleep(0.3)
    process.kill()
    process.communicate()
    last = call("colorize", "album", "-o", "out", *options)
    assert (last.status, last.err) == (0, "")
    again = call("colorize", "album", "-o", "out", *options)
    assert (again.status, f"{COUNT} skipped" in again.out) == (0, True)


def test_reader_that_goes_away_is_no_error(folder):
    command = " ".join(COMMAND)
    script = f"{command} models show | true; {command} colorize --help | head -1"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False, env=os.environ)
    assert "Traceback" not in done.stderr
    assert "Error" not in done.stderr
