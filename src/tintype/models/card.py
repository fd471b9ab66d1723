"""The card of a model: what it takes and gives, who made it of what, how good it is and where it fails.

It travels inside the ONNX file (metadata key ``tintype.card``) as JSON and is read strictly: an unknown key,
a missing one or a wrong type is an error that names the key.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields, is_dataclass
from itertools import pairwise, product
from types import UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from tintype.color.bins import BIN_COUNT, Decoding
from tintype.errors import BrokenModelError, GuidanceError, ModelError

CARD_KEY = "tintype.card"
CARD_FORMAT = 1
CAPABILITIES = frozenset(
    {
        *("hints", "palette", "style", "latent", "samples", "suggestions", "doubt", "features", "classes"),
        *("class_map", "context"),
    }
)
CLASS_LISTS = ("imagenet-1k",)
"""Lists of classes whose names Tintype knows, see ``tintype.models.classes``."""
PRECISIONS = ("fp32", "fp16", "int8")
FEATURE_GRID = 16
"""The features' height and width are the input's divided by it."""
_OF_BINS = frozenset({"suggestions", "doubt"})
_FAMILY = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERSION = re.compile(r"[0-9][0-9A-Za-z.]*")
_WIDEST_ASPECT = 8.0


@dataclass(frozen=True, slots=True)
class SizeRule:
    """Which input sizes a model takes.

    A size is one number, the side of a square of the same area: at size 256, a photograph of 3:2 enters as
    288 x 192, so every photograph costs the same.

    Attributes:
        multiple: height and width are multiples of it.
        default: the size at which the model is best, tested by its figures.
        minimum: smallest size worth asking for.
        maximum: largest size worth asking for.
        fixed: only ``default`` x ``default``.
        square: height and width are equal; the photograph is stretched. Otherwise its aspect ratio is kept.
    """

    multiple: int = 32
    default: int = 256
    minimum: int = 128
    maximum: int = 1024
    fixed: bool = False
    square: bool = False

    def __post_init__(self) -> None:
        if self.multiple < 1 or self.default % self.multiple:
            raise BrokenModelError(
                f"card: size.default is {self.default}; give a multiple of {self.multiple}"
            )
        if not 0 < self.minimum <= self.default <= self.maximum:
            raise BrokenModelError(
                f"card: size.default is {self.default}; give one within {self.minimum} to {self.maximum}"
            )

    def fit(self, height: int, width: int, size: int | None = None) -> tuple[int, int]:
        """Return the (height, width) at which a photograph enters the model.

        Aspects wider than 8:1 are squeezed to 8:1, so that no side vanishes and no input grows endless.

        Args:
            height: of the photograph, pixels.
            width: of the photograph, pixels.
            size: the side of a square of the same area; None for the default.

        Raises:
            ModelError: the model does not take this size.

        >>> SizeRule().fit(2000, 3000), SizeRule().fit(100, 100, size=384)
        ((192, 288), (384, 384))
        """
        size = self.default if size is None else size
        self._check(size)
        if self.fixed or self.square:
            side = round(size / self.multiple) * self.multiple
            return side, side
        ratio = min(max(width / height, 1 / _WIDEST_ASPECT), _WIDEST_ASPECT)
        heights, widths = self._near(size / math.sqrt(ratio)), self._near(size * math.sqrt(ratio))
        return min(product(heights, widths), key=lambda sides: _distortion(sides, ratio, size))

    def _check(self, size: int) -> None:
        if self.fixed and size != self.default:
            raise ModelError(f"size is {size}, but this model only takes {self.default}")
        if not self.minimum <= size <= self.maximum:
            raise ModelError(f"size is {size}; give one from {self.minimum} to {self.maximum}")

    def _near(self, side: float) -> tuple[int, int]:
        """Return the multiples below and above."""
        below = max(1, int(side / self.multiple))
        return below * self.multiple, (below + 1) * self.multiple


def _distortion(sides: tuple[int, int], ratio: float, size: int) -> float:
    """Tell how far an input is from the photograph's aspect and, counting half, from the area asked for."""
    height, width = sides
    return abs(math.log(width / height / ratio)) + 0.5 * abs(math.log(height * width / size**2))


