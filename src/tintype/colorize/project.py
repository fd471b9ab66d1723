"""Project files (``.tintype``): everything that was said about one photograph, so that it can be rendered again.

A project is guidance, model, decoding, sliders and looks, and the SHA-256 of the photograph that they belong to; it
holds no pixels. The same version of Tintype on the same machine renders it to the same bytes.
``project.schema.json`` beside this file describes the format (JSON Schema 2020-12).
"""

from __future__ import annotations

import json
import re
from dataclasses import astuple, dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from tintype import __version__
from tintype.color.bins import Decoding
from tintype.colorize.adjust import Adjustment
from tintype.colorize.passes import Passes
from tintype.colorize.settings import Choice, Choices, Settings, choose_settings
from tintype.errors import GuidanceError
from tintype.guidance.colors import check_integer, check_number, shown
from tintype.guidance.document import Json, canonical_json, check_keys, check_version, load_json, located
from tintype.guidance.guidance import Guidance, read_text
from tintype.models.card import Card
from tintype.photos.atomic import atomic_file
from tintype.photos.photo import Photo

if TYPE_CHECKING:
    from tintype.colorize.colorizer import OpenPhoto
    from tintype.colorize.result import Colorization

SUFFIX = ".tintype"
"""Of the names of project files."""

FORMAT = "tintype-project"
PROJECT_VERSION = 1
"""Version of the format that is written; a newer one is refused."""

CHOSEN_BY_HAND = "person"
"""Score of a choice that was no program's: an alternative that a person kept."""

_DIGEST = re.compile("[0-9a-f]{64}")
_LINE = re.compile(r"[^\r\n]{1,1000}")
_SIDE_LIMIT = 10**9
_COUNT_LIMIT = 10**6


@dataclass(frozen=True)
class ProjectSource:
    """The photograph that a project belongs to.

    Attributes:
        name: of its file, for people; empty where it came from none.
        sha256: of its file, hexadecimal.
        width: pixels.
        height: pixels.
        page: number of the page in its file, from 0.
    """

    name: str
    sha256: str
    width: int
    height: int
    page: int = 0


@dataclass(frozen=True)
class Project:
    """Everything that was said about one photograph.

    Attributes:
        source: the photograph.
        model: name of the model.
        fingerprint: of the model's file, see ``Colorizer.fingerprint``.
        settings: guidance, decoding, sliders, looks.
        tintype: version of the program that wrote it.
        path: file that it was read from, for messages; not compared, not stored.
    """

    source: ProjectSource
    model: str
    fingerprint: str
    settings: Settings
    tintype: str = __version__
    path: str | None = field(default=None, compare=False)

    @classmethod
    def of(cls, result: Colorization) -> Project:
        """Return the project of a result; an alternative is stored as what a person chose."""
        photo, settings = result.photo, result.settings
        if result.alternative:
            settings = replace(settings, choice=Choice(result.alternative, 1, CHOSEN_BY_HAND))
        name = photo.path.name if photo.path else ""
        source = ProjectSource(name, photo.sha256, photo.width, photo.height, photo.page)
        guidance = replace(settings.guidance, source=None)
        card = result.answer.card
        return cls(source, card.name, result.model, replace(settings, guidance=guidance))

    @classmethod
    def from_json(cls, text: str, path: str = "project") -> Project:
        """Read a project strictly.

        Args:
            text: JSON as in ``project.schema.json``.
            path: name of the file, for messages.

        Raises:
            GuidanceError: naming file, place, value and remedy.
        """
        with located(f"{path}: "):
            return replace(_parse(load_json(text), path), path=path)

    def to_json(self) -> str:
        """Write the one canonical JSON of this project; ``from_json`` reads it back to an equal one."""
        return canonical_json(_to_document(self))

    def check_photograph(self, photo: Photo) -> None:
        """Raise GuidanceError if a photograph is not the one of this project."""
        if photo.sha256 != self.source.sha256:
            other = photo.path.name if photo.path else "this photograph"
            name = self.source.name or "another photograph"
            raise GuidanceError(
                f"{self.path or 'project'}: it belongs to {name} (SHA-256 {self.source.sha256[:12]}), {other} has "
                f"{photo.sha256[:12]}; color the photograph that it was made for, or carry its marks to this one "
                "with --like"
            )

    def check_model(self, name: str, fingerprint: str) -> None:
        """Raise GuidanceError if a model is not the one of this project."""
        if fingerprint != self.fingerprint:
            raise GuidanceError(
                f"{self.path or 'project'}: it was made with {self.model} (fingerprint {self.fingerprint[:12]}), "
                f"{name} here has {fingerprint[:12]}; install that model, or name one with --model to color it anew"
            )

    def without_guidance(self) -> Project:
        """Return what it says of any photograph: model, decoding, sliders, looks."""
        settings = replace(self.settings, guidance=Guidance(), guided_by="", choice=None)
        return replace(self, settings=settings)

    def with_guidance(self, other: Guidance) -> Guidance | None:
        """Return its guidance with what else is said, later and so on top; None where nothing else is."""
        return self.settings.guidance.merged(other) if other else None

    def choose(self, card: Card, guidance: Guidance | None = None, **choices: Unpack[Choices]) -> Settings:
        """Return its settings for a model, with what is given instead of what it says.

        Args:
            card: of the model.
            guidance: instead of the project's.
            **choices: as in ``colorize``; what is not given is the project's.

        Raises:
            GuidanceError, UnsupportedByModelError: as those of ``choose_settings``.
        """
        own = self.settings
        stated: Choices = {"input": own.input}
        stated |= {"warmth": own.adjustment.warmth, "skin": own.adjustment.skin, "sky": own.adjustment.sky}
        if not {"quality", "sizes"} & choices.keys():
            stated |= {"sizes": own.passes.sizes, "mirrored": own.passes.mirrored}
        if card.bins and not {"vividness", "decoding"} & choices.keys():
            stated |= {"decoding": own.decoding}
        settings = choose_settings(card, guidance or own.guidance, **(stated | choices))
        guided_by = "" if guidance else own.guided_by
        return replace(settings, ignores_profile=own.ignores_profile, choice=own.choice, guided_by=guided_by)

    def render(self, opened: OpenPhoto) -> Colorization:
        """Color the photograph of this project again.

        Args:
            opened: the photograph, opened with the project's model.

        Raises:
            GuidanceError: another photograph, or another model.
            UnsupportedByModelError: as in ``OpenPhoto.colorize``.
        """
        self.check_photograph(opened.photo)
        self.check_model(opened.colorizer.card.name, opened.colorizer.fingerprint)
        return opened.render(self.settings)


