"""The definition of a study: one TOML file, in which a mistake is named by its line and key.

An example with all keys and what they mean is written by ``tintype study new``.
"""

from __future__ import annotations

import json
import re
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar, cast

from tintype.errors import StudyFileError
from tintype.measure.study.answers import KINDS, TRUTH, Kind
from tintype.studio.study.toml_lines import find_line

ABSURD = "absurd"
"""What the obviously wrong picture of an attention check is called."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_T = TypeVar("_T")


@dataclass(frozen=True)
class Part:
    """The trials of one kind, which a participant sees in a row.

    Attributes:
        kind: ``real_or_colored``: the photograph beside a model's version, the machine's one is to be named (Zhang
            2016). ``preference``: two versions, the better one is to be named.
        question: as it stands above the pictures.
        trials: judged ones for each participant.
        exposure_seconds: that the pictures are shown for; 0: until the answer.
        practice: trials before the judged ones.
        feedback: whether practice tells who was right.
        attention: checks among the judged trials, with a picture whose colors are absurd.
        with_photographs: whether the photographs themselves are compared with the models; always so in
            ``real_or_colored``.
    """

    kind: Kind
    question: str
    trials: int
    exposure_seconds: float
    practice: int
    feedback: bool
    attention: int
    with_photographs: bool


@dataclass(frozen=True)
class Definition:
    """A study as its file says it.

    Attributes:
        path: of the file.
        name: stands in each row of the answers.
        title: heads the pages.
        contact: who answers questions of participants; may be empty.
        language: of the texts, as HTML's ``lang`` takes it.
        seed: of everything that is drawn.
        picture_side: longest side, in pixels, that pictures are sent with.
        participants: how many may begin; 0: no limit.
        kiosk: whether the page returns to its beginning by itself, for a screen in an exhibition.
        show_score: whether participants learn at the end how many they recognized.
        photographs: folder of the photographs.
        models: name of each model and the folder of what it made.
        parts: in the order in which they are shown.
        texts: every text of the pages by its name.
    """

    path: Path
    name: str
    title: str
    contact: str
    language: str
    seed: int
    picture_side: int
    participants: int
    kiosk: bool
    show_score: bool
    photographs: Path
    models: Mapping[str, Path]
    parts: tuple[Part, ...]
    texts: Mapping[str, str] = field(repr=False)


def read_definition(path: Path) -> Definition:
    """Read the file of a study. Only the file is looked at, not the photographs.

    Raises:
        StudyFileError: it can't be read, is no TOML, or has a mistake; the text names line and key.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise StudyFileError(
            f"{path}: {error.strerror or error}; 'tintype study new FOLDER' writes an example"
        ) from error
    except UnicodeDecodeError as error:
        raise StudyFileError(f"{path}: is not text in UTF-8; save it as such") from error
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyFileError(f"{path}: {error}; see https://toml.io for how it is written") from error
    return _read(_Table(path, text, values))


def default_texts() -> dict[str, str]:
    """Return all texts of the pages, in English."""
    source = resources.files("tintype.studio.study") / "web" / "texts.json"
    return cast(dict[str, str], json.loads(source.read_text("utf-8")))


@dataclass
class _Table:
    """A table of the file; takes its values one after the other, and refuses what nobody took."""

    path: Path
    text: str
    values: Mapping[str, Any]
    above: tuple[str, ...] = ()
    taken: set[str] = field(default_factory=set)

    def mistake(self, key: str | None, complaint: str) -> StudyFileError:
        """Return the error that names line and key."""
        keys = self.above if key is None else (*self.above, key)
        line = find_line(self.text, keys)
        return StudyFileError(f"{self.path}, line {line}: {'.'.join(keys)}: {complaint}")

    def take(self, key: str, kind: type[_T], default: _T | None, wanted: str) -> _T:
        """Return the value of a key, or its default; None stands for a key that must be there."""
        self.taken.add(key)
        value = self.values.get(key, default)
        if value is None:
            raise self.mistake(key, f"is missing; {wanted}")
        if kind is float and type(value) is int:
            value = float(value)
        if type(value) is not kind:
            raise self.mistake(key, f"is {value!r}; {wanted}")
        return value

    def line(self, key: str, default: str | None, wanted: str) -> str:
        """Return a text without spaces around it; one that must be there may not be empty."""
        value = self.take(key, str, default, wanted).strip()
        if not value and default is None:
            raise self.mistake(key, f"is empty; {wanted}")
        return value

    def whole(self, key: str, default: int, lowest: int, highest: int) -> int:
        wanted = f"give a whole number from {lowest} to {highest}"
        value = self.take(key, int, default, wanted)
        if not lowest <= value <= highest:
            raise self.mistake(key, f"is {value}; {wanted}")
        return value

    def number(self, key: str, default: float, lowest: float, highest: float) -> float:
        wanted = f"give a number from {lowest:g} to {highest:g}"
        value = self.take(key, float, default, wanted)
        if not lowest <= value <= highest:
            raise self.mistake(key, f"is {value:g}; {wanted}")
        return value

    def flag(self, key: str, default: bool) -> bool:
        return self.take(key, bool, default, "write true or false")

    def folder(self, key: str) -> Path:
        wanted = "give the path of a folder, from where this file lies"
        folder = self.path.parent / self.line(key, None, wanted)
        if not folder.is_dir():
            raise self.mistake(key, f"there is no folder {folder}; {wanted}")
        return folder

    def table(self, key: str, wanted: str) -> _Table:
        values = cast(dict[str, Any], self.take(key, dict, {}, wanted))
        return _Table(self.path, self.text, values, (*self.above, key))

    def refuse_others(self, known: str = "") -> None:
        """Refuse what no one asked for: a misspelled key would else do nothing, silently."""
        for key in self.values:
            if key not in self.taken:
                raise self.mistake(
                    key, f"is no key that is known here; known are {known or ', '.join(self.taken_sorted)}"
                )

    @property
    def taken_sorted(self) -> list[str]:
        return sorted(self.taken)


