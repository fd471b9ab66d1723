"""A colored photograph before it is written: color, alternatives, suggestions, doubt."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from tintype import __version__
from tintype.color.bins import Decoding, LikelyColor, entropy, likely_colors, probabilities
from tintype.color.gamut import reduce_chroma
from tintype.color.lab import lab_to_srgb
from tintype.colorize.answer import AS_IT_IS, Answer, Floats
from tintype.colorize.pins import Place, pin_colors
from tintype.colorize.project import Project
from tintype.colorize.settings import Settings, choose_adjustment, choose_decoding
from tintype.errors import GuidanceError
from tintype.guidance.contradictions import note_contradictions
from tintype.guidance.marks import FieldMark
from tintype.photos.join import ColorPicture, join, tint
from tintype.photos.mark import Mark, describe_coloring
from tintype.photos.photo import Photo
from tintype.photos.write import WriteReport, default_output_path, write_photo


@dataclass(frozen=True)
class Suggestion:
    """A color that a place may have.

    Attributes:
        probability: 0..1, of this color and those near it.
        lab: L of the place, a and b; a color that exists.
        srgb: the same as codes 0..255.
    """

    probability: float
    lab: tuple[float, float, float]
    srgb: tuple[int, int, int]

    @property
    def hex(self) -> str:
        """The color as ``#rrggbb``."""
        return "#{:02x}{:02x}{:02x}".format(*self.srgb)


