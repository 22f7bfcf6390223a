"""The anchors' places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from harness.subjects.retinaface.architecture import ANCHOR_SIZES, STRIDES


def priors(height: int, width: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Centres (N, 2) as x, y and sizes (N, 1), in pixels: by stride, row, column, anchor."""
    centres, sizes = [], []
    for stride, pair in zip(STRIDES, ANCHOR_SIZES, strict=True):
        rows, columns = np.mgrid[0 : height // stride, 0 : width // stride]
        places = np.stack((columns, rows), axis=-1).reshape(-1, 1, 2) * stride + stride / 2
        centres.append(np.broadcast_to(places, (len(places), 2, 2)).reshape(-1, 2))
        sizes.append(np.tile(np.array(pair), len(places))[:, None])
    return np.concatenate(centres).astype(np.float32), np.concatenate(sizes).astype(np.float32)
