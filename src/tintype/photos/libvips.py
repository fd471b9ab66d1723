"""libvips without its memory of operations, which would keep the last hundred photographs that it has seen alive."""

from __future__ import annotations

import pyvips

__all__ = ["pyvips"]

pyvips.cache_set_max(0)
