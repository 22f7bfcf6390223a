"""What a reduced precision should cost, where no engine can run: ONNX Runtime on the CPU, on rendered test pictures.

A prediction, and marked as one: typed forms are judged by their rounded weights with FP32 activations, Q/DQ forms by
the model itself. What a builder fuses, or a GPU sums in another order, is not in it.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
from onnx import TensorProto, numpy_helper

from harness.subjects.difference import difference
from harness.subjects.faces import TEST_SEED, network_input, picture
from harness.subjects.retinaface.architecture import INPUT, MEAN_BGR
from harness.subjects.retinaface.detections import faces_in
from harness.subjects.retinaface.metrics import Accuracy, Truth, accuracy
from harness.subjects.retinaface.settings import Settings
from harness.subjects.samples import evaluated, session
from harness.subjects.typed import HalfType

PICTURES = 8
SEEDED_PICTURES = 2  # random weights find no face: the tensors' differences are all there is to see


def prediction(exact: Any, reduced: Any, chosen: Settings, *, as_written: bool = False) -> dict[str, Any]:
    """Compare two ``onnx.ModelProto`` (or paths of models): head tensors, average precision, landmark error.

    ``as_written``: the reduced one is not optimised before it runs, see ``session``.
    """
    height, width = chosen.height, chosen.width
    pictures = SEEDED_PICTURES if chosen.weights.startswith("seed:") else PICTURES
    sessions = [session(exact), session(reduced, as_written=as_written)]
    scenes = [picture(TEST_SEED + number, height, width) for number in range(pictures)]
    images = [network_input(scene.image, MEAN_BGR) for scene in scenes]
    runs = [[evaluated(running, {INPUT: image}) for image in images] for running in sessions]
    truths = [Truth(scene.boxes, scene.points) for scene in scenes]
    scores = [accuracy([faces_in(outputs, height, width) for outputs in run], truths) for run in runs]
    return {
        "by": f"ONNX Runtime on the CPU, {pictures} rendered pictures",
        "heads": {
            name: dataclasses.asdict(difference(*(np.concatenate([each[name] for each in run]) for run in runs[::-1])))
            for name in runs[0][0]
        },
        "fp32": _told(scores[0]),
        "reduced": _told(scores[1]),
    }


def _told(score: Accuracy) -> dict[str, Any]:
    """JSON has no NaN."""
    return {name: None if value != value else value for name, value in dataclasses.asdict(score).items()}


def rounded(model: Any, half: HalfType) -> Any:
    """A copy whose FP32 weights are rounded to the half type and stay FP32, which ONNX Runtime has kernels for."""
    copy = type(model)()
    copy.CopyFrom(model)
    for tensor in copy.graph.initializer:
        if tensor.data_type == TensorProto.FLOAT and tensor.name.endswith((".weight", ".bias")):
            array = half.cast(numpy_helper.to_array(tensor)).astype(np.float32)
            tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))
    return copy
