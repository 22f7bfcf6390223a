"""A change of a detector's outputs as its user sees it: faces lost, faces new, boxes moved."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
import numpy as np
import numpy.typing as npt

from harness.subjects.faces import TEST_SEED, network_input, picture
from harness.subjects.retinaface.architecture import MEAN_BGR
from harness.subjects.retinaface.decode import Faces, faces_of_decoded, faces_of_raw, overlaps

Array = npt.NDArray[np.float32]

# What a user calls a detection, and when two boxes are the same face.
_SURE = 0.5
_SAME = 0.5
_FEWEST_FACES = 4
_RAW, _DECODED = {"loc", "conf", "landms"}, {"boxes", "scores", "landmarks"}


class Detections(msgspec.Struct, frozen=True, kw_only=True):
    """Faces above a score of 0.5. ``moved`` is the largest distance of a side of a box, in pixels."""

    faces: int
    lost: int
    new: int
    moved: float
    score: float


def is_detector(outputs: set[str], shape: list[int]) -> bool:
    """Whether a model has RetinaFace's outputs, raw or decoded, for one picture of a known size."""
    whole = len(shape) == 4 and shape[:2] == [1, 3] and min(shape[2:]) >= 32
    return whole and (outputs >= _RAW or outputs >= _DECODED)


def test_picture(height: int, width: int) -> Array:
    """The first rendered test picture with several faces, as the network takes it."""
    seeds = range(TEST_SEED, TEST_SEED + 50)
    scenes = (picture(seed, height, width) for seed in seeds)
    chosen = next((scene for scene in scenes if len(scene.boxes) >= _FEWEST_FACES), picture(TEST_SEED, height, width))
    return network_input(chosen.image, MEAN_BGR)


def compared(before: Mapping[str, Array], after: Mapping[str, Array], height: int, width: int) -> Detections:
    given, found = _faces(before, height, width), _faces(after, height, width)
    pairs = _pairs(given, found)
    moved = [float(np.max(np.abs(given.boxes[one] - found.boxes[other]))) for one, other in pairs]
    score = [float(abs(given.scores[one] - found.scores[other])) for one, other in pairs]
    return Detections(
        faces=len(given.scores),
        lost=len(given.scores) - len(pairs),
        new=len(found.scores) - len(pairs),
        moved=max(moved, default=0.0),
        score=max(score, default=0.0),
    )


def _pairs(given: Faces, found: Faces) -> list[tuple[int, int]]:
    """Each face with the one that overlaps it most, once."""
    pairs: list[tuple[int, int]] = []
    free = set(range(len(found.scores)))
    for one, box in enumerate(given.boxes):
        shared = overlaps(box, found.boxes) if len(found.boxes) else np.zeros(0)
        best = max(free, key=lambda other: shared[other], default=-1)
        if best >= 0 and shared[best] >= _SAME:
            pairs.append((one, best))
            free.discard(best)
    return pairs


def _faces(outputs: Mapping[str, Array], height: int, width: int) -> Faces:
    if outputs.keys() >= _RAW:
        loc, conf, landms = (outputs[name][0] for name in ("loc", "conf", "landms"))
        return faces_of_raw(loc, conf, landms, height, width, threshold=_SURE)
    boxes, scores, landmarks = (outputs[name][0] for name in ("boxes", "scores", "landmarks"))
    return faces_of_decoded(boxes, scores, landmarks, threshold=_SURE)