@dataclass(frozen=True, eq=False)
class Colorization:
    """A photograph and its colors, at the size of the network's grid until a picture is asked for.

    Attributes:
        photo: the photograph.
        answer: what the network said.
        settings: what was chosen.
        model: fingerprint of the model.
        threads: for what is done at full size; None: one for each core.
        alternative: which one it is, ``sample 2, seed 1``; empty for the color proper.
        sampled: ab (h, w, 2) of an alternative.
    """

    photo: Photo
    answer: Answer
    settings: Settings
    model: str
    threads: int | None = None
    alternative: str = ""
    sampled: Floats | None = field(default=None, repr=False)

    @cached_property
    def ab(self) -> Floats:
        """The color at the size of the network's grid: (h, w, 2) float32, Lab units."""
        if self.sampled is not None:
            return self.sampled
        return self.answer.decode(self.settings.decoding, self.settings.adjustment)

    @cached_property
    def doubt(self) -> Floats:
        """How little the network knows about each cell: (h, w) float32, 0 certain, 1 any color.

        Raises:
            UnsupportedByModelError: the model gives no distribution.
        """
        return entropy(probabilities(self.answer.logits, None, AS_IT_IS))

    def redecoded(
        self,
        *,
        vividness: float | None = None,
        decoding: Decoding | None = None,
        warmth: float = 0.0,
        skin: float = 0.0,
        sky: float = 0.0,
    ) -> Colorization:
        """Return the same answer decoded otherwise; the network does not run.

        Args:
            vividness: 0 (most faithful) to 1 (most vivid); None for the model's default.
            decoding: rarity and temperature, instead of a vividness.
            warmth: -1 cooler to 1 warmer; see ``Adjustment``.
            skin: -1 to 1: less, or more, of the colors of skin.
            sky: -1 to 1: less, or more, of the blue of the sky.

        Raises:
            GuidanceError: a value outside of its range.
            UnsupportedByModelError: the model gives no distribution.
        """
        chosen = choose_decoding(self.answer.card, vividness, decoding)
        adjustment = choose_adjustment(self.answer.card, warmth=warmth, skin=skin, sky=sky)
        settings = replace(self.settings, decoding=chosen, adjustment=adjustment, choice=None)
        return replace(self, settings=settings, alternative="", sampled=None)

    def alternatives(self, n: int, seed: int = 0) -> list[Colorization]:
        """Draw other colors that the network holds possible, each coherent over the whole photograph.

        From a distribution they are drawn without another run of the network; a model with a ``latent`` runs once
        for each.

        Args:
            n: how many, 1 or more.
            seed: the same seed and settings give the same alternatives, however many are drawn.

        Raises:
            GuidanceError: fewer than one.
            UnsupportedByModelError: the model gives no distribution, and takes no latent.
        """
        if n < 1:
            raise GuidanceError(f"{n} alternatives were asked for; ask for 1 or more")
        drawn = self.answer.sample(self.settings.decoding, n, seed, self.settings.adjustment)
        return [
            replace(self, alternative=f"sample {i}, seed {seed}", sampled=ab)
            for i, ab in enumerate(drawn, start=1)
        ]

    def suggestions(self, x: float, y: float, k: int = 5) -> list[Suggestion]:
        """Return the most likely colors of a place, likeliest first.

        Args:
            x: pixels from the left edge of the photograph.
            y: pixels from its top edge.
            k: how many at most.

        Raises:
            GuidanceError: a place outside of the photograph.
            UnsupportedByModelError: the model gives no distribution.
        """
        height, width = self.photo.height, self.photo.width
        if not (0 <= x < width and 0 <= y < height):
            raise GuidanceError(
                f"({x:g}, {y:g}) is outside of the photograph of {width} x {height} pixels; give a place inside"
            )
        rows, columns = self.answer.cells.shape[:2]
        cell = self.answer.logits[int(y * rows / height), int(x * columns / width)]
        lightness = float(self.photo.lightness(slice(int(y), int(y) + 1))[0, int(x)])
        return [_suggest(lightness, color) for color in likely_colors(probabilities(cell, None, AS_IT_IS), k)]

    def pin(self, place: Place | None = None, *, radius: float = 0.0, confidence: float = 1.0) -> FieldMark:
        """Return a mark that keeps the colors which stand in a place now.

        Args:
            place: (x, y) in pixels, a region, or a mark of any kind, of which only the place is meant; None for all
                of the photograph.
            radius: of a disc around (x, y), pixels; 0 is the smallest that the network can see.
            confidence: 1 keeps the colors as they are, less lets the network weigh them.

        Raises:
            GuidanceError: a place outside of the photograph.
        """
        return pin_colors(self.ab, self.photo, place, radius=radius, confidence=confidence)

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a person should be told about the guidance, one sentence each: marks that others contradict."""
        size = self.photo.height, self.photo.width
        return note_contradictions(self.settings.guidance, size, self.answer.lightness)

    def picture(self) -> ColorPicture:
        """Return the color at full size, joined to the photograph's lightness when its strips are asked for.

        A drawing is tinted instead, see ``tintype.color.wash``.
        """
        return self.join(self.photo)

    def join(self, photo: Photo) -> ColorPicture:
        """Return the same color on another size of the photograph."""
        return (tint if self.is_drawing else join)(photo, self.ab, threads=self.threads)

    @property
    def is_drawing(self) -> bool:
        """Whether this is a drawing that is tinted."""
        return self.settings.input == "sketch"

    def project(self) -> Project:
        """Return everything that was said about this photograph, to be rendered again, see ``write_project``."""
        return Project.of(self)

    @property
    def kind(self) -> str:
        """Which picture this is: ``color`` or an alternative."""
        return self.alternative or "color"

    @property
    def digest(self) -> str:
        """SHA-256, hexadecimal, of all that changes the pixels: model, guidance, decoding, sizes, alternative."""
        return self.settings.digest(self.model, self.kind)

    def mark(self, kind: str = "") -> Mark:
        """Return the mark of machine-made color for this result, or for another picture made of it."""
        name = self.answer.card.name
        return Mark(
            model=name,
            tintype_version=__version__,
            guidance_digest=self.settings.guidance.digest() if self.settings.guidance else "",
            source_sha256=self.photo.sha256,
            result_digest=self.settings.digest(self.model, kind or self.kind),
            sentence=describe_coloring(name, __version__, drawing=self.is_drawing),
        )

    def write(
        self, path: str | Path | None = None, *, overwrite: bool = False, mark: bool = True
    ) -> WriteReport:
        """Write the result in the source's format, depth and profile, or in the format that the name says.

        Args:
            path: None: beside the source, ``scan_color.tif`` for ``scan.tif``.
            overwrite: replace a file that is there.
            mark: say in the file that a machine made the color.

        Raises:
            OutputExistsError: a file is in the way.
            WriteFailedError: the disk is full, or the folder may not be written.
            GuidanceError: no path, and the photograph came from no file.
        """
        if path is None and self.photo.path is None:
            raise GuidanceError("this photograph came from no file; give the path of the result")
        target = Path(path) if path is not None else default_output_path(self._source())
        marked = self.mark() if mark else None
        return write_photo(target, self.picture(), like=self.photo, mark=marked, overwrite=overwrite)

    def _source(self) -> Path:
        assert self.photo.path is not None
        return self.photo.path


def _suggest(lightness: float, color: LikelyColor) -> Suggestion:
    """Return a likely color as it exists at a lightness."""
    lab = reduce_chroma(np.array([[lightness, color.a, color.b]], dtype=np.float64))[0]
    red, green, blue = np.rint(np.clip(lab_to_srgb(lab), 0, 1) * 255).astype(int).tolist()
    return Suggestion(color.mass, (float(lab[0]), float(lab[1]), float(lab[2])), (red, green, blue))
