"""Measure what several answers are worth: error of the best of so many samples, and variance; writes diversity.csv.

    TINTYPE_DATA=... TINTYPE_WEIGHTS=... python results/diversity.py -o runs/systems

Models: divcolor17 and tintype as systems.py trained them (or trains them now), and the bundled one. All give 16
samples through ``Colorization.alternatives``; of divcolor17 also the paper's own eight, the means of its Gaussians.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
from budget import Plan, read_plans, train_within
from evaluation import Evaluation, ab_of, colored_codes, gray_input, say, to_lab
from numpy.typing import NDArray
from training_rows import describe_origin
from training_table import Workplace, open_workplace, read_arguments

from tintype import Colorization, Colorizer
from tintype.measure.diversity import errors_of_best, expected_errors_of_best, mean_pairwise
from tintype.measure.fidelity import mean_ab_distance
from tintype.models.catalog import ModelFile, find_model

COUNT, SEED = 16, 1
SYSTEMS = ("divcolor17", "tintype")
Draw = Callable[[Colorization], list[Colorization]]


def main() -> None:
    """Train what is missing, draw, measure and write."""
    arguments = read_arguments(__doc__ or "", "diversity.csv")
    place, plans = open_workplace(arguments), read_plans("systems", arguments.plans)
    rows: list[dict[str, str]] = []
    for name, model, draw in sources(place, plans):
        rows += [{"name": name, **row} for row in measure(model, draw, place)]
        say(f"{name}: the best of {rows[-1]['samples']} has an error of {rows[-1]['error_of_best']}\n")
        write(rows, place)


def sources(place: Workplace, plans: dict[str, Plan]) -> Iterator[tuple[str, ModelFile, Draw]]:
    """Yield name, model and how its samples are drawn."""
    from exporting import export_trained  # noqa: PLC0415 - torch

    for name in SYSTEMS:
        trained = train_within(plans[name], place.budget, place.runs / name, say)
        model = export_trained(plans[name], trained)
        yield name, model, draw_alternatives
        if name == "divcolor17":
            yield f"{name}, the means of its Gaussians", model, draw_means
    yield "bundled", find_model("tintype-small"), draw_alternatives


def draw_alternatives(result: Colorization) -> list[Colorization]:
    """Return samples as the door gives them."""
    return result.alternatives(COUNT, SEED)


def draw_means(result: Colorization) -> list[Colorization]:
    """Return the colors of the means of divcolor17's Gaussians, the likeliest first."""
    from tintype.learn.networks.divcolor17 import DivcolorConfig, latents_in_order  # noqa: PLC0415 - torch

    question, config = result.answer.question, DivcolorConfig()
    assert question is not None
    config = replace(config, code=question.session.length_of("latent") - config.components)
    return [
        replace(result, sampled=question.ask(latent), alternative=f"mean {i}")
        for i, latent in enumerate(latents_in_order(config).numpy(), start=1)
    ]


def measure(model: ModelFile, draw: Draw, place: Workplace) -> list[dict[str, str]]:
    """Return a row for each number of samples."""
    evaluation = Evaluation(Colorizer(model), place.objects, place.objects, say)
    errors, automatic, variances, distances = [], [], [], []
    for _, true in evaluation.photographs(model.card.name):
        truth = to_lab(true)[..., 1:]
        result = evaluation.colorizer.open(gray_input(true)).colorize()
        samples = [ab_of(colored_codes(sample)) for sample in draw(result)]
        automatic.append(mean_ab_distance(truth, ab_of(colored_codes(result))))
        errors.append([mean_ab_distance(truth, sample) for sample in samples])
        variances.append(float(np.var(samples, axis=0).sum(-1).mean()))
        distances.append(mean_pairwise(samples, mean_ab_distance))
    best = np.mean([errors_of_best(each) for each in errors], axis=0)
    expected = np.mean([expected_errors_of_best(each) for each in errors], axis=0)
    shared = {
        "automatic_error": f"{np.mean(automatic):.4f}",
        "variance": f"{np.mean(variances):.4f}",
        "distance": f"{np.mean(distances):.4f}",
        "model": model.card.sha256,
        **describe_origin(place.objects),
    }
    return [describe(k, best, expected) | shared for k in range(1, len(best) + 1)]


def describe(k: int, best: NDArray[np.float64], expected: NDArray[np.float64]) -> dict[str, str]:
    """Return the columns of a number of samples: of the first k, and of any k of them on average."""
    return {
        "samples": str(k),
        "error_of_best": f"{best[k - 1]:.4f}",
        "expected_error_of_best": f"{expected[k - 1]:.4f}",
    }


def write(rows: list[dict[str, str]], place: Workplace) -> None:
    """Write the table: ab errors and distances in Lab units, the variance in squared ones."""
    place.table.parent.mkdir(parents=True, exist_ok=True)
    with place.table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*rows[0]], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    main()
