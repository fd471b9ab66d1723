"""The recipe of a training: everything that decides its result, in one documented dataclass and one TOML file.

A recipe is found by name among those of this package (``tintype-small``) or by path; one that ``extends`` another
names only what differs. Single values are overruled with ``--set optimizer.rate=4e-4``. Unknown keys and impossible
values are errors, so that a misspelled setting never trains the wrong thing for a day.
"""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from tintype.errors import RecipeError
from tintype.learn.recipe_limits import check_recipe
from tintype.learn.recipe_values import apply_change, build

T = TypeVar("T")


@dataclass(frozen=True)
class Source:
    """Photographs that a training draws from.

    Attributes:
        match: shards (``photos-*.tar``) or a folder, relative to ``data.root`` unless absolute.
        share: part of each batch that comes from here, to whole photographs; the shares of all usable sources are
            normalized.
        max_side: largest input side that these photographs are enlarged to (thumbnails teach nothing at 384).
        min_crop: smallest part of a photograph's area that a crop keeps.
    """

    match: str
    share: float = 1.0
    max_side: int = 1024
    min_crop: float = 0.4


@dataclass(frozen=True)
class Pairs:
    """Two folders with pictures of the same names: what a network is shown, and what color it should have.

    So a network learns another world than that of photographs in color and in gray: infrared, manga, microscopy.

    Attributes:
        input: folder of what is shown, its lightness at any bit depth, relative to ``data.root`` unless absolute.
        color: folder of the same in color; names match without their suffixes, sub-folders included.
        share, max_side, min_crop: as of `Source`.
    """

    input: str
    color: str
    share: float = 1.0
    max_side: int = 1024
    min_crop: float = 0.4

    @property
    def match(self) -> str:
        """What the photographs' names are looked up by, as of `Source`."""
        return self.color


@dataclass(frozen=True)
class InputSize:
    """One of the input sizes that batches are drawn at.

    Attributes:
        side: the crop has about side * side pixels; height and width are multiples of ``data.multiple``.
        count: photographs in a batch of this size, over all processes.
        share: part of the batches that have this size.
        since: part of ``samples`` from which on it is used.
        until: part of ``samples`` up to which it is used.
    """

    side: int
    count: int
    share: float = 1.0
    since: float = 0.0
    until: float = 1.0


@dataclass(frozen=True)
class DataRecipe:
    """Which photographs, cut how.

    Attributes:
        root: folder of the sources; empty: ``TINTYPE_DATA``.
        sources: see `Source`.
        pairs: see `Pairs`; they are shares of the batches as sources are.
        sizes: see `InputSize`.
        aspects: crops have a width over height between 1/aspects and aspects.
        multiple: heights and widths are multiples of this.
        held_out: one photograph of so many (by the hash of its name) is kept for validation.
        workers: processes that prepare batches; 0: the training process itself.
        on_device: keep the whole set on the device as bytes and cut it there, so that loading can't limit a GPU.
        stored_side: side of the squares that ``on_device`` keeps.
    """

    root: str = ""
    sources: tuple[Source, ...] = (Source("train"),)
    pairs: tuple[Pairs, ...] = ()
    sizes: tuple[InputSize, ...] = (InputSize(128, 48),)
    aspects: float = 1.5
    multiple: int = 32
    held_out: int = 40
    workers: int = 2
    on_device: bool = False
    stored_side: int = 256


@dataclass(frozen=True)
class FilmRecipe:
    """How the gray input is made from a color photograph (``photos/film_stock.py``).

    Attributes:
        strength: of all effects.
        clean: share of photographs whose gray is the exact CIE lightness.
    """

    strength: float = 1.0
    clean: float = 0.4


@dataclass(frozen=True)
class DrawingRecipe:
    """Whether a network is shown drawings of the photographs instead of their gray (``learn/data/drawings.py``).

    Attributes:
        share: part of the photographs that are drawn; pairs never are.
        styles: which are drawn, each as often as another.
    """

    share: float = 0.0
    styles: tuple[str, ...] = ("xdog", "ink", "pencil", "soft", "outline", "hatching")


