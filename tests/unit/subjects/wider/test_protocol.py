from __future__ import annotations

import math

import numpy as np
import pytest

from harness.subjects.wider.protocol import Scored, average_precisions, bounds, matched
from tests.unit.subjects.wider.official import Box, Detection, slow_average_precision

FACE, OTHER, FAR = (10.0, 10.0, 40.0, 40.0), (100.0, 10.0, 40.0, 40.0), (300.0, 300.0, 20.0, 20.0)


def fast(found: list[list[Detection]], faces: list[list[tuple[Box, bool]]]) -> float:
    scored = [
        Scored(np.array([box for box, _ in each]).reshape(-1, 4), np.array([score for _, score in each]))
        for each in found
    ]
    boxes = [np.array([box for box, _ in each]).reshape(-1, 4) for each in faces]
    counted = [np.array([[counts for _, counts in each]], bool).reshape(1, -1) for each in faces]
    return average_precisions(scored, boxes, counted)[0]


@pytest.mark.parametrize(
    ("found", "faces", "expected"),
    [
        # Both found, nothing else.
        ([[(FACE, 0.9), (OTHER, 0.5)]], [[(FACE, True), (OTHER, True)]], 1.0),
        # One of two found, above a false one: recall a half, precision 1 there.
        ([[(FACE, 0.9), (FAR, 0.5)]], [[(FACE, True), (OTHER, True)]], 0.5),
        # The false one first: precision is a half at the only recall.
        ([[(FAR, 0.9), (FACE, 0.5)]], [[(FACE, True)]], 0.5),
        # A face that does not count costs neither way, found or not.
        ([[(OTHER, 0.9), (FACE, 0.5)]], [[(FACE, True), (OTHER, False)]], 1.0),
        ([[(FACE, 0.9), (FAR, 0.5)]], [[(FACE, True), (OTHER, False)]], 1.0),
        # Twice found is once false, but only after it is found.
        ([[(FACE, 0.9), (FACE, 0.7), (OTHER, 0.5)]], [[(FACE, True), (OTHER, True)]], 0.5 + 0.5 * 2 / 3),
        # A picture without a detection still has its face to find; one without a face costs nothing.
        ([[(FACE, 0.9), (FAR, 0.1)], []], [[(FACE, True)], [(FACE, True)]], 0.5),
        ([[(FACE, 0.9)], [(FAR, 1.0)]], [[(FACE, True)], []], 1.0),
    ],
)
def test_cases_worked_by_hand(
    found: list[list[Detection]], faces: list[list[tuple[Box, bool]]], expected: float
) -> None:
    assert fast(found, faces) == pytest.approx(expected, abs=1e-12)


def test_sides_count_a_pixel_more() -> None:
    # 9x9 in 19x9 is 0.4737 by area; with a pixel more on each side it is 100 of 200, enough.
    one, other = np.array([[0.0, 0.0, 9.0, 9.0]]), np.array([[0.0, 0.0, 19.0, 9.0]])
    proposals, hits = matched(one, other, np.array([True]))
    assert (proposals.tolist(), hits.tolist()) == ([True], [True])


def test_scores_are_normalised_over_all_pictures() -> None:
    faces = [[(FACE, True)], [(FACE, True)]]
    found: list[list[Detection]] = [[(FACE, 0.9), (FAR, 0.3)], [(FACE, 0.6)]]
    scaled: list[list[Detection]] = [[(box, 5 * score - 7) for box, score in each] for each in found]
    assert fast(scaled, faces) == fast(found, faces) == pytest.approx(1.0)
    assert bounds([np.array([0.2, 0.4]), np.array([]), np.array([0.9])]) == (0.2, 0.9)


def test_nothing_found_and_nothing_to_find() -> None:
    assert fast([[]], [[(FACE, True)]]) == 0.0
    assert math.isnan(fast([[(FACE, 0.5)]], [[(FACE, False)]]))


@pytest.mark.parametrize("seed", range(12))
def test_agrees_with_slow_loops(seed: int) -> None:
    random = np.random.default_rng(seed)
    found: list[list[Detection]] = []
    faces: list[list[tuple[Box, bool]]] = []
    for _ in range(6):
        truth = [_box(random) for _ in range(int(random.integers(0, 9)))]
        near = [_near(random, truth[int(random.integers(len(truth)))]) for _ in range(20) if truth]
        boxes = near + [_box(random) for _ in range(int(random.integers(0, 9)))]
        faces.append([(box, bool(random.random() < 0.6)) for box in truth])
        found.append([(box, round(float(random.random()), 2)) for box in boxes])
    assert fast(found, faces) == pytest.approx(slow_average_precision(found, faces), abs=1e-9)


def _box(random: np.random.Generator) -> Box:
    x, y, width, height = (float(each) for each in random.uniform((0, 0, 8, 8), (200, 200, 60, 60)))
    return (x, y, width, height)


def _near(random: np.random.Generator, box: Box) -> Box:
    x, y, width, height = (each + float(random.normal(0, 4)) for each in box)
    return (x, y, max(width, 1.0), max(height, 1.0))
