"""``tintype ablate``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tintype.cli.terminal import print_line
from tintype.cli.train import require_extra, watching


def ablate(
    study: Annotated[Path, Parameter(name="study")],
    /,
    *,
    out: Annotated[Path | None, Parameter(["--out", "-o"])] = None,
    runs: Path = Path("runs/ablation"),
) -> None:
    """Train a recipe again and again with one choice changed each time, and write one table.

    An interrupted study goes on where it stopped; finished variants are not trained again.

    Args:
        study: TOML file with recipe, common changes and [variants]; results/ablation.toml is one.
        out: The table; STUDY.csv beside the study if not given.
        runs: Folder for the runs.
    """
    require_extra()
    from tintype.learn.ablate import ablate as run_study  # noqa: PLC0415 - very heavy
    from tintype.learn.ablate import read_study  # noqa: PLC0415

    table = out or study.with_suffix(".csv")
    with watching() as progress:
        run_study(read_study(study), runs, table, progress=progress)
    print_line(f"the table is {table}")