@dataclass(frozen=True)
class HintRecipe:
    """How a person's hints, and softer ones, are simulated.

    Attributes:
        points: share of photographs with points (Zhang 2017).
        soft: share with soft wide hints, as matching and optical flow give them.
        whole: share whose color is shown everywhere.
        many: share of the photographs with points whose number is drawn log-uniformly up to ``most``
            instead of from Zhang's geometric distribution (p = 1/8).
        most: largest number of points.
        anywhere: share of the photographs with points that have them anywhere instead of near the middle.
        patch_side: side of an input at which patches are 1 to 9 pixels wide; in others they are in proportion, but
            not wider than that; 0: 1 to 9 in all of them.
        doubtful: share of points with a confidence under 1; they are wrong as often as they say.
        palette: share of photographs with a palette.
        own_palettes: these are the photographs' own distributions of color, not what a person would name of them.
    """

    points: float = 0.45
    soft: float = 0.1
    whole: float = 0.0
    many: float = 0.5
    most: int = 100
    anywhere: float = 0.5
    patch_side: int = 256
    doubtful: float = 0.15
    palette: float = 0.2
    own_palettes: bool = False


@dataclass(frozen=True)
class LossRecipe:
    """Weights of the terms of the loss; what weighs 0 is not computed.

    Attributes:
        classification: cross-entropy against the softly encoded bins, on the plain distribution.
        rebalance: exponent of Zhang's class weights, which multiply the gradient of the classification (0: plain).
        picked: a cell of the grid has the color of a pixel in its middle, as in the code of Zhang et al., not the
            mean of its pixels, which is paler.
        gray: photographs whose a and b nowhere go beyond this count for nothing in the classification.
        regression: distance between the answer and the true ab; of a distribution, its mean is the answer.
        distance: ``smooth_l1``, ``l1``, ``l2`` (mean square) or ``huber``.
        unit: Lab units that count as 1 in it: where ``smooth_l1`` and ``huber`` turn from square to straight.
        class_head: cross-entropy of a head of color classes that teaches beside the answer (siggraph17).
        labels: cross-entropy of the network's classes against the labels of the shards; what has none counts for
            color alone (iizuka16).
        distillation: keeps the encoder's classifier by asking it for what the pretrained one says.
        distill_every: the pretrained encoder is asked each so many steps.
        consistency: cross-entropy with what the network's own average says of the same photographs at
            ``consistent_side``: the answer should not depend on the size of the input.
        consistent_side: see there; photographs with hints are left out.
        consistent_since: part of ``samples`` from which on that is asked; the average must know something by then.
        rows: a distribution is judged on every so-manieth row of cells, another one each step: rows beside each
            other teach nearly the same, and softmax over 313 bins is a third of the cost of a step.
        perceptual: distance of a backbone's features, see `PerceptualRecipe`.
        colorfulness: how much less colorful than 1 (of Hasler and Suesstrunk, divided by 100) the answer is.
        enhance: the true ab is multiplied by this, for all terms alike.
    """

    classification: float = 1.0
    rebalance: float = 0.0
    picked: bool = False
    gray: float = 0.0
    regression: float = 0.1
    distance: str = "smooth_l1"
    unit: float = 10.0
    class_head: float = 0.0
    labels: float = 0.0
    distillation: float = 0.05
    distill_every: int = 4
    consistency: float = 0.0
    consistent_side: int = 224
    consistent_since: float = 0.5
    rows: int = 2
    perceptual: float = 0.0
    colorfulness: float = 0.0
    enhance: float = 1.0


@dataclass(frozen=True)
class PerceptualRecipe:
    """The network whose features the perceptual term compares; the record of a run says which it was.

    Attributes:
        backbone: timm's name.
        weights: ``local``, ``timm`` or ``none`` (see `TimmEncoder`).
        same_padding: pad its strided convolutions as TensorFlow does.
        mean: subtracted from sRGB (0..1) before it.
        std: divides what remains.
        layers: which of its scales are compared, 0 the finest.
        layer_weights: of each of these.
    """

    backbone: str = "mobilenetv2_100"
    weights: str = "local"
    same_padding: bool = True
    mean: tuple[float, ...] = (0.5, 0.5, 0.5)
    std: tuple[float, ...] = (0.5, 0.5, 0.5)
    layers: tuple[int, ...] = (0, 1, 2, 3)
    layer_weights: tuple[float, ...] = (1.0, 1.0, 1.0, 1.0)


@dataclass(frozen=True)
class TeacherRecipe:
    """A finished model that teaches this one, beside the photographs or instead of them.

    Attributes:
        model: name of an installed model or path of its ONNX file; empty: none.
        weight: of the term.
        temperature: of both distributions, where both have one.
    """

    model: str = ""
    weight: float = 1.0
    temperature: float = 1.0


