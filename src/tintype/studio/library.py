"""The photographs of a studio: where their files lie, what was done to them, which of them are open.

A photograph that was opened where it lies stays there and is never touched; one that was sent is kept in the
studio's folder, under the digest of its bytes, so that no name that anyone gave it is ever a path.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tintype.errors import ChangedMeanwhileError, NotHereError, PhotoError, StudioLimitError
from tintype.photos.photo import Photo
from tintype.photos.read import read_photo
from tintype.studio.desk import Desk
from tintype.studio.engine import Engine
from tintype.studio.journal import Change, Entry, Journal, Position, Step, now_text
from tintype.studio.limits import Limits
from tintype.studio.shelf import Shelf
from tintype.studio.state import Operation, State, apply_operations

_NAME_LENGTH = 200


class Library:
    """All photographs of a studio. All methods may be called from several threads at once.

    Args:
        folder: of the studio.
        journal: in that folder.
        engine: opens photographs.
        limits: of the studio.

    Attributes:
        on_change: called with the id of a photograph after each change to it, and with None after one to the album.
    """

    def __init__(self, folder: Path, journal: Journal, engine: Engine, limits: Limits) -> None:
        self.uploads, self.incoming = folder / "uploads", folder / "incoming"
        self._journal, self._engine, self._limits = journal, engine, limits
        self._shelf = Shelf(limits.memory_bytes)
        self.on_change: list[Callable[[str | None], None]] = []
        self.uploads.mkdir(exist_ok=True)
        self.incoming.mkdir(exist_ok=True)
        self._sweep()

    @property
    def open_count(self) -> int:
        """How many photographs are open."""
        return len(self._shelf)

    def open_file(self, path: Path, page: int = 0) -> Entry:
        """Add a photograph where it lies; one that is in the library already, unchanged, is not added again.

        Raises:
            PhotoError: it can't be read.
            StudioLimitError: the library is full.
        """
        path = path.resolve()
        photo = self._read(path, page, str(path))
        for entry in self._journal.entries():
            if (entry.path, entry.page, entry.sha256) == (path, page, photo.sha256):
                self._shelf.keep(entry.id, self._engine.lay_out(photo))
                return entry
        return self._add(photo, path.name, path)

    def adopt(self, received: Path, name: str, page: int = 0) -> Entry:
        """Add a photograph that was sent.

        Args:
            received: its file in `incoming`, which is taken away.
            name: for people.
            page: in the file, from 0.

        Raises:
            PhotoError: it can't be read.
            StudioLimitError: the library is full.
        """
        try:
            name = clean_name(name)
            photo = self._read(received, page, name)
            kept = self.uploads / photo.sha256
            if not kept.exists():
                received.rename(kept)
            return self._add(replace(photo, path=kept), name, None)
        finally:
            received.unlink(missing_ok=True)

    def copy(self, photo: str, page: int | None = None) -> Entry:
        """Add the same file once more: for another version of its colors, or another page; errors as `adopt`."""
        entry = self._journal.entry(photo)
        page = entry.page if page is None else page
        again = self._read(self._file(entry), page, entry.name)
        return self._add(again, entry.name, entry.path)

    def entries(self) -> list[Entry]:
        """Return the photographs in the order of the album."""
        return self._journal.entries()

    def entry(self, photo: str) -> Entry:
        """Return a photograph; NotHereError if there is none of that id."""
        return self._journal.entry(photo)

    def rename(self, photo: str, name: str) -> Entry:
        """Give a photograph another name for people."""
        self._journal.rename(photo, clean_name(name))
        self._tell(None)
        return self._journal.entry(photo)

    def arrange(self, photos: list[str]) -> None:
        """Bring the album into an order; ChangedMeanwhileError where these are not all ids."""
        self._journal.arrange(photos)
        self._tell(None)

    def remove(self, photo: str) -> None:
        """Forget a photograph and its history; a file that was sent is deleted with its last use."""
        entry = self._journal.entry(photo)
        self._journal.remove(photo)
        self._shelf.drop(photo)
        if entry.path is None and not self._journal.count_uses(entry.sha256):
            (self.uploads / entry.sha256).unlink(missing_ok=True)
        self._tell(None)

    def desk(self, photo: str) -> Desk:
        """Return a photograph, open.

        Raises:
            NotHereError: there is none of that id, or its file is gone or another one by now.
            PhotoError: it can't be read.
        """
        return self._shelf.get(photo, lambda: self._open(photo))

    def position(self, photo: str) -> Position:
        """Return where a photograph stands; NotHereError if there is none of that id."""
        return self._journal.position(photo)

    def state(self, photo: str) -> State:
        """Return what was said about a photograph; NotHereError if there is none of that id."""
        return read_state(self._journal.position(photo))

    def steps(self, photo: str, first: int, count: int) -> list[Step]:
        """Return steps of a photograph's history."""
        return self._journal.steps(photo, first, count)

    def check(self, photo: str, state: State) -> None:
        """Refuse a state that could not be colored.

        Raises:
            GuidanceError: something impossible.
            StudioLimitError: too many marks.
        """
        state.check(self._limits.marks)
        facts = self._journal.entry(photo).facts
        self._engine.check(state, (facts["height"], facts["width"]))

    def change(
        self,
        photo: str,
        state: State,
        *,
        label: str = "",
        change_id: str | None = None,
        base: int | None = None,
    ) -> Position:
        """Check and store a change; arguments and errors as those of ``Change``, ``Journal.change`` and `check`."""
        self.check(photo, state)
        position = self._journal.change(photo, Change(state.dump(), label, change_id, base))
        self._tell(photo)
        return position

    def amend(
        self,
        photo: str,
        operations: Iterable[Operation],
        *,
        label: str = "",
        change_id: str | None = None,
        base: int | None = None,
    ) -> Position:
        """Change the state that holds by some operations, whoever else is changing it; else as `change`."""
        operations = [*operations]
        while True:
            now = self._journal.position(photo)
            state = apply_operations(read_state(now), operations)
            try:
                return self.change(
                    photo,
                    state,
                    label=label,
                    change_id=change_id,
                    base=now.revision if base is None else base,
                )
            except ChangedMeanwhileError:
                if base is not None:
                    raise

    def move(self, photo: str, step: int) -> Position:
        """Let another step of the history hold; NotHereError if there is none."""
        position = self._journal.move(photo, step)
        self._tell(photo)
        return position

    def step_by(self, photo: str, count: int) -> Position:
        """Undo (-1) or redo (1)."""
        position = self._journal.step_by(photo, count)
        self._tell(photo)
        return position

    def _add(self, photo: Photo, name: str, path: Path | None) -> Entry:
        if len(self._journal.entries()) >= self._limits.photos:
            raise StudioLimitError(
                f"the library holds {self._limits.photos} photographs; remove some, or use another --data folder"
            )
        identity = secrets.token_hex(8)
        entry = Entry(identity, name, photo.sha256, path, photo.page, describe(photo), now_text())
        self._journal.add(entry, State().dump())
        self._shelf.keep(identity, self._engine.lay_out(photo))
        self._tell(None)
        return entry

    def _open(self, photo: str) -> Desk:
        entry = self._journal.entry(photo)
        found = self._read(self._file(entry), entry.page, entry.name)
        if found.sha256 != entry.sha256:
            raise NotHereError(f"{entry.path}: the file was changed since it was opened; open it anew")
        return self._engine.lay_out(found)

    def _file(self, entry: Entry) -> Path:
        path = entry.path or self.uploads / entry.sha256
        if not path.is_file():
            raise NotHereError(
                f"{entry.path or entry.name}: the file is gone; bring it back, or remove it here"
            )
        return path

    def _read(self, path: Path, page: int, name: str) -> Photo:
        """Read a page; errors name the photograph as people know it."""
        try:
            return read_photo(path, page=page, max_pixels=self._limits.max_pixels)
        except PhotoError as error:
            raise type(error)(str(error).replace(str(path), name)) from error

    def _sweep(self) -> None:
        """Delete what a server left that was killed while it took or removed a photograph."""
        used = {entry.sha256 for entry in self._journal.entries() if entry.path is None}
        for path in [*self.incoming.iterdir(), *self.uploads.iterdir()]:
            if path.parent == self.incoming or path.name not in used:
                shutil.rmtree(path) if path.is_dir() else path.unlink()

    def _tell(self, photo: str | None) -> None:
        for listener in self.on_change:
            listener(photo)


def describe(photo: Photo) -> dict[str, Any]:
    """Return what is said of a photograph without opening it."""
    return {
        "height": photo.height,
        "width": photo.width,
        "bit_depth": photo.bit_depth,
        "format": photo.encoding.format,
        "page_count": photo.page_count,
        "hue_count": photo.hue_count,
        "notes": list(photo.notes),
    }


def read_state(position: Position) -> State:
    """Return the state at a position."""
    return State.model_validate_json(position.state)


def clean_name(name: str) -> str:
    r"""Return a name for people: the last part of what may have been a path, without what can't be printed.

    >>> clean_name("..\\scans/Oma.tif"), clean_name("a\nb"), clean_name("../")
    ('Oma.tif', 'ab', 'photograph')
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    printable = "".join(letter for letter in last if letter.isprintable()).strip(" .")
    return printable[:_NAME_LENGTH] or "photograph"
