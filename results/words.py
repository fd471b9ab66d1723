"""Measure whether words are obeyed: 40 prompts with a known answer, "the CLASS is COLOR".

    TINTYPE_DATA=... python results/words.py [--model tintype-small]

The rule by which the prompts are chosen. Photographs: of ``eval/objects``, those whose likeliest class, seen in the
gray photograph, is the true one, whatever its probability; shuffled with the seed `SEED`, the first `PROMPTS`.
Colors: those of `COLORS` in turn, passing over any within `LEAST_APART` of the color that the class's place has
without words: what is blue can't be moved to blue. The photographs that the draw left out are tried too; their share
stands beside it.

A prompt is obeyed if, on the model's grid and before gamut reduction,

- the top fifth of the activation map of the class moves by 15 ab units or more, in the mean of its cells,
- their mean color has a hue within 30 degrees of the named color's,
- and the lowest half of the map moves by 3 or less, in the mean of its cells.

The activation map is the one that the encoder gives at the model's default size, raised linearly to the grid: not the
outline that the colors are given to. Beside it stands how often the likeliest classes are the true ones.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from evaluation import create_parser, gray_input, list_objects, parse, read_codes, report
from numpy.typing import NDArray

from tintype import Colorizer
from tintype.colorize.answer import resize_grid
from tintype.colorize.colorizer import OpenPhoto
from tintype.colorize.speaking import PromptGuide
from tintype.guidance.words.lexicon import find_color
from tintype.guidance.words.prompt import read_prompt
from tintype.measure.record import Row, write_photograph_table
from tintype.models.classes import class_list

Floats = NDArray[np.floating[Any]]

PROMPTS = 40
SEED = 5
COLORS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "turquoise")
LEAST_APART = 30.0
MOVE, HUE, REST = 15.0, 30.0, 3.0
REQUIRED = 0.7


@dataclass(frozen=True)
class Trial:
    """What became of one prompt.

    Attributes:
        prompt: as it was given.
        moved: mean change of the top fifth, ab units.
        hue: angle between its mean color and the named one, degrees.
        rest: mean change of the lowest half.
        note: what the program said about it.
    """

    prompt: str
    moved: float
    hue: float
    rest: float
    note: str

    @property
    def is_obeyed(self) -> bool:
        """Whether all three hold."""
        return self.moved >= MOVE and self.hue <= HUE and self.rest <= REST


def main() -> None:
    """Measure and write."""
    arguments = parse(create_parser(__doc__))
    photographs = list_objects()
    colorizer = Colorizer(arguments.model, threads=arguments.threads)
    opened = {path.name: colorizer.open(gray_input(read_codes(path))) for path in photographs.paths}
    trials = dict(_try_all(opened))
    rows = [*_rows([*trials.values()]), *_class_rows(opened)]
    report(arguments.out / "words.csv", rows, f"objects {photographs.digest}", colorizer)
    noted = [(name, {"moved": t.moved, "hue": t.hue, "rest": t.rest}) for name, t in trials.items()]
    write_photograph_table(arguments.out / "photographs" / "words.csv", noted)


def _try_all(opened: dict[str, OpenPhoto]) -> Iterator[tuple[str, Trial]]:
    """Try one prompt on each photograph whose class the encoder knows, in the order of the draw."""
    synsets = _synsets()
    true = {name: synsets.index(name.partition("_")[0]) for name in opened}
    known = [name for name, photo in opened.items() if int(photo.classes().argmax()) == true[name]]
    for turn, place in enumerate(np.random.default_rng(SEED).permutation(len(known))):
        name = known[place]
        yield name, _try(opened[name], true[name], turn)


def _try(photo: OpenPhoto, index: int, turn: int) -> Trial:
    plain = photo.colorize().ab
    map_ = resize_grid(photo.class_map()[..., index, None], plain.shape[:2])[..., 0]
    top, low = map_ >= np.quantile(map_, 0.8), map_ <= np.quantile(map_, 0.5)
    color = _choose_color(turn, plain[top].mean(0))
    prompt = f"the {class_list('imagenet-1k').names[index]} is {color}"
    guided = PromptGuide(read_prompt(prompt)).guide(photo)
    result = photo.colorize(guided.guidance).ab
    change = np.linalg.norm(result - plain, axis=-1)
    apart = abs(_hue(result[top].mean(0)) - _hue(_ab_of(color)))
    return Trial(
        prompt, float(change[top].mean()), min(apart, 360 - apart), float(change[low].mean()), guided.notes[0]
    )


def _choose_color(turn: int, there: Floats) -> str:
    """Return the color whose turn it is, or the next one that is not there already."""
    in_turn = [COLORS[(turn + i) % len(COLORS)] for i in range(len(COLORS))]
    return next(color for color in in_turn if np.linalg.norm(_ab_of(color) - there) > LEAST_APART)


def _ab_of(color: str) -> Floats:
    found = find_color([color])
    assert found is not None
    return np.array(found.lab[1:])


def _hue(ab: Floats) -> float:
    return float(np.degrees(np.arctan2(ab[1], ab[0])))


def _rows(all_trials: list[Trial]) -> Iterator[Row]:
    trials, others = all_trials[:PROMPTS], all_trials[PROMPTS:]
    count = len(trials)
    parts = {
        f"the top fifth moves by {MOVE:g} or more": [trial.moved >= MOVE for trial in trials],
        f"to within {HUE:g} degrees of the named hue": [trial.hue <= HUE for trial in trials],
        f"the lowest half moves by {REST:g} or less": [trial.rest <= REST for trial in trials],
    }
    yield Row("prompts obeyed", _share_obeyed(trials), f">= {REQUIRED}", count)
    for figure, held in parts.items():
        yield Row(figure, float(np.mean(held)), "", count)
    yield Row("median change of the top fifth", float(np.median([t.moved for t in trials])), "", count)
    yield Row("median distance from the named hue", float(np.median([t.hue for t in trials])), "", count)
    yield Row("median change of the lowest half", float(np.median([t.rest for t in trials])), "", count)
    yield Row("prompts obeyed on all other photographs", _share_obeyed(others), "", len(others))
    yield from _failures("failed", trials)
    yield from _failures("failed, of the others", others)


def _share_obeyed(trials: list[Trial]) -> float:
    return float(np.mean([trial.is_obeyed for trial in trials]))


def _failures(what: str, trials: list[Trial]) -> Iterator[Row]:
    for trial in trials:
        if not trial.is_obeyed:
            words = f"moved {trial.moved:.1f}, hue {trial.hue:.0f}, rest {trial.rest:.1f}; {trial.note}"
            yield Row(f"{what}: {trial.prompt}", words, "", 1)


def _class_rows(opened: dict[str, OpenPhoto]) -> Iterator[Row]:
    """Tell how often the likeliest classes of the gray photographs are the true ones."""
    synsets = _synsets()
    first, among = [], []
    for name, photo in opened.items():
        order = np.argsort(-photo.classes())
        true = synsets.index(name.partition("_")[0])
        first.append(int(order[0]) == true)
        among.append(true in order[:5])
    yield Row("classes: the likeliest is the true one", float(np.mean(first)), "", len(opened))
    yield Row("classes: the true one is among the five likeliest", float(np.mean(among)), "", len(opened))


def _synsets() -> list[str]:
    table = Path(__file__).parent.parent / "src" / "tintype" / "models" / "class_lists" / "imagenet-1k.tsv"
    return [line.partition("\t")[0] for line in table.read_text(encoding="utf-8").splitlines()[1:]]


if __name__ == "__main__":
    main()
