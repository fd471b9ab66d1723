"""Drawings for reports, as SVG that stands inside of a page: text stays text, nothing is loaded.

Needs matplotlib, which the extra ``measure`` brings.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tintype.errors import MissingExtraError
from tintype.measure.statistics import Interval

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CYCLE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7a4fbf", "#8a6d3b")
"""Colors that people with any kind of color vision can tell apart (Okabe and Ito), and two more."""

INK, SOFT, FAINT = "#3a3a3a", "#8c8c8c", "#d9d6cf"

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9.5,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": INK,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#eceae4",
    "grid.linewidth": 0.8,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "lines.linewidth": 1.8,
}


@contextmanager
def drawing(name: str, width: float, height: float) -> Iterator[tuple[Axes, Callable[[], str]]]:
    """Give axes, and what turns them into SVG when all is drawn.

    Args:
        name: makes the identifiers inside of the SVG its own, so that several can stand in one page.
        width: inches, as is
        height: the height. Both are only a shape: the SVG grows with its place.

    Raises:
        MissingExtraError: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: PLC0415 - heavy
        from matplotlib.figure import Figure  # noqa: PLC0415
    except ImportError as error:
        raise MissingExtraError("drawing needs matplotlib; pip install 'tintype[measure]'") from error
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(width, height), layout="constrained")

        def done() -> str:
            stream = io.StringIO()
            figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
            return _trimmed(stream.getvalue())

        yield figure.add_subplot(), done


def draw_interval(axes: Axes, interval: Interval, y: float, color: str, width: float = 5.0) -> None:
    """Draw the bounds, where there are any, as a bar and the value as a dot on it."""
    if interval.has_bounds:
        bounds = [interval.low, interval.high]
        axes.plot(bounds, [y, y], color=color, linewidth=width, alpha=0.3, solid_capstyle="round")
    axes.plot(interval.value, y, "o", color=color, markersize=6.5)


def list_rows(axes: Axes, names: Sequence[str]) -> None:
    """Name the rows 0, 1, ... of a drawing, the first one on top."""
    axes.set_yticks(range(len(names)), [shorten(name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.7)
    axes.grid(axis="y", visible=False)


def shorten(name: str, longest: int = 26) -> str:
    """Return a name that fits beside a drawing.

    >>> shorten("a-name-that-is-much-too-long-for-it")
    'a-name-that-is-much-too-l…'
    """
    return name if len(name) <= longest else name[: longest - 1] + "…"


def _trimmed(svg: str) -> str:
    """Leave the element alone: it scales with the page, and its text takes the page's font."""
    body = svg[svg.index("<svg") :]
    body = re.sub(r"<metadata>.*?</metadata>", "", body, flags=re.DOTALL)
    body = re.sub(r"font: ([\d. ]*)([\d.]+px)[^;\"]*", r"font-size: \2", body)
    return re.sub(r'(<svg[^>]*?) width="[\d.]+pt" height="[\d.]+pt"', r"\1", body, count=1)
