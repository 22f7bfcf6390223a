"""The rows that the Decode plugin gives, by NumPy: a box, its score and five points for every anchor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.subjects.retinaface.architecture import VARIANCES
from harness.subjects.retinaface.decode import THRESHOLD, Faces, suppressed
from harness.subjects.retinaface.priors import priors

Floats = NDArray[np.float32]

ROW = 15


def plugin_rows(loc: Floats, conf: Floats, landms: Floats, height: int, width: int) -> Floats:
    """(N, 4), (N, 2), (N, 10) to (N, 15): box, score, points in pixels.

    Zeros where the score is not above the threshold or a number is not finite.
    """
    centres, sizes = priors(height, width)
    near = np.float32(VARIANCES[0]) * sizes
    with np.errstate(over="ignore", invalid="ignore"):
        scores = 1 / (1 + np.exp(conf[:, :1] - conf[:, 1:]))
        middle = centres + loc[:, :2] * near
        half = np.exp(loc[:, 2:] * np.float32(VARIANCES[1])) * (sizes / 2)
        points = centres[:, None] + landms.reshape(-1, 5, 2) * near[:, None]
        rows = np.concatenate((middle - half, middle + half, scores, points.reshape(-1, 10)), axis=1)
        kept = np.isfinite(rows).all(axis=1) & (rows[:, 4] > THRESHOLD)
    result: Floats = np.where(kept[:, None], rows, 0).astype(np.float32)
    return result


def faces_of_rows(rows: Floats) -> Faces:
    """(N, 15) to faces, suppressed."""
    found = rows[rows[:, 4] > THRESHOLD]
    found = found[np.argsort(-found[:, 4], kind="stable")]
    return suppressed(found[:, :4], found[:, 4], found[:, 5:].reshape(-1, 5, 2))