def _read(top: _Table) -> Definition:
    texts = _read_texts(top.table("texts", 'write texts as [texts] and lines of name = "text"'))
    definition = Definition(
        path=top.path,
        name=_read_name(top),
        title=top.line("title", texts["title"], "give a title in quotes"),
        contact=top.line("contact", "", "name a person in quotes, with a way to reach them"),
        language=_read_language(top),
        seed=top.whole("seed", 1, 0, 2**31),
        picture_side=top.whole("picture_side", 768, 64, 4096),
        participants=top.whole("participants", 0, 0, 1_000_000),
        kiosk=top.flag("kiosk", False),
        show_score=top.flag("show_score", True),
        photographs=top.folder("photographs"),
        models=_read_models(top.table("models", 'write models as [models] and lines of name = "folder"')),
        parts=tuple(
            _read_part(top.table(kind, f"write it as [{kind}]"), kind, texts)
            for kind in KINDS
            if kind in top.values
        ),
        texts=texts,
    )
    top.taken.update(KINDS)
    top.refuse_others()
    return _checked(top, definition)


def _read_name(top: _Table) -> str:
    wanted = "give a short name of letters, digits and - _ . in quotes"
    name = top.line("name", None, wanted)
    if not _NAME.fullmatch(name):
        raise top.mistake("name", f"is {name!r}; {wanted}")
    return name


def _read_language(top: _Table) -> str:
    wanted = 'give the code of a language, such as "en" or "pt-BR"'
    language = top.line("language", "en", wanted)
    if not _LANGUAGE.fullmatch(language):
        raise top.mistake("language", f"is {language!r}; {wanted}")
    return language


def _read_models(table: _Table) -> dict[str, Path]:
    for name in table.values:
        if not _NAME.fullmatch(name):
            raise table.mistake(name, "is no name of a model; use letters, digits and - _ . @ +")
        if name in (TRUTH, ABSURD):
            raise table.mistake(name, "has a meaning of its own in the answers; choose another name")
    if not table.values:
        raise table.mistake(None, 'names no model; write lines of name = "folder" below [models]')
    return {name: table.folder(name) for name in table.values}


def _read_texts(table: _Table) -> dict[str, str]:
    texts = default_texts()
    table.taken.update(texts)
    table.refuse_others(known=f"those of {resources.files('tintype.studio.study') / 'web' / 'texts.json'}")
    for name in table.values:
        texts[name] = _read_text(table, name, texts[name])
    return texts


def _read_text(table: _Table, name: str, default: str) -> str:
    text = table.take(name, str, None, "give a text in quotes")
    known = _places(default)
    try:
        strange = _places(text) - known
    except ValueError as error:
        raise table.mistake(name, f"has a brace without its partner ({error}); remove it") from error
    if strange:
        raise table.mistake(
            name, f"has {{{min(strange)}}}, which nothing is known to stand there; known: {sorted(known)}"
        )
    return text


def _places(text: str) -> set[str]:
    """Return the names in braces, which the page puts values in for."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def _read_part(table: _Table, kind: Kind, texts: Mapping[str, str]) -> Part:
    is_test = kind == "real_or_colored"
    part = Part(
        kind=kind,
        question=table.line("question", texts[f"question_{kind}"], "give the question in quotes"),
        trials=table.whole("trials", 40, 1, 1000),
        exposure_seconds=table.number("exposure_seconds", 1.0 if is_test else 0.0, 0, 600),
        practice=table.whole("practice", 5 if is_test else 2, 0, 100),
        feedback=table.flag("feedback", True) if is_test else False,
        attention=table.whole("attention", 3, 0, 100),
        with_photographs=True if is_test else table.flag("photographs_take_part", False),
    )
    table.refuse_others()
    return part


def _checked(top: _Table, definition: Definition) -> Definition:
    if not definition.parts:
        raise top.mistake(
            None, f"nothing is asked; write at least one of {' and '.join(f'[{kind}]' for kind in KINDS)}"
        )
    for part in definition.parts:
        if len(definition.models) + part.with_photographs < 2:
            raise top.mistake(
                part.kind,
                "one model has nothing to be compared with; add a model or photographs_take_part = true",
            )
        if part.attention > part.trials:
            raise _part_mistake(top, part, "attention", "are more checks than trials; ask for fewer")
    return definition


def _part_mistake(top: _Table, part: Part, key: str, complaint: str) -> StudyFileError:
    table = _Table(top.path, top.text, top.values[part.kind], (part.kind,))
    return table.mistake(key, complaint)
