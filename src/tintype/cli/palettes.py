"""``tintype palettes``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from tintype.cli.terminal import print_json, print_line, print_table

if TYPE_CHECKING:
    from tintype.colorize.palettes import LoadedPalette

_SHOWN = 24


def palettes(
    palette: Annotated[str | None, Parameter(name="palette")] = None, /, *, json: bool = False
) -> None:
    """List the palettes that have a name, or show the colors of one, or of a palette file.

    Args:
        palette: Name of a palette, or a file that "tintype colorize --palette" takes.
        json: Print the palettes, or all colors of the one, as JSON.
    """
    if palette is None:
        _list(as_json=json)
    else:
        _show(palette, as_json=json)


def _list(*, as_json: bool) -> None:
    from tintype.guidance.palettes.named import list_named_palettes  # noqa: PLC0415 - heavy

    found = list_named_palettes()
    if as_json:
        keys = ("name", "about", "sources", "assumed")
        print_json([{key: getattr(one, key) for key in keys} for one in found])
    else:
        print_table([(one.name, one.about) for one in found], ["name", "what"])


def _show(name: str, *, as_json: bool) -> None:
    from tintype.colorize.palettes import load_palette  # noqa: PLC0415 - heavy

    loaded = load_palette(name)
    if as_json:
        print_json(_as_document(loaded))
        return
    if loaded.title:
        print_line(loaded.title)
    print_table([(swatch.hex, swatch.name) for swatch in loaded.swatches[:_SHOWN]])
    if len(loaded.swatches) > _SHOWN:
        print_line(f"and {len(loaded.swatches) - _SHOWN} more")
    for note in loaded.notes:
        print_line(f"{name}: {note}")


def _as_document(loaded: LoadedPalette) -> dict[str, Any]:
    return {
        "title": loaded.title,
        "strength": loaded.palette.strength,
        "colors": [{"color": s.hex, "lab": s.color, "name": s.name} for s in loaded.swatches],
        "notes": loaded.notes,
    }
