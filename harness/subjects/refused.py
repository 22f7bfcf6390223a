"""The negative control: a valid ONNX file that no parser of TensorRT can take."""

from __future__ import annotations

from typing import Any

import onnx
from onnx import TensorProto, helper

from harness.subjects.spec import Making

DOMAIN = "example.trt-matrix.invalid"


def make(making: Making) -> dict[str, Any]:
    """A model of one node whose operator exists nowhere."""
    shape = [1, 3, 8, 8]
    node = helper.make_node("NoSuchOperator", ["input"], ["output"], name="refused", domain=DOMAIN)
    graph = helper.make_graph(
        [node],
        "negative-control",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("output", TensorProto.FLOAT, shape)],
    )
    opsets = [helper.make_opsetid("", 13), helper.make_opsetid(DOMAIN, 1)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), making.folder / "model.onnx")
    return {"files": {"model": "model.onnx"}, "note": "must be refused: its operator exists nowhere"}
