import math

import numpy as np
import pytest

from harness.subjects.difference import difference
from harness.subjects.retinaface.decode import Faces
from harness.subjects.retinaface.metrics import Truth, accuracy, average_precision

POINTS = np.full((5, 2), 5, np.float32)


def faces(*found: tuple[float, float]) -> Faces:
    """Detections of a score, moved to the right by some pixels."""
    boxes = [[moved, 0, moved + 10, 10] for _, moved in found]
    return Faces(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array([score for score, _ in found], np.float32),
        np.array([np.add(POINTS, (moved, 0)) for _, moved in found], np.float32).reshape(-1, 5, 2),
    )


def truth(*moved: float) -> Truth:
    found = faces(*((1.0, each) for each in moved))
    return Truth(found.boxes, found.points)


def test_all_found() -> None:
    score = accuracy([faces((0.9, 0), (0.8, 40))], [truth(0, 40)])
    assert (score.average_precision, score.landmark_error, score.matched) == (1.0, 0.0, 2)


def test_a_face_is_matched_once() -> None:
    score = accuracy([faces((0.9, 0), (0.8, 1))], [truth(0, 40)])
    assert (score.average_precision, score.matched) == (0.5, 1)


def test_the_better_score_is_asked_first() -> None:
    # Two true faces, hits at ranks 1 and 3: precision 1 up to a recall of 0.5, then 2/3.
    score = accuracy([faces((0.9, 0), (0.5, 40)), faces((0.7, 80))], [truth(0, 40), truth()])
    assert score.average_precision == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)


def test_too_little_overlap_is_no_match() -> None:
    score = accuracy([faces((0.9, 4))], [truth(0)])
    assert score.average_precision == 0.0
    assert math.isnan(score.landmark_error)


def test_landmark_error_is_in_units_of_the_face() -> None:
    assert accuracy([faces((0.9, 1))], [truth(0)]).landmark_error == pytest.approx(0.1)


def test_no_faces_at_all_has_no_precision() -> None:
    assert math.isnan(average_precision(np.zeros(0, np.float32), np.zeros(0, bool), 0))


def test_difference_names_the_worst_element() -> None:
    expected = np.array([[1, 2], [3, 4]], np.float32)
    value = expected + np.array([[0, 0.5], [-1, 0]], np.float32)
    found = difference(value, expected)
    assert (found.worst, found.value, found.expected) == ((1, 0), 2.0, 3.0)
    assert (found.largest, found.mean, found.not_finite) == (1.0, 0.375, 0)
    assert 0.9 < found.cosine < 1


def test_what_is_not_finite_is_counted() -> None:
    found = difference(np.array([np.nan, 1], np.float32), np.array([1, 1], np.float32))
    assert (found.not_finite, found.largest, found.worst) == (1, 0.0, (0,))


def test_equal_zeros_agree() -> None:
    zeros = np.zeros(3, np.float32)
    assert difference(zeros, zeros).cosine == 1.0
