"""Who takes part in a benchmark: models at some settings, the results of other programs, and gray itself."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from tintype.colorize.colorizer import Colorizer, model_fingerprint
from tintype.colorize.result import Colorization
from tintype.colorize.settings import Settings, choose_settings
from tintype.errors import GuidanceError, UnreadablePhotoError
from tintype.guidance.guidance import Guidance
from tintype.measure.benchmark.cache import Cache, cache_key
from tintype.measure.benchmark.photographs import Sitting
from tintype.models.card import Card
from tintype.models.catalog import find_model

Codes = NDArray[np.uint8]

GRAY = "gray"
"""The name of the baseline that adds no color."""

_SUFFIXES = ("", "_color", "-color", "_colorized")


@dataclass(frozen=True)
class Contestant:
    """One row of the tables.

    Attributes:
        label: how tables call it.
        kind: ``model``; ``folder``: results that another program wrote; ``gray``: the photograph without color.
        model: path of its file.
        model_name: ``system-size@version``.
        vividness: 0..1; None for the model's default.
        sizes: of the model's input; empty for its default.
        quality: see ``tintype.colorize.passes.Quality``.
        folder: of the results, for that kind.
        key: digest of all that decides its colors beside the photograph; empty where nothing is worth keeping.
        license: of the model.
        summary: what it is, for the report.
    """

    label: str
    kind: Literal["model", "folder", "gray"]
    model: str = ""
    model_name: str = ""
    vividness: float | None = None
    sizes: tuple[int, ...] = ()
    quality: Literal["fast", "normal", "best"] = "normal"
    folder: Path = Path()
    key: str = ""
    license: str = ""
    summary: str = ""

    @property
    def looks(self) -> tuple[object, ...]:
        """What decides how the network looks at a photograph; who agrees in it differs in decoding only."""
        return self.model, self.sizes, self.quality

    def settle(self, card: Card, guidance: Guidance | None = None) -> Settings:
        """Settle what was left open, for the model's card.

        Raises:
            GuidanceError: a value that the model does not take.
        """
        return choose_settings(
            card, guidance, vividness=self.vividness, quality=self.quality, sizes=self.sizes or None
        )


def parse_contestants(texts: Iterable[str]) -> list[Contestant]:
    """Understand contestants as they are written on the command line.

    ``NAME`` or a path of a .onnx file, with settings behind commas (``tintype-small,vividness=1,size=384``;
    ``quality=best``); ``LABEL=FOLDER`` for results that another program wrote; ``gray``.

    Raises:
        GuidanceError: one that can't be understood, or is there twice.
        ModelError: a model that is not here.
    """
    found = _without_versions([_parse(text) for text in texts])
    labels = [contestant.label for contestant in found]
    if twice := sorted({label for label in labels if labels.count(label) > 1}):
        raise GuidanceError(f"{twice[0]} takes part twice; name it once")
    return found


class Painter:
    """A contestant ready to color.

    Args:
        contestant: who.
        threads: for one run of a model.
        cache: where results are kept.

    Attributes:
        colorizer: the model; None for contestants of other kinds.
    """

    def __init__(self, contestant: Contestant, threads: int | None, cache: Cache) -> None:
        self.contestant = contestant
        self.colorizer = Colorizer(contestant.model, threads=threads) if contestant.model else None
        self.cache = cache

    def paint(self, sitting: Sitting) -> Codes:
        """Return the colored photograph (H, W, 3) uint8, from the cache where it is there.

        Raises:
            TintypeError: the model failed, or the result of another program is not there or of another size.
        """
        if self.contestant.kind == "gray":
            return np.repeat(sitting.gray[..., None], 3, axis=2)
        if self.contestant.kind == "folder":
            return _read_result(self.contestant.folder, sitting)
        key = self.key_of("result", sitting)
        codes = self.cache.load_codes(key)
        if codes is None:
            codes = np.asarray(self.render(sitting).picture().to_array())
            self.cache.store_codes(key, codes)
        return codes

    def key_of(self, what: str, sitting: Sitting, *more: Any) -> str:
        """Return the key under which something of a photograph is kept."""
        return cache_key(what, self.contestant.key, sitting.digest, *more)

    def render(self, sitting: Sitting, guidance: Guidance | None = None) -> Colorization:
        """Color a photograph, with hints or without; for models only.

        Raises:
            TintypeError: the model failed.
        """
        assert self.colorizer is not None
        settings = self.contestant.settle(self.colorizer.card, guidance)
        return self.colorizer.open(sitting.gray).render(settings)


def _parse(text: str) -> Contestant:
    name, *settings = text.split(",")
    label, equals, folder = name.partition("=")
    if equals:
        return _create_folder(text, label, Path(folder).expanduser(), settings)
    if name == GRAY and not settings:
        return Contestant(GRAY, "gray", summary="the photograph left gray: what any colorizer has to beat")
    return _create_model(text, name, settings)


def _without_versions(contestants: list[Contestant]) -> list[Contestant]:
    """Leave out the versions of models where only one of each takes part."""
    names = {contestant.model_name for contestant in contestants if contestant.model}
    families = [name.partition("@")[0] for name in names]
    return [
        replace(contestant, label=contestant.label.replace(contestant.model_name, family, 1))
        if contestant.model and families.count(family := contestant.model_name.partition("@")[0]) == 1
        else contestant
        for contestant in contestants
    ]


def _create_folder(text: str, label: str, folder: Path, settings: list[str]) -> Contestant:
    if settings or not label or not folder.is_dir():
        raise GuidanceError(
            f"{text!r}: give LABEL=FOLDER with an existing folder of results, and no settings"
        )
    return Contestant(
        label, "folder", folder=folder, summary=f"results that were made elsewhere, {folder.name}/"
    )


def _create_model(text: str, name: str, settings: list[str]) -> Contestant:
    model = find_model(name)
    values = _read_settings(text, settings)
    label = ", ".join([model.card.name, *(part.replace("=", " ") for part in settings)])
    summary = f"version {model.card.version}. {model.card.summary}"
    contestant = Contestant(
        label,
        "model",
        str(model.path),
        model.card.name,
        license=model.card.license,
        summary=summary,
        **values,
    )
    chosen = contestant.settle(model.card)
    return replace(contestant, key=chosen.digest(model_fingerprint(model)))


def _read_settings(text: str, settings: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        try:
            if name == "vividness":
                values["vividness"] = float(value)
            elif name == "size":
                values["sizes"] = (*values.get("sizes", ()), int(value))
            elif name == "quality":
                values["quality"] = value
            else:
                raise GuidanceError(f"{text!r}: unknown setting {name!r}; known are quality, size, vividness")
        except ValueError as error:
            raise GuidanceError(f"{text!r}: {name} is {value!r}; give a number") from error
    return values


def _read_result(folder: Path, sitting: Sitting) -> Codes:
    """Read what another program made of a photograph: any suffix, ``_color`` behind the name or not."""
    from PIL import Image  # noqa: PLC0415 - loaded only by who needs it

    stem = Path(sitting.name).stem
    found = [
        p for end in _SUFFIXES for p in sorted(folder.glob(f"{glob.escape(stem + end)}.*")) if p.is_file()
    ]
    if not found:
        raise UnreadablePhotoError(f"{folder.name} has no result for {sitting.name}; color it too")
    try:
        with Image.open(found[0]) as picture:
            codes = np.asarray(picture.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise UnreadablePhotoError(f"{found[0].name} can't be read ({error}); color it again") from error
    if codes.shape != sitting.true.shape:
        raise UnreadablePhotoError(
            f"{found[0].name} has {codes.shape[1]} x {codes.shape[0]} pixels, the photograph as judged "
            f"{sitting.true.shape[1]} x {sitting.true.shape[0]}; color what 'tintype benchmark --inputs' writes"
        )
    return codes
