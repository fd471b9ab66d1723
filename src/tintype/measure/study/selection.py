"""Which answers are judged: stated before looking at them, and counted in every report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from tintype.errors import StudyError
from tintype.measure.study.answers import Answer


@dataclass(frozen=True)
class Rules:
    """When answers are left out.

    Attributes:
        least_attention: share of the attention checks that a participant must have passed, 0..1; all answers
            of one who passed fewer are left out. 0 keeps everyone. Who met no check is kept.
        fastest_ms: answers given sooner are left out; 0 keeps all.
        keep_second_looks: whether answers count though the page was loaded again and the pictures shown again.
    """

    least_attention: float = 2 / 3
    fastest_ms: float = 0
    keep_second_looks: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.least_attention <= 1:
            raise StudyError(f"{self.least_attention} is no share of checks; give one from 0 to 1")


DEFAULT_RULES = Rules()


@dataclass(frozen=True)
class Attention:
    """How a participant did in the checks.

    Attributes:
        participant: random name.
        passed: checks passed.
        checks: checks met.
    """

    participant: str
    passed: int
    checks: int


@dataclass(frozen=True)
class Selection:
    """What is judged and what is not.

    Attributes:
        rules: that were followed.
        answers: that are judged.
        participants: who gave any answer at all.
        excluded: who failed the checks, with all their answers.
        excluded_answers: how many judged answers that cost.
        practice: answers for practice.
        attention: answers to checks.
        too_fast: answers given sooner than the rules allow, by those who were kept.
        second_looks: answers, in time and by those who were kept, after pictures were shown again.
    """

    rules: Rules
    answers: tuple[Answer, ...]
    participants: int
    excluded: tuple[Attention, ...]
    excluded_answers: int
    practice: int
    attention: int
    too_fast: int
    second_looks: int

    @property
    def kept(self) -> int:
        """How many participants have answers that are judged."""
        return len({answer.participant for answer in self.answers})

    def sentences(self) -> list[str]:
        """Say for a report what was left out and why."""
        said = [f"{_count(self.participants, 'participant')}, {self.kept} of them judged."]
        if self.excluded:
            least = f"{self.rules.least_attention:.0%}"
            said.append(
                f"{_count(len(self.excluded), 'participant')} passed fewer than {least} of the attention checks "
                f"and {'was' if len(self.excluded) == 1 else 'were'} left out with "
                f"{_count(self.excluded_answers, 'answer')}."
            )
        elif self.attention:
            said.append(f"Nobody failed the attention checks ({_count(self.attention, 'answer')}).")
        else:
            said.append("There were no attention checks.")
        if self.too_fast:
            said.append(
                f"{_count(self.too_fast, 'answer')} came within {self.rules.fastest_ms:g} ms and were left out."
            )
        if self.second_looks:
            fate = "are counted" if self.rules.keep_second_looks else "were left out"
            said.append(
                f"{_count(self.second_looks, 'answer')} came after a second look (page reloaded) and {fate}."
            )
        said.append(
            f"{_count(len(self.answers), 'answer')} judged; practice ({self.practice}) is never counted."
        )
        return said


def select(answers: Iterable[Answer], rules: Rules = DEFAULT_RULES) -> Selection:
    """Choose the answers that are judged.

    Returns:
        The judged answers in the order of participants and trials, whatever order they came in.

    Raises:
        StudyError: none is left.
    """
    everything = sorted(answers, key=lambda answer: (answer.participant, answer.trial))
    excluded = _inattentive(everything, rules.least_attention)
    outside = {one.participant for one in excluded}
    judged = [answer for answer in everything if answer.is_judged]
    kept = [answer for answer in judged if answer.participant not in outside]
    timely = [answer for answer in kept if not _is_too_fast(answer, rules.fastest_ms)]
    counted = tuple(answer for answer in timely if rules.keep_second_looks or answer.shown <= 1)
    if not counted:
        raise StudyError(
            f"none of {_count(len(everything), 'answer')} can be judged ({len(excluded)} participants failed the "
            "attention checks, the rules leave out the rest); gather more answers"
        )
    return Selection(
        rules=rules,
        answers=counted,
        participants=len({answer.participant for answer in everything}),
        excluded=excluded,
        excluded_answers=len(judged) - len(kept),
        practice=sum(answer.is_practice for answer in everything),
        attention=sum(answer.is_attention and not answer.is_practice for answer in everything),
        too_fast=len(kept) - len(timely),
        second_looks=sum(answer.shown > 1 for answer in timely),
    )


def _inattentive(answers: Iterable[Answer], least: float) -> tuple[Attention, ...]:
    checks = [a for a in answers if a.is_attention and not a.is_practice and a.is_correct is not None]
    met = Counter(check.participant for check in checks)
    passed = Counter(check.participant for check in checks if check.is_correct)
    # A share like 2/3 must not be missed by rounding.
    return tuple(
        Attention(participant, passed[participant], count)
        for participant, count in sorted(met.items())
        if passed[participant] < least * count - 1e-9
    )


def _is_too_fast(answer: Answer, fastest_ms: float) -> bool:
    return answer.response_ms is not None and answer.response_ms < fastest_ms


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
