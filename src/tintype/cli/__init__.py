"""The command line: one file a command, nothing heavy imported before it is asked for."""

import sys


def main() -> None:
    """Run the program ``tintype`` with the arguments of the process, and end the process."""
    from tintype.cli.app import run  # noqa: PLC0415 - importing tintype.cli must cost nothing

    sys.exit(run(sys.argv[1:]))
