"""What a person has said about one photograph, as it is stored, sent and undone: marks, palette, style, settings."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from tintype.colorize.passes import Quality
from tintype.errors import GuidanceError, StudioLimitError
from tintype.guidance.document import hints_schema, parse_mark
from tintype.guidance.guidance import Guidance

MOST_SAMPLES = 32

MarkId: TypeAlias = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
"""What the page calls a mark; it stays the same while the mark is moved or recolored."""

Json: TypeAlias = dict[str, Any]


def _check_mark(document: Json) -> Json:
    try:
        parse_mark(document)
    except GuidanceError as error:
        raise ValueError(str(error)) from None
    return document


def _check_whole(name: str) -> AfterValidator:
    """Return what checks a part of hints files that speaks of the whole picture."""

    def check(document: Json) -> Json:
        try:
            Guidance.from_json(json.dumps({name: document}), name)
        except GuidanceError as error:
            raise ValueError(str(error)) from None
        return document

    return AfterValidator(check)


def _schema_of(name: str) -> Json:
    """Return a part of the schema of hints files that needs nothing beside itself."""
    schema = hints_schema()

    def inline(value: Any) -> Any:
        if isinstance(value, list):
            return [inline(item) for item in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            rest = {key: item for key, item in value.items() if key != "$ref"}
            return inline(schema["$defs"][value["$ref"].removeprefix("#/$defs/")]) | rest
        return {key: inline(item) for key, item in value.items()}

    found: Json = inline(schema["$defs"][name])
    return found


MarkDocument: TypeAlias = Annotated[Json, AfterValidator(_check_mark), WithJsonSchema(_schema_of("mark"))]
"""A mark as in hints files."""

PaletteDocument: TypeAlias = Annotated[Json, _check_whole("palette"), WithJsonSchema(_schema_of("palette"))]
"""A palette for the whole picture as in hints files."""

StyleDocument: TypeAlias = Annotated[Json, _check_whole("style"), WithJsonSchema(_schema_of("style"))]
"""A style for the whole picture as in hints files."""


class Model(BaseModel):
    """A value of the interface: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class PlacedMark(Model):
    """A mark on the page."""

    id: MarkId
    enabled: bool = Field(default=True, description="A mark that is switched off stays, and guides nothing.")
    mark: MarkDocument


class Sample(Model):
    """One of the alternatives, chosen to be the picture."""

    number: int = Field(ge=1, le=MOST_SAMPLES)
    seed: int = Field(default=0, ge=0, lt=1 << 32)


class DecodingDocument(Model):
    """How a distribution becomes one color, in numbers; see ``tintype.color.bins.Decoding``."""

    rarity: float = Field(ge=0, le=2)
    temperature: float = Field(ge=0.01, le=10)


Slider: TypeAlias = Annotated[float, Field(ge=-1, le=1)]


class SettingsDocument(Model):
    """What is chosen for the photograph as a whole."""

    vividness: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="0 most faithful, 1 most vivid; null for the model's own default.",
    )
    decoding: DecodingDocument | None = Field(default=None, description="Instead of a vividness.")
    warmth: Slider = Field(default=0.0, description="-1 cooler to 1 warmer, where the model wavers.")
    skin: Slider = Field(default=0.0, description="Less, or more, of the colors of skin.")
    sky: Slider = Field(default=0.0, description="Less, or more, of the blue of the sky.")
    quality: Quality = "normal"
    sizes: list[int] | None = Field(
        default=None,
        min_length=1,
        max_length=4,
        description="Sizes of the model's input, instead of a quality.",
    )
    mirrored: bool | None = Field(
        default=None, description="Look at the mirrored photograph too; null for what the quality asks for."
    )
    sample: Sample | None = Field(
        default=None, description="The alternative that is the picture; null for the color proper."
    )


