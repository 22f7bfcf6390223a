"""How good detections are against the truth, and how far two runs' tensors are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.subjects.retinaface.decode import Faces, overlaps

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Truth:
    """``boxes`` (F, 4) and ``points`` (F, 5, 2) of one picture, in pixels."""

    boxes: Floats
    points: Floats


@dataclass(frozen=True, slots=True)
class Accuracy:
    """``average_precision`` at an IoU of 0.5, area under the envelope of the precision-recall curve; 0 to 1.

    ``landmark_error`` is the mean distance of the points of matched faces, in units of the square root of the true
    box's area; NaN where none matched.
    """

    average_precision: float
    landmark_error: float
    faces: int
    matched: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One tensor against another. ``worst`` is the index of the largest absolute error."""

    cosine: float
    largest: float
    mean: float
    worst: tuple[int, ...]
    value: float
    expected: float
    not_finite: int


def accuracy(found: Sequence[Faces], truths: Sequence[Truth], overlap: float = 0.5) -> Accuracy:
    """Each true face is matched once, by the best-scored detection that overlaps it most and enough."""
    scores: list[Floats] = []
    hits: list[NDArray[np.bool_]] = []
    errors: list[float] = []
    for faces, truth in zip(found, truths, strict=True):
        match = _matches(faces, truth, overlap)
        scores.append(faces.scores)
        hits.append(match >= 0)
        errors += [_landmark_error(faces.points[i], truth, match[i]) for i in np.flatnonzero(match >= 0)]
    total = sum(len(truth.boxes) for truth in truths)
    precision = average_precision(np.concatenate(scores), np.concatenate(hits), total)
    return Accuracy(precision, float(np.mean(errors)) if errors else float("nan"), total, len(errors))


def average_precision(scores: Floats, hits: NDArray[np.bool_], total: int) -> float:
    """Area under the precision-recall curve made falling; ``total`` is the number of true faces."""
    if total == 0:
        return float("nan")
    ranked = hits[np.argsort(-scores, kind="stable")]
    right = np.cumsum(ranked)
    precision = right / np.arange(1, len(ranked) + 1)
    envelope = np.maximum.accumulate(precision[::-1])[::-1]
    return float(envelope[ranked].sum() / total)


def difference(value: Floats, expected: Floats) -> Difference:
    """Compare two tensors of one shape. Elements that are not finite in either count as such and are left out."""
    finite = np.isfinite(value) & np.isfinite(expected)
    a, b = np.where(finite, value, 0).astype(np.float64), np.where(finite, expected, 0).astype(np.float64)
    errors = np.abs(a - b)
    worst = np.unravel_index(int(errors.argmax()), errors.shape)
    norms = float(np.linalg.norm(a) * np.linalg.norm(b))
    return Difference(
        cosine=float(np.vdot(a, b)) / norms if norms else float(not errors.any()),
        largest=float(errors.max()),
        mean=float(errors.sum() / max(int(finite.sum()), 1)),
        worst=tuple(int(place) for place in worst),
        value=float(value[worst]),
        expected=float(expected[worst]),
        not_finite=int((~finite).sum()),
    )


def _matches(faces: Faces, truth: Truth, overlap: float) -> NDArray[np.intp]:
    """For each detection, in falling order of score, the true face that it takes, or -1."""
    match = np.full(len(faces.scores), -1)
    if not len(truth.boxes):
        return match
    free = np.ones(len(truth.boxes), bool)
    for number in np.argsort(-faces.scores, kind="stable"):
        shared = np.where(free, overlaps(faces.boxes[number], truth.boxes), 0)
        best = int(shared.argmax())
        if shared[best] >= overlap:
            match[number], free[best] = best, False
    return match


def _landmark_error(points: Floats, truth: Truth, face: int) -> float:
    size = np.sqrt(np.prod(truth.boxes[face, 2:] - truth.boxes[face, :2]))
    return float(np.linalg.norm(points - truth.points[face], axis=1).mean() / size)
