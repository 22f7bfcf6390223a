"""How good the faces are that a route's outputs hold: against the truth, and against those of the FP32 model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.subjects.retinaface.decode import Faces, faces_of_decoded, faces_of_raw
from harness.subjects.retinaface.metrics import Accuracy, Truth, accuracy
from harness.subjects.retinaface.rows import faces_of_rows

Floats = NDArray[np.float32]

SURE = 0.5  # faces of the FP32 model from this score on are to be found again


def faces_in(outputs: Mapping[str, Floats], height: int, width: int) -> Faces:
    """Faces of one sample (batch 1), whichever form the route gives. Raises KeyError where it is none."""
    if "detections" in outputs:
        return faces_of_rows(outputs["detections"][0])
    if "loc" in outputs:
        return faces_of_raw(outputs["loc"][0], outputs["conf"][0], outputs["landms"][0], height, width)
    return faces_of_decoded(outputs["boxes"][0], outputs["scores"][0], outputs["landmarks"][0])


def measure(
    outputs: Mapping[str, Floats], reference: Mapping[str, Floats], truth: Mapping[str, NDArray[Any]], info: Any
) -> dict[str, float]:
    """``ap50``, ``landmark_error`` against the truth; ``boxes_matched``, ``landmark_error_to_fp32`` against FP32.

    ``ap50_loss`` is what FP32 has more. NaN where there is nothing to measure, as with random weights.
    """
    samples = len(next(iter(outputs.values())))
    truths = _truths(truth, samples)
    found, exact = (
        [faces_in({name: array[number] for name, array in run.items()}, info["height"], info["width"])
         for number in range(samples)]
        for run in (outputs, _same_form(outputs, reference))
    )  # fmt: skip
    score, best = accuracy(found, truths), accuracy(exact, truths)
    again = _found_again(found, exact)
    return {
        "ap50": score.average_precision,
        "ap50_fp32": best.average_precision,
        "ap50_loss": best.average_precision - score.average_precision,
        "landmark_error": score.landmark_error,
        "boxes_matched": again.matched / again.faces if again.faces else float("nan"),
        "landmark_error_to_fp32": again.landmark_error,
    }


def _same_form(outputs: Mapping[str, Floats], reference: Mapping[str, Floats]) -> dict[str, Floats]:
    return {name: reference[name] for name in outputs}


def _found_again(found: Sequence[Faces], exact: Sequence[Faces]) -> Accuracy:
    """The FP32 model's sure faces taken for the truth."""
    sure = [Truth(faces.boxes[faces.scores >= SURE], faces.points[faces.scores >= SURE]) for faces in exact]
    return accuracy(found, sure)


def _truths(truth: Mapping[str, NDArray[Any]], samples: int) -> list[Truth]:
    return [
        Truth(truth["boxes"][truth["picture"] == number], truth["points"][truth["picture"] == number])
        for number in range(samples)
    ]
