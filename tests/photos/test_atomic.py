"""A file is there whole or not at all: full disks, closed folders, killed processes."""

import errno
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

from tintype.errors import OutputExistsError, WriteFailedError
from tintype.photos import is_photo_name
from tintype.photos.atomic import (
    atomic_file,
    explain_failure,
    is_temporary_name,
    remove_leftovers,
)
from tintype.photos.read import read_photo

WRITER = """
import resource, signal, sys
import numpy as np
from pathlib import Path
from tintype.photos.photo import Encoding, Photo
from tintype.photos.write import write_photo
from written_samples import MARK, ArrayPicture, color_array

path, limit, is_slow = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3] == "slow"
array = np.random.default_rng(0).integers(0, 65536, (400, 500, 3), dtype=np.uint16)
photo = Photo.from_array(array[..., 0])
picture = ArrayPicture(array)
strips = picture.strips

def slow_strips():
    for strip in strips():
        if is_slow:
            print("strip", flush=True)
            sys.stdin.readline()
        yield strip

picture.strips = slow_strips
if limit:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
write_photo(path, picture, like=photo, mark=MARK)
"""


def list_names(folder):
    return sorted(path.name for path in folder.iterdir())


def write_and_meet(path, content):
    """Write a file while someone else writes one of that name."""
    with atomic_file(path) as stream:
        stream.write(b"mine")
        path.write_bytes(content)


def write_and_fail(path, error):
    with atomic_file(path) as stream:
        stream.write(b"half")
        raise error


