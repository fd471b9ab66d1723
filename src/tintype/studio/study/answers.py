"""What becomes of the answers: rows for the analysis, and a summary of how far a study has come.

The summary tells nothing about who is ahead: an organizer who could see it might stop when the figures please.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TextIO

from tintype.measure.study.answers import Answer, parse_answers
from tintype.studio.study.store import AnswerStore, StoredTrial

COLUMNS = (
    "study",
    "participant",
    "session_trial",
    "kind",
    "photograph",
    "left",
    "right",
    "shown",
    "truth_side",
    "answer",
    "correct",
    "practice",
    "attention",
    "response_ms",
    "exposure_ms",
    "answered_at",
    "layout",
)
"""Of the table of answers. ``shown``: how often the pictures were shown, more than once after a reload.
``truth_side``: where the photograph itself was, if it took part. ``correct``: 1 or 0 where an answer can be wrong.
``layout``: of pictures that were stacked, the upper one is called left."""


@dataclass(frozen=True)
class ComparisonProgress:
    """How many judged answers a comparison has.

    Attributes:
        kind: what was asked.
        pair: the two versions, sorted.
        answers: over all photographs.
        photographs: how many have an answer.
        fewest: answers of the photograph that has the fewest among those.
        most: answers of the photograph that has the most.
    """

    kind: str
    pair: tuple[str, str]
    answers: int
    photographs: int
    fewest: int
    most: int


@dataclass(frozen=True)
class ParticipantProgress:
    """How far a participant has come.

    Attributes:
        participant: random code.
        begun_at: UTC.
        done: trials that are answered.
        total: trials of the session.
        checks_passed: attention checks that were answered rightly.
        checks: attention checks that were answered.
        response_ms: median of the judged trials; None before the first.
    """

    participant: str
    begun_at: str
    done: int
    total: int
    checks_passed: int
    checks: int
    response_ms: int | None

    @property
    def is_finished(self) -> bool:
        """Whether all is answered."""
        return self.done == self.total


@dataclass(frozen=True)
class Progress:
    """How far a study has come.

    Attributes:
        study: its name.
        is_open: whether new participants may begin.
        begun: participants.
        finished: those of them who answered everything.
        answers: judged ones, without practice and checks.
        comparisons: with their answers.
        days: (UTC day, judged answers).
        participants: in the order in which they began.
    """

    study: str
    is_open: bool
    begun: int
    finished: int
    answers: int
    comparisons: tuple[ComparisonProgress, ...]
    days: tuple[tuple[str, int], ...]
    participants: tuple[ParticipantProgress, ...]


def answer_rows(store: AnswerStore) -> Iterator[dict[str, str]]:
    """Yield a row for each answer, with a text for each of the columns."""
    study = store.name
    for stored in store.trials():
        if stored.answer is not None:
            yield _row(study, stored)


def judgeable_answers(store: AnswerStore) -> tuple[Answer, ...]:
    """Return the answers as the analysis takes them."""
    rows = enumerate(answer_rows(store), 1)
    return parse_answers((f"answer {number}", row) for number, row in rows)


def write_answers(store: AnswerStore, file: TextIO) -> int:
    """Write the table of answers as CSV and return how many there are."""
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    count = 0
    for row in answer_rows(store):
        writer.writerow(row)
        count += 1
    return count


def summarize(store: AnswerStore) -> Progress:
    """Return how far a study has come."""
    sessions: dict[str, list[StoredTrial]] = defaultdict(list)
    for stored in store.trials():
        sessions[stored.participant].append(stored)
    judged = [it for trials in sessions.values() for it in trials if _is_judged_answer(it)]
    people = tuple(_participant(code, begun, sessions[code]) for code, begun in store.participants())
    return Progress(
        study=store.name,
        is_open=store.is_open,
        begun=len(people),
        finished=sum(it.is_finished for it in people),
        answers=len(judged),
        comparisons=tuple(_comparisons(judged)),
        days=tuple(sorted(Counter((it.answered_at or "")[:10] for it in judged).items())),
        participants=people,
    )


def _row(study: str, stored: StoredTrial) -> dict[str, str]:
    trial, answer = stored.trial, stored.answer
    assert answer is not None  # rows are made of answers
    values = (
        study,
        stored.participant,
        stored.number,
        trial.kind,
        trial.photograph,
        trial.left,
        trial.right,
        stored.shown,
        trial.truth_side or "",
        answer.answer,
        "" if stored.is_right is None else int(stored.is_right),
        int(trial.practice),
        int(trial.attention),
        answer.response_ms,
        answer.exposure_ms,
        stored.answered_at,
        answer.layout,
    )
    return {name: str(value) for name, value in zip(COLUMNS, values, strict=True)}


def _is_judged_answer(stored: StoredTrial) -> bool:
    return stored.answer is not None and not stored.trial.practice and not stored.trial.attention


def _comparisons(judged: Iterable[StoredTrial]) -> Iterator[ComparisonProgress]:
    counts: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for stored in judged:
        one, other = sorted((stored.trial.left, stored.trial.right))
        counts[stored.trial.kind, one, other][stored.trial.photograph] += 1
    for (kind, one, other), photographs in sorted(counts.items()):
        numbers = photographs.values()
        yield ComparisonProgress(kind, (one, other), sum(numbers), len(numbers), min(numbers), max(numbers))


def _participant(code: str, begun_at: str, trials: Sequence[StoredTrial]) -> ParticipantProgress:
    answered = [trial for trial in trials if trial.answer is not None]
    checks = [trial for trial in answered if trial.trial.attention]
    times = [it.answer.response_ms for it in answered if it.answer is not None and _is_judged_answer(it)]
    return ParticipantProgress(
        participant=code,
        begun_at=begun_at,
        done=len(answered),
        total=len(trials),
        checks_passed=sum(bool(check.is_right) for check in checks),
        checks=len(checks),
        response_ms=round(median(times)) if times else None,
    )