@dataclass(frozen=True, slots=True)
class VividnessStep:
    """A point of the way from faithful to vivid; between two of them rarity and temperature go straight.

    Attributes:
        vividness: the user's number, 0 to 1.
        rarity: r of `tintype.color.bins.Decoding`.
        temperature: T of `tintype.color.bins.Decoding`.
    """

    vividness: float
    rarity: float
    temperature: float


@dataclass(frozen=True, slots=True)
class Figures:
    """Measured quality, and how to measure it again.

    Attributes:
        what: photographs and protocol, for example "held-out objects, automatic, default decoding".
        command: the command that printed the values.
        values: name to value.
        machine: where it ran, where that matters.
    """

    what: str
    command: str
    values: Mapping[str, float]
    machine: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """All that is known of a model.

    Attributes:
        name: ``system-size@version``, for example "tintype-small@1".
        system: the system or paper, for example "tintype" or "eccv16"; the name begins with it.
        bins: number of ab bins of ``bin_logits`` (313), or 0 where the model gives ``ab``.
        grid: the output's height and width are the input's divided by it.
        size: which input sizes the model takes.
        capabilities: what the model takes and gives besides, out of `CAPABILITIES`.
        license: SPDX expression of the weights.
        summary: one sentence for a list.
        prior: how often each bin occurs in the training photographs, sum 1, unsmoothed: what
            `tintype.color.bins.decode` takes; None where the model has no bins.
        vividness_path: from vividness 0 (most faithful) to 1 (most vivid), rising; empty without bins.
        default_vividness: where the default decoding lies on it.
        class_list: which list the classes are of, out of `CLASS_LISTS`; empty where they have no names.
        data: the training photographs: what, how many, whence, under which licences, what was left out.
        recipe: all that is needed to train it again: recipe, seed, revision, versions.
        origin: where the backbone's weights came from, with their licence.
        figures: measured quality.
        failures: known failures, a sentence each.
        parameters: number of weights.
        precision: how the weights are stored, "fp32", "fp16" or "int8".
        sha256: fingerprint of the ONNX file without its metadata (`tintype.models.onnx_file.fingerprint`);
            written by the export.
        weights_sha256: SHA-256 of the safetensors file with the same weights for training; may be empty.
        format: version of this list of fields.

    Raises:
        BrokenModelError: a value that can't be; the text names the field.
    """

    name: str
    system: str
    bins: int
    grid: int
    size: SizeRule
    capabilities: frozenset[str]
    license: str
    summary: str = ""
    prior: tuple[float, ...] | None = None
    vividness_path: tuple[VividnessStep, ...] = ()
    default_vividness: float = 0.5
    class_list: str = ""
    data: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    origin: str = ""
    figures: tuple[Figures, ...] = ()
    failures: tuple[str, ...] = ()
    parameters: int = 0
    precision: str = "fp32"
    sha256: str = ""
    weights_sha256: str = ""
    format: int = CARD_FORMAT

    def __post_init__(self) -> None:
        for key, value, remedy in self._faults():
            raise BrokenModelError(f"card: {key} is {value!r}; {remedy}")
        _check_path(self.vividness_path)

    def _faults(self) -> Iterator[tuple[str, object, str]]:
        """Find the fields that contradict themselves or each other: key, value, what to do."""
        if not is_name(self.name):
            yield "name", self.name, "give system-size@version, in small letters, the version from a digit on"
        if not is_of_system(self.name, self.system):
            yield "system", self.system, f"the name {self.name!r} must begin with it"
        if not self.license.strip():
            yield "license", self.license, "give an SPDX expression, or 'unknown'"
        if self.bins not in {0, BIN_COUNT}:
            yield "bins", self.bins, f"give {BIN_COUNT}, or 0 for a model without"
        if self.grid < 1 or self.size.multiple % self.grid:
            yield "grid", self.grid, f"it must divide size.multiple, {self.size.multiple}"
        yield from self._capability_faults()
        if self.prior is not None and not _is_distribution(self.prior, self.bins):
            yield "prior", f"{len(self.prior)} numbers", f"give {self.bins}, none negative, of sum 1"
        if bool(self.bins) != bool(self.vividness_path):
            yield "vividness_path", self.vividness_path, "a model with bins has one, and no other has"
        if not 0 <= self.default_vividness <= 1:
            yield "default_vividness", self.default_vividness, "give a number from 0 to 1"
        if self.precision not in PRECISIONS:
            yield "precision", self.precision, f"give one of {', '.join(PRECISIONS)}"

    def _capability_faults(self) -> Iterator[tuple[str, object, str]]:
        """Find what the card promises and can't keep."""
        if unknown := sorted(self.capabilities - CAPABILITIES):
            yield "capabilities", unknown, f"known are {', '.join(sorted(CAPABILITIES))}"
        if not self.bins and self.capabilities & _OF_BINS:
            yield "bins", 0, "suggestions and doubt need bins"
        if "features" in self.capabilities and self.size.multiple % FEATURE_GRID:
            yield "size.multiple", self.size.multiple, f"with features, give a multiple of {FEATURE_GRID}"
        if "class_map" in self.capabilities and "classes" not in self.capabilities:
            yield "capabilities", sorted(self.capabilities), "class_map needs classes"
        if self.class_list and self.class_list not in CLASS_LISTS:
            yield "class_list", self.class_list, f"known are {', '.join(CLASS_LISTS)}; or leave it empty"

    @property
    def family(self) -> str:
        """The name without the version: "tintype-small"."""
        return self.name.partition("@")[0]

    @property
    def version(self) -> str:
        """The version: "1"."""
        return self.name.partition("@")[2]

    @property
    def decoding(self) -> dict[str, Decoding]:
        """The decodings with a name: "faithful", "default" and "vivid"; empty without bins."""
        if not self.vividness_path:
            return {}
        named = {"faithful": 0.0, "default": self.default_vividness, "vivid": 1.0}
        return {name: self.decoding_at(vividness) for name, vividness in named.items()}

    def decoding_at(self, vividness: float) -> Decoding:
        """Return the decoding of a vividness, 0 to 1, between the steps of the path on a straight line.

        Raises:
            GuidanceError: a vividness outside of 0 to 1, or a model without bins.
        """
        if not self.vividness_path:
            raise GuidanceError(f"{self.name} gives one color a cell and has no vividness; leave it out")
        if not 0 <= vividness <= 1:
            raise GuidanceError(f"vividness is {vividness}; give a number from 0 to 1")
        steps = pairwise(self.vividness_path)
        low, high = next((low, high) for low, high in steps if vividness <= high.vividness)
        share = (vividness - low.vividness) / (high.vividness - low.vividness)
        return Decoding(
            rarity=low.rarity + share * (high.rarity - low.rarity),
            temperature=low.temperature + share * (high.temperature - low.temperature),
        )

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the card as JSON; `from_json` reads it back as an equal card."""
        return json.dumps(asdict(self), indent=indent, default=sorted, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Card:
        """Read a card.

        Raises:
            BrokenModelError: no JSON, an unknown or missing key, a wrong type or an impossible value; the
                text names the key.
        """
        try:
            table = json.loads(text, parse_constant=_refuse_constant)
        except (ValueError, RecursionError) as error:
            raise BrokenModelError(f"card: not JSON ({error}); export the model again") from error
        if isinstance(table, dict) and table.get("format", CARD_FORMAT) != CARD_FORMAT:
            raise BrokenModelError(
                f"card: format is {table['format']!r}, but this Tintype reads {CARD_FORMAT}; update Tintype"
            )
        return cast(Card, _parse(cls, table, ""))


def is_family(name: str) -> bool:
    """Whether models can be called so, before their version: small letters and digits, with - between words."""
    return _FAMILY.fullmatch(name) is not None


def is_name(name: str) -> bool:
    """Whether it is ``family@version``; a version begins with a digit."""
    family, _, version = name.partition("@")
    return is_family(family) and _VERSION.fullmatch(version) is not None


def is_of_system(name: str, system: str) -> bool:
    """Whether a name, with or without its version, begins with a system.

    >>> is_of_system("eccv16-mine@1", "eccv16"), is_of_system("eccv16@1", "eccv16"), is_of_system("eccv160", "eccv16")
    (True, True, False)
    """
    return f"{name.partition('@')[0]}-".startswith(f"{system}-")


def name_with_system(name: str, system: str) -> str:
    """Return the name of a family, behind its system's where it does not begin so.

    >>> name_with_system("mine", "tintype"), name_with_system("tintype-small", "tintype")
    ('tintype-mine', 'tintype-small')
    """
    return name if is_of_system(name, system) else f"{system}-{name}"


def _check_path(path: tuple[VividnessStep, ...]) -> None:
    """Refuse a vividness path that does not rise from 0 to 1."""
    places = [step.vividness for step in path]
    rising = all(low < high for low, high in pairwise(places))
    if path and not (rising and places[0] == 0 and places[-1] == 1 and len(path) > 1):
        raise BrokenModelError(f"card: vividness_path stands at {places}; let it rise from 0 to 1")
    for step in path:
        try:
            Decoding(step.rarity, step.temperature)
        except GuidanceError as error:
            raise BrokenModelError(f"card: vividness_path at {step.vividness}: {error}") from error


def _is_distribution(prior: tuple[float, ...], count: int) -> bool:
    return len(prior) == count and min(prior, default=-1) >= 0 and abs(sum(prior) - 1) < 1e-3


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no number of JSON")


def _parse(kind: Any, value: Any, key: str) -> Any:
    """Turn a value of JSON into the type that a field declares, or name the key that is wrong."""
    if kind is Any:
        return value
    if is_dataclass(kind):
        return _parse_table(kind, _expect(dict, value, key), key)
    if arguments := get_args(kind):
        return _parse_generic(get_origin(kind), arguments, value, key)
    if kind is float and type(value) is int:
        return float(value)
    return _expect(kind, value, key)


def _parse_generic(origin: Any, arguments: tuple[Any, ...], value: Any, key: str) -> Any:
    """Turn a value of JSON into ``X | None``, a mapping, a tuple or a set."""
    if origin is UnionType:
        return None if value is None else _parse(arguments[0], value, key)
    if origin is Mapping:
        table = _expect(dict, value, key)
        return {name: _parse(arguments[1], item, f"{key}.{name}") for name, item in table.items()}
    items = _expect(list, value, key)
    return origin(_parse(arguments[0], item, f"{key}[{i}]") for i, item in enumerate(items))


def _parse_table(kind: Any, table: dict[str, Any], key: str) -> Any:
    """Turn an object of JSON into a dataclass."""
    known = {item.name: item for item in fields(kind)}
    types = get_type_hints(kind)
    prefix = f"{key}." if key else ""
    for name in table:
        if name not in known:
            raise BrokenModelError(f"card: unknown key {prefix + name!r}; remove it, or update Tintype")
    for name, item in known.items():
        if name not in table and item.default is MISSING and item.default_factory is MISSING:
            raise BrokenModelError(f"card: the key {prefix + name!r} is missing; add it")
    return kind(**{name: _parse(types[name], value, prefix + name) for name, value in table.items()})


def _expect(kind: type, value: Any, key: str) -> Any:
    """Return the value if it is exactly of a type of JSON (a bool is no int)."""
    if type(value) is not kind:
        words = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
        raise BrokenModelError(
            f"card: {key or 'the card'} is {_short(value)}; give {words.get(kind, 'a number')}"
        )
    return value


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) < 40 else text[:37] + "..."
