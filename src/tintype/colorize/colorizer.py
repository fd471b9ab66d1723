"""Opening photographs once, and coloring them often."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, TypeAlias, Unpack

import numpy as np
from numpy.typing import NDArray

from tintype.colorize.answer import Answer, Floats, ask
from tintype.colorize.best import Score, Search, choose_again, name_of
from tintype.colorize.contours import Kept
from tintype.colorize.passes import Passes
from tintype.colorize.project import Project
from tintype.colorize.reduction import fit_side, reduce_lightness
from tintype.colorize.result import Colorization
from tintype.colorize.semantics import Semantics, see
from tintype.colorize.settings import Choices, Settings, choose_settings
from tintype.errors import UnsupportedByModelError
from tintype.guidance.grow import GROW_SIDE, resolve_grown
from tintype.guidance.guidance import Guidance, Style
from tintype.guidance.marks import GrownMark
from tintype.models.card import Card
from tintype.models.catalog import ModelFile, find_model, fingerprint
from tintype.models.session import Session
from tintype.photos.photo import Photo
from tintype.photos.read import read_photo

DEFAULT_MODEL = "tintype-small"
"""The model that comes with Tintype."""

Source: TypeAlias = Photo | str | Path | bytes | BinaryIO | NDArray[Any]
"""A photograph, or what ``read_photo`` reads, or an array that ``Photo.from_array`` takes."""


class Colorizer:
    """A model, ready to color photographs; it may be used from several threads at once.

    Args:
        model: name or path of a model, see ``find_model``.
        threads: for one run of the model and for what is done to the photograph; None: one for each core.
        providers: of ONNX Runtime, see ``Session``.
        live: for a person who changes the guidance of a photograph and watches, see ``Session``.

    Attributes:
        card: of the model.

    Raises:
        ModelError: no such model, a file that is no model, or one that breaks the contract.

    Example::

        colorizer = Colorizer()
        colorizer.colorize("scan.tif").write("scan_color.tif")
    """

    def __init__(
        self,
        model: str | Path | ModelFile = DEFAULT_MODEL,
        *,
        threads: int | None = None,
        providers: Sequence[str] | None = None,
        live: bool = False,
    ) -> None:
        self._file = model if isinstance(model, ModelFile) else find_model(model)
        self.card: Card = self._file.card
        self.session = Session(self._file, threads, providers, live=live)
        self.threads = threads

    @property
    def fingerprint(self) -> str:
        """What identifies the model's file in digests: SHA-256 of all of it but the card."""
        return model_fingerprint(self._file)

    def open(self, source: Source) -> OpenPhoto:
        """Open a photograph; its lightness alone is used, whatever color it has.

        Raises:
            PhotoError: it can't be read.
        """
        return OpenPhoto(self, as_photo(source))

    def colorize(
        self, source: Source, guidance: Guidance | None = None, **choices: Unpack[Choices]
    ) -> Colorization:
        """Open a photograph and color it once; arguments and errors as those of ``OpenPhoto.colorize``."""
        settings = choose_settings(self.card, guidance, **choices)
        return self.open(source).render(settings)

    def best_of(
        self,
        source: Source,
        n: int,
        score: Score,
        guidance: Guidance | None = None,
        *,
        seed: int = 0,
        **choices: Unpack[Choices],
    ) -> Colorization:
        """Open a photograph and color it in several ways; arguments and errors as those of ``OpenPhoto.best_of``."""
        return self.open(source).best_of(n, score, guidance, seed=seed, **choices)


