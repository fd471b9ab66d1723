"""``tintype export``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from tintype.cli.complaint import WrongCallError
from tintype.cli.terminal import print_json, print_line, print_table
from tintype.cli.train import require_extra


def export(
    weights: Annotated[Path, Parameter(name="weights")],
    /,
    *,
    out: Annotated[Path | None, Parameter(["--out", "-o"])] = None,
    card: Path | None = None,
    model_version: str = "0",
    precision: Literal["fp32", "fp16"] = "fp16",
    force: bool = False,
    json: bool = False,
) -> None:
    """Turn trained weights into a model file (ONNX) that is checked against them.

    Args:
        weights: Folder of a run, or a .safetensors file in it.
        out: The model file; NAME.onnx if not given.
        card: JSON file with the model's card; without it one is drafted from the run.
        model_version: What stands behind the @ of the name, where the card is drafted.
        precision: How the weights are stored.
        force: Replace an existing file.
        json: Print the outcome as JSON.
    """
    require_extra()
    from tintype.learn.export import export_model  # noqa: PLC0415 - very heavy
    from tintype.learn.networks.traits import traits_of  # noqa: PLC0415
    from tintype.learn.release import draft_card, load_prior, load_trained  # noqa: PLC0415
    from tintype.models.card import Card  # noqa: PLC0415

    network, recipe = load_trained(weights)
    chosen = (
        Card.from_json(_read(card))
        if card
        else draft_card(network, recipe, model_version, load_prior(weights))
    )
    path = out or Path(f"{chosen.family}.onnx")
    lengths = traits_of(network).lengths
    made = export_model(network, chosen, path, precision=precision, lengths=lengths, overwrite=force)
    if json:
        print_json({"path": path, "differences": made.differences, "rounding": made.rounding})
        return
    rows = [
        (name, f"{made.differences[name]:.2g}", f"{made.rounding[name]:.2g}") for name in made.differences
    ]
    print_table(rows, ["output", "difference to torch", f"relative error of {precision}"])
    print_line(f"{path}: {chosen.name}, {path.stat().st_size / 1e6:.1f} MB")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no text"
        raise WrongCallError(f"{path}: {reason}; give a card as JSON") from error
