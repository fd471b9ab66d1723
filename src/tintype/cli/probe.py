"""``tintype probe``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter, validators

from tintype.cli.terminal import print_json, print_line, print_table
from tintype.cli.train import require_extra


def probe(
    weights: Annotated[Path, Parameter(name="weights")],
    /,
    *,
    photographs: str = "train/objects64-*.tar",
    side: Annotated[int, Parameter(validator=validators.Number(gte=32))] = 64,
    layer: str = "",
    out: Annotated[Path | None, Parameter(["--out", "-o"])] = None,
    json: bool = False,
) -> None:
    """Tell what an encoder learned by coloring: how well a linear classifier reads its features.

    The same network with random weights, and with the published weights of its backbone, are read beside it.

    Args:
        weights: Folder of a run, or a .safetensors file in it.
        photographs: Labeled photographs: shards or a folder, relative to TINTYPE_DATA unless absolute.
        side: Size at which the encoders see them.
        layer: Part of the network whose features are read; the deepest of its encoder if not given.
        out: CSV table to write.
        json: Print the outcome as JSON.
    """
    require_extra()
    from tintype.learn.probe import probe as read_encoders  # noqa: PLC0415 - very heavy
    from tintype.learn.probe import write_readings  # noqa: PLC0415

    readings = read_encoders(weights, photographs, side=side, layer=layer)
    if out:
        write_readings(out, readings)
    if json:
        print_json([asdict(reading) for reading in readings])
        return
    rows = [
        (r.encoder, str(r.features), f"{100 * r.top1:.1f} ± {100 * r.interval:.1f}", f"{100 * r.top5:.1f}")
        for r in readings
    ]
    print_table(rows, ["encoder", "features", "top-1 %", "top-5 %"])
    first = readings[0]
    print_line(
        f"{first.held_out} photographs of {first.classes} classes; guessing gives {100 * first.chance:.1f} %"
    )
