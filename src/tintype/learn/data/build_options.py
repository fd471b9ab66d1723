"""What `tintype data build` may be told."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from tintype.errors import DataError
from tintype.learn.data.fingerprint import NEAR

_RANGES: dict[str, tuple[float, float]] = {
    "short_side": (16, 8192),
    "quality": (1, 100),
    "min_side": (1, 8192),
    "min_colorfulness": (0, 200),
    "min_tone_spread": (0, 100),
    "near": (-1, 128),
    "seed": (0, 2**63),
    "workers": (0, 4096),
    "shard_photographs": (1, 10**7),
    "shard_bytes": (1, 10**12),
}


@dataclass(frozen=True)
class BuildOptions:
    """How shards are built from photographs.

    Attributes:
        short_side: pixels of the short side of what is stored; smaller photographs are not enlarged.
        format: "webp" (about half the size; color at half resolution), or "jpeg" (color at full resolution).
        quality: 1..100, of the encoder.
        min_side: photographs with a shorter side than so many pixels are left out.
        min_colorfulness: photographs below this colorfulness (Hasler, Suesstrunk) teach that all is gray and
            are left out; 15 is the threshold of BigColor (Kim et al. 2022). 0 keeps all.
        min_tone_spread: toned prints and duotones, whose color follows their lightness but for so many Lab
            units, are left out. 0 keeps all.
        near: fingerprints (of 256 signs) that differ in at most so many are of one photograph, whose largest
            copy is kept; -1 keeps all copies. Excluded photographs are compared with the default or more.
        exclude: folders, photographs, or text files that name one photograph a line (relative to that file):
            what a model will be judged by. Near copies of them are left out.
        seed: of the order in the shards.
        workers: processes; 0 takes one per processor. Changes nothing in the result.
        shard_photographs: most photographs in one shard.
        shard_bytes: a shard is closed when it has grown over this.
        overwrite: replace shards built before in the same folder.
    """

    short_side: int = 256
    format: Literal["webp", "jpeg"] = "webp"
    quality: int = 85
    min_side: int = 128
    min_colorfulness: float = 15.0
    min_tone_spread: float = 2.0
    near: int = NEAR
    exclude: tuple[Path, ...] = ()
    seed: int = 0
    workers: int = 0
    shard_photographs: int = 8000
    shard_bytes: int = 1_000_000_000
    overwrite: bool = False

    def __post_init__(self) -> None:
        for name, (lowest, highest) in _RANGES.items():
            value = getattr(self, name)
            if not lowest <= value <= highest:
                raise DataError(f"{name} is {value}: give a value from {lowest} to {highest}")
        if self.format not in ("webp", "jpeg"):
            raise DataError(f"format is {self.format!r}: give webp or jpeg")

    @property
    def suffix(self) -> str:
        """Return the suffix of the stored photographs, without a dot."""
        return "jpg" if self.format == "jpeg" else "webp"

    def as_record(self) -> dict[str, Any]:
        """Return all that can change the result, for the record."""
        record = asdict(self) | {"exclude": [str(path) for path in self.exclude]}
        return {name: value for name, value in record.items() if name not in ("workers", "overwrite")}

    def as_screening(self) -> dict[str, Any]:
        """Return what screening one photograph depends on."""
        names = ("short_side", "format", "quality", "min_side", "min_colorfulness", "min_tone_spread")
        return {name: getattr(self, name) for name in names}
