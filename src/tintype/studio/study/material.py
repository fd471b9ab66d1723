"""What a study shows: which photographs there are, in which versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tintype.errors import StudyError
from tintype.measure.pairs import match_pairs
from tintype.measure.study.answers import TRUTH
from tintype.studio.study.definition import Definition


@dataclass(frozen=True)
class Material:
    """The photographs of a study.

    Attributes:
        names: of the photographs, sorted: their places below the folder of photographs.
        versions: of each photograph: its file (under ``truth``), and what each model made of it.
    """

    names: tuple[str, ...]
    versions: Mapping[str, Mapping[str, Path]]


def find_material(definition: Definition) -> Material:
    """Find each photograph and each model's version of it.

    Raises:
        StudyError: a photograph lacks a version, a version lacks its photograph, or there are several.
        UnreadablePhotoError: a folder holds no photographs.
    """
    versions: dict[str, dict[str, Path]] = {}
    for model, folder in definition.models.items():
        matching = match_pairs(definition.photographs, folder)
        if matching.problems:
            raise _complaint(model, folder, [str(problem) for _, problem in matching.problems])
        for pair in matching.pairs:
            versions.setdefault(pair.name, {TRUTH: pair.true})[model] = pair.result
    return Material(tuple(sorted(versions)), versions)


def _complaint(model: str, folder: Path, problems: list[str]) -> StudyError:
    others = f" ({len(problems) - 1} more like this)" if len(problems) > 1 else ""
    return StudyError(f"model {model} in {folder}: {problems[0]}{others}")
