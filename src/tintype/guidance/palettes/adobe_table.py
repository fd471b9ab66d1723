"""Adobe color tables (.act), of Photoshop: 256 colors of three bytes.

Four bytes may follow: how many of the colors are used, and which one is transparent ("Adobe Photoshop File Formats
Specification", Color Table). Unused places hold black, so equal colors count once.
"""

from __future__ import annotations

from tintype.errors import GuidanceError
from tintype.guidance.palettes.color_spaces import rgb_to_lab
from tintype.guidance.palettes.swatches import Swatch, Swatches

_SIZE, _SIZE_WITH_COUNT = 768, 772


def parse_adobe_table(data: bytes) -> Swatches:
    """Read an Adobe color table.

    Raises:
        GuidanceError: another length, more than 256 colors, no colors.
    """
    if len(data) not in (_SIZE, _SIZE_WITH_COUNT):
        raise GuidanceError(
            f"it has {len(data)} bytes; an Adobe color table has {_SIZE} or {_SIZE_WITH_COUNT}"
        )
    count, transparent = 256, -1
    if len(data) == _SIZE_WITH_COUNT:
        count, transparent = (int.from_bytes(data[at : at + 2], "big") for at in (_SIZE, _SIZE + 2))
    if count > 256:
        raise GuidanceError(
            f"it says that it has {count} colors, and has room for 256; get a sound copy of it"
        )
    codes = dict.fromkeys(data[3 * i : 3 * i + 3] for i in range(count) if i != transparent)
    return Swatches(tuple(Swatch(rgb_to_lab([byte / 255 for byte in code])) for code in codes))
