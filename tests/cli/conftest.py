"""Calling the program: inside of the test's process, and as a process of its own."""

import io
import os
import subprocess
import sys
from dataclasses import dataclass

import pytest

from photo_samples import gray, save
from tintype.cli.app import run
from tiny_model import write_tiny_model

COMMAND = [sys.executable, "-m", "tintype"]


@dataclass
class Call:
    """What a call left behind."""

    status: int
    out: str
    err: str

    @property
    def error(self):
        """The only line on stderr."""
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("tintype: ")
        assert "Traceback" not in self.err
        return lines[0].removeprefix("tintype: ")


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    write_tiny_model(folder / "tintype-small.onnx", name="tintype-small@99", system="tintype")
    return folder


@pytest.fixture(autouse=True)
def folder(tmp_path, models, monkeypatch):
    monkeypatch.setenv("TINTYPE_MODELS", str(models))
    monkeypatch.delenv("TINTYPE_DEBUG", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    return work


@pytest.fixture
def scan(folder):
    path = folder / "scan.png"
    path.write_bytes(save(gray(), "PNG"))
    return path


@pytest.fixture
def call(capsys):
    def call(*arguments):
        status = run([str(argument) for argument in arguments])
        return Call(status, *capsys.readouterr())

    return call


@pytest.fixture
def pipe(monkeypatch):
    """Give the program an input, and take what it writes to stdout as bytes."""

    def pipe(*arguments, data=b""):
        out = io.TextIOWrapper(io.BytesIO(), write_through=True)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        monkeypatch.setattr(sys, "stdout", out)
        status = run([str(argument) for argument in arguments])
        return status, out.buffer.getvalue()

    return pipe


@pytest.fixture
def process():
    """Run the program as a process of its own."""

    def process(*arguments, **options):
        command = [*COMMAND, *(str(argument) for argument in arguments)]
        options = {"env": os.environ | {"OMP_NUM_THREADS": "1"}, "stdin": subprocess.DEVNULL, **options}
        done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
        return Call(done.returncode, done.stdout, done.stderr)

    return process
