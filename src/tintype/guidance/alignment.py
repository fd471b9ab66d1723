"""How one photograph lies on another of the same scene: a crop, a mirrored print, the next picture on the film.

Corners are matched (mutual nearest neighbors, Lowe's ratio test), and the affine map that most of them agree on is
found as by RANSAC (Fischler and Bolles 1981), from pairs of matches. One photograph is tried mirrored too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tintype.guidance.keypoints import Floats, Keypoints, find_keypoints

Matrix = NDArray[np.float64]

LEAST_SUPPORT = 10
"""Matches that must agree on a map, or the photographs do not lie on each other."""

_RATIO = 0.9
_ELSEWHERE = 10.0  # pixels from which on a match is another one, and not the same at another scale
_TRIALS = 600
_TOLERANCE = 4.0  # pixels
_FINE_TOLERANCE = 2.0
_SCALE_LIMIT = 3.5
_ROTATION_LIMIT = 0.35  # radians
_REFINEMENTS = 4


@dataclass(frozen=True, eq=False)
class Alignment:
    """Where the places of a first photograph lie in a second one.

    Attributes:
        matrix: (2, 3) float64: second = matrix @ (x, y, 1).
        support: number of matches that agree.
        mirrored: whether left and right are exchanged.
    """

    matrix: Matrix
    support: int
    mirrored: bool

    def move(self, places: NDArray[np.floating]) -> Matrix:
        """Return places (n, 2) of the first photograph in the second one."""
        return np.asarray(places @ self.matrix[:, :2].T + self.matrix[:, 2])

    @property
    def scale(self) -> float:
        """Size of a thing in the second photograph for that in the first."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix[:, :2]))))

    def shifted(self, shift: Matrix) -> Alignment:
        """Return the map followed by a shift (x, y)."""
        return replace(self, matrix=np.column_stack([self.matrix[:, :2], self.matrix[:, 2] + shift]))

    def in_pixels(self, first: Matrix, second: Matrix) -> Alignment:
        """Return the map between larger photographs.

        Args:
            first: (x, y) pixels of this map's first photograph for each pixel of the larger one.
            second: the same of the second.
        """
        matrix = self.matrix / np.asarray(second)[:, None]
        return replace(self, matrix=np.column_stack([matrix[:, :2] * first, matrix[:, 2]]))

    def inverse(self) -> Alignment:
        """Return the map from the second photograph to the first."""
        back = np.linalg.inv(self.matrix[:, :2])
        return replace(self, matrix=np.column_stack([back, -back @ self.matrix[:, 2]]))


def align(first: Floats, second: Floats) -> Alignment | None:
    """Find how two photographs lie on each other.

    Args:
        first: (H, W) CIE L.
        second: (H', W') CIE L.

    Returns:
        The map of pixels, or None where too few matches agree.
    """
    corners = find_keypoints(first)
    plain = fit_matches(*match_keypoints(corners, find_keypoints(second)))
    mirrored = fit_matches(*match_keypoints(corners, find_keypoints(second[:, ::-1])))
    found = [plain, mirrored and _unmirrored(mirrored, second.shape[1])]
    best = max((one for one in found if one), key=lambda one: one.support, default=None)
    return best if best and best.support >= LEAST_SUPPORT else None


def match_keypoints(first: Keypoints, second: Keypoints) -> tuple[Matrix, Matrix]:
    """Match corners: each must be the other's best, and clearly better than the best elsewhere.

    Returns:
        Places of the matches in the first and in the second photograph, (n, 2) each.
    """
    likeness = first.looks @ second.looks.T
    if not likeness.size:
        return np.empty((0, 2)), np.empty((0, 2))
    best = likeness.argmax(axis=1)
    is_mutual = likeness.argmax(axis=0)[best] == np.arange(len(best))
    is_elsewhere = (
        np.linalg.norm(second.places[best][:, None] - second.places[None], axis=-1)
        > _ELSEWHERE * second.scales[best][:, None]
    )
    rival = np.where(is_elsewhere, likeness, -1).max(axis=1)
    distance, rival_distance = (
        np.sqrt(np.maximum(2 - 2 * value, 0)) for value in (likeness.max(axis=1), rival)
    )
    kept = is_mutual & (distance < _RATIO * rival_distance)
    return first.places[kept].astype(np.float64), second.places[best[kept]].astype(np.float64)


def fit_matches(first: Matrix, second: Matrix) -> Alignment | None:
    """Return the affine map that most matches (n, 2) agree on; None where there are too few."""
    if len(first) < 3:
        return None
    candidates = _similarities(first, second)
    if not len(candidates):
        return None
    moved = np.einsum("kij,nj->kni", candidates[..., :2], first) + candidates[:, None, :, 2]
    near = np.linalg.norm(moved - second, axis=-1) < _TOLERANCE
    matrix = candidates[near.sum(axis=1).argmax()]
    for step in range(_REFINEMENTS):
        tolerance = _TOLERANCE if step < _REFINEMENTS // 2 else _FINE_TOLERANCE
        agrees = _errors(matrix, first, second) < tolerance
        if agrees.sum() < 3:
            return None
        matrix = _least_squares(first[agrees], second[agrees])
    return Alignment(matrix, int((_errors(matrix, first, second) < _TOLERANCE).sum()), mirrored=False)


def _unmirrored(alignment: Alignment, width: int) -> Alignment:
    """Return the map onto the photograph itself, from that onto its mirror image."""
    flip = np.array([[-1.0, 0, width], [0, 1, 0]])
    matrix = flip[:, :2] @ alignment.matrix
    matrix[:, 2] += flip[:, 2]
    return replace(alignment, matrix=matrix, mirrored=True)


def _similarities(first: Matrix, second: Matrix) -> Matrix:
    """Return maps (k, 2, 3) by scale, rotation and shift from pairs of matches: the sensible ones."""
    random = np.random.default_rng(0)  # the same photographs give the same map
    one, other = random.integers(len(first), size=(2, _TRIALS))
    before, after = (points[other] - points[one] for points in (first, second))
    z = _to_complex(after) / np.where(one == other, 1, _to_complex(before) + 1e-9)
    angle, size = np.angle(z), np.abs(z)
    sensible = (
        (one != other) & (np.abs(angle) < _ROTATION_LIMIT) & (size < _SCALE_LIMIT) & (size > 1 / _SCALE_LIMIT)
    )
    z, one = z[sensible], one[sensible]
    turn = np.stack([np.stack([z.real, -z.imag], -1), np.stack([z.imag, z.real], -1)], axis=-2)
    shift = second[one] - np.einsum("kij,kj->ki", turn, first[one])
    return np.concatenate([turn, shift[..., None]], axis=-1)


def _to_complex(points: Matrix) -> NDArray[np.complex128]:
    return np.asarray(points[..., 0] + 1j * points[..., 1])


def _least_squares(first: Matrix, second: Matrix) -> Matrix:
    """Return the affine map with the smallest squared errors; nearly a similarity where matches are few."""
    center = first.mean(axis=0)
    design = np.concatenate([first - center, np.ones((len(first), 1))], axis=1)
    solution, *_ = np.linalg.lstsq(design, second, rcond=None)
    matrix = solution.T
    matrix[:, 2] -= matrix[:, :2] @ center
    return np.asarray(matrix)


def _errors(matrix: Matrix, first: Matrix, second: Matrix) -> Matrix:
    moved = first @ matrix[:, :2].T + matrix[:, 2]
    return np.asarray(np.linalg.norm(moved - second, axis=1))