@dataclass(frozen=True)
class AdversarialRecipe:
    """Training against a critic, in up to three phases, told in parts of ``samples``.

    Attributes:
        weight: of the adversarial term in the generator's loss.
        kind: ``vanilla`` (cross-entropy), ``hinge`` or ``least_squares``.
        alone: part in which the generator learns without a critic.
        critic_alone: part behind it in which only the critic learns.
        critic_rate: learning rate of the critic.
        generator_rate: learning rate of the generator from the critic's phase on; 0: as before.
        betas: of the critic's Adam, and of the generator's once both learn, where it has a ``generator_rate``.
        critic_below: once both learn, the critic learns alone until its loss is under this; 0: they always alternate.
        turning: validations of the last phase without a better figure (``validation.watch``) after which it ends:
            the turning point is passed, and ``best.safetensors`` holds it; 0: ``validation.patience``.
    """

    weight: float = 1.0
    kind: str = "vanilla"
    alone: float = 0.0
    critic_alone: float = 0.0
    critic_rate: float = 2e-4
    generator_rate: float = 0.0
    betas: tuple[float, float] = (0.5, 0.999)
    critic_below: float = 0.0
    turning: int = 0


@dataclass(frozen=True)
class VariationalRecipe:
    """A variational autoencoder of color fields, then a mixture density network that guesses its code from gray.

    Attributes:
        first: part of ``samples`` for the autoencoder; the rest is for the mixture.
        kl: weight of the divergence from a normal distribution, at the end of its rise.
        kl_rise: part of the autoencoder's samples over which that weight rises from 0.
        specificity: weight of the error in units of the spread along principal components.
        components: principal components that count there.
        gradient: weight of the difference of color gradients.
        mixture_rate: learning rate of the mixture density network.
        variance: of its Gaussians, the paper's sigma (see ``VARIANCE`` in `tintype.learn.networks.divcolor17`).
    """

    first: float = 0.6
    kl: float = 1e-2
    kl_rise: float = 0.5
    specificity: float = 0.1
    components: int = 20
    gradient: float = 1e-3
    mixture_rate: float = 1e-3
    variance: float = 0.1


@dataclass(frozen=True)
class OptimizerRecipe:
    """AdamW with warm-up, a long constant part and a decay at the end, or what older papers used.

    Attributes:
        kind: ``adamw``, ``adam`` (its weight decay is part of the gradient), ``sgd`` (momentum 0.9) or ``adadelta``.
        rate: learning rate of what starts from nothing.
        encoder_rate: learning rate of the pretrained encoder.
        frozen: prefixes of the encoder's parameters that are not trained; one without such names is trained whole.
        weight_decay: of matrices and filters; not of biases and norms.
        betas: of Adam and AdamW.
        clip: largest norm of the gradient.
        warmup: samples until the full rate.
        decay: last part of ``samples`` over which the rate falls to zero.
        drops: parts of ``samples`` after each of which the rate is multiplied by ``drop``.
        drop: see there.
        fixed_norms: the encoder's batch norms keep their statistics.
        average: half-life of the averaged weights, in samples, once the run is long enough.
    """

    kind: str = "adamw"
    rate: float = 8e-4
    encoder_rate: float = 2e-4
    frozen: tuple[str, ...] = ("conv_stem", "bn1", "blocks.0", "blocks.1")
    weight_decay: float = 0.02
    betas: tuple[float, float] = (0.9, 0.99)
    clip: float = 1.0
    warmup: int = 20_000
    decay: float = 0.3
    drops: tuple[float, ...] = ()
    drop: float = 0.5
    fixed_norms: bool = True
    average: int = 40_000


@dataclass(frozen=True)
class ValidationRecipe:
    """When and on what a run is judged while it goes on.

    Attributes:
        every: samples between two validations.
        photos: number of held-out photographs, at most.
        side: their size, center crop.
        watch: the figure that tells the best weights: ``loss`` and ``..._error`` are better low, others high.
        patience: validations without a better one after which the run stops, in its last phase; 0: never.
        sheet: photographs on the contact sheet.
    """

    every: int = 50_000
    photos: int = 256
    side: int = 256
    watch: str = "loss"
    patience: int = 0
    sheet: int = 12


