import subprocess
import sys

import numpy as np
import pytest

from tintype.errors import TintypeError
from tintype.measure.contact_sheet import SheetRow, draw_contact_sheet

RED = np.full((100, 150, 3), (200, 30, 30), np.uint8)
BLUE = np.full((120, 60, 3), (30, 30, 200), np.uint8)


def test_sheet_shows_every_picture_in_its_column():
    rows = [SheetRow("first", (RED, BLUE)), SheetRow("second", (BLUE, RED))]
    pixels = np.asarray(draw_contact_sheet(("gray", "result"), rows, side=60))
    height, width = pixels.shape[:2]
    red, blue = ((pixels == picture[0, 0]).all(axis=2) for picture in (RED, BLUE))
    assert red[: height // 2, : width // 2].sum() == red[height // 2 :, width // 2 :].sum() == 60 * 40
    assert blue[: height // 2, width // 2 :].sum() == blue[height // 2 :, : width // 2].sum() == 30 * 60
    assert red[height // 2 :, : width // 2].sum() == 0


def test_sheet_has_captions():
    plain = np.asarray(draw_contact_sheet(("a",), [SheetRow("", (RED,))]))
    named = np.asarray(draw_contact_sheet(("a",), [SheetRow("tench", (RED,))]))
    assert plain.shape == named.shape
    assert (plain != named).any()


def test_sheet_refuses_a_missing_picture():
    with pytest.raises(TintypeError, match="'tench' has 1 pictures; give one for each of 2"):
        draw_contact_sheet(("gray", "result"), [SheetRow("tench", (RED,))])
    with pytest.raises(TintypeError, match="at least one photograph"):
        draw_contact_sheet(("gray",), [])


def test_import_does_not_load_pillow():
    code = "import sys, tintype.measure.contact_sheet; assert 'PIL' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)
