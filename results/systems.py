"""Train every system anew within one budget of time, judge all on the same photographs, and write systems.csv.

    TINTYPE_DATA=... TINTYPE_WEIGHTS=... python results/systems.py -o runs/systems
    TINTYPE_DATA=... TINTYPE_WEIGHTS=... python results/systems.py -o runs/systems --only eccv16

What is trained how stands in systems.toml. Each row is written before the next training starts; rows that are there
are kept, and a training that was killed goes on where it was. A row counts as trained where its rebalanced AuC beats
the best tint, which is fitted on training photographs, and its raw AuC is within 2 of gray. Learning curves go into
curves/ beside the table.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from budget import Plan, read_plans
from judging import judge_model
from training_table import (
    Row,
    Workplace,
    add_row,
    bundled_row,
    describe_model,
    find_baselines,
    open_workplace,
    read_arguments,
    say,
    train_row,
)

BASELINES = ("left-gray", "one-tint")


def main() -> None:
    """Train, judge and write."""
    arguments = read_arguments(__doc__ or "", "systems.csv")
    place, plans = open_workplace(arguments), read_plans("systems", arguments.plans)
    order = [*BASELINES, *plans, "bundled"]
    if unknown := set(arguments.only) - set(order):
        raise SystemExit(f"there is no row {min(unknown)!r}; give one of {', '.join(order)}")
    baselines, rows = find_baselines(place)

    def measure(name: str) -> Row:
        if name in BASELINES:
            return rows[BASELINES.index(name)]
        if name == "bundled":
            return bundled_row(place)
        plan = plans[name]
        return train_row(plan, place, baselines) if plan.recipe else examples_row(plan, place)

    for name in arguments.only or order:
        add_row(place, name, partial(measure, name), order)


def examples_row(plan: Plan, place: Workplace) -> Row:
    """Make and judge the model of a system that is not trained."""
    from exporting import create_examples, describe_examples  # noqa: PLC0415 - torch

    model = create_examples(plan, place.runs / plan.name)
    judged = judge_model(model, None, place.objects, say)
    row = describe_model(plan.name, model, judged, place)
    data = f"{row.data}; examples of {describe_examples(plan)}"
    return replace(row, state="examples", remark=plan.remark, data=data, samples=str(plan.examples))


if __name__ == "__main__":
    main()
