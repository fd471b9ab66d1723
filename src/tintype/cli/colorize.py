"""``tintype colorize``."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter, validators

from tintype.cli.complaint import STDIO, WrongCallError
from tintype.cli.guides import GuideOptions, create_guides, read_like
from tintype.cli.terminal import print_line
from tintype.errors import OutputError

if TYPE_CHECKING:
    from tintype.colorize.batch.plan import Companions, Plan
    from tintype.colorize.best import Search
    from tintype.colorize.project import Project
    from tintype.colorize.settings import Choices
    from tintype.colorize.worlds import Input
    from tintype.guidance.guidance import Guidance
    from tintype.models.card import Card

_COLOR = Group.create_ordered("Color")
_FILES = Group.create_ordered("Files")
_MACHINE = Group.create_ordered("Machine")
_Positive = validators.Number(gte=1)
_Slider = validators.Number(gte=-1, lte=1)


def colorize(
    photos: Annotated[list[str], Parameter(name="photos")],
    /,
    *,
    model: Annotated[str | None, Parameter(group=_COLOR)] = None,
    input: Annotated[Literal["auto", "photo", "sketch"], Parameter(group=_COLOR)] = "auto",
    vividness: Annotated[
        float | None, Parameter(group=_COLOR, validator=validators.Number(gte=0, lte=1))
    ] = None,
    warmth: Annotated[float | None, Parameter(group=_COLOR, validator=_Slider)] = None,
    skin: Annotated[float | None, Parameter(group=_COLOR, validator=_Slider)] = None,
    sky: Annotated[float | None, Parameter(group=_COLOR, validator=_Slider)] = None,
    quality: Annotated[Literal["fast", "normal", "best"], Parameter(group=_COLOR)] = "normal",
    model_size: Annotated[tuple[int, ...], Parameter(["--model-size", "--size"], group=_COLOR)] = (),
    mirrored: Annotated[bool, Parameter(group=_COLOR)] = False,
    best_of: Annotated[int, Parameter(group=_COLOR, validator=validators.Number(gte=1, lte=1000))] = 1,
    hints: Annotated[Path | None, Parameter(group=_COLOR)] = None,
    palette: Annotated[str | None, Parameter(group=_COLOR)] = None,
    prompt: Annotated[str | None, Parameter(group=_COLOR)] = None,
    segmenter: Annotated[str | None, Parameter(group=_COLOR)] = None,
    scribble: Annotated[Path | None, Parameter(group=_COLOR)] = None,
    reference: Annotated[tuple[Path, ...], Parameter(group=_COLOR)] = (),
    reference_region: Annotated[tuple[str, ...], Parameter(group=_COLOR)] = (),
    like: Annotated[Path | None, Parameter(group=_COLOR)] = None,
    samples: Annotated[int, Parameter(group=_COLOR, validator=validators.Number(gte=0, lte=1000))] = 0,
    seed: Annotated[int, Parameter(group=_COLOR, validator=validators.Number(gte=0))] = 0,
    recolor: Annotated[bool, Parameter(group=_COLOR)] = False,
    ignore_profile: Annotated[bool, Parameter(group=_COLOR)] = False,
    output: Annotated[str | None, Parameter(["--output", "-o"], group=_FILES)] = None,
    layer: Annotated[bool, Parameter(group=_FILES)] = False,
    doubt: Annotated[bool, Parameter(group=_FILES)] = False,
    compare: Annotated[bool, Parameter(group=_FILES)] = False,
    project: Annotated[bool, Parameter(group=_FILES)] = False,
    no_mark: Annotated[bool, Parameter(group=_FILES)] = False,
    force: Annotated[bool, Parameter(group=_FILES)] = False,
    dry_run: Annotated[bool, Parameter(group=_FILES)] = False,
    report: Annotated[Path | None, Parameter(group=_FILES)] = None,
    json: Annotated[bool, Parameter(group=_FILES)] = False,
    quiet: Annotated[bool, Parameter(["--quiet", "-q"], group=_FILES)] = False,
    threads: Annotated[int | None, Parameter(group=_MACHINE, validator=_Positive)] = None,
    max_megapixels: Annotated[float, Parameter(group=_MACHINE, validator=validators.Number(gt=0))] = 500,
) -> int:
    """Color photographs, and folders of them.

    A result lies beside its photograph, scan_color.tif beside scan.tif, or in the folder that -o names, where
    names and sub-folders are kept. The originals are never touched. A result that is there already with the same
    settings is skipped, so the same command goes on where it was stopped; any other file in the way is an error
    for that photograph, and the next one is begun.

    Args:
        photos: Files and folders; "-" reads one photograph from stdin.
        model: Name of a model (see "tintype models list") or path of a .onnx or .npz file; tintype-small if not
            given, and tintype-sketch for drawings.
        input: A "photo" keeps its lightness in every pixel; a "sketch", lines on paper, is tinted, since white holds
            no color. "auto" looks at each picture, and says when it takes it for a drawing.
        vividness: 0 is most faithful, 1 most vivid; the model's own default if not given.
        warmth: -1 is cooler, 1 warmer, where the model wavers.
        skin: -1 to 1: less, or more, of the colors of skin, where the model holds them possible.
        sky: -1 to 1: less, or more, of the blue of the sky, where the model holds it possible.
        quality: "fast" looks once at a smaller size, "best" at three sizes and mirrored.
        model_size: Size at which the model looks at the photograph, instead of a quality; given several times, the
            answers are averaged. The size of the result is always that of the photograph.
        mirrored: Look at the mirrored photograph too, and average.
        best_of: Color each photograph in so many ways, at other sizes first and then as samples, and keep the one
            that looks most like a photograph (color, edges, tones) and that the model itself doubts least.
        hints: Colors for places, as JSON: what you know about the photograph. Or a project (.tintype), which renders
            its photograph again; what else is given is taken instead of what it says.
        palette: Colors for the photograph as a whole: a name (see "tintype palettes"), a color photograph, swatches
            of GIMP (.gpl) or Adobe (.aco, .ase, .act), or a JSON file.
        prompt: What has which color, in English: "autumn forest, woman in a red coat", "the car is not black but
            blue", "this is not a tench but a goldfish". Words that are not understood are named.
        segmenter: Find what the prompt speaks of by CLIPSeg instead of the encoder's classes: a folder, or the name
            "CIDAS/clipseg-rd64-refined", which is downloaded once. Needs the extra "segment".
        scribble: A picture with strokes of color, laid over the photograph: on a transparent layer, on white, or over
            a gray copy of it, of any size.
        reference: A color photograph; what shows the same takes its colors. May be given several times.
        reference_region: Only a region of the reference: "x,y,width,height" in its pixels, a mask (a picture of its
            size, white there), or "all"; given several times, one for each reference in their order.
        like: A project (.tintype) of another photograph, which is looked for beside it and in the folders that are
            colored: its marks are carried to each photograph as far as this shows the same, its palette, sliders and
            model are taken as they are.
        samples: Write so many alternatives beside each result.
        seed: The same seed gives the same alternatives, and the same samples for --best-of.
        recolor: Color photographs that are in color already; otherwise they are named and left alone.
        ignore_profile: Read photographs as if they had no ICC profile.
        output: Folder for the results; for a single photograph also the name of the result, or "-" for stdout.
        layer: Write the color alone too, as a layer for Photoshop or GIMP (blend mode "Color"; of drawings
            "Multiply").
        doubt: Write a map too of where the model knows little (white).
        compare: Write a picture too of before and after.
        project: Write a project file too (scan_color.tintype): all that was said, to be rendered again or changed
            with --hints.
        no_mark: Do not say in the result that its colors were made by a machine.
        force: Replace files that are in the way.
        dry_run: Only say what would be done.
        report: Write a CSV file with one row a photograph.
        json: Print the outcome as JSON.
        quiet: Print errors only.
        threads: Threads to use; all cores if not given, eight at most for the network.
        max_megapixels: Refuse photographs that declare more.
    """
    from tintype.cli.coloring import BatchCall, color_all  # noqa: PLC0415 - heavy
    from tintype.colorize.batch.plan import Companions  # noqa: PLC0415
    from tintype.colorize.batch.run import BatchOptions  # noqa: PLC0415
    from tintype.colorize.colorizer import DEFAULT_MODEL, model_fingerprint  # noqa: PLC0415
    from tintype.colorize.settings import Settings, choose_settings  # noqa: PLC0415
    from tintype.colorize.ways import choose_ways  # noqa: PLC0415

    stored = _read_project(hints)
    album = read_like(like, stored)
    basis = stored or (album and album.without_guidance())
    guidance = _read_guidance(None if stored else hints, palette, say=not quiet)
    choices: Choices = {}
    choices |= {} if vividness is None else {"vividness": vividness}
    choices |= {} if quality == "normal" else {"quality": quality}
    choices |= {"sizes": model_size} if model_size else {}
    choices |= {"mirrored": True} if mirrored else {}
    choices |= {} if warmth is None else {"warmth": warmth}
    choices |= {} if skin is None else {"skin": skin}
    choices |= {} if sky is None else {"sky": sky}

    def settle(card: Card, kind: Input) -> Settings:
        said = choices | {"input": kind}
        if basis:
            settings = basis.choose(card, basis.with_guidance(guidance), **said)
        else:
            settings = choose_settings(card, guidance, **said)
        return replace(settings, ignores_profile=ignore_profile or settings.ignores_profile)

    asked = basis.settings.input if basis and input == "auto" else input
    way, drawings = choose_ways(asked, basis.model if basis and not model else model, DEFAULT_MODEL, settle)
    if stored and not model:
        stored.check_model(way.model.card.name, model_fingerprint(way.model))
    max_pixels = round(max_megapixels * 1e6)
    said_otherwise = GuideOptions(
        *(scribble, reference, reference_region, max_pixels, prompt, segmenter),
        tells_sightings=json or report is not None,
    )
    companions = Companions(samples, seed, layer=layer, doubt=doubt, compare=compare, project=project)
    options = BatchOptions(
        settings=way.settings,
        drawings=drawings,
        companions=companions,
        recolor=recolor,
        overwrite=force,
        mark=not no_mark,
        max_pixels=max_pixels,
        dry_run=dry_run,
        threads=threads,
        search=_create_search(best_of, seed),
        guides=create_guides(said_otherwise, album, photos),
        project=stored,
    )
    if photos == [STDIO] and output is None:
        output = STDIO
    with _planned(photos, output, companions, as_json=json) as plan:
        call = BatchCall(
            plan, way.model, options, report=report, as_json=json, quiet=quiet, to_stdout=output == STDIO
        )
        return color_all(call)


def _read_project(hints: Path | None) -> Project | None:
    """Return the project that is given in the place of hints; None where they are hints, or none."""
    from tintype.colorize.project import is_project_name, read_project  # noqa: PLC0415 - heavy

    return read_project(hints) if hints and is_project_name(hints) else None


def _create_search(count: int, seed: int) -> Search | None:
    if count == 1:
        return None
    from tintype.colorize.best import Search  # noqa: PLC0415 - heavy
    from tintype.measure.unaided.score import load_score  # noqa: PLC0415

    score = load_score()
    return Search(count, score, score.name, seed)


def _read_guidance(hints: Path | None, palette: str | None, *, say: bool) -> Guidance:
    """Read what was given, and tell on stderr what should be known of it."""
    from tintype.colorize.palettes import load_palette  # noqa: PLC0415 - heavy
    from tintype.guidance.guidance import Guidance, read_guidance  # noqa: PLC0415

    guidance = read_guidance(hints) if hints else Guidance()
    if palette:
        loaded = load_palette(palette)
        guidance = guidance.merged(Guidance(palette=loaded.palette))
        for note in loaded.notes if say else ():
            print_line(f"{palette}: {note}", to_stderr=True)
    return guidance


@contextmanager
def _planned(
    photos: list[str], output: str | None, companions: Companions, *, as_json: bool
) -> Iterator[Plan]:
    """Give the plan; what goes through stdin and stdout lies in a temporary folder meanwhile."""
    from tintype.colorize.batch.plan import make_plan  # noqa: PLC0415

    if STDIO not in (*photos, output):
        try:
            plan = make_plan(
                [Path(photo) for photo in photos], None if output is None else Path(output), companions
            )
        except OutputError as error:
            raise WrongCallError(str(error)) from error
        if not plan.jobs and not plan.problems:
            raise WrongCallError(
                f"there are no photographs in {', '.join(photos)}; name files or other folders"
            )
        yield plan
        return
    _check_streams(photos, output, companions, as_json=as_json)
    with tempfile.TemporaryDirectory(prefix="tintype-") as folder:
        yield _stream_plan(photos[0], output, Path(folder), companions)


def _check_streams(photos: list[str], output: str | None, companions: Companions, *, as_json: bool) -> None:
    """Refuse calls in which a stream would have to carry more than one photograph."""
    if len(photos) > 1 or Path(photos[0]).is_dir():
        raise WrongCallError(
            "stdin and stdout carry one photograph; name no others, or give a folder with -o"
        )
    if output is not None and output != STDIO:
        if Path(output).is_dir():
            raise WrongCallError(f"{output}: this is a folder; name the result of what comes from stdin")
        return
    if len(companions.paths(Path("result"))) > 1:
        raise WrongCallError("stdout carries the result alone; give the name of a file with -o")
    if as_json:
        raise WrongCallError("stdout can't carry both the result and JSON; give the name of a file with -o")
    if sys.stdout.isatty():
        raise WrongCallError("the result would be printed on the terminal; give the name of a file with -o")


def _stream_plan(photo: str, output: str | None, folder: Path, companions: Companions) -> Plan:
    from tintype.colorize.batch.plan import Job, Plan  # noqa: PLC0415

    data = sys.stdin.buffer.read() if photo == STDIO else None
    result = folder / "result" if output is None or output == STDIO else Path(output)
    return Plan((Job(Path("-" if data is not None else photo), companions.paths(result), data),))