class State(Model):
    """All that decides the colors of a photograph, beside the photograph and the model."""

    marks: list[PlacedMark] = Field(default_factory=list)
    palette: PaletteDocument | None = None
    style: StyleDocument | None = None
    settings: SettingsDocument = Field(default_factory=SettingsDocument)

    def guidance(self) -> Guidance:
        """Return what the marks that are switched on, the palette and the style have to say.

        Raises:
            GuidanceError: something impossible.
        """
        document: Json = {"marks": [placed.mark for placed in self.marks if placed.enabled]}
        if self.palette is not None:
            document["palette"] = self.palette
        if self.style is not None:
            document["style"] = self.style
        return Guidance.from_json(json.dumps(document), "state")

    def check(self, most_marks: int) -> None:
        """Refuse what the models of single values can't see.

        Raises:
            GuidanceError: two marks of one id.
            StudioLimitError: too many marks.
        """
        if len(self.marks) > most_marks:
            raise StudioLimitError(f"there are {len(self.marks)} marks; place at most {most_marks}")
        ids = [placed.id for placed in self.marks]
        if len(set(ids)) < len(ids):
            twice = next(it for it in ids if ids.count(it) > 1)
            raise GuidanceError(f"two marks have the id {twice!r}; give each its own")

    def without(self, mark: str | None) -> State:
        """Return the state without a mark, for asking what it would be like."""
        return self.model_copy(update={"marks": [placed for placed in self.marks if placed.id != mark]})

    def with_sample(self, number: int, seed: int) -> State:
        """Return the state in which an alternative is the picture."""
        settings = self.settings.model_copy(update={"sample": Sample(number=number, seed=seed)})
        return self.model_copy(update={"settings": settings})

    def dump(self) -> str:
        """Return the state as JSON, the same text for the same state."""
        return json.dumps(self.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))


class SetMark(Model):
    """Add a mark on top, or replace the one of the same id where it is."""

    op: Literal["set_mark"]
    mark: PlacedMark

    def apply(self, state: State) -> State:
        """Return the state after it."""
        ids = [placed.id for placed in state.marks]
        if self.mark.id not in ids:
            return state.model_copy(update={"marks": [*state.marks, self.mark]})
        marks = [self.mark if placed.id == self.mark.id else placed for placed in state.marks]
        return state.model_copy(update={"marks": marks})


class RemoveMark(Model):
    """Delete a mark; nothing happens where it is gone already."""

    op: Literal["remove_mark"]
    id: MarkId

    def apply(self, state: State) -> State:
        """Return the state after it."""
        return state.without(self.id)


class OrderMarks(Model):
    """Bring marks on top, in this order; those that are not named stay below."""

    op: Literal["order_marks"]
    ids: list[MarkId]

    def apply(self, state: State) -> State:
        """Return the state after it."""
        places = {name: place for place, name in enumerate(self.ids)}
        marks = sorted(state.marks, key=lambda placed: places.get(placed.id, -1))
        return state.model_copy(update={"marks": marks})


class SetPalette(Model):
    """Give the picture a palette; null takes it away."""

    op: Literal["set_palette"]
    palette: PaletteDocument | None

    def apply(self, state: State) -> State:
        """Return the state after it."""
        return state.model_copy(update={"palette": self.palette})


class SetStyle(Model):
    """Give the picture the style of another photograph, for models that take one; null takes it away."""

    op: Literal["set_style"]
    style: StyleDocument | None

    def apply(self, state: State) -> State:
        """Return the state after it."""
        return state.model_copy(update={"style": self.style})


class SetSettings(Model):
    """Change settings: those that are named, the others stay."""

    op: Literal["set_settings"]
    settings: SettingsDocument

    def apply(self, state: State) -> State:
        """Return the state after it."""
        changed = {name: getattr(self.settings, name) for name in self.settings.model_fields_set}
        return state.model_copy(update={"settings": state.settings.model_copy(update=changed)})


Operation: TypeAlias = Annotated[
    SetMark | RemoveMark | OrderMarks | SetPalette | SetStyle | SetSettings, Field(discriminator="op")
]


def apply_operations(state: State, operations: Iterable[Operation]) -> State:
    """Return the state after some operations, one after the other."""
    for operation in operations:
        state = operation.apply(state)
    return state
