"""``tintype data``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter, validators

from tintype.cli.group import add_command, create_group
from tintype.cli.terminal import create_progress, print_json, print_line, print_table

app = create_group("data", "Make training data from photographs.")

_Count = validators.Number(gte=0)


def build(
    folders: Annotated[list[Path], Parameter(name="folders")],
    /,
    *,
    out: Annotated[Path, Parameter(["--out", "-o"])],
    exclude: tuple[Path, ...] = (),
    short_side: int = 256,
    format: Literal["webp", "jpeg"] = "webp",
    encoder_quality: int = 85,
    min_side: int = 128,
    min_colorfulness: float = 15.0,
    min_tone_spread: float = 2.0,
    near: int | None = None,
    seed: int = 0,
    workers: Annotated[int, Parameter(validator=_Count)] = 0,
    force: bool = False,
    json: bool = False,
) -> None:
    """Make shards for training from folders of color photographs.

    Gray and dull photographs, broken files and near copies are left out; report.csv beside the shards says what
    and why. A build that was stopped goes on where it was.

    Args:
        folders: Folders of photographs, with all folders in them.
        out: Folder for the shards; it is made.
        exclude: Photographs, folders or lists of what a model will be judged by: near copies are left out. May be
            repeated.
        short_side: Pixels of the short side of what is stored.
        format: "webp" is about half as large; "jpeg" keeps color at full resolution.
        encoder_quality: 1 to 100.
        min_side: Photographs with a shorter side are left out.
        min_colorfulness: Duller photographs are left out.
        min_tone_spread: Toned prints, whose color follows their lightness up to so many Lab units, are left out.
        near: Fingerprints that differ in at most so many of 256 signs are of one photograph; -1 keeps all copies.
        seed: Of the order in the shards.
        workers: Processes; 0 takes one for each core.
        force: Replace shards that were built before in the same folder.
        json: Print the outcome as JSON.
    """
    from tintype.learn.data.build import build_shards  # noqa: PLC0415 - heavy
    from tintype.learn.data.build_options import BuildOptions  # noqa: PLC0415

    options = BuildOptions(
        short_side=short_side,
        format=format,
        quality=encoder_quality,
        min_side=min_side,
        min_colorfulness=min_colorfulness,
        min_tone_spread=min_tone_spread,
        exclude=exclude,
        seed=seed,
        workers=workers,
        overwrite=force,
        **({} if near is None else {"near": near}),
    )
    with create_progress("photographs") as bar:
        task = bar.add_task("", total=None)

        def tell(what: str, done: int, total: int) -> None:
            bar.update(task, description=what, completed=done, total=total)

        report = build_shards(folders, out, options, tell)
    if json:
        names = ("folder", "kept", "verdicts", "labels", "unreadable_folders")
        print_json({name: getattr(report, name) for name in names})
        return
    print_table([(verdict, str(count)) for verdict, count in report.verdicts.items()], ["verdict", "files"])
    for folder in report.unreadable_folders:
        print_line(f"{folder} could not be looked into")
    print_line(f"{report.kept} photographs in {len(report.shards)} shards in {report.folder}")


add_command(app, build, "build")
