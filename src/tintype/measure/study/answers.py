"""The answers of a study as a table: one row for each answer, as ``tintype study export`` writes it.

Columns: study, participant (a random name), session_trial (whole number), kind, photograph, left, right, answer
("left" or "right"), correct (0, 1 or empty), practice (0 or 1), attention (0 or 1), response_ms, exposure_ms,
answered_at (UTC, ISO 8601). ``left`` and ``right`` are what stood there: the name of a model or ``truth``. A column
``shown``, how often the pictures were shown, may be there too. Others are not read.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from tintype.errors import StudyError

Kind = Literal["real_or_colored", "preference"]
KINDS: tuple[Kind, ...] = ("real_or_colored", "preference")

TRUTH = "truth"
"""What the photograph itself is called among the sides."""

COLUMNS = (
    "study",
    "participant",
    "session_trial",
    "kind",
    "photograph",
    "left",
    "right",
    "answer",
    "correct",
    "practice",
    "attention",
    "response_ms",
    "exposure_ms",
    "answered_at",
)


@dataclass(frozen=True)
class Answer:
    """One answer of one participant.

    Attributes:
        study: name of the study.
        participant: random name of the participant.
        trial: number of the trial among those of the participant.
        kind: ``real_or_colored`` (the answer is the side believed to be colored by a machine) or ``preference``
            (the answer is the side that is liked better).
        photograph: name of the photograph.
        left: name of the model whose version stood left, or ``truth``.
        right: the same for the right side.
        answer: the chosen side.
        is_correct: whether the answer was right, where there is a right one.
        is_practice: whether it was for practice.
        is_attention: whether it checked attention.
        response_ms: time until the answer; None where it is not known.
        shown: how often the pictures were shown: more than once where the page was loaded again.
        answered_at: UTC, ISO 8601; may be empty.
    """

    study: str
    participant: str
    trial: int
    kind: Kind
    photograph: str
    left: str
    right: str
    answer: Literal["left", "right"]
    is_correct: bool | None = None
    is_practice: bool = False
    is_attention: bool = False
    response_ms: float | None = None
    shown: int = 1
    answered_at: str = ""

    @property
    def chosen(self) -> str:
        """What stood on the chosen side."""
        return self.left if self.answer == "left" else self.right

    @property
    def refused(self) -> str:
        """What stood on the other side."""
        return self.right if self.answer == "left" else self.left

    @property
    def model(self) -> str:
        """The model beside the truth (of ``real_or_colored``)."""
        return self.right if self.left == TRUTH else self.left

    @property
    def is_judged(self) -> bool:
        """Whether the answer counts: it was neither for practice nor a check."""
        return not (self.is_practice or self.is_attention)


def read_answers(path: Path) -> tuple[Answer, ...]:
    """Read a CSV file of answers.

    Raises:
        StudyError: it can't be read, is no such table, or has a mistake; the text names line and column.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as error:
        raise StudyError(
            f"{path}: {error.strerror or error}; 'tintype study export' writes the table"
        ) from error
    except UnicodeDecodeError as error:
        raise StudyError(f"{path}: is not text in UTF-8; give what 'tintype study export' wrote") from error
    table = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
    if missing:
        raise StudyError(f"{path}: lacks the column {missing[0]}; give what 'tintype study export' wrote")
    return parse_answers((f"{path}, line {table.line_num}", row) for row in table)


def parse_answers(rows: Iterable[tuple[str, Mapping[str, object]]]) -> tuple[Answer, ...]:
    """Check rows and turn them into answers.

    Args:
        rows: where each row stands (for complaints), and its values by the names of ``COLUMNS``; a missing value is
            None or an empty text.

    Raises:
        StudyError: a value makes no sense, or a participant answered the same trial twice.
    """
    answers: list[Answer] = []
    seen: set[tuple[str, str, int]] = set()
    for place, row in rows:
        answer = _Row(place, row).answer()
        key = (answer.study, answer.participant, answer.trial)
        if key in seen:
            raise StudyError(
                f"{place}: participant {answer.participant} answered trial {answer.trial} before; remove one"
            )
        seen.add(key)
        answers.append(answer)
    return tuple(answers)


@dataclass(frozen=True)
class _Row:
    place: str
    values: Mapping[str, object]

    def text(self, column: str) -> str:
        value = self.values.get(column)
        return "" if value is None else str(value).strip()

    def needed(self, column: str, *allowed: str) -> str:
        value = self.text(column)
        if not value or (allowed and value not in allowed):
            wanted = " or ".join(allowed) or "a value"
            raise StudyError(f"{self.place}: {column} is {value!r}; {wanted} is needed")
        return value

    def flag(self, column: str) -> bool:
        return self.needed(column, "0", "1") == "1"

    def number(self, column: str) -> float | None:
        value = self.text(column)
        try:
            return float(value) if value else None
        except ValueError as error:
            raise StudyError(f"{self.place}: {column} is {value!r}; a number is needed") from error

    def whole(self, column: str, default: str = "") -> int:
        value = (self.text(column) or default) if default else self.needed(column)
        try:
            return int(value)
        except ValueError as error:
            raise StudyError(f"{self.place}: {column} is {value!r}; a whole number is needed") from error

    def answer(self) -> Answer:
        found = Answer(
            study=self.text("study"),
            participant=self.needed("participant"),
            trial=self.whole("session_trial"),
            kind=cast(Kind, self.needed("kind", *KINDS)),
            photograph=self.needed("photograph"),
            left=self.needed("left"),
            right=self.needed("right"),
            answer=cast(Literal["left", "right"], self.needed("answer", "left", "right")),
            is_correct=self.flag("correct") if self.text("correct") else None,
            is_practice=self.flag("practice"),
            is_attention=self.flag("attention"),
            response_ms=self.number("response_ms"),
            shown=self.whole("shown", "1"),
            answered_at=self.text("answered_at"),
        )
        self._check_sides(found)
        return found

    def _check_sides(self, answer: Answer) -> None:
        sides = [answer.left, answer.right]
        if not answer.is_judged:
            return
        if answer.left == answer.right:
            raise StudyError(f"{self.place}: {answer.left} stands on both sides; nothing was compared")
        if answer.kind == "real_or_colored" and TRUTH not in sides:
            raise StudyError(f"{self.place}: neither side is {TRUTH}, as {answer.kind} needs")
