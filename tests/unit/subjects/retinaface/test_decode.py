import math

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.subjects.retinaface.architecture import Backbone, anchors, network
from harness.subjects.retinaface.decode import OVERLAP, Faces, faces_of_decoded, faces_of_raw, overlaps
from harness.subjects.retinaface.emit_onnx import onnx_model
from harness.subjects.retinaface.priors import priors
from harness.subjects.retinaface.seeded import seeded_weights
from harness.subjects.retinaface.settings import Heads
from tests.unit.subjects.evaluate import evaluate, noise

SIZE = 64
N = anchors(SIZE, SIZE)


def heads() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Nothing found anywhere."""
    conf = np.tile(np.array([10, -10], np.float32), (N, 1))
    return np.zeros((N, 4), np.float32), conf, np.zeros((N, 10), np.float32)


def test_the_first_anchors_lie_row_by_row() -> None:
    centres, sizes = priors(SIZE, SIZE)
    assert centres[:4].tolist() == [[4, 4], [4, 4], [12, 4], [12, 4]]
    assert sizes[[0, 1, -1], 0].tolist() == [16, 32, 512]
    assert len(centres) == N


def test_one_face_by_hand() -> None:
    loc, conf, landms = heads()
    conf[0] = 0, 3  # centre (4, 4), size 16
    loc[0] = 1, -1, 0, np.log(2) / 0.2
    landms[0, :2] = 2, 5
    found = faces_of_raw(loc, conf, landms, SIZE, SIZE)
    assert found.boxes[0].tolist() == pytest.approx([4 + 1.6 - 8, 4 - 1.6 - 16, 4 + 1.6 + 8, 4 - 1.6 + 16])
    assert found.scores.tolist() == pytest.approx([1 / (1 + math.exp(-3))])
    assert found.points[0, :2].ravel().tolist() == pytest.approx([4 + 3.2, 4 + 8, 4, 4])


def test_nothing_found() -> None:
    found = faces_of_raw(*heads(), SIZE, SIZE)
    assert (found.boxes.shape, found.scores.shape, found.points.shape) == ((0, 4), (0,), (0, 5, 2))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
def test_hostile_numbers_are_dropped(bad: float) -> None:
    loc, conf, landms = heads()
    conf[0] = bad, bad
    loc[2], conf[2] = (0, 0, bad, bad), (0, 3)
    landms[4], conf[4] = bad, (0, 3)
    conf[-1] = 0, 5
    found = faces_of_raw(loc, conf, landms, SIZE, SIZE)
    assert np.isfinite(found.boxes).all()
    assert np.isfinite(found.points).all()
    assert 1 / (1 + np.exp(-5)) == pytest.approx(float(found.scores[0]))


def test_the_graphs_own_decoding_gives_the_same_faces() -> None:
    net = network(Backbone.MOBILENET)
    weights = seeded_weights(net, 1)
    raw, decoded = (
        evaluate(onnx_model(net, weights, height=SIZE, width=SIZE, heads=heads), noise(SIZE)) for heads in Heads
    )
    one = faces_of_raw(raw["loc"][0], raw["conf"][0], raw["landms"][0], SIZE, SIZE)
    other = faces_of_decoded(decoded["boxes"][0], decoded["scores"][0], decoded["landmarks"][0])
    assert len(one.scores) > 3
    for name in ("boxes", "scores", "points"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=1e-4, atol=1e-3)


def naive(boxes: NDArray[np.float32], scores: NDArray[np.float32]) -> list[int]:
    kept: list[int] = []
    for number in np.argsort(-scores, kind="stable"):
        if not kept or overlaps(boxes[number], boxes[kept]).max() <= OVERLAP:
            kept.append(int(number))
    return kept


@pytest.mark.parametrize("seed", range(5))
def test_suppression_agrees_with_the_plain_definition(seed: int) -> None:
    random = np.random.default_rng(seed)
    corner = random.uniform(0, 60, (200, 2))
    boxes = np.concatenate((corner, corner + random.uniform(1, 30, (200, 2))), axis=1).astype(np.float32)
    scores = random.uniform(0.1, 1, 200).astype(np.float32)
    found: Faces = faces_of_decoded(boxes, scores, np.zeros((200, 10), np.float32))
    np.testing.assert_array_equal(found.boxes, boxes[naive(boxes, scores)])
