"""``tintype study``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter, validators

from tintype.cli.complaint import WrongCallError
from tintype.cli.group import add_command, create_group
from tintype.cli.terminal import create_progress, print_json, print_line, print_table

if TYPE_CHECKING:
    from tintype.measure.study.analysis import Analysis
    from tintype.measure.study.answers import Answer
    from tintype.studio.study.answers import Progress
    from tintype.studio.study.definition import Definition
    from tintype.studio.study.server import Study
    from tintype.studio.study.store import AnswerStore

app = create_group(
    "study", "Hold a study with people: can they tell colored from real, whose colors do they prefer?"
)

_MOST_ROWS = 40
_File = Annotated[Path, Parameter(name="study")]
_Port = Annotated[int, Parameter(validator=validators.Number(gte=0, lte=65535))]


def new(
    folder: Annotated[Path, Parameter(name="folder")],
    /,
    *,
    photographs: Path | None = None,
    model: tuple[str, ...] = (),
) -> None:
    """Begin a study: write its file, study.toml, with all that can be said in it.

    Args:
        folder: Of the study; it is made.
        photographs: Folder of the photographs; without it, an empty one is made inside of the study's.
        model: NAME=FOLDER: what a model made of the photographs. May be repeated.
    """
    from tintype.studio.study.new import write_example  # noqa: PLC0415 - heavy

    path = write_example(folder, photographs, dict(_split_model(text) for text in model))
    print_line(f"{path} is written; fill it in, then: tintype study check {path}")


def check(study: _File, /, *, json: bool = False) -> None:
    """Say whether a study is complete: its file, every photograph and every version of it; and how long it takes.

    Args:
        study: The study's TOML file.
        json: Print the outcome as JSON.
    """
    with _opened(study, None, rehearse=True) as opened:
        facts = _facts(opened)
    if json:
        print_json(facts)
        return
    print_table([(name.replace("_", " "), str(value)) for name, value in facts.items()])


def serve(
    study: _File,
    /,
    *,
    host: str = "127.0.0.1",
    port: _Port = 8737,
    answers: Path | None = None,
    rehearse: bool = False,
) -> None:
    """Serve a study's pages until Ctrl-C. Participants need its address, and nothing else.

    Each answer is stored at once; stop and start again whenever you like. Neither answers nor logs hold anything
    about who took part. The organizer's address is secret: with it, everyone can read the answers.

    Args:
        study: The study's TOML file.
        host: Address to listen at. The default is reached from this machine only; 0.0.0.0 from the whole network.
        port: To listen at; 0 takes a free one.
        answers: SQLite file of the answers; without it, beside the study's file.
        rehearse: Keep no answers, to try the study out.
    """
    from tintype.studio.study.serving import serve as run  # noqa: PLC0415 - heavy

    with _opened(study, answers, rehearse=rehearse) as opened:
        run(opened, host, port, lambda addresses: _announce(opened, addresses))


def progress(study: _File, /, *, answers: Path | None = None, json: bool = False) -> None:
    """Say how far a study has come; not who is ahead, so that nobody stops it when the figures please.

    Args:
        study: The study's TOML file.
        answers: SQLite file of the answers, if it does not lie beside the study's file.
        json: Print the figures as JSON.
    """
    from dataclasses import asdict  # noqa: PLC0415 - "json" is an option here

    from tintype.studio.study.answers import summarize  # noqa: PLC0415

    with _reading(study, answers) as store:
        summary = summarize(store)
    if json:
        print_json(asdict(summary))
        return
    _print_progress(summary)


def export(
    study: _File,
    /,
    *,
    out: Annotated[Path | None, Parameter(["--out", "-o"])] = None,
    answers: Path | None = None,
    force: bool = False,
) -> None:
    """Write the answers as CSV, a row each; a server may run meanwhile.

    Args:
        study: The study's TOML file.
        out: File to write; without it, the table goes to stdout.
        answers: SQLite file of the answers, if it does not lie beside the study's file.
        force: Replace a file that is there.
    """
    import io  # noqa: PLC0415

    from tintype.studio.study.answers import write_answers  # noqa: PLC0415 - heavy

    with _reading(study, answers) as store:
        if out is None:
            write_answers(store, sys.stdout)
            return
        from tintype.photos.atomic import atomic_file  # noqa: PLC0415

        with atomic_file(out, overwrite=force) as stream:
            text = io.TextIOWrapper(stream, "utf-8", newline="", write_through=True)
            count = write_answers(store, text)
            text.detach()
    print_line(f"{count} answers are in {out}")


def analyze(
    study: _File,
    /,
    *,
    out: Annotated[Path | None, Parameter(["--out", "-o"])] = None,
    answers: Path | None = None,
    least_attention: Annotated[float, Parameter(validator=validators.Number(gte=0, lte=1))] = 2 / 3,
    fastest_ms: Annotated[float, Parameter(validator=validators.Number(gte=0))] = 0,
    force: bool = False,
    json: bool = False,
) -> None:
    """Say what the answers mean: how often people took a machine's colors for real, and whose colors they prefer.

    Rates and scores come with 95% intervals, with the agreement of people, and for each photograph.

    Args:
        study: The study's TOML file, its SQLite file of answers, or a CSV file that was exported.
        out: Folder for the report (HTML) and all tables (CSV, JSON).
        answers: SQLite file of the answers, if it does not lie beside the study's file.
        least_attention: Who passed a smaller share of the attention checks is left out.
        fastest_ms: Answers that came sooner are left out.
        force: Replace files that are there.
        json: Print all figures as JSON.
    """
    from tintype.measure.study.analysis import analyze as judge  # noqa: PLC0415 - heavy
    from tintype.measure.study.selection import Rules  # noqa: PLC0415

    rules = Rules(least_attention=least_attention, fastest_ms=fastest_ms)
    analysis = judge(_answers_of(study, answers), rules)
    if json:
        print_line(analysis.to_json().rstrip())
    else:
        _print_analysis(analysis)
    if out is not None:
        _publish(analysis, out, force=force)


def _split_model(text: str) -> tuple[str, Path]:
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise WrongCallError(f"--model {text!r}: write NAME=FOLDER, for example tintype-small=colored")
    return name, Path(folder)


@contextmanager
def _opened(study: Path, answers: Path | None, *, rehearse: bool) -> Iterator[Study]:
    from contextlib import ExitStack  # noqa: PLC0415

    from tintype.studio.study.serving import open_study  # noqa: PLC0415 - heavy

    with ExitStack() as opened:
        with create_progress("photographs") as bar:
            task = bar.add_task("preparing", total=None)

            def tell(done: int, total: int) -> None:
                bar.update(task, completed=done, total=total)

            found = opened.enter_context(open_study(study, answers, is_rehearsal=rehearse, progress=tell))
        yield found


@contextmanager
def _reading(study: Path, answers: Path | None) -> Iterator[AnswerStore]:
    from tintype.studio.study.serving import answers_path  # noqa: PLC0415 - heavy
    from tintype.studio.study.store import AnswerStore  # noqa: PLC0415

    store = AnswerStore.read(answers or answers_path(study))
    try:
        yield store
    finally:
        store.close()


def _answers_of(study: Path, answers: Path | None) -> Path | tuple[Answer, ...]:
    from tintype.studio.study.answers import judgeable_answers  # noqa: PLC0415 - heavy

    if study.suffix.lower() == ".csv":
        return study
    with _reading(study, answers) as store:
        return judgeable_answers(store)


def _print_analysis(analysis: Analysis) -> None:
    from tintype.measure.study.findings import findings  # noqa: PLC0415 - heavy
    from tintype.measure.study.tables import tables_of  # noqa: PLC0415

    print_line(analysis.study)
    for sentence in [*findings(analysis), *analysis.notes()]:
        print_line(sentence)
    for table in tables_of(analysis):
        print_line(f"\n{table.title}")
        if len(table.records) > _MOST_ROWS:
            print_line(f"{len(table.records)} rows; --out FOLDER writes them")
        else:
            print_table(table.rows, table.headings)


def _publish(analysis: Analysis, folder: Path, *, force: bool) -> None:
    from tintype.measure.study.report import publish  # noqa: PLC0415 - heavy

    published = publish(analysis, folder, overwrite=force)
    for line in [*published.notes, *(f"{path} is written" for path in published.paths)]:
        print_line(line, to_stderr=True)


def _announce(study: Study, addresses: Sequence[str]) -> None:
    if study.is_rehearsal:
        print_line("rehearsal: no answers are kept")
    for place, address in enumerate(addresses):
        if place == 1:
            print_line("from other machines and phones:")
        print_line(f"for participants   {address}")
        print_line(f"for the organizer  {address}organizer#{study.store.organizer_key}")
    print_line("Ctrl-C ends it; no answer is lost by that")


def _facts(study: Study) -> dict[str, object]:
    from tintype.studio.study.server import estimate_minutes  # noqa: PLC0415 - heavy

    definition, design = study.definition, study.design
    facts: dict[str, object] = {
        "study": definition.name,
        "photographs": len(design.judged),
        "set aside for practice and checks": sum(len(names) for names in design.reserve.values()),
        "models": ", ".join(definition.models),
        "minutes for each participant": estimate_minutes(design.parts),
    }
    return facts | _part_facts(definition, study)


def _part_facts(definition: Definition, study: Study) -> dict[str, object]:
    facts: dict[str, object] = {}
    for part in definition.parts:
        pairs = study.design.pairs[part.kind]
        items = len(pairs) * len(study.design.judged)
        facts[f"{part.kind}: comparisons"] = ", ".join(" and ".join(pair) for pair in pairs)
        facts[f"{part.kind}: trials for each participant"] = (
            f"{part.trials}, and {part.practice} for practice, {part.attention} checks"
        )
        facts[f"{part.kind}: participants until everything has 10 answers"] = -(-10 * items // part.trials)
    return facts


def _print_progress(summary: Progress) -> None:
    door = "open" if summary.is_open else "closed to new participants"
    print_line(f"{summary.study}: {door}; {summary.begun} participants, {summary.finished} of them finished")
    rows = [
        (it.kind, " and ".join(it.pair), str(it.answers), str(it.photographs), f"{it.fewest} to {it.most}")
        for it in summary.comparisons
    ]
    if rows:
        print_table(rows, ["kind", "comparison", "answers", "photographs", "answers of each"])


for _command in (new, check, serve, progress, export, analyze):
    add_command(app, _command, _command.__name__)