class OpenPhoto:
    """A photograph that was opened by ``Colorizer.open``; it may be used from several threads at once.

    Attributes:
        colorizer: what opened it.
        photo: the photograph.
    """

    def __init__(self, colorizer: Colorizer, photo: Photo) -> None:
        self.colorizer = colorizer
        self.photo = photo
        self._reduced: dict[tuple[int, int], Floats] = {}
        self._latest: tuple[tuple[str, Passes], Answer] | None = None
        self._context: Floats | None = None
        self._semantics: Semantics | None = None
        self._kept = Kept()
        self._lock = Lock()

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) of the photograph."""
        return self.photo.height, self.photo.width

    def colorize(self, guidance: Guidance | None = None, **choices: Unpack[Choices]) -> Colorization:
        """Color the photograph.

        The network runs only if guidance or looks differ from those of the last call.

        Args:
            guidance: marks in the photograph's coordinates, a palette; None for none.
            **choices: vividness or decoding, quality or sizes, mirrored: see ``Choices``.

        Raises:
            GuidanceError: a value outside of its range, or a mark outside of the photograph.
            UnsupportedByModelError: something that the model does not have.
        """
        return self.render(choose_settings(self.colorizer.card, guidance, **choices))

    def best_of(
        self,
        n: int,
        score: Score,
        guidance: Guidance | None = None,
        *,
        seed: int = 0,
        **choices: Unpack[Choices],
    ) -> Colorization:
        """Color the photograph in several ways and return the one with the highest score.

        Compared are the result of ``colorize``, those at other sizes of the model's input (3/4, 3/2, 1/2 and 2
        times as large, as far as the model takes them), and then samples.

        Args:
            n: how many are compared, 1 or more; fewer where the model has no more to offer.
            score: how good a result is, higher is better; ``tintype.measure.unaided.score.load_score()`` is one
                that needs no truth. Its ``name``, or that of the function, goes into the result's digest.
            guidance: as in ``colorize``.
            seed: of the samples.
            **choices: as in ``colorize``.

        Raises:
            GuidanceError: as in ``colorize``, or an n of less than 1.
            UnsupportedByModelError: as in ``colorize``.
        """
        settings = choose_settings(self.colorizer.card, guidance, **choices)
        return Search(n, score, name_of(score), seed).find(self, settings)

    def render(self, settings: Settings | Project) -> Colorization:
        """Color the photograph with settings that ``choose_settings`` settled, or with its project again.

        Raises:
            GuidanceError: as in ``colorize``, or the project of another photograph or another model.
            UnsupportedByModelError: as in ``colorize``.
        """
        if isinstance(settings, Project):
            return settings.render(self)
        result = Colorization(
            photo=self.photo,
            answer=self._answer(settings),
            settings=settings,
            model=self.colorizer.fingerprint,
            threads=self.colorizer.threads,
        )
        return result if settings.choice is None else choose_again(result, settings.choice)

    def features(self, size: int | None = None) -> Floats:
        """Return what the encoder sees, for matching photographs: (h, w, C), each cell of unit length.

        Args:
            size: of the model's input, see ``SizeRule``; None for its default.

        Raises:
            UnsupportedByModelError: the model gives no features.
        """
        return np.ascontiguousarray(np.moveaxis(self._output("features", size)[0], 0, -1))

    def style(self) -> Style:
        """Return what the photograph is like as a whole, to guide others by it with the same model.

        Raises:
            UnsupportedByModelError: the model knows no style.
        """
        return Style(tuple(self._output("style_out", None)[0].tolist()))

    def classes(self, size: int | None = None) -> Floats:
        """Return what the encoder believes to see: probabilities (C,) of its classes; errors as `features`."""
        logits = self._output("classes", size)[0]
        powers = np.exp(logits - logits.max())
        return np.asarray(powers / powers.sum(), np.float32)

    def class_map(self, size: int | None = None) -> Floats:
        """Return where the encoder sees what: logits (h, w, C) of its classes for each cell of its last map.

        Their mean over the cells gives the logits of `classes`. Arguments and errors as those of `features`.
        """
        return np.ascontiguousarray(np.moveaxis(self._output("class_map", size)[0], 0, -1))

    def semantics(self) -> Semantics:
        """Return what the encoder believes to see, and where; the encoder runs once.

        Of a model that knows no classes, the encoder of the bundled one is asked.

        Raises:
            UnsupportedByModelError: neither knows classes with names.
        """
        if self._semantics is None:
            self._semantics = see(self)
        return self._semantics

    def grown(self, guidance: Guidance) -> Guidance:
        """Return guidance with each click that is to be grown replaced by its region in this photograph."""
        guidance.check_inside(self.size)
        if not any(isinstance(mark, GrownMark) for mark in guidance.marks):
            return guidance
        return resolve_grown(guidance, self._view(GROW_SIDE), self.size)

    def _view(self, side: int) -> Floats:
        """Return the lightness at a size whose longer side is `side` at most."""
        return self.lightness_at(fit_side(self.size, side))

    def context(self) -> Floats:
        """Return what the model, looking at its default size, takes the things in the photograph for: (K, h, w).

        Raises:
            UnsupportedByModelError: the model tells nothing of the kind.
        """
        if self._context is None:
            self._context = self._output("context_out", None)[0]
        return self._context

    def lightness_at(self, size: tuple[int, int]) -> Floats:
        """Return the lightness reduced to (height, width): float32, CIE L; computed once for each size."""
        with self._lock:
            found = self._reduced.get(size)
        if found is None:
            found = reduce_lightness(self.photo, size, self.colorizer.threads)
            with self._lock:
                self._reduced[size] = found
        return found

    def _answer(self, settings: Settings) -> Answer:
        key = (settings.guidance.digest(), settings.passes)
        latest = self._latest
        if latest is not None and latest[0] == key:
            return latest[1]
        guidance = self.grown(settings.guidance)
        colorizer, looks = self.colorizer, settings.passes
        context = self.context if "context" in colorizer.card.capabilities else None
        answer = ask(
            colorizer.session, self.lightness_at, self.size, guidance, looks, kept=self._kept, context=context
        )
        self._latest = (key, answer)
        return answer

    def _output(self, name: str, size: int | None) -> Floats:
        card = self.colorizer.card
        if name.removesuffix("_out") not in card.capabilities:
            raise UnsupportedByModelError(f"{card.name} gives no {name}; choose a model that does")
        lightness = self.lightness_at(card.size.fit(*self.size, size))
        return self.colorizer.session.run(lightness[None, None], outputs=(name,))[name]


def as_photo(source: Source) -> Photo:
    """Return the photograph that is meant: read, or made from an array.

    Raises:
        PhotoError: it can't be read.
    """
    if isinstance(source, Photo):
        return source
    if isinstance(source, np.ndarray):
        return Photo.from_array(source)
    return read_photo(source)


def model_fingerprint(model: ModelFile) -> str:
    """Return the SHA-256 that identifies a model in digests: its card's, or the file's where the card has none."""
    return model.card.sha256 or fingerprint(model.path)
