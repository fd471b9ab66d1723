"""What looks at each photograph before it says something, as options of ``tintype colorize``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tintype.cli.complaint import STDIO, WrongCallError
from tintype.errors import PhotoError

if TYPE_CHECKING:
    from tintype.colorize.guides import Guide
    from tintype.colorize.project import Project


@dataclass(frozen=True)
class GuideOptions:
    """Options from which guides are made.

    Attributes:
        scribble: a picture with strokes.
        references: color photographs.
        regions: of the references, in their order; there may be fewer.
        max_pixels: that a reference may declare.
        prompt: what has which color, in words.
        segmenter: name or folder of a network that finds things by words; without one the encoder's classes do.
        tells_sightings: whether what the encoder sees is to be told.
    """

    scribble: Path | None = None
    references: Sequence[Path] = ()
    regions: Sequence[str] = ()
    max_pixels: int = 0
    prompt: str | None = None
    segmenter: str | None = None
    tells_sightings: bool = False


def create_guides(options: GuideOptions, album: Project | None, photos: Sequence[str]) -> tuple[Guide, ...]:
    """Return the guides that were asked for; what can't be used stops the whole call, not a single photograph.

    Args:
        options: of the command.
        album: the project whose marks are carried.
        photos: files and folders that are colored; the album's photograph is looked for in these folders too.

    Raises:
        WrongCallError: a picture that can't be read, more regions than references, a segmenter that has nothing to
            look for.
        GuidanceError: something that can't be used, or is not there.
    """
    try:
        return tuple(_create_guides(options, album, photos))
    except PhotoError as error:
        raise WrongCallError(str(error)) from error


def _create_guides(options: GuideOptions, album: Project | None, photos: Sequence[str]) -> Iterator[Guide]:
    if options.scribble is not None:
        from tintype.colorize.scribbles import read_scribble  # noqa: PLC0415 - heavy

        yield read_scribble(options.scribble)
    if album is not None:
        from tintype.colorize.album import read_album  # noqa: PLC0415 - heavy

        folders = [Path(photo) for photo in photos if photo != STDIO]
        yield read_album(album, [path if path.is_dir() else path.parent for path in folders])
    if options.references or options.regions:
        yield _create_reference_guide(options)
    if options.prompt is not None or options.segmenter is not None:
        yield _create_prompt_guide(options)
    if options.tells_sightings:
        from tintype.colorize.semantics import SightingsGuide  # noqa: PLC0415 - heavy

        yield SightingsGuide()


def read_like(path: Path | None, stored: Project | None) -> Project | None:
    """Return the project that an album is colored like.

    Args:
        path: of the project; None: there is no album.
        stored: the project that is given as hints.

    Raises:
        WrongCallError: there are two projects, or it is a hints file, which does not know its photograph.
        GuidanceError: it can't be read.
    """
    if path is None:
        return None
    if stored:
        raise WrongCallError(
            "--hints with a project renders its own photograph, --like carries its marks to others; give one of them"
        )
    from tintype.colorize.project import is_project_name, read_project  # noqa: PLC0415 - heavy

    if not is_project_name(path):
        raise WrongCallError(
            f"{path}: this is no project (.tintype); write one with --project for the photograph that you marked"
        )
    return read_project(path)


def _create_prompt_guide(options: GuideOptions) -> Guide:
    from tintype.colorize.speaking import PromptGuide, Segmenter  # noqa: PLC0415 - heavy
    from tintype.guidance.words.prompt import read_prompt  # noqa: PLC0415

    if options.prompt is None:
        raise WrongCallError("--segmenter finds what a prompt speaks of; give --prompt too")
    prompt = read_prompt(options.prompt)
    segmenter: Segmenter | None = None
    if options.segmenter is not None:
        from tintype.learn.segment_torch import ClipSegmenter  # noqa: PLC0415 - loads torch

        segmenter = ClipSegmenter(options.segmenter)
    return PromptGuide(prompt, segmenter)


def _create_reference_guide(options: GuideOptions) -> Guide:
    from tintype.colorize.referring import ReferenceGuide, read_reference  # noqa: PLC0415 - heavy

    missing = len(options.references) - len(options.regions)
    if missing < 0:
        raise WrongCallError(
            f"there are more regions than references ({len(options.regions)} and {len(options.references)}); "
            "give each --reference-region after its --reference"
        )
    regions = [*options.regions, *[""] * missing]
    return ReferenceGuide(
        [
            read_reference(path, "" if region == "all" else region, max_pixels=options.max_pixels)
            for path, region in zip(options.references, regions, strict=True)
        ]
    )
