"""Make a bundled model from a run: export it, and write its card from the run, its text and results/.

    python tools/bundle_model.py RUN 0.1 [--name tintype-sketch] [--weights FILE]

``RUN`` is the folder of a training, or one of its safetensors files. The backbone's published weights, which give the
classes (`tintype.learn.networks.tintype.give_recognizer`), are looked for in ``TINTYPE_WEIGHTS``. Figures come from
``results/*.csv``, so run ``results/evaluate.py`` (of drawings ``results/sketches.py``) and this script again once the
model has been judged.
"""

from __future__ import annotations

import argparse
import csv
import sys
import tomllib
from dataclasses import replace
from pathlib import Path

import torch

from tintype.learn.export import export_model, save_weights
from tintype.learn.networks.tintype import TintypeNet, give_recognizer
from tintype.learn.release import draft_card, load_trained
from tintype.models.card import Figures, SizeRule, VividnessStep

HERE = Path(__file__).parent
BUNDLED = HERE.parent / "src" / "tintype" / "models" / "bundled"
RESULTS = HERE.parent / "results"
TABLES = {
    "tintype-small": ("automatic", "hints", "samples", "robustness", "promises"),
    "tintype-sketch": ("sketches",),
}
"""Those of results/ that judge each bundled model."""


def read_figures(name: str = "tintype-small") -> tuple[Figures, ...]:
    """Return the figures of the tables that judge a model, as far as they have been measured."""
    paths = (RESULTS / f"{table}.csv" for table in TABLES[name])
    return tuple(_figures(path) for path in paths if path.exists())


def _figures(path: Path) -> Figures:
    with path.open(newline="", encoding="utf-8") as file:
        rows = [*csv.DictReader(file)]
    values = {row["figure"]: float(row["value"]) for row in rows if _is_number(row["value"])}
    return Figures(what=path.stem, command=rows[0]["command"], values=values, machine=rows[0]["machine"])


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).replace("-", "", 1).isdigit()


def main() -> None:
    """Export the model, and its weights if asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path)
    parser.add_argument("version")
    parser.add_argument(
        "--weights", type=Path, help="also save the torch weights here, as float16 safetensors"
    )
    parser.add_argument("--name", choices=TABLES, default="tintype-small", help="which of the bundled models")
    arguments = parser.parse_args()
    network, recipe = load_trained(arguments.run)
    recognizes = arguments.name == "tintype-small"  # the classes of a drawing are those that training kept
    if recognizes and isinstance(network, TintypeNet) and not network.config.recognizer:
        network = give_recognizer(network)
        recipe = {**recipe, "network_changes": {**recipe["network_changes"], "recognizer": True}}
    text = tomllib.loads((HERE / f"{arguments.name}.card.toml").read_text("utf-8"))
    path = tuple(VividnessStep(*step) for step in text.pop("vividness"))
    size = SizeRule(default=text.pop("default_size"))
    card = replace(
        draft_card(network, recipe, arguments.version),
        vividness_path=path,
        size=size,
        figures=read_figures(arguments.name),
        failures=tuple(text.pop("failures")),
        **text,
    )
    if arguments.weights:
        card = save_weights(network.to(torch.float16), card, arguments.weights, overwrite=True)
        network.to(torch.float32)
    target = BUNDLED / f"{arguments.name}.onnx"
    made = export_model(
        network, card, target, precision="fp16", lengths=network.traits.lengths, overwrite=True
    )
    sys.stdout.write(f"{target}: {target.stat().st_size / 1e6:.1f} MB, {dict(made.differences)}\n")


if __name__ == "__main__":
    main()
