"""The program: its commands, and what becomes of their errors."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from tintype import __version__
from tintype.cli import data, models, study
from tintype.cli.ablate import ablate
from tintype.cli.benchmark import benchmark
from tintype.cli.colorize import colorize
from tintype.cli.complaint import (
    BROKEN_PIPE,
    FAILED,
    INTERRUPTED,
    STDIO,
    WRONG_CALL,
    complain,
    exit_status,
    is_debugging,
)
from tintype.cli.doctor import doctor
from tintype.cli.export import export
from tintype.cli.group import add_command, create_group
from tintype.cli.measure import measure
from tintype.cli.palettes import palettes
from tintype.cli.probe import probe
from tintype.cli.studio import studio
from tintype.cli.train import train
from tintype.errors import TintypeError


def create_app() -> App:
    """Build the program; the files of the commands import what is heavy only when they are called."""
    app = create_group("tintype", "Tintype colors black-and-white photographs, on your own machine.")
    app.version, app.version_flags = f"tintype {__version__}", ("--version",)
    for command in (colorize, studio, palettes, measure, benchmark, train, ablate, probe, export, doctor):
        add_command(app, command, command.__name__)
    app.command(models.app)
    app.command(data.app)
    app.command(study.app)
    app.register_install_completion_command(
        help="Install completion for your shell (bash, zsh, fish).",
        usage="Usage: tintype --install-completion [OPTIONS]",
    )
    return app


def run(arguments: Sequence[str]) -> int:
    """Run the program and return its exit status.

    0: all went well; 1: a file failed; 2: the call makes no sense; 130: stopped by Ctrl-C; 141: the program that
    reads our output went away.
    """
    _prepare_streams()
    status = BROKEN_PIPE
    try:
        status = _call(arguments)
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
    except OSError as error:
        if status == 0:
            complain(f"stdout: {error.strerror}; send the output elsewhere")
        _forget_stdout()
        return status or FAILED
    return status


def _call(arguments: Sequence[str]) -> int:
    try:
        status = create_app()([STDIO if argument == "-" else argument for argument in arguments])
    except BrokenPipeError:
        raise
    except KeyboardInterrupt:
        complain("stopped; the same command goes on where it was")
        return INTERRUPTED
    except Exception as error:
        if is_debugging():
            raise
        return _report(error)
    return status if isinstance(status, int) else 0


def _report(error: Exception) -> int:
    """Say in one line what went wrong; return the exit status."""
    if isinstance(error, CycloptsError):
        complain(f"{error} Try 'tintype --help'.")
        return WRONG_CALL
    if isinstance(error, TintypeError):
        complain(str(error))
        return exit_status(error)
    if isinstance(error, OSError):
        complain(
            f"{error.filename or 'stdout'}: {error.strerror or error}; check the disk and the permissions"
        )
    elif isinstance(error, MemoryError):
        complain("not enough memory; close other programs, or use --threads 1 and smaller sizes")
    else:
        complain(f"{type(error).__name__}: {error}; this is a fault of Tintype, TINTYPE_DEBUG=1 shows where")
    return FAILED


def _prepare_streams() -> None:
    """Let names that are no text in the terminal's encoding be printed with escapes instead of failing."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def _forget_stdout() -> None:
    """Let the interpreter flush what is left into nothing when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
