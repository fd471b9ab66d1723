"""The program as a whole: its help pages, its statuses, its documentation."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

import tintype
from tintype.cli import app as program
from tintype.cli.reference import create_reference
from tintype.errors import TintypeError

COMMANDS = [
    [],
    ["colorize"],
    ["models"],
    ["models", "list"],
    ["models", "show"],
    ["train"],
    ["ablate"],
    ["data"],
    ["data", "build"],
    ["export"],
    ["doctor"],
]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_page_is_printed(call, command):
    page = call(*command, "--help")
    assert (page.status, page.err) == (0, "")
    assert "Usage: tintype" in page.out


def test_commands_page_of_the_documentation_is_current():
    page = Path(__file__).parents[2] / "docs" / "commands.md"
    assert page.read_text("utf-8") == create_reference(), (
        "run: python -m tintype.cli.reference docs/commands.md"
    )


def test_every_option_is_explained():
    options = [line for line in create_reference().splitlines() if line.startswith("* `")]
    assert len(options) > 50
    assert all(re.fullmatch(r"\* `[^`]+`: \S.+", line) for line in options)


def test_version_is_printed(call):
    assert call("--version").out == f"tintype {tintype.__version__}\n"


def test_program_is_installed_under_its_name():
    (entry,) = entry_points(group="console_scripts", name="tintype")
    assert entry.load() is __import__("tintype.cli").cli.main


def test_process_ends_with_the_status(process):
    assert process("--version").status == 0
    refused = process("colourize")
    assert refused.status == 2
    assert "Did you mean" in refused.error


def test_completion_is_installed(process, tmp_path):
    done = process("--install-completion", "--shell", "bash", env=os.environ | {"HOME": str(tmp_path)})
    assert done.status == 0
    scripts = [path for path in tmp_path.rglob("tintype") if path.is_file()]
    assert "--vividness" in scripts[0].read_text()


@pytest.fixture
def failing(monkeypatch):
    def fail_with(error):
        def create():
            def fail(arguments):
                raise error

            return fail

        monkeypatch.setattr(program, "create_app", create)

    return fail_with


def test_unforeseen_error_is_one_line(call, failing):
    failing(ValueError("odd\nthing"))
    done = call()
    assert done.status == 1
    assert done.error == "ValueError: odd thing; this is a fault of Tintype, TINTYPE_DEBUG=1 shows where"


def test_lack_of_memory_has_a_remedy(call, failing):
    failing(MemoryError())
    assert "not enough memory" in call().error


def test_ctrl_c_is_one_line(call, failing):
    failing(KeyboardInterrupt())
    done = call()
    assert done.status == 130
    assert done.error == "stopped; the same command goes on where it was"


@pytest.mark.parametrize("error", [ValueError("odd"), TintypeError("known")])
def test_debugging_shows_where(call, failing, monkeypatch, error):
    monkeypatch.setenv("TINTYPE_DEBUG", "1")
    failing(error)
    with pytest.raises(type(error)):
        call()


def test_python_runs_the_package_as_the_program():
    done = subprocess.run(
        [sys.executable, "-m", "tintype", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"tintype {tintype.__version__}\n"
