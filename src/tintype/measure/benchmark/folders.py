"""What a report says of files: their names, not where they lie."""

from __future__ import annotations

import re
from pathlib import Path


def without_folders(text: str) -> str:
    """Leave the folders of this machine out: a report is passed on, and where it was made is nobody's business.

    >>> without_folders("/home/ada/my-weights/vgg16.pth is not the published file")
    'vgg16.pth is not the published file'
    """
    return _FOLDERS.sub("", text.replace(str(Path.home()), "~"))


_FOLDERS = re.compile(r"(?<![\w.~])(?:~|[A-Za-z]:)?[/\\](?:[^\s/\\]+[/\\])*(?=[^\s/\\])")
"""All of an absolute path but its last name."""
