"""Whether the colors of a film stay: how its color distribution changes, and how far they are off along the motion.

Both need no truth. A film left gray has nearly perfect figures, so they are read beside those of single pictures.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tintype.errors import TintypeError

Codes = NDArray[np.uint8]
Floats = NDArray[np.floating[Any]]
Mask = NDArray[np.bool]

CDC_GAPS = (1, 2, 4)


def color_distribution_consistency(frames: Iterable[Codes], gaps: Sequence[int] = CDC_GAPS) -> float:
    """Measure how much the histograms of red, green and blue change (CDC).

    Formula: the mean over gaps t of the mean over channels and frames i of JS(P_i, P_(i + t)), where P_i is the
    histogram of 256 codes of a channel and JS the Jensen-Shannon divergence in nats.

    Args:
        frames: (H, W, 3) uint8 sRGB each, of one scene, in order, more than the largest gap.
        gaps: distances of frames that are compared.

    Returns:
        0 (equal distributions) to ln 2, lower is steadier. Motion and light change it too: compare with the truth's.

    Raises:
        TintypeError: there are too few frames.

    Source: Liu et al., "Temporally Consistent Video Colorization with Deep Feature Propagation and
    Self-regularization Learning" (2021).
    """
    shares = np.array([_histograms(frame) for frame in frames])
    if len(shares) <= max(gaps):
        raise TintypeError(
            f"CDC needs {max(gaps) + 1} frames or more, here are {len(shares)}; give a longer scene"
        )
    changes = [_jensen_shannon(shares[:-gap], shares[gap:]).mean() for gap in gaps]
    return float(np.mean(changes))


def warped_error(
    frames: Iterable[Codes], flows: Iterable[Floats], occlusions: Iterable[Mask] | None = None
) -> float:
    """Measure how far colors are off along the motion.

    Formula: the mean over frames of the squared difference between a frame and the next one, warped back to it, mean
    over channels and all places that are not hidden in the next frame.

    Args:
        frames: (H, W, 3) uint8 sRGB each, in order.
        flows: (H, W, 2) each, from a frame to the next: x and y of the motion in pixels; measured on the film as it
            was, not on its colors.
        occlusions: (H, W) bool each, true where a place of a frame is hidden in the next, see `find_occlusions`;
            if not given none is. If all places are hidden, all are taken.

    Returns:
        0 or more in squared units of sRGB 0..1; lower is steadier.

    Raises:
        TintypeError: there is not one flow (and occlusion) between each two frames.

    Source: Lai et al., "Learning Blind Video Temporal Consistency" (2018). Where the motion leaves the picture, the
    nearest pixel of the edge is taken, as in their program.
    """
    errors: list[float] = []
    for pair, motion in zip_longest(pairwise(frames), _motions(flows, occlusions)):
        if pair is None or motion is None:
            raise TintypeError(
                "frames and flows don't fit; give one flow, and one occlusion, between each two frames"
            )
        errors.append(_pair_error(*pair, *motion))
    if not errors:
        raise TintypeError("the warped error needs two frames or more; give a longer scene")
    return float(np.mean(errors))


def find_occlusions(forward: Floats, backward: Floats) -> Mask:
    """Find the places of a frame that the next one hides, and the edges of moving things.

    Formula: with w the flow from a frame and w' the flow back, taken where w leads: hidden where |w + w'|^2 > 0.01
    (|w|^2 + |w'|^2) + 0.5; at an edge where |grad u|^2 + |grad v|^2 > 0.01 |w|^2 + 0.002.

    Args:
        forward: (H, W, 2), flow from the frame to the next: x and y in pixels.
        backward: (H, W, 2), flow from the next frame to this one.

    Returns:
        (H, W) bool.

    Source: Ruder, Dosovitskiy, Brox, "Artistic style transfer for videos" (2016), equations 5 and 6.
    """
    there, back = forward.astype(np.float64), warp(backward.astype(np.float64), forward)
    length = _squared_length(there)
    hidden = _squared_length(there + back) > 0.01 * (length + _squared_length(back)) + 0.5
    slopes = np.zeros(forward.shape[:2])
    slopes[:, :-1] += _squared_length(np.diff(there, axis=1))
    slopes[:-1] += _squared_length(np.diff(there, axis=0))
    edge: Mask = hidden | (slopes > 0.01 * length + 0.002)
    return edge


def warp(picture: Floats, flow: Floats) -> Floats:
    """Fetch each pixel from where the motion leads, bilinear; beyond the edge its nearest pixel is taken.

    Args:
        picture: (H, W, C) float.
        flow: (H, W, 2): x and y in pixels.

    Returns:
        (H, W, C), of the picture's type.
    """
    height, width = flow.shape[:2]
    y = np.clip(np.arange(height)[:, None] + flow[..., 1], 0, height - 1)
    x = np.clip(np.arange(width) + flow[..., 0], 0, width - 1)
    top, left = y.astype(np.intp), x.astype(np.intp)
    bottom, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = ((v - v.astype(np.intp))[..., None].astype(picture.dtype) for v in (y, x))
    upper = picture[top, left] * (1 - across) + picture[top, right] * across
    lower = picture[bottom, left] * (1 - across) + picture[bottom, right] * across
    warped: Floats = upper * (1 - down) + lower * down
    return warped


def _motions(
    flows: Iterable[Floats], occlusions: Iterable[Mask] | None
) -> Iterator[tuple[Floats, Mask] | None]:
    """Yield flow and occlusion; None where only one of them goes on."""
    if occlusions is None:
        for flow in flows:
            yield flow, np.zeros(flow.shape[:2], np.bool)
        return
    for motion in zip_longest(flows, occlusions):
        yield None if any(part is None for part in motion) else motion


def _pair_error(frame: Codes, following: Codes, flow: Floats, hidden: Mask) -> float:
    if not frame.shape == following.shape == (*flow.shape[:2], 3) or hidden.shape != frame.shape[:2]:
        raise TintypeError(
            f"frames of {frame.shape} and {following.shape}, a flow of {flow.shape} and an occlusion of "
            f"{hidden.shape} don't fit; give all of one size"
        )
    difference = warp(following / 255.0, flow) - frame / 255.0
    return float(np.square(difference if hidden.all() else difference[~hidden]).mean())


def _histograms(frame: Codes) -> Floats:
    """Return the share of each code in each channel (3, 256)."""
    counts = [np.bincount(frame[..., channel].ravel(), minlength=256) for channel in range(3)]
    shares: Floats = np.array(counts) / (frame.size / 3)
    return shares


def _jensen_shannon(one: Floats, two: Floats) -> Floats:
    """Return the Jensen-Shannon divergence of distributions (..., n), in nats."""
    middle = (one + two) / 2
    divergence: Floats = (_divergence(one, middle) + _divergence(two, middle)) / 2
    return divergence


def _divergence(one: Floats, two: Floats) -> Floats:
    """Return the Kullback-Leibler divergence, in nats; two is nowhere 0 where one is not."""
    ratio = np.divide(one, two, out=np.ones_like(one), where=one > 0)
    divergence: Floats = (one * np.log(ratio)).sum(axis=-1)
    return divergence


def _squared_length(vectors: Floats) -> Floats:
    squares: Floats = np.square(vectors).sum(axis=-1)
    return squares
