"""The official evaluation of WIDER FACE: average precision in a setting.

Scores are normalised over all pictures, precision and recall are taken at 1000 thresholds, a face is found at an
overlap of 0.5 (sides counted as pixels, one more than the difference), and a detection that overlaps most a face that
does not count in the setting counts neither way. The second detection of a face is a false one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

THRESHOLDS = 1000
OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Scored:
    """Of one picture, in any order: ``boxes`` (K, 4) as x, y, width, height, and ``scores`` (K,)."""

    boxes: Floats
    scores: Floats


class Curve:
    """Precision and recall of one setting, picture after picture; ``low`` and ``high`` are the scores' bounds."""

    def __init__(self, low: float, high: float) -> None:
        self._low = low
        self._width = high - low if high > low else 1.0
        self._proposals = np.zeros(THRESHOLDS, np.int64)
        self._found = np.zeros(THRESHOLDS, np.int64)
        self._faces = 0

    def add(self, found: Scored, boxes: Floats, counted: NDArray[np.bool_]) -> None:
        """``boxes`` (F, 4) are all faces of the picture, ``counted`` (F,) those of the setting."""
        self._faces += int(counted.sum())
        if not len(boxes) or not len(found.scores):
            return
        order = np.argsort(-found.scores, kind="stable")
        proposals, hits = matched(found.boxes[order], boxes, counted)
        falling = (found.scores[order] - self._low) / self._width
        # How many detections reach each threshold, from 0.999 down to 0.
        reaching = np.searchsorted(-falling, -_thresholds(), side="right")
        some = reaching > 0
        self._proposals[some] += np.cumsum(proposals)[reaching[some] - 1]
        self._found[some] += np.cumsum(hits)[reaching[some] - 1]

    def average_precision(self) -> float:
        """NaN where no face counts in the setting."""
        if not self._faces:
            return float("nan")
        recall = np.concatenate(([0.0], self._found / self._faces, [1.0]))
        precision = np.concatenate(([0.0], self._found / np.maximum(self._proposals, 1), [0.0]))
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        steps = np.flatnonzero(recall[1:] != recall[:-1])
        return float(((recall[steps + 1] - recall[steps]) * envelope[steps + 1]).sum())


def matched(
    detections: Floats, boxes: Floats, counted: NDArray[np.bool_]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """For detections in falling order of score: which are proposals, and which find a face for the first time."""
    overlaps = _overlaps(detections, boxes)
    nearest = overlaps.argmax(axis=1)
    enough = overlaps[np.arange(len(detections)), nearest] >= OVERLAP
    ignored = enough & ~counted[nearest]
    hits = np.zeros(len(detections), bool)
    right = np.flatnonzero(enough & ~ignored)
    hits[right[np.unique(nearest[right], return_index=True)[1]]] = True
    return ~ignored, hits


def bounds(scores: Iterable[Floats]) -> tuple[float, float]:
    """The least and the largest score of all pictures; 0 and 1 where nothing was found."""
    ends = [(float(each.min()), float(each.max())) for each in scores if each.size]
    return (min(low for low, _ in ends), max(high for _, high in ends)) if ends else (0.0, 1.0)


def average_precisions(
    found: Sequence[Scored], boxes: Sequence[Floats], counted: Sequence[NDArray[np.bool_]]
) -> list[float]:
    """For each row of ``counted`` (settings, F) of the pictures."""
    low, high = bounds(each.scores for each in found)
    curves = [Curve(low, high) for _ in range(len(counted[0]))]
    for one, faces, masks in zip(found, boxes, counted, strict=True):
        for curve, mask in zip(curves, masks, strict=True):
            curve.add(one, faces, mask)
    return [curve.average_precision() for curve in curves]


def _thresholds() -> Floats:
    return 1 - np.arange(1, THRESHOLDS + 1) / THRESHOLDS


def _overlaps(some: Floats, others: Floats) -> Floats:
    """(K, 4) with (F, 4) as x, y, width, height, to (K, F)."""
    low = np.maximum(some[:, None, :2], others[None, :, :2])
    high = np.minimum((some[:, :2] + some[:, 2:])[:, None], (others[:, :2] + others[:, 2:])[None])
    inner = np.prod(np.maximum(high - low + 1, 0), axis=2)
    areas = [np.prod(each[:, 2:] + 1, axis=1) for each in (some, others)]
    result: Floats = inner / (areas[0][:, None] + areas[1][None] - inner)
    return result
