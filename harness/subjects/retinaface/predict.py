"""What a reduced precision should cost, where no engine can run: ONNX Runtime on the CPU, on rendered test pictures.

A prediction, and marked as one: typed forms are judged by their rounded weights with FP32 activations, Q/DQ forms by
the model itself. What a builder fuses, or a GPU sums in another order, is not in it.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, numpy_helper

from harness.subjects.faces import TEST_SEED, network_input, picture
from harness.subjects.retinaface.architecture import INPUT, MEAN_BGR
from harness.subjects.retinaface.decode import Faces, faces_of_decoded, faces_of_raw
from harness.subjects.retinaface.metrics import Accuracy, Truth, accuracy, difference
from harness.subjects.retinaface.settings import Heads, Settings
from harness.subjects.typed import HalfType

PICTURES = 8
SEEDED_PICTURES = 2  # random weights find no face: the tensors' differences are all there is to see

Outputs = dict[str, NDArray[np.float32]]


def prediction(exact: Any, reduced: Any, chosen: Settings) -> dict[str, Any]:
    """Compare two ``onnx.ModelProto`` (or paths of models): head tensors, average precision, landmark error."""
    heads, height, width = chosen.heads, chosen.height, chosen.width
    pictures = SEEDED_PICTURES if chosen.weights.startswith("seed:") else PICTURES
    sessions = [_session(model) for model in (exact, reduced)]
    scenes = [picture(TEST_SEED + number, height, width) for number in range(pictures)]
    images = [network_input(scene.image, MEAN_BGR) for scene in scenes]
    runs = [[_run(session, image) for image in images] for session in sessions]
    truths = [Truth(scene.boxes, scene.points) for scene in scenes]
    scores = [accuracy([_faces(outputs, heads, height, width) for outputs in run], truths) for run in runs]
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


def _session(model: Any) -> Any:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    given = str(model) if isinstance(model, Path) else model.SerializeToString()
    return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])


def _run(session: Any, image: NDArray[np.float32]) -> Outputs:
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, {INPUT: image}), strict=True))


def _faces(outputs: Outputs, heads: Heads, height: int, width: int) -> Faces:
    if heads is Heads.RAW:
        return faces_of_raw(outputs["loc"][0], outputs["conf"][0], outputs["landms"][0], height, width)
    return faces_of_decoded(outputs["boxes"][0], outputs["scores"][0], outputs["landmarks"][0])
