"""Train every system anew within one budget of time, judge all on the same photographs, and write systems.csv.

    TINTYPE_DATA=... TINTYPE_WEIGHTS=... python results/systems.py -o runs/systems
    TINTYPE_DATA=... TINTYPE_WEIGHTS=... python results/systems.py -o runs/systems --only eccv16

What is trained how stands in systems.toml. Each row is written before the next training starts; rows that are there
are kept, and a training that was killed goes on where it was. A row counts as trained where its rebalanced AuC beats
the best tint, which is fitted on training photographs, and its raw AuC is within 2 of gray. Learning curves go into
curves/ beside the table.

    python results/systems.py -o runs/systems --rehearse

only finds out how much of each training fits into the budget, on a machine that has nothing else to do; the trainings
may then be disturbed. --time measures the times of finished rows once more,
--judge all but the training.
"""

from __future__ import annotations

import sys
from dataclasses import replace

from budget import Plan, read_plans
from evaluation import say
from judging import judge_model
from training_rows import Baselines, Row, describe_model
from training_table import (
    Workplace,
    add_rows,
    bundled_row,
    choose_rows,
    find_baselines,
    measure_again,
    open_workplace,
    read_arguments,
    rehearse_rows,
    train_row,
)

BASELINES = ("left-gray", "one-tint")


def main() -> int:
    """Train, judge and write; return the exit status."""
    arguments = read_arguments(__doc__ or "", "systems.csv")
    place, plans = open_workplace(arguments), read_plans("systems", arguments.plans)
    order = [*BASELINES, *plans, "bundled"]
    names = choose_rows(arguments.only, order)
    if place.task == "rehearse":
        return rehearse_rows(place, [plans[name] for name in names if name in plans and plans[name].recipe])
    if place.task in ("time", "judge"):
        return measure_again(place, names, order)
    baselines, rows = find_baselines(place)

    def measure(name: str) -> Row:
        if name in BASELINES:
            return rows[BASELINES.index(name)]
        if name == "bundled":
            return bundled_row(place, baselines)
        plan = plans[name]
        return train_row(plan, place, baselines) if plan.recipe else examples_row(plan, place, baselines)

    return add_rows(place, names, measure, order)


def examples_row(plan: Plan, place: Workplace, baselines: Baselines) -> Row:
    """Make and judge the model of a system that is not trained."""
    from exporting import SHARDS, create_examples, draw_examples  # noqa: PLC0415 - torch

    examples = draw_examples(plan.examples)
    model = create_examples(examples, place.runs / plan.name / f"{plan.name}.npz")
    judged = judge_model(model, None, place.objects, say)
    row = describe_model(plan.name, model, judged, baselines, place.objects)
    data = f"{row.data}; examples of {SHARDS}: {', '.join(example.key for example in examples)}"
    return replace(row, state="examples", remark=plan.remark, data=data, samples=str(len(examples)))


if __name__ == "__main__":
    sys.exit(main())