def read_project(path: str | Path) -> Project:
    """Read a project file (UTF-8 JSON).

    Raises:
        GuidanceError: it can't be read, is no project, is of a newer version, or says something impossible.
    """
    return Project.from_json(read_text(path, "project"), str(path))


def write_project(project: Project, path: str | Path, *, overwrite: bool = False) -> None:
    """Write a project file, all at once.

    Raises:
        OutputExistsError: a file is in the way.
        WriteFailedError: the disk is full, or the folder may not be written.
    """
    with atomic_file(Path(path), overwrite=overwrite) as stream:
        stream.write(project.to_json().encode() + b"\n")


def is_project_name(path: str | Path) -> bool:
    """Return whether a file is a project by its name."""
    return Path(path).suffix.lower() == SUFFIX


def project_schema() -> Json:
    """Return the JSON Schema of the format."""
    text = files("tintype.colorize").joinpath("project.schema.json").read_text(encoding="utf-8")
    schema: Json = json.loads(text)
    return schema


def _to_document(project: Project) -> Json:
    settings, source = project.settings, project.source
    document: Json = {
        "format": FORMAT,
        "version": PROJECT_VERSION,
        "tintype": project.tintype,
        "source": {
            **{"name": source.name, "sha256": source.sha256, "page": source.page},
            **{"width": source.width, "height": source.height},
        },
        "model": {"name": project.model, "fingerprint": project.fingerprint},
        "passes": {"sizes": list(settings.passes.sizes), "mirrored": settings.passes.mirrored},
        "sliders": dict(zip(_SLIDERS, astuple(settings.adjustment), strict=True)),
        "input": settings.input,
        "ignore_profile": settings.ignores_profile,
        "guidance": json.loads(settings.guidance.to_json()),
    }
    if settings.decoding:
        document["decoding"] = {
            "rarity": settings.decoding.rarity,
            "temperature": settings.decoding.temperature,
        }
    if settings.choice:
        choice = settings.choice
        document["choice"] = {"which": choice.which, "count": choice.count, "score": choice.score}
    if settings.guided_by:
        document["guided_by"] = settings.guided_by
    return document


