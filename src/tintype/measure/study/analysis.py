"""From a table of answers to the figures of a study, and these as JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

from tintype.errors import StudyError
from tintype.measure.study.answers import Answer, read_answers
from tintype.measure.study.fooled import FooledFigures, judge_fooled
from tintype.measure.study.preference import PreferenceFigures, judge_preferences
from tintype.measure.study.selection import DEFAULT_RULES, Rules, Selection, select
from tintype.measure.study.settings import DEFAULTS, Settings

FEW_PARTICIPANTS = 6
"""Below this many, no sign-flip test over participants can give p < 0.05: two of 2^5 patterns are one in sixteen."""


@dataclass(frozen=True)
class Analysis:
    """What the answers of a study say.

    Attributes:
        study: its name.
        selection: what was judged, what was left out.
        fooled: of the trials ``real_or_colored``; None if there were none.
        preference: of the trials ``preference``; None if there were none.
        settings: confidence, resamples, seed.
        first_answer: UTC, ISO 8601, of the judged answers; empty where not known.
        last_answer: the same.
    """

    study: str
    selection: Selection
    fooled: FooledFigures | None
    preference: PreferenceFigures | None
    settings: Settings
    first_answer: str
    last_answer: str

    def notes(self) -> list[str]:
        """Say what a reader must know: what was left out, and how far the figures carry."""
        said = self.selection.sentences()
        if self.selection.kept < FEW_PARTICIPANTS:
            said.append(
                f"With fewer than {FEW_PARTICIPANTS} participants no difference can be shown to be more than chance."
            )
        return [*said, *(self.preference.notes if self.preference else ())]

    def to_json(self) -> str:
        """Return all figures as JSON; what is not known is null. Shares are 0..1."""
        figures = {
            "study": self.study,
            "settings": _plain(self.settings),
            "first_answer": self.first_answer,
            "last_answer": self.last_answer,
            "selection": _selection(self.selection),
            "notes": self.notes(),
            "real_or_colored": _plain(self.fooled),
            "preference": _plain(self.preference),
        }
        return json.dumps(figures, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def analyze(
    source: Path | Iterable[Answer],
    rules: Rules = DEFAULT_RULES,
    settings: Settings = DEFAULTS,
    study: str | None = None,
) -> Analysis:
    """Judge the answers of one study.

    Args:
        source: a CSV file of answers (see ``answers``), or answers.
        rules: which answers are left out.
        settings: confidence of the intervals, resamples, seed.
        study: which one, where the table holds answers of several.

    Raises:
        StudyError: the table has a mistake, holds several studies or not this one, or leaves nothing to judge.
    """
    answers = read_answers(source) if isinstance(source, Path) else tuple(source)
    name, own = _one_study(answers, study)
    selection = select(own, rules)
    times = sorted(answer.answered_at for answer in selection.answers if answer.answered_at)
    return Analysis(
        study=name,
        selection=selection,
        fooled=judge_fooled(selection.answers, settings),
        preference=judge_preferences(selection.answers, settings),
        settings=settings,
        first_answer=times[0] if times else "",
        last_answer=times[-1] if times else "",
    )


def _one_study(answers: Sequence[Answer], study: str | None) -> tuple[str, list[Answer]]:
    names = sorted({answer.study for answer in answers})
    if not names:
        raise StudyError("the table holds no answers; wait for participants, or export again")
    if study is None and len(names) > 1:
        raise StudyError(
            f"the table holds answers of {len(names)} studies ({', '.join(names)}); name one of them"
        )
    name = names[0] if study is None else study
    if name not in names:
        raise StudyError(f"the table holds no answers of {name!r}; it holds those of {', '.join(names)}")
    return name, [answer for answer in answers if answer.study == name]


def _selection(selection: Selection) -> dict[str, Any]:
    counted = [field.name for field in fields(selection) if field.name != "answers"]
    kept = {"judged_participants": selection.kept, "judged_answers": len(selection.answers)}
    return kept | {name: _plain(getattr(selection, name)) for name in counted}


def _plain(value: Any) -> Any:
    """Turn figures into what JSON knows."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
