"""What stands in addresses: ids, places, sizes."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from fastapi import Path, Query

PhotoId: TypeAlias = Annotated[
    str, Path(pattern=r"^[0-9a-f]{16}$", description="Of a photograph, as the album lists it.")
]
JobId: TypeAlias = Annotated[
    str, Path(pattern=r"^[0-9a-f]{16}$", description="Of a job, as it was answered.")
]
Side: TypeAlias = Annotated[
    int, Query(ge=16, le=2560, description="Longer side at most, pixels; nothing is enlarged.")
]
X: TypeAlias = Annotated[
    float, Query(ge=0, le=1e6, allow_inf_nan=False, description="Pixels of the full size from the left edge.")
]
Y: TypeAlias = Annotated[
    float, Query(ge=0, le=1e6, allow_inf_nan=False, description="Pixels of the full size from the top edge.")
]
Seed: TypeAlias = Annotated[
    int, Query(ge=0, lt=1 << 32, description="The same seed gives the same alternatives.")
]
