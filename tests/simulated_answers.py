"""Participants with known preferences, and what they answer."""

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from tintype.measure.study.answers import COLUMNS, Answer

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PHOTOGRAPHS = tuple(f"photo{i:02d}" for i in range(20))


@dataclass
class Crowd:
    """Draws participants and lets them answer.

    Attributes:
        participants: how many.
        trials: of each kind and participant.
        careless: how many of the first of them press keys at random, checks included.
        opinion: standard deviation between participants, in natural logarithms.
        checks: attention checks of each participant.
        practice: practice trials of each participant.
    """

    participants: int = 40
    trials: int = 40
    careless: int = 0
    opinion: float = 0.0
    checks: int = 4
    practice: int = 2
    seed: int = 0

    def judge_truth(self, rates):
        """Answer ``real_or_colored``; rates: of each model, how often it fools."""
        return self._everyone("real_or_colored", lambda person: self._fooled_once(person, rates))

    def prefer(self, scores):
        """Answer ``preference``; scores: of each competitor, natural logarithms."""
        return self._everyone("preference", lambda person: self._prefer_once(person, scores))

    def __post_init__(self):
        self.random = np.random.default_rng(self.seed)

    def _everyone(self, kind, answer_once):
        answers = []
        for number in range(self.participants):
            person = {"careless": number < self.careless, "own": {}}
            for trial in range(self.practice + self.checks + self.trials):
                is_practice = trial < self.practice
                is_check = not is_practice and trial < self.practice + self.checks
                left, right, choice = self._check(person) if is_check else answer_once(person)
                answers.append(
                    Answer(
                        study="simulated",
                        participant=f"p{number:03d}",
                        trial=trial,
                        kind=kind,
                        photograph=str(self.random.choice(PHOTOGRAPHS)),
                        left=left,
                        right=right,
                        answer=choice,
                        is_correct=(choice == "left") == (left == "absurd") if is_check else None,
                        is_practice=is_practice,
                        is_attention=is_check,
                        response_ms=float(self.random.integers(400, 3000)),
                        answered_at=(START + timedelta(minutes=number, seconds=trial)).isoformat(),
                    )
                )
        return answers

    def _fooled_once(self, person, rates):
        model = str(self.random.choice(list(rates)))
        own = person["own"].setdefault("lean", self.random.normal(0, self.opinion))
        odds = rates[model] / (1 - rates[model]) * np.exp(own)
        names_truth = self.random.uniform() < (0.5 if person["careless"] else odds / (1 + odds))
        return self._placed(*(("truth", model) if names_truth else (model, "truth")))

    def _prefer_once(self, person, scores):
        one, other = (str(name) for name in self.random.choice(list(scores), 2, replace=False))
        own = {name: person["own"].setdefault(name, self.random.normal(0, self.opinion)) for name in scores}
        lead = scores[one] + own[one] - scores[other] - own[other]
        wins = self.random.uniform() < (0.5 if person["careless"] else 1 / (1 + np.exp(-lead)))
        return self._placed(*((one, other) if wins else (other, one)))

    def _check(self, person):
        right_one = self.random.uniform() < (0.3 if person["careless"] else 1)
        return self._placed(*(("absurd", "truth") if right_one else ("truth", "absurd")))

    def _placed(self, chosen, refused):
        """Put the chosen one on a side by chance."""
        return (chosen, refused, "left") if self.random.uniform() < 0.5 else (refused, chosen, "right")


def write_answers(path, answers):
    """Write a table as ``tintype study export`` does, with columns that the analysis does not read."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow([*COLUMNS, "shown", "truth_side"])
        for a in answers:
            correct = "" if a.is_correct is None else int(a.is_correct)
            flags = correct, int(a.is_practice), int(a.is_attention)
            shown = a.kind, a.photograph, a.left, a.right, a.answer
            table.writerow(
                [a.study, a.participant, a.trial, *shown, *flags, a.response_ms, 1000, a.answered_at, "", ""]
            )
    return path
