"""Make the tables of words that come from other projects: names of classes, names of colors.

    python tools/word_tables.py

Writes ``src/tintype/models/class_lists/imagenet-1k.tsv`` (synset, name, synonyms) from torchvision's list of names
(BSD-3-Clause) and timm's list of WordNet lemmas (Apache-2.0; WordNet's own license), and
``src/tintype/guidance/words/colors.tsv`` (name, sRGB, source) from the XKCD color survey (CC0) and CSS Color 4 as
matplotlib has them. Of one name in both, XKCD's is kept: it is what people call a color, CSS is what a screen does.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from pathlib import Path

SOURCE = Path(__file__).parent.parent / "src" / "tintype"
VULGAR = ("shit", "poop", "poo", "puke", "barf", "vomit", "snot", "piss", "booger", "diarrhea", "baby poop")
"""Words of the survey that say nothing of a photograph."""


def folder_of(package: str) -> Path:
    """Return the folder of an installed package without importing it."""
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.submodule_search_locations
    return Path(spec.submodule_search_locations[0])


def read_names() -> list[str]:
    """Return the names of the 1,000 classes in their order."""
    module = ast.parse((folder_of("torchvision") / "models" / "_meta.py").read_text("utf-8"))
    for statement in module.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]) == "_IMAGENET_CATEGORIES":
            return list(ast.literal_eval(statement.value))
    raise LookupError("torchvision has no list of names")


def class_rows() -> list[str]:
    """Return a row for each class: synset, name, further names."""
    info = folder_of("timm") / "data" / "_info"
    synsets = (info / "imagenet_synsets.txt").read_text("utf-8").split()
    lines = (info / "imagenet_synset_to_lemma.txt").read_text("utf-8").splitlines()
    lemmas = dict(line.split("\t") for line in lines)
    rows = []
    for synset, name in zip(synsets, read_names(), strict=True):
        others = [lemma for lemma in lemmas[synset].split(", ") if lemma.lower() != name.lower()]
        rows.append("\t".join((synset, name, ", ".join(others))))
    return rows


def color_rows() -> list[str]:
    """Return a row for each named color: name, sRGB, source."""
    from matplotlib.colors import CSS4_COLORS, XKCD_COLORS  # noqa: PLC0415 - only here

    colors = {name: (code.lower(), "css") for name, code in CSS4_COLORS.items()}
    colors |= {
        name.removeprefix("xkcd:"): (code.lower(), "xkcd")
        for name, code in XKCD_COLORS.items()
        if not any(word in VULGAR for word in name.removeprefix("xkcd:").split())
    }
    return ["\t".join((name, *values)) for name, values in sorted(colors.items())]


def main() -> None:
    """Write both tables."""
    for path, head, rows in (
        (SOURCE / "models" / "class_lists" / "imagenet-1k.tsv", "synset\tname\tsynonyms", class_rows()),
        (SOURCE / "guidance" / "words" / "colors.tsv", "name\tsrgb\tsource", color_rows()),
    ):
        path.parent.mkdir(exist_ok=True)
        path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
        sys.stdout.write(f"{path}: {len(rows)} rows\n")


if __name__ == "__main__":
    main()
