"""Groups of commands: how all of them read their arguments."""

from __future__ import annotations

from collections.abc import Callable

from cyclopts import App, Parameter


def create_group(name: str, text: str | None = None) -> App:
    """Return an empty group of commands that raises its errors instead of printing them.

    Args:
        name: as it is typed.
        text: one sentence for the help page; None takes the docstring of the group's own command.
    """
    return App(
        name=name,
        help=text,
        version_flags=(),
        help_format="markdown",
        default_parameter=Parameter(negative=(), show_default=_show_default),
        result_action="return_value",
        exit_on_error=False,
        print_error=False,
        suppress_keyboard_interrupt=False,
    )


def add_command(group: App, function: Callable[..., int | None], name: str) -> None:
    """Add a command to a group; its help page is made from the function's docstring and arguments."""
    command = create_group(name)
    command.default(function)
    group.command(command)


def _show_default(value: object) -> str | None:
    """Return what a help page says of a default; nothing where the default is that nothing is done."""
    return None if value in (None, False, ()) else str(value)
