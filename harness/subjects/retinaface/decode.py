"""RetinaFace's outputs to faces, on the host: what the route ``host-decode`` and the metrics use."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.subjects.retinaface.architecture import VARIANCES
from harness.subjects.retinaface.priors import priors
from harness.subjects.retinaface.suppress import kept

Floats = NDArray[np.float32]

THRESHOLD = 0.02  # the defaults of Pytorch_Retinaface's evaluation
OVERLAP = 0.4
CANDIDATES = 5000
FACES = 750


@dataclass(frozen=True, slots=True)
class Faces:
    """Best first: ``boxes`` (K, 4) x1, y1, x2, y2; ``scores`` (K,); ``points`` (K, 5, 2) x, y; in pixels."""

    boxes: Floats
    scores: Floats
    points: Floats


def faces_of_raw(
    loc: Floats, conf: Floats, landms: Floats, height: int, width: int, *, threshold: float = THRESHOLD
) -> Faces:
    """Decode raw heads of one image, (N, 4), (N, 2) before softmax and (N, 10), and suppress what overlaps.

    Anchors with a NaN or an infinite box are dropped. Only anchors above ``threshold`` are decoded.
    """
    centres, sizes = _priors(height, width)
    # The softmax of two classes is above the threshold where their difference is above its logit.
    with np.errstate(over="ignore", invalid="ignore"):
        margin = conf[:, 1] - conf[:, 0]
    chosen = np.flatnonzero(margin > np.float32(np.log(threshold / (1 - threshold))))
    chosen = _best(chosen, margin)
    centre, size = centres[chosen], sizes[chosen]
    near, scale = loc[chosen], np.float32(VARIANCES[0]) * size
    with np.errstate(over="ignore", invalid="ignore"):
        middle = centre + near[:, :2] * scale
        half = np.exp(near[:, 2:] * np.float32(VARIANCES[1])) * (size / 2)
        boxes = np.concatenate((middle - half, middle + half), axis=1)
        points = centre[:, None] + landms[chosen].reshape(-1, 5, 2) * scale[:, None]
        scores = 1 / (1 + np.exp(-margin[chosen]))
    return suppressed(boxes, scores, points)


def faces_of_decoded(boxes: Floats, scores: Floats, landmarks: Floats, *, threshold: float = THRESHOLD) -> Faces:
    """The same for heads decoded in the graph: (N, 4), (N,), (N, 10)."""
    chosen = _best(np.flatnonzero(scores > threshold), scores)
    return suppressed(boxes[chosen], scores[chosen], landmarks[chosen].reshape(-1, 5, 2))


def overlaps(box: Floats, boxes: Floats) -> Floats:
    """Intersection over union of one box (4,) with many (K, 4)."""
    low, high = np.maximum(box[:2], boxes[:, :2]), np.minimum(box[2:], boxes[:, 2:])
    inner = np.prod(np.maximum(high - low, 0), axis=1)
    union = np.prod(box[2:] - box[:2]) + np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) - inner
    result: Floats = inner / np.maximum(union, np.finfo(np.float32).tiny)
    return result


@functools.lru_cache(maxsize=8)
def _priors(height: int, width: int) -> tuple[Floats, Floats]:
    return priors(height, width)


def _best(chosen: NDArray[np.intp], scores: Floats) -> NDArray[np.intp]:
    """The best candidates in falling order; equal ones by their number, so that the result is the same everywhere."""
    order = np.argsort(-scores[chosen], kind="stable")[:CANDIDATES]
    return chosen[order]


def suppressed(boxes: Floats, scores: Floats, points: Floats) -> Faces:
    """Greedy suppression of boxes in falling order of score."""
    finite = np.isfinite(boxes).all(axis=1) & np.isfinite(points).all(axis=(1, 2))
    best = kept(boxes[finite], OVERLAP, FACES)
    return Faces(boxes[finite][best], scores[finite][best], points[finite][best])