@dataclass(frozen=True)
class CardRecipe:
    """What the card of a model trained by a recipe says before a person has looked at it.

    Attributes:
        summary: one sentence for a list.
        origin: what was not trained here and where it came from, with its licence.
    """

    summary: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Recipe:
    """A training, complete: the same recipe, data and versions give the same model.

    Attributes:
        name: name of the recipe; its models are called so too, behind their system's where it does not begin so.
        loop: how it is trained: ``plain``, ``adversarial``, ``variational`` or ``clusters`` (cheng15).
        network: name of a configuration of the network.
        network_changes: fields of it that this recipe changes.
        start: weights of another run to begin with, a file or its folder; what fits in name and shape is taken over.
        samples: photographs shown in all.
        seed: of everything that is drawn.
        precision: Fabric's, ``bf16-mixed`` or ``32-true``.
        checkpoint_minutes: minutes between two checkpoints.
        data, film, drawing, hints, loss, perceptual, teacher, adversarial, variational, optimizer, validation, card:
            see their classes.
    """

    name: str
    loop: str = "plain"
    network: str = "tintype-small"
    network_changes: Mapping[str, Any] = field(default_factory=dict)
    start: str = ""
    samples: int = 1_000_000
    seed: int = 1
    precision: str = "bf16-mixed"
    checkpoint_minutes: float = 5.0
    data: DataRecipe = field(default_factory=DataRecipe)
    film: FilmRecipe = field(default_factory=FilmRecipe)
    drawing: DrawingRecipe = field(default_factory=DrawingRecipe)
    hints: HintRecipe = field(default_factory=HintRecipe)
    loss: LossRecipe = field(default_factory=LossRecipe)
    perceptual: PerceptualRecipe = field(default_factory=PerceptualRecipe)
    teacher: TeacherRecipe = field(default_factory=TeacherRecipe)
    adversarial: AdversarialRecipe = field(default_factory=AdversarialRecipe)
    variational: VariationalRecipe = field(default_factory=VariationalRecipe)
    optimizer: OptimizerRecipe = field(default_factory=OptimizerRecipe)
    validation: ValidationRecipe = field(default_factory=ValidationRecipe)
    card: CardRecipe = field(default_factory=CardRecipe)


def read_recipe(name_or_path: str, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe of this package by name, or any by path, with ``key=value`` changes applied.

    Raises:
        RecipeError: there is none, it is no TOML, or a key or value is wrong; the text names it.
    """
    values = _read_whole(name_or_path)
    for change in changes:
        apply_change(values, change)
    recipe = build(Recipe, values)
    check_recipe(recipe)
    return recipe


def recipe_to_dict(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe as plain values, for the record of a run."""
    return dataclasses.asdict(recipe)


def list_recipes() -> list[str]:
    """Return the names of the recipes of this package."""
    folder = resources.files("tintype.learn") / "recipes"
    return sorted(
        entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml")
    )


def _read_whole(name_or_path: str, extending: tuple[Path, ...] = ()) -> dict[str, Any]:
    """Read a recipe; where it ``extends`` another, its own values overrule that one's."""
    place = Path(name_or_path).resolve()
    if place in extending:
        raise RecipeError(f"recipe {name_or_path} extends itself; name another one, or none")
    own = _read_toml(name_or_path)
    if "extends" not in own:
        return own
    base = own.pop("extends")
    if not isinstance(base, str):
        raise RecipeError(f"recipe {name_or_path}: extends is {base!r}; give the name or file of one recipe")
    if base.endswith(".toml"):  # it lies beside the one that names it
        base = str(Path(name_or_path).parent / base)
    return _overrule(_read_whole(base, (*extending, place)), own)


def _overrule(values: dict[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    for key, value in own.items():
        both = isinstance(value, dict) and isinstance(values.get(key), dict)
        values[key] = _overrule(values[key], value) if both else value
    return values


def _read_toml(name_or_path: str) -> dict[str, Any]:
    if not name_or_path.endswith(".toml") and name_or_path not in list_recipes():
        known = ", ".join(list_recipes())
        raise RecipeError(f"no recipe {name_or_path!r}: give a .toml file or one of {known}")
    packaged = resources.files("tintype.learn") / "recipes" / f"{name_or_path}.toml"
    try:
        read = Path(name_or_path).read_text if name_or_path.endswith(".toml") else packaged.read_text
        return tomllib.loads(read("utf-8"))
    except OSError as error:
        raise RecipeError(f"recipe {name_or_path}: {error.strerror or error}; check the path") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise RecipeError(f"recipe {name_or_path}: {error}; give a TOML file in UTF-8") from error