def start_writer(path, *, limit=0, is_slow=False):
    """Start a writer in a process of its own; a slow one goes on from strip to strip when it is told to."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    pace = "slow" if is_slow else "quick"
    command = [sys.executable, "-c", textwrap.dedent(WRITER), str(path), str(limit), pace]
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen(command, env=environment, text=True, **pipes)


def test_block_that_ends_well_makes_the_file(tmp_path):
    with atomic_file(tmp_path / "a.bin") as stream:
        stream.write(b"whole")
        assert not (tmp_path / "a.bin").exists()
    assert (tmp_path / "a.bin").read_bytes() == b"whole"
    assert list_names(tmp_path) == ["a.bin"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_block_that_fails_leaves_nothing(tmp_path, error):
    with pytest.raises(error):
        write_and_fail(tmp_path / "a.bin", error)
    assert list_names(tmp_path) == []


def test_file_that_comes_meanwhile_is_kept(tmp_path):
    with pytest.raises(OutputExistsError, match="meanwhile"):
        write_and_meet(tmp_path / "a.bin", b"theirs")
    assert (tmp_path / "a.bin").read_bytes() == b"theirs"
    assert list_names(tmp_path) == ["a.bin"]


def test_of_many_writers_one_wins(tmp_path):
    outcomes = []
    barrier = threading.Barrier(8)

    def write(number):
        try:
            with atomic_file(tmp_path / "a.bin") as stream:
                stream.write(bytes([number]) * 1000)
                barrier.wait()
            outcomes.append(number)
        except OutputExistsError:
            pass

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 1
    assert (tmp_path / "a.bin").read_bytes() == bytes(outcomes) * 1000


def test_dangling_link_is_in_the_way(tmp_path):
    (tmp_path / "a.bin").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OutputExistsError), atomic_file(tmp_path / "a.bin"):
        pass


def test_disk_without_hard_links_is_served(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with atomic_file(tmp_path / "a.bin") as stream:
        stream.write(b"whole")
    with pytest.raises(OutputExistsError):
        write_and_meet(tmp_path / "b.bin", b"theirs")
    assert list_names(tmp_path) == ["a.bin", "b.bin"]
    assert (tmp_path / "b.bin").read_bytes() == b"theirs"


def test_full_disk_is_an_error_with_a_remedy(tmp_path):
    error = explain_failure(tmp_path / "a.tif", OSError(errno.ENOSPC, "No space left on device"))
    assert str(error).startswith(f"{tmp_path / 'a.tif'}: can't be written (No space left on device)")
    assert "make room" in str(error)


@pytest.mark.parametrize("kind", ["png", "tif", "jpg", "webp", "avif", "jp2", "jxl", "bmp", "heic"])
def test_disk_that_fills_while_writing_leaves_nothing(tmp_path, kind):
    writer = start_writer(tmp_path / f"result.{kind}", limit=20_000)
    _, errors = writer.communicate(timeout=600)
    assert writer.returncode == 1
    assert "WriteFailedError" in errors.splitlines()[-1]
    assert f"result.{kind}" in errors.splitlines()[-1]
    assert "another folder" in errors.splitlines()[-1]
    assert list_names(tmp_path) == []


def test_disk_that_is_full_when_the_file_is_closed_leaves_nothing(tmp_path, monkeypatch):
    def fail(_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(WriteFailedError, match="make room"), atomic_file(tmp_path / "a.bin") as stream:
        stream.write(b"whole")
    assert list_names(tmp_path) == []


def test_folder_that_may_not_be_written_is_an_error(tmp_path):
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    user = os.geteuid()
    tmp_path.chmod(0o755)
    if user == 0:  # root may write everywhere
        os.seteuid(65534)
    try:
        with pytest.raises(WriteFailedError, match=r"ermission denied.*folder that you may write to"):
            write_and_fail(folder / "a.bin", AssertionError)
    finally:
        os.seteuid(user)
    assert list_names(folder) == []


def test_file_in_place_of_a_folder_is_an_error(tmp_path):
    (tmp_path / "a").write_text("")
    with pytest.raises(WriteFailedError, match="another folder"), atomic_file(tmp_path / "a" / "b.bin"):
        pass


def test_name_that_is_too_long_is_an_error(tmp_path):
    with pytest.raises(WriteFailedError, match="shorter name"), atomic_file(tmp_path / ("a" * 300)):
        pass


def test_name_of_the_longest_length_is_written(tmp_path):
    with atomic_file(tmp_path / ("a" * 255)) as stream:
        stream.write(b"whole")
    assert list_names(tmp_path) == ["a" * 255]


@pytest.mark.parametrize("after", [1, 4, 9])
def test_killed_writer_leaves_no_half_file(tmp_path, after):
    target = tmp_path / "result.tif"
    writer = start_writer(target, is_slow=True)
    for _ in range(after):
        print("go on", file=writer.stdin, flush=True)
        assert writer.stdout.readline() == "strip\n"
    writer.send_signal(signal.SIGKILL)
    writer.communicate()
    leftovers = list(tmp_path.iterdir())
    assert not target.exists()
    assert len(leftovers) == 1
    assert is_temporary_name(leftovers[0])
    assert not is_photo_name(leftovers[0])
    assert remove_leftovers(tmp_path) == leftovers
    second = start_writer(target)
    second.communicate(timeout=600)
    assert second.returncode == 0
    assert list_names(tmp_path) == ["result.tif"]
    assert read_photo(target).height == 400


def test_interrupted_writer_leaves_nothing(tmp_path):
    writer = start_writer(tmp_path / "result.tif", is_slow=True)
    assert writer.stdout.readline() == "strip\n"
    writer.send_signal(signal.SIGINT)
    _, errors = writer.communicate(timeout=600)
    assert "KeyboardInterrupt" in errors
    assert list_names(tmp_path) == []


def test_leftovers_of_the_living_and_of_others_are_left_alone(tmp_path):
    living = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with atomic_file(tmp_path / "a.bin"):
        mine = next(tmp_path.iterdir())
        machine = mine.name.split("-")[1]
        names = {
            f".tintype-{machine}-{living.pid}-00000000.part",
            ".tintype-00000000-1-00000000.part",
            ".tintype-of-someone.part",
            mine.name,
        }
        for name in names:
            (tmp_path / name).touch()
        old = tmp_path / ".tintype-00000000-2-00000000.part"
        old.touch()
        os.utime(old, (time.time() - 100_000,) * 2)
        assert remove_leftovers(tmp_path) == [old]
        assert set(list_names(tmp_path)) == names
    living.communicate(b"\n")


@pytest.mark.parametrize("overwrite", [False, True])
def test_device_or_pipe_is_never_replaced(tmp_path, overwrite):
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    pipe = tmp_path / "pipe.png"
    os.mkfifo(pipe)
    with pytest.raises(OutputExistsError, match="a device or a pipe"), atomic_file(pipe, overwrite=overwrite):
        pass
    assert pipe.is_fifo()
