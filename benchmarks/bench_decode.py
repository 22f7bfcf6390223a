"""Decoding and suppressing the 16,800 anchors of a 640x640 picture, beside plain loops that do the same.

python benchmarks/bench_decode.py
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Callable

# One core, before NumPy is imported.
os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import numpy as np
from numpy.typing import NDArray
from tabulate import tabulate

from harness.subjects.retinaface.decode import CANDIDATES, OVERLAP, THRESHOLD, faces_of_raw
from harness.subjects.retinaface.priors import priors

SIZE = 640
BOUND_MS = 3.0
Heads = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]


def heads(faces: int, share: float) -> Heads:
    """``faces`` places where a handful of anchors answer, and a share of all anchors just above the threshold."""
    random = np.random.default_rng(0)
    centres, sizes = priors(SIZE, SIZE)
    number = len(centres)
    loc, landms = random.normal(0, 0.5, (number, 4)), random.normal(0, 0.5, (number, 10))
    margin = random.normal(-9, 1, number)
    for _ in range(faces):
        place, size = random.uniform(0, SIZE, 2), 2.0 ** random.uniform(4, 9)
        near = (np.abs(centres - place).max(axis=1) < size / 4) & (np.abs(np.log2(sizes[:, 0] / size)) < 0.7)
        margin[near] = random.uniform(0, 6, near.sum())
    weak = random.random(number) < share
    margin[weak] = random.uniform(-3.8, 0, weak.sum())
    conf = np.stack((np.zeros(number), margin), axis=1)
    return loc.astype(np.float32), conf.astype(np.float32), landms.astype(np.float32)


def loops(loc: NDArray[np.float32], conf: NDArray[np.float32], landms: NDArray[np.float32]) -> int:
    """The same, anchor by anchor; the number of faces."""
    centres, sizes = (each.tolist() for each in priors(SIZE, SIZE))
    found = []
    for place, (box, (no, yes), points) in enumerate(zip(loc.tolist(), conf.tolist(), landms.tolist(), strict=True)):
        score = math.exp(yes) / (math.exp(no) + math.exp(yes))
        (x, y), (size,) = centres[place], sizes[place]
        x, y = x + box[0] * 0.1 * size, y + box[1] * 0.1 * size
        w, h = size * math.exp(box[2] * 0.2), size * math.exp(box[3] * 0.2)
        marks = [centres[place][i % 2] + point * 0.1 * size for i, point in enumerate(points)]
        if score > THRESHOLD:
            found.append((score, (x - w / 2, y - h / 2, x + w / 2, y + h / 2), marks))
    found.sort(key=lambda each: -each[0])
    kept: list[tuple[float, ...]] = []
    for _, box, _ in found[:CANDIDATES]:
        if all(_overlap(box, other) <= OVERLAP for other in kept):
            kept.append(box)
    return len(kept)


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    inner = max(min(a[2], b[2]) - max(a[0], b[0]), 0) * max(min(a[3], b[3]) - max(a[1], b[1]), 0)
    return inner / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - inner)


def milliseconds(work: Callable[[], object], times: int) -> float:
    """The median of processor time: other processes of the machine do not count."""
    taken = []
    for _ in range(times):
        started = time.process_time()
        work()
        taken.append((time.process_time() - started) * 1000)
    return sorted(taken)[times // 2]


def main() -> None:
    rows = []
    for name, faces, share in (("5 faces", 5, 0.0), ("50 faces", 50, 0.0), ("50 faces, 2% noise", 50, 0.02)):
        given = heads(faces, share)
        found = len(faces_of_raw(*given, SIZE, SIZE).scores)
        ours = milliseconds(lambda given=given: faces_of_raw(*given, SIZE, SIZE), 101)  # type: ignore[misc]
        peer = milliseconds(lambda given=given: loops(*given), 5)  # type: ignore[misc]
        above = int((given[1][:, 1] > math.log(THRESHOLD / (1 - THRESHOLD))).sum())
        rows.append([name, above, found, f"{ours:.2f}", f"{peer:.1f}", f"{peer / ours:.0f}", ours <= BOUND_MS])
    print(tabulate(rows, ["picture", "candidates", "faces", "ours ms", "loops ms", "ratio", f"within {BOUND_MS} ms"]))


if __name__ == "__main__":
    main()
