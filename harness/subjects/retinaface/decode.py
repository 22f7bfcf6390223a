"""RetinaFace's outputs to faces, on the host: what the route ``host-decode`` and the metrics use."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.subjects.retinaface.architecture import VARIANCES
from harness.subjects.retinaface.priors import priors

Floats = NDArray[np.float32]

THRESHOLD = 0.02  # the defaults of Pytorch_Retinaface's evaluation
OVERLAP = 0.4
CANDIDATES = 5000
FACES = 750
_BLOCK = 96


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
    kept = _kept(boxes[finite])[:FACES]
    return Faces(boxes[finite][kept], scores[finite][kept], points[finite][kept])


def _kept(boxes: Floats) -> list[int]:
    """Numbers of the boxes that no better one overlaps: block by block, what is kept of it against the rest."""
    corners = np.ascontiguousarray(boxes.T)
    # inner > OVERLAP * (a + b - inner) is inner > share * a + share * b.
    share = np.float32(OVERLAP / (1 + OVERLAP))
    with np.errstate(over="ignore"):
        areas = (corners[2] - corners[0]) * (corners[3] - corners[1]) * share
    left = np.arange(len(boxes))
    kept: list[int] = []
    while left.size and len(kept) < FACES:
        block, left = left[:_BLOCK], left[_BLOCK:]
        some, sizes = corners[:, block], areas[block]
        chosen = _greedy(_too_near(some, sizes, some, sizes))
        kept += block[chosen].tolist()
        near = _too_near(some[:, chosen], sizes[chosen], corners[:, left], areas[left])
        left = left[~near.any(axis=0)]
    return kept


def _greedy(near: NDArray[np.bool_]) -> list[int]:
    """Within a block, (B, B): the rows that no earlier chosen row is too near to. Rows as whole numbers, a bit each."""
    width = -(-len(near) // 8)
    packed = np.packbits(near, axis=1, bitorder="little").tobytes()
    gone = 0
    chosen = []
    for number in range(len(near)):
        if not gone >> number & 1:
            chosen.append(number)
            gone |= int.from_bytes(packed[number * width : (number + 1) * width], "little")
    return chosen


def _too_near(some: Floats, sizes: Floats, others: Floats, their_sizes: Floats) -> NDArray[np.bool_]:
    """Whether the overlap is above ``OVERLAP``: corners (4, B) and (4, M), sizes (B,) and (M,), to (B, M)."""
    x1, y1, x2, y2 = some[:, :, None]
    with np.errstate(over="ignore", invalid="ignore"):
        across = np.minimum(x2, others[2])
        across -= np.maximum(x1, others[0])
        down = np.minimum(y2, others[3])
        down -= np.maximum(y1, others[1])
        np.maximum(across, 0, out=across)  # one is enough: a product that is not positive is no overlap
        across *= down
        result: NDArray[np.bool_] = across > sizes[:, None] + their_sizes
    return result
