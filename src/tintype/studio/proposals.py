"""What guides propose for a photograph - words, references, an album, a scribble -, as operations on its state.

Nothing is changed by a proposal: the page shows what would come of it, and makes the change. Marks that came from the
same place before make room for the new ones, so that a sentence can be rephrased; what a person set stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tintype.colorize.guides import Guided
from tintype.guidance.document import colors_to_document, mark_to_document
from tintype.guidance.guidance import GlobalPalette, Style
from tintype.guidance.marks import origin_rank
from tintype.studio.state import (
    Json,
    Operation,
    PlacedMark,
    RemoveMark,
    SetMark,
    SetPalette,
    SetStyle,
    State,
)


@dataclass(frozen=True)
class Proposal:
    """Operations, and what a person should know of them.

    Attributes:
        operations: to be made as one change.
        notes: one sentence each.
    """

    operations: tuple[Operation, ...]
    notes: tuple[str, ...]


def propose(guided: Guided, state: State, prefix: str, origin: str = "") -> Proposal:
    """Return what a guide says as operations.

    Args:
        guided: what it says.
        state: of the photograph.
        prefix: of the ids of its marks: letters and digits.
        origin: marks whose origin begins like this are taken away first; empty: none.
    """
    old = [placed.id for placed in state.marks if origin and _origin_of(placed.mark).startswith(origin)]
    taken = {placed.id for placed in state.marks} - set(old)
    operations: list[Operation] = [RemoveMark(op="remove_mark", id=name) for name in old]
    for name, mark in zip(_free_ids(prefix, taken), guided.guidance.marks, strict=False):
        placed = PlacedMark(id=name, mark=mark_to_document(mark))
        operations.append(SetMark(op="set_mark", mark=placed))
    notes = guided.notes
    palette, style = guided.guidance.palette, guided.guidance.style
    if palette is not None and _may_replace(palette, state.palette):
        operations.append(SetPalette(op="set_palette", palette=palette_document(palette)))
    elif palette is not None:
        notes = (*notes, "the palette that was chosen stays")
    if style is not None and _may_replace(style, state.style):
        operations.append(SetStyle(op="set_style", style=style_document(style)))
    elif style is not None:
        notes = (*notes, "the style that was chosen stays")
    return Proposal(tuple(operations), notes)


def palette_document(palette: GlobalPalette) -> Json:
    """Return a palette as states hold it."""
    return {
        "colors": colors_to_document(palette.colors),
        "strength": palette.strength,
        "origin": palette.origin,
    }


def style_document(style: Style) -> Json:
    """Return a style as states hold it."""
    return {"vector": [*style.vector], "origin": style.origin}


def _may_replace(said: GlobalPalette | Style, held: Json | None) -> bool:
    """Return whether something said of the whole is not outranked by what holds."""
    return held is None or origin_rank(_origin_of(held)) <= origin_rank(said.origin)


def _origin_of(document: Json) -> str:
    return str(document.get("origin", "person"))


def _free_ids(prefix: str, taken: Iterable[str]) -> Iterator[str]:
    known, number = set(taken), 0
    while True:
        number += 1
        name = f"{prefix}-{number}"
        if name not in known:
            yield name
