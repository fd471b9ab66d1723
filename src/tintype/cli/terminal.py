"""What is shown: tables, JSON, lines, progress bars. Only here is it known how they are drawn."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.progress import Progress

_WIDE = 10_000
_ESCAPES = {i: f"\\x{i:02x}" for i in (*range(32), *range(127, 160)) if chr(i) not in "\n\t"}


def print_line(text: str, *, to_stderr: bool = False) -> None:
    """Print one line; the stream that carries data is never used for anything else."""
    _write(escape_controls(text), to_stderr=to_stderr)


def escape_controls(text: str) -> str:
    r"""Return a text with its control characters told instead of sent: a card or a file's name rules no terminal.

    >>> escape_controls("scan\x1b[2J.tif")
    'scan\\x1b[2J.tif'
    """
    return text.translate(_ESCAPES)


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    print_line(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(rows: Iterable[Sequence[str]], headings: Sequence[str] = ()) -> None:
    """Print rows in columns; cells are folded on a terminal and whole in a pipe."""
    from rich.console import Console  # noqa: PLC0415 - heavy
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    table = Table(box=None, show_header=bool(headings), pad_edge=False, header_style="bold")
    for heading in headings:
        table.add_column(Text(heading), overflow="fold")
    for row in rows:
        table.add_row(*(Text(escape_controls(cell), overflow="fold") for cell in row))
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        _write(line.rstrip())


def _write(text: str, *, to_stderr: bool = False) -> None:
    stream = sys.stderr if to_stderr else sys.stdout
    stream.write(text + "\n")
    stream.flush()


def create_progress(what: str) -> Progress:
    """Return a progress bar with the time that is left, on stderr; invisible where that is no terminal.

    Args:
        what: is counted, for example ``photographs``; how many there will be need not be known.
    """
    from rich import progress  # noqa: PLC0415 - heavy
    from rich.console import Console  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    class Count(progress.ProgressColumn):
        def render(self, task: progress.Task) -> Text:
            of = "" if task.total is None else f" of {task.total:,.0f}"
            return Text(f"{task.completed:,.0f}{of} {what}")

    return progress.Progress(
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        Count(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left"),
        progress.TimeRemainingColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
        transient=True,
    )


def describe_duration(seconds: float) -> str:
    """Return a duration for people.

    >>> describe_duration(3.21), describe_duration(75), describe_duration(7325)
    ('3.2 s', '1 min 15 s', '2 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
