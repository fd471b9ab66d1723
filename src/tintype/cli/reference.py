"""The page of the documentation that describes all commands, made from the program itself.

python -m tintype.cli.reference docs/commands.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from tintype.cli.app import create_app

_HEAD = """\
# The commands

This page is made from the program by `python -m tintype.cli.reference docs/commands.md`; `tintype COMMAND --help`
says the same.

Errors are one line: what, which value, what to do next. The exit status is 0 where all went well (a photograph
that is in color already and was left alone is no failure), 1 where a file failed (the others of the batch are
done), 2 for a call that makes no sense or a hints or palette file that can't be understood (nothing was begun),
130 after Ctrl-C. `TINTYPE_DEBUG=1` shows tracebacks.

"""


def create_reference() -> str:
    """Return the page as Markdown."""
    text = create_app().generate_docs(heading_level=2, usage_name="tintype")
    text = text.replace(
        "--install-completion --install-completion", "--install-completion"
    )  # its command's own name
    return _HEAD + "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(create_reference(), encoding="utf-8")
