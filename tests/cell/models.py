"""Tiny ONNX models, and a model that no parser takes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


def convolution(path: Path, dtype: type[np.generic] = np.float32, operator: str = "Relu") -> Path:
    """Convolution and an activation on 1x3x32x32, every tensor of type ``dtype``."""
    weights = np.random.default_rng(0).standard_normal((8, 3, 3, 3)).astype(dtype)
    of = TensorProto.FLOAT16 if dtype is np.float16 else TensorProto.FLOAT
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]),
        helper.make_node(operator, ["c"], ["y"], domain="" if operator == "Relu" else "made.up"),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", of, [1, 3, 32, 32])],
        [helper.make_tensor_value_info("y", of, [1, 8, 32, 32])],
        [numpy_helper.from_array(weights, "w")],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("made.up", 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path
