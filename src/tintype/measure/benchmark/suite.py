"""What a benchmark runs over: photographs, how they are framed, and what is done to them before they are colored.

A suite is one TOML file, complete enough that two people who run it get the same figures. Those of this package
are found by name; any other by its path.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from tintype.errors import SuiteError

FOLDER = resources.files("tintype.measure.benchmark") / "suites"
"""The suites of this package and the lists that they name."""

_SUFFIX = ".toml"
_VARIABLE = re.compile(r"\$([A-Za-z_]\w*)")


@dataclass(frozen=True)
class PhotographSet:
    """Which photographs.

    Attributes:
        folder: where they lie; ``$NAME`` stands for an environment variable. A path that is not absolute starts at
            the suite's file.
        pattern: of their names, sub-folders included; of several files with the same name only one may exist.
        names: file beside the suite that names them, one a line (all after a first SHA-256 as ``sha256sum``
            writes it); empty: all that match the pattern, by name.
        first: only the first so many by name; 0 for all.
        count: how many a complete copy has; 0 where that is not known. Another number is said in the report.
        builder: what makes the folder when it is missing: ``open`` takes photographs from installed packages.
    """

    folder: str
    pattern: str = "*"
    names: str = ""
    first: int = 0
    count: int = 0
    builder: Literal["", "open"] = ""


@dataclass(frozen=True)
class Framing:
    """How a photograph becomes what is judged.

    Attributes:
        crop: ``center-square`` cuts to the short side; ``none`` keeps all of it.
        size: (height, width) in pixels that it is then resized to; empty keeps its own.
        filter: of the resizing, as Pillow knows them, with antialiasing.
    """

    crop: Literal["none", "center-square"] = "none"
    size: tuple[int, ...] = ()
    filter: Literal["bilinear", "bicubic", "lanczos", "box", "nearest"] = "bilinear"


@dataclass(frozen=True)
class Degradation:
    """What happens to the gray photograph before it is colored; the truth stays as it is.

    Attributes:
        kind: ``none``: its CIE L; ``film``: what film, time and scanners do (``tintype.photos.film_stock``), seeded
            by the photograph's name; ``jpeg``: compressed and read again.
        strength: of the film: 1 is what a family's photographs look like.
        quality: of the JPEG, 1..100.
    """

    kind: Literal["none", "film", "jpeg"] = "none"
    strength: float = 1.0
    quality: int = 30


@dataclass(frozen=True)
class Probes:
    """What is measured beyond the colored photographs; each is left out where a model can't take part.

    Attributes:
        photographs: over how many, evenly spread over the suite; 0 for all.
        hint_counts: numbers of random true hints for the curve of PSNR; empty: no curve.
        honesty: whether the distribution's calibration is measured, and whether doubt predicts error.
        samples: how many other answers of a model are drawn for the error of the best of them; 0 or 1: none.
        speed_sizes: sides of the square photographs that speed and memory are measured with; empty: neither.
    """

    photographs: int = 200
    hint_counts: tuple[int, ...] = (0, 1, 2, 5, 10, 20, 50)
    honesty: bool = True
    samples: int = 8
    speed_sizes: tuple[int, ...] = (256, 512, 1024, 2048)


@dataclass(frozen=True)
class Suite:
    """A suite of photographs with its protocol.

    Attributes:
        name: as it is called on the command line.
        title: for the report's heading.
        about: what it shows and how it came to be, for a stranger.
        source: where the photographs come from, and what may be done with them.
        photographs: which.
        framing: how they are cut and resized.
        degradation: what is done to the input.
        probes: what is measured beside.
        shareable: whether pictures of the set may be passed on, such as inside of a report.
        path: the file that it was read from.
    """

    name: str
    title: str
    photographs: PhotographSet
    about: str = ""
    source: str = ""
    framing: Framing = field(default_factory=Framing)
    degradation: Degradation = field(default_factory=Degradation)
    probes: Probes = field(default_factory=Probes)
    shareable: bool = False
    path: Path = Path()

    @property
    def folder(self) -> Path | None:
        """The folder of the photographs, environment variables replaced; None: what the builder makes.

        Raises:
            SuiteError: a variable is not set; names it.
        """
        variables = _VARIABLE.findall(self.photographs.folder)
        unset = [name for name in variables if not os.environ.get(name)]
        if unset and self.photographs.builder:
            return None
        if unset:
            raise SuiteError(
                f"suite {self.name} reads {self.photographs.folder} and {unset[0]} is not set; set it to the folder "
                "of the data"
            )
        named = _VARIABLE.sub(lambda found: os.environ[found[1]], self.photographs.folder)
        return self.path.parent / Path(named).expanduser()

    @property
    def protocol(self) -> dict[str, Any]:
        """All that decides the figures beside photographs and models, as plain values."""
        return {"framing": dataclasses.asdict(self.framing), "input": dataclasses.asdict(self.degradation)}

    @property
    def digest(self) -> str:
        """SHA-256 of the protocol, 64 hexadecimal digits."""
        return hashlib.sha256(json.dumps(self.protocol, sort_keys=True).encode()).hexdigest()

    def describe_protocol(self) -> str:
        """Say in one sentence what a photograph goes through.

        >>> Suite("a", "A", PhotographSet("."), framing=Framing("center-square", (256, 256))).describe_protocol()
        'cut to its center square, resized to 256 x 256 pixels (bilinear), reduced to its CIE lightness'
        """
        parts = ["cut to its center square"] if self.framing.crop == "center-square" else []
        if self.framing.size:
            height, width = self.framing.size
            parts.append(f"resized to {width} x {height} pixels ({self.framing.filter})")
        parts.append(_DESCRIBED[self.degradation.kind].format(self.degradation))
        return ", ".join(parts)


_DESCRIBED = {
    "none": "reduced to its CIE lightness",
    "film": "turned into a gray picture by simulated film, time and scanner (strength {0.strength:g})",
    "jpeg": "reduced to its CIE lightness, stored as JPEG of quality {0.quality}",
}


def list_suites() -> list[str]:
    """Return the names of the suites of this package."""
    return sorted(
        entry.name.removesuffix(_SUFFIX) for entry in FOLDER.iterdir() if entry.name.endswith(_SUFFIX)
    )


def read_suite(name_or_path: str) -> Suite:
    """Read a suite of this package by name, or any by the path of its .toml file.

    Raises:
        SuiteError: there is none, it is no TOML, or a key or value is wrong; the text names it.
    """
    path = _find(name_or_path)
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(
            f"{path} can't be read; give a .toml file or one of {', '.join(list_suites())}"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise SuiteError(f"{path}: {error}; correct the file") from error
    suite: Suite = _build(Suite, {**values, "path": path}, path.name, "")
    _check(suite)
    return suite


def _find(name_or_path: str) -> Path:
    if name_or_path.endswith(_SUFFIX):
        return Path(name_or_path)
    if name_or_path not in list_suites():
        raise SuiteError(
            f"there is no suite {name_or_path!r}; give a .toml file or one of {', '.join(list_suites())}"
        )
    return Path(str(FOLDER / f"{name_or_path}{_SUFFIX}"))


def _check(suite: Suite) -> None:
    size, sides = suite.framing.size, (*suite.framing.size, *suite.probes.speed_sizes)
    faults = {
        f"framing.size is {list(size)}; give [height, width] or leave it out": len(size) not in (0, 2),
        "a size is smaller than 32 pixels; give larger ones": any(side < 32 for side in sides),
        f"degradation.quality is {suite.degradation.quality}; give 1 to 100": not 1
        <= suite.degradation.quality
        <= 100,
        f"degradation.strength is {suite.degradation.strength:g}; give 0 or more": suite.degradation.strength
        < 0,
        "probes.hint_counts must be 0 or more": any(count < 0 for count in suite.probes.hint_counts),
        "a count is negative; give 0 or more": min(
            suite.photographs.first,
            suite.photographs.count,
            suite.probes.photographs,
            suite.probes.samples,
        )
        < 0,
    }
    for fault in (fault for fault, is_there in faults.items() if is_there):
        raise SuiteError(f"{suite.path.name}: {fault}")


def _build(kind: type[Any], values: Any, file: str, where: str) -> Any:
    if not isinstance(values, Mapping):
        raise SuiteError(f"{file}: {where.rstrip('.')} must be a section, not {values!r}")
    hints = get_type_hints(kind)
    for key in values:
        if key not in hints:
            raise SuiteError(
                f"{file}: unknown key {where}{key}; known are {', '.join(sorted({*hints} - {'path'}))}"
            )
    needed = [f.name for f in dataclasses.fields(kind) if f.default is f.default_factory]
    for name in needed:
        if name not in values:
            raise SuiteError(f"{file}: {where}{name} is missing; add it")
    return kind(**{key: _convert(hints[key], value, file, f"{where}{key}") for key, value in values.items()})


def _convert(kind: Any, value: Any, file: str, where: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _build(kind, value, file, f"{where}.")  # type: ignore[arg-type]
    if get_origin(kind) is Literal:
        if value not in get_args(kind):
            raise SuiteError(
                f"{file}: {where} is {value!r}; give one of {', '.join(map(repr, get_args(kind)))}"
            )
        return value
    if get_origin(kind) is tuple:
        if not isinstance(value, list) or any(type(entry) is not int for entry in value):
            raise SuiteError(f"{file}: {where} is {value!r}; give a list of whole numbers")
        return tuple(value)
    if kind is float and type(value) is int:
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise SuiteError(f"{file}: {where} is {value!r}; give {_KINDS[kind]}")
    return value


_KINDS = {str: "text", int: "a whole number", float: "a number", bool: "true or false", Path: "a path"}
