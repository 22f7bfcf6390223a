"""Greedy suppression of boxes that overlap a better one.

The best boxes lie on heaps, one for each face, and take most others away: block after block is compared with all that
are left. Those that then still stand are mostly alone, and few of them lie near each other; those pairs are found by
sorting.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Places = NDArray[np.intp]

_BLOCK = 96
_PAIRS = 150  # for each box; of more the blocks take less time
_PLAIN = (1e-30, 1e30)  # areas whose products and sums are exact enough


def kept(boxes: Floats, overlap: float, most: int) -> list[int]:
    """Numbers of at most ``most`` boxes (N, 4), best first, that no better one overlaps by more than ``overlap``."""
    corners = np.ascontiguousarray(boxes.T)
    # inner > overlap * (a + b - inner) is inner > share * a + share * b.
    share = np.float32(overlap / (1 + overlap))
    with np.errstate(over="ignore", invalid="ignore"):
        areas = (corners[2] - corners[0]) * (corners[3] - corners[1]) * share
    left = np.arange(len(boxes))
    found: list[int] = []
    while left.size and len(found) < most:
        if left.size > _BLOCK and (pairs := _pairs(corners[:, left], areas[left], overlap)) is not None:
            found += left[_alone(*pairs, len(left))].tolist()
            break
        block, left = left[:_BLOCK], left[_BLOCK:]
        some, sizes = corners[:, block], areas[block]
        chosen = _greedy(_too_near(some, sizes, some, sizes))
        found += block[chosen].tolist()
        near = _too_near(some[:, chosen], sizes[chosen], corners[:, left], areas[left])
        left = left[~near.any(axis=0)]
    return found[:most]


def _pairs(corners: Floats, areas: Floats, overlap: float) -> tuple[Places, Places] | None:
    """The better and the worse of each two that overlap too much; ``None`` where blocks are the better way.

    With widths w >= v the common part is wider than ``overlap * w``, so that the middles are less than
    ``(0.5 + 0.5 - overlap) * w`` apart: each box needs to be compared with its neighbours in that reach alone.
    """
    x1, x2 = corners[0].astype(np.float64), corners[2].astype(np.float64)
    if not ((areas > _PLAIN[0]) & (areas < _PLAIN[1]) & (x2 > x1)).all():
        return None
    order = np.argsort((x1 + x2) / 2)
    middle, reach = ((x1 + x2) / 2)[order], ((1.05 - overlap) * (x2 - x1))[order]
    first, last = np.searchsorted(middle, middle - reach), np.searchsorted(middle, middle + reach, side="right")
    counts = last - first
    total = int(counts.sum())
    if total > _PAIRS * len(order):
        return None
    one = np.repeat(np.arange(len(order)), counts)
    other = np.arange(total) + np.repeat(first - np.cumsum(counts) + counts, counts)
    left, top, right, bottom = corners[:, order]
    down = np.minimum(bottom[one], bottom[other]) - np.maximum(top[one], top[other])
    near = np.flatnonzero((down > 0) & (one != other))
    one, other, down = one[near], other[near], down[near]
    across = np.minimum(right[one], right[other]) - np.maximum(left[one], left[other])
    sizes = areas[order]
    close = np.maximum(across, 0) * down > sizes[one] + sizes[other]
    one, other = order[one[close]], order[other[close]]
    return np.minimum(one, other), np.maximum(one, other)


def _alone(better: Places, worse: Places, number: int) -> Places:
    """Of so many boxes those that stay. Pairs in the order of the better: what is gone is known before it is asked."""
    gone = bytearray(number)
    ranked = np.argsort(better, kind="stable")
    for one, other in zip(better[ranked].tolist(), worse[ranked].tolist(), strict=True):
        if not gone[one]:
            gone[other] = 1
    return np.flatnonzero(np.frombuffer(gone, np.uint8) == 0)


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
    """Whether the overlap is too large: corners (4, B) and (4, M), sizes (B,) and (M,), to (B, M)."""
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
