"""Frames of the color clips among the evaluation data, decoded by the browser that the tests of pages use."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tintype.errors import DataError
from tintype.measure.figures import Codes

_OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync")
_LOAD = """async data => {
    const bytes = Uint8Array.from(atob(data), c => c.charCodeAt(0));
    window.clip = document.createElement("video");
    clip.muted = true;
    clip.preload = "auto";
    clip.src = URL.createObjectURL(new Blob([bytes], {type: "video/mp4"}));
    await new Promise((done, failed) => {
        clip.onloadeddata = done;
        clip.onerror = () => failed(clip.error.message);
    });
    return clip.duration;
}"""
_DRAW = """async time => {
    await new Promise(done => { clip.onseeked = done; clip.currentTime = time; });
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [clip.videoWidth, clip.videoHeight];
    canvas.getContext("2d").drawImage(clip, 0, 0);
    return canvas.toDataURL("image/png").split(",")[1];
}"""


def read_frames(path: Path, times: Sequence[float]) -> list[Codes]:
    """Return frames of a clip.

    Args:
        path: of an MP4 file that Chromium plays.
        times: of the frames, seconds.

    Returns:
        (H, W, 3) uint8 sRGB each.

    Raises:
        DataError: there is no Chromium, or the clip is shorter.
    """
    browser_path = shutil.which("chromium")
    if browser_path is None:
        raise DataError("there is no chromium to decode clips with; install it (apt-get install chromium)")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=list(_OPTIONS))
        page = browser.new_page()
        duration = float(page.evaluate(_LOAD, base64.b64encode(path.read_bytes()).decode()))
        if duration < max(times):
            raise DataError(f"{path.name} lasts {duration:g} s, not {max(times):g} s; choose earlier frames")
        return [_read_frame(page, time) for time in times]


def _read_frame(page: Page, time: float) -> Codes:
    data = base64.b64decode(page.evaluate(_DRAW, time))
    with Image.open(BytesIO(data)) as picture:
        return np.asarray(picture.convert("RGB"))
