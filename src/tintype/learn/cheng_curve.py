"""How cheng15 learns: its networks along their training, on photographs held out."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from tintype.learn.cheng_samples import Samples
from tintype.learn.validate import Tally
from tintype.models.examples.cheng15 import Ensemble
from tintype.photos.atomic import atomic_file


def write_curve(
    path: Path, held_out: Samples, ensembles: Sequence[Ensemble], seconds: NDArray[np.float64]
) -> None:
    """Write how the pixels of photographs held out are colored, as a table.

    Its columns are ``minutes``, that the networks were trained until then, and the figures of
    `tintype.learn.validate.Tally`.

    Raises:
        WriteFailedError: it can't be written.
    """
    table = io.StringIO()
    for ensemble, passed in zip(ensembles, seconds, strict=True):
        row = {"minutes": passed / 60, **_judge(held_out, ensemble)}
        lines = csv.DictWriter(table, row, lineterminator="\n")
        if not table.tell():
            lines.writeheader()
        lines.writerow({name: f"{value:.5g}" for name, value in row.items()})
    with atomic_file(path, overwrite=True) as stream:
        stream.write(table.getvalue().encode())


def _judge(held_out: Samples, ensemble: Ensemble) -> dict[str, float]:
    tally = Tally()
    for outline, histogram, vectors, lightness, ab in zip(
        held_out.outlines, held_out.histograms, held_out.vectors, held_out.lightness, held_out.ab, strict=True
    ):
        colored = ensemble.predict(vectors, ensemble.choose(outline, histogram))
        lab = torch.from_numpy(np.concatenate([lightness[:, None], ab], axis=1))
        tally.add(lab.T[None, :, None], torch.from_numpy(colored).T[None, :, None])
    return tally.figures()
