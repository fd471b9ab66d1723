"""The album: what was said of one photograph holds for the others, as far as they show the same.

An `AlbumGuide` guides each photograph of a batch, or one that is open, by the marks of a first one::

    first = colorizer.open("first.jpg").photo
    guide = AlbumGuide(first, read_guidance("first.json"))
    guided = guide.guide(colorizer.open("second.jpg"))
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from tintype.colorize.guides import Guided, told_confidence
from tintype.colorize.referring import describe_photo
from tintype.errors import GuidanceError
from tintype.guidance.carrying import VIEW_SIDE, Carried, View, carry_marks
from tintype.guidance.document import located
from tintype.guidance.guidance import Guidance
from tintype.guidance.reference import match_origin
from tintype.photos.photo import Photo
from tintype.photos.read import is_photo_name, read_photo

if TYPE_CHECKING:
    from tintype.colorize.colorizer import OpenPhoto
    from tintype.colorize.project import Project

CARRYING = 2
"""Version of the carrying; raised whenever the same photographs get other marks."""

_CHUNK = 1 << 20
_SHOWN = 10


@dataclass(eq=False)
class AlbumGuide:
    """A first photograph whose marks guide others; it may be used from several threads.

    Attributes:
        first: the photograph that the guidance was made for.
        guidance: marks in its coordinates; a palette and a style are taken as they are.
        name: what notes and the marks' origin call it.

    Raises:
        GuidanceError: a mark outside of the first photograph.
    """

    first: Photo
    guidance: Guidance
    name: str = "the first photograph"
    _views: dict[str, View] = field(default_factory=dict, repr=False)
    _lock: Any = field(default_factory=Lock, repr=False)

    def __post_init__(self) -> None:
        self.guidance.check_inside((self.first.height, self.first.width))

    @property
    def digest(self) -> str:
        """What identifies the first photograph and its guidance, hexadecimal."""
        parts = (f"album {CARRYING}", self.first.sha256, str(self.first.page), self.guidance.digest())
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    def guide(self, opened: OpenPhoto) -> Guided:
        """Carry the marks to a photograph.

        Returns:
            The marks that were found again (origin ``match:first.jpg``), with the confidence of their place, and a
            note of what came of them; for the first photograph itself its guidance as it is.

        Raises:
            UnsupportedByModelError: the model gives no features to match by.
        """
        if (opened.photo.sha256, opened.photo.page) == (self.first.sha256, self.first.page):
            return Guided(
                self.guidance, (f"{self.name}: this is the photograph that its marks were made for",)
            )
        if not self.guidance.marks:
            return Guided(self.guidance)
        carried = carry_marks(
            self.guidance.marks, self._first_view(opened), view_of(opened), match_origin(self.name)
        )
        said = Guidance(carried.marks, self.guidance.palette, self.guidance.style)
        return Guided(said, (self._tell(carried),))

    def _first_view(self, opened: OpenPhoto) -> View:
        colorizer = opened.colorizer
        with self._lock:  # it is looked at once for each model
            if colorizer.fingerprint not in self._views:
                self._views[colorizer.fingerprint] = view_of(colorizer.open(self.first))
            return self._views[colorizer.fingerprint]

    def _tell(self, carried: Carried) -> str:
        count = len(self.guidance.marks)
        lost = [i for i in range(count) if i not in (*carried.numbers, *carried.outside)]
        rest = f"; outside of this photograph: {_listed(carried.outside)}" if carried.outside else ""
        rest += f"; not found again: {_listed(lost)}" if lost else ""
        if not carried.marks:
            return f"{self.name}: none of its {count} marks was carried, so it gives this photograph no color{rest}"
        how = "by place" if carried.is_aligned else "by likeness"
        how += ", mirrored" if carried.is_mirrored else ""
        sure = told_confidence(carried.marks)
        return f"{self.name}: {len(carried.marks)} of {count} marks carried {how}, {sure}{rest}"


def read_album(project: Project, folders: Iterable[Path] = ()) -> AlbumGuide:
    """Return the guide that carries the marks of a project.

    Args:
        project: as ``read_project`` reads it.
        folders: where its photograph is looked for, after the project's own folder.

    Raises:
        GuidanceError: its photograph is not there.
        PhotoError: it can't be read.
    """
    own = [Path(project.path).parent] if project.path else []
    source = project.source
    with located(f"{project.path}: " if project.path else ""):
        found = find_by_hash(source.sha256, source.name, [*own, *folders])
    photo = read_photo(found, page=source.page, ignore_profile=project.settings.ignores_profile)
    return AlbumGuide(photo, project.settings.guidance, found.name)


def view_of(opened: OpenPhoto) -> View:
    """Return a photograph as it is compared with others of an album.

    Raises:
        UnsupportedByModelError: the model gives no features.
    """
    factor = VIEW_SIDE / max(opened.size)
    height, width = (max(1, round(side * factor)) for side in opened.size)
    return View(opened.size, opened.lightness_at((height, width)), describe_photo(opened))


def find_by_hash(sha256: str, name: str, folders: Iterable[Path]) -> Path:
    """Find the photograph that a project belongs to, whatever it is called by now.

    Args:
        sha256: of its file, hexadecimal.
        name: of its file when the project was made; it is tried first.
        folders: where to look, not in their sub-folders.

    Raises:
        GuidanceError: none of the photographs there is it.
    """
    searched = list(dict.fromkeys(folder.resolve() for folder in folders))
    for path in _candidates(name, searched):
        if _sha256(path) == sha256:
            return path
    places = ", ".join(str(folder) for folder in searched)
    raise GuidanceError(
        f"{name}: the photograph of this project (SHA-256 {sha256[:12]}...) is not in {places}; put it there"
    )


def _candidates(name: str, folders: Sequence[Path]) -> Iterator[Path]:
    """Yield the files of that name, then all other photographs."""
    yield from (folder / name for folder in folders if (folder / name).is_file())
    for folder in folders:
        if folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if path.is_file() and is_photo_name(path))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    except OSError:  # what can't be read is not it
        return ""
    return digest.hexdigest()


def _listed(numbers: Sequence[int]) -> str:
    """Return numbers of marks as people count them, from 1; not more than fit a line."""
    shown = ", ".join(str(number + 1) for number in numbers[:_SHOWN])
    shown += f" and {len(numbers) - _SHOWN} more" if len(numbers) > _SHOWN else ""
    return f"{'marks' if len(numbers) > 1 else 'mark'} {shown}"
