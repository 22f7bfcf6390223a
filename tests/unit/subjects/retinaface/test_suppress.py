from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.subjects.retinaface import suppress
from harness.subjects.retinaface.suppress import kept

OVERLAP = 0.4


def greedy(boxes: NDArray[np.float32]) -> list[int]:
    """Box by box, in double precision."""
    found: list[int] = []
    for number, (x1, y1, x2, y2) in enumerate(boxes.astype(float)):
        for a1, b1, a2, b2 in boxes[found].astype(float):
            inner = max(min(x2, a2) - max(x1, a1), 0) * max(min(y2, b2) - max(y1, b1), 0)
            union = (x2 - x1) * (y2 - y1) + (a2 - a1) * (b2 - b1) - inner
            if inner > OVERLAP * union:
                break
        else:
            found.append(number)
    return found


def random_boxes(seed: int, number: int, spread: float, largest: float) -> NDArray[np.float32]:
    random = np.random.default_rng(seed)
    middle = random.uniform(0, spread, (number, 2))
    half = np.exp(random.uniform(0, np.log(largest), (number, 2)))
    return np.concatenate((middle - half, middle + half), axis=1).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("number", "spread", "largest"), [(400, 640, 16), (400, 640, 300), (400, 30, 20), (97, 640, 16), (700, 2000, 8)]
)
@pytest.mark.parametrize("pairs", [0, 150, 10_000], ids=["blocks", "both", "pairs"])
def test_keeps_what_loops_keep(
    monkeypatch: pytest.MonkeyPatch, seed: int, number: int, spread: float, largest: float, pairs: int
) -> None:
    monkeypatch.setattr(suppress, "_PAIRS", pairs)
    boxes = random_boxes(seed, number, spread, largest)
    assert kept(boxes, OVERLAP, number) == greedy(boxes)


def test_few_boxes_alone_go_by_pairs_and_a_heap_does_not() -> None:
    def pairs(boxes: NDArray[np.float32]) -> object:
        corners = np.ascontiguousarray(boxes.T)
        areas = (corners[2] - corners[0]) * (corners[3] - corners[1])
        return suppress._pairs(corners, areas, OVERLAP)

    assert pairs(random_boxes(1, 500, 640, 8)) is not None
    assert pairs(random_boxes(1, 500, 5, 8)) is None


@pytest.mark.parametrize(
    "strange",
    [
        [5.0, 5.0, 1.0, 9.0],
        [5.0, 5.0, 5.0, 5.0],
        [-3e38, -3e38, 3e38, 3e38],
        [0.0, 0.0, 1e-38, 1e-38],
        [5.0, 9.0, 1.0, 1.0],
    ],
)
def test_one_strange_box_changes_nothing_for_the_others(strange: list[float]) -> None:
    boxes = np.concatenate((random_boxes(3, 300, 640, 16), np.array([strange], np.float32)))
    assert [each for each in kept(boxes, OVERLAP, 750) if each < 300] == greedy(boxes[:300])


def test_no_more_than_asked_and_the_best() -> None:
    boxes = random_boxes(2, 500, 640, 8)
    assert kept(boxes, OVERLAP, 20) == greedy(boxes)[:20]
    assert kept(boxes[:0], OVERLAP, 20) == []
