"""``tintype measure``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

from cyclopts import Group, Parameter, validators

from tintype.cli.complaint import STDIO, WrongCallError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tintype.measure.pairs import Matching

_JUDGING = Group.create_ordered("Judging")
_NETWORKS = Group.create_ordered("Judging by networks")
_READING = Group.create_ordered("Reading")
_OUTPUT = Group.create_ordered("Output")


def measure(
    true: Annotated[Path, Parameter(name="true")],
    result: Annotated[Path, Parameter(name="result")],
    /,
    *,
    protocol: Annotated[tuple[Literal["set", "zhang16"], ...], Parameter(group=_JUDGING)] = (),
    priors: Annotated[str | None, Parameter(group=_JUDGING)] = None,
    gray_truth: Annotated[bool, Parameter(group=_JUDGING)] = False,
    resize: Annotated[bool, Parameter(group=_JUDGING)] = False,
    perceptual: Annotated[bool, Parameter(group=_NETWORKS)] = False,
    metric: Annotated[tuple[str, ...], Parameter(group=_NETWORKS)] = (),
    ending: Annotated[tuple[str, ...], Parameter(group=_READING)] = (),
    ignore_profile: Annotated[bool, Parameter(group=_READING)] = False,
    max_megapixels: Annotated[float, Parameter(group=_READING, validator=validators.Number(gt=0))] = 500,
    threads: Annotated[int | None, Parameter(group=_READING, validator=validators.Number(gte=1))] = None,
    csv: Annotated[str | None, Parameter(group=_OUTPUT)] = None,
    json: Annotated[bool, Parameter(group=_OUTPUT)] = False,
    quiet: Annotated[bool, Parameter(["--quiet", "-q"], group=_OUTPUT)] = False,
    force: Annotated[bool, Parameter(group=_OUTPUT)] = False,
) -> int:
    """Judge colored photographs, of any program, against the true colors.

    One line a photograph, then the figures of all with intervals in which they lie with 95% confidence (bootstrap
    over the photographs). Two folders are matched by the names in them; a result may be of another format, and its
    name may end in _color or _colorized. What can't be judged is named, and the rest goes on.

    Args:
        true: The color photograph, or a folder of them.
        result: What a program made of it, or a folder of that.
        protocol: How the share of rightly colored pixels (AuC) is counted, "set" or "zhang16"; both if not given.
            Every figure names its own.
        priors: How frequent colors are, for the rebalanced AuC of "zhang16": a model, or a file of 313 numbers
            (.npy, .txt); those of the model that comes with Tintype if not given.
        gray_truth: Judge photographs too whose truth is gray, as published protocols do.
        resize: Bring results of another size to that of the truth; otherwise they can't be judged.
        perceptual: Ask trained networks too (LPIPS, FID, KID, ...): all whose weights are on this machine.
        metric: Ask for this figure or network alone, for example lpips_alex. May be repeated.
        ending: What names of results end in, instead of _color and _colorized. May be repeated.
        ignore_profile: Read photographs as if they had no ICC profile.
        max_megapixels: Refuse photographs that declare more.
        threads: Threads to use; all cores if not given.
        csv: Write the figures of each photograph to a CSV file; "-" is stdout.
        json: Print everything as JSON.
        quiet: Leave out the lines of the photographs.
        force: Replace the CSV file.
    """
    from tintype.cli.judging import MeasureCall, judge_all  # noqa: PLC0415 - heavy
    from tintype.measure.auc import AUC_PROTOCOLS  # noqa: PLC0415
    from tintype.measure.codes import Terms  # noqa: PLC0415
    from tintype.measure.priors import DEFAULT_PRIORS  # noqa: PLC0415

    if json and csv == STDIO:
        raise WrongCallError("stdout can't carry both CSV and JSON; give the name of a file with --csv")
    protocols = tuple(dict.fromkeys(protocol)) or AUC_PROTOCOLS
    call = MeasureCall(
        matching=_match(true, result, ending),
        terms=Terms(resize, gray_truth, ignore_profile, round(max_megapixels * 1e6)),
        protocols=protocols,
        priors=_find_priors(priors) if "zhang16" in protocols else None,
        priors_name=(priors or f"{DEFAULT_PRIORS} as it comes with Tintype")
        if "zhang16" in protocols
        else "",
        metrics=_choose_metrics(metric) if metric or perceptual else (),
        threads=threads,
        csv=None if csv is None else Path(csv),
        as_json=json,
        quiet=quiet,
        overwrite=force,
    )
    return judge_all(call)


def _match(true: Path, result: Path, endings: tuple[str, ...]) -> Matching:
    from tintype.errors import UnreadablePhotoError  # noqa: PLC0415
    from tintype.measure.pairs import ENDINGS, match_pairs  # noqa: PLC0415 - heavy

    try:
        return match_pairs(true, result, endings or ENDINGS)
    except UnreadablePhotoError as error:
        raise WrongCallError(str(error)) from error


def _choose_metrics(names: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the names of what is asked of networks, None for all."""
    from tintype.errors import TintypeError  # noqa: PLC0415
    from tintype.measure.perceptual.catalog import choose_metrics  # noqa: PLC0415 - heavy

    try:
        choose_metrics(names)
    except TintypeError as error:
        raise WrongCallError(str(error)) from error
    return names or None


def _find_priors(name: str | None) -> NDArray[np.float64]:
    """Read priors from a file of numbers, or from a model's card."""
    import numpy as np  # noqa: PLC0415 - heavy

    from tintype.errors import UnsupportedByModelError  # noqa: PLC0415
    from tintype.measure.priors import bundled_priors, read_priors  # noqa: PLC0415
    from tintype.models.catalog import find_model  # noqa: PLC0415

    if name is None:
        return bundled_priors()  # whatever model of the user has that name
    if Path(name).suffix in (".npy", ".txt", ".csv"):
        return read_priors(Path(name))
    card = find_model(name).card
    if card.prior is None:
        raise UnsupportedByModelError(
            f"{card.name} gives no distribution over the bins, so it has no priors; choose a model with bins, such "
            "as tintype-small, or a file"
        )
    return np.asarray(card.prior, np.float64)