_SLIDERS = ("warmth", "skin", "sky")
_REQUIRED = ("format", "version", "source", "model", "passes", "guidance")
_OPTIONAL = ("$schema", "tintype", "decoding", "sliders", "input", "ignore_profile", "choice", "guided_by")


def _parse(document: Any, path: str) -> Project:
    if isinstance(document, dict) and document.get("format") != FORMAT:
        raise GuidanceError(f'this is no project file; give one whose "format" is "{FORMAT}"')
    if isinstance(document, dict):
        check_version(document.get("version"), PROJECT_VERSION)
    check_keys(document, _REQUIRED, _OPTIONAL)
    if not isinstance(document.get("$schema", ""), str):
        raise GuidanceError(f"$schema is {shown(document['$schema'])}; give an address or leave it out")
    with located("source: "):
        source = _parse_source(document["source"])
    with located("model: "):
        check_keys(document["model"], ("name", "fingerprint"), ())
        model = _check_text("name", document["model"]["name"], _LINE)
        fingerprint = _check_text("fingerprint", document["model"]["fingerprint"], _DIGEST)
    version = _check_text("tintype", document.get("tintype", __version__), _LINE)
    return Project(source, model, fingerprint, _parse_settings(document, path), version)


def _parse_source(value: Any) -> ProjectSource:
    check_keys(value, ("sha256", "width", "height"), ("name", "page"))
    name = value.get("name", "")
    return ProjectSource(
        name=_check_text("name", name, _LINE) if name != "" else "",
        sha256=_check_text("sha256", value["sha256"], _DIGEST),
        width=check_integer("width", value["width"], 1, _SIDE_LIMIT),
        height=check_integer("height", value["height"], 1, _SIDE_LIMIT),
        page=check_integer("page", value.get("page", 0), 0, _COUNT_LIMIT),
    )


def _parse_settings(document: Json, path: str) -> Settings:
    world = document.get("input", "photo")
    if world not in ("photo", "sketch"):
        raise GuidanceError(f'input is {shown(world)}; give "photo" or "sketch"')
    guidance = Guidance.from_json(json.dumps(document["guidance"]), "guidance")
    guided_by = document.get("guided_by", "")
    return Settings(
        passes=_parse_passes(document["passes"]),
        decoding=_parse_decoding(document["decoding"]) if "decoding" in document else None,
        guidance=replace(guidance, source=path),
        ignores_profile=_check_flag("ignore_profile", document.get("ignore_profile", False)),
        choice=_parse_choice(document["choice"]) if "choice" in document else None,
        guided_by=_check_text("guided_by", guided_by, _DIGEST) if "guided_by" in document else "",
        input=world,
        adjustment=_parse_sliders(document.get("sliders", {})),
    )


def _parse_passes(value: Any) -> Passes:
    with located("passes: "):
        check_keys(value, ("sizes",), ("mirrored",))
        sizes = value["sizes"]
        if not isinstance(sizes, list) or not 1 <= len(sizes) <= _COUNT_LIMIT:
            raise GuidanceError(f"sizes is {shown(sizes)}; give a list of one or more sizes")
        checked = tuple(check_integer(f"sizes[{i}]", size, 1, _SIDE_LIMIT) for i, size in enumerate(sizes))
        return Passes(checked, _check_flag("mirrored", value.get("mirrored", False)))


def _parse_decoding(value: Any) -> Decoding:
    with located("decoding: "):
        check_keys(value, ("rarity", "temperature"), ())
        rarity = check_number("rarity", value["rarity"], 0, 2)
        return Decoding(rarity, check_number("temperature", value["temperature"], 0.01, 10))


def _parse_sliders(value: Any) -> Adjustment:
    with located("sliders: "):
        check_keys(value, (), _SLIDERS)
        return Adjustment(*(check_number(name, value.get(name, 0), -1, 1) for name in _SLIDERS))


def _parse_choice(value: Any) -> Choice:
    with located("choice: "):
        check_keys(value, ("which", "count", "score"), ())
        return Choice(
            _check_text("which", value["which"], _LINE),
            check_integer("count", value["count"], 1, _COUNT_LIMIT),
            _check_text("score", value["score"], _LINE),
        )


def _check_text(name: str, value: Any, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        what = "64 hexadecimal digits" if pattern is _DIGEST else "one line of text"
        raise GuidanceError(f"{name} is {shown(value)}; give {what}")
    return value


def _check_flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise GuidanceError(f"{name} is {shown(value)}; give true or false")
    return value
