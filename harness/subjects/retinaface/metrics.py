"""How good detections are against the truth."""

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
