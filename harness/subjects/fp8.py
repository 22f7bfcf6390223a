"""FP8 Q/DQ out of INT8 Q/DQ: the same places and the same ranges, E4M3 instead of INT8.

ONNX Runtime's own FP8 quantisation takes a scale from the standard deviation of the values, so that what lies beyond
about four and a half of them is cut off; the largest values are what a detector lives on. Here the largest value seen
becomes the largest that E4M3 has, as TensorRT's own tools do it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ml_dtypes
import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 19  # the first whose Q/DQ take FP8
LARGEST = 448.0  # of E4M3
_INT8_LARGEST = 127.0
_QUANTISED = "_quantized"  # what ONNX Runtime appends to the name of a weight
_KINDS = ("QuantizeLinear", "DequantizeLinear")


def to_fp8(quantised: Any, exact: Any) -> Any:
    """An ``onnx.ModelProto`` with FP8 Q/DQ. ``exact`` is the model that ``quantised`` (INT8) was made of.

    Weights are quantised anew from ``exact``. Raises ValueError where the model's opset is too old.
    """
    opset = next(each.version for each in quantised.opset_import if each.domain in ("", "ai.onnx"))
    if opset < OPSET:
        raise ValueError(f"opset {opset} has no FP8 Q/DQ; it came with {OPSET}")
    model = onnx.ModelProto()
    model.CopyFrom(quantised)
    tensors = {each.name: each for each in model.graph.initializer}
    weights = {each.name: numpy_helper.to_array(each) for each in exact.graph.initializer}
    nodes = [node for node in model.graph.node if node.op_type in _KINDS]
    scales = {node.input[1] for node in nodes}
    for name in scales:
        scale = numpy_helper.to_array(tensors[name]) * np.float32(_INT8_LARGEST / LARGEST)
        tensors[name].CopyFrom(numpy_helper.from_array(scale.astype(np.float32), name))
    for node in nodes:
        if len(node.input) > 2:
            _retype_zero(tensors[node.input[2]])
        if node.input[0] in tensors and tensors[node.input[0]].data_type == TensorProto.INT8:
            _requantise(node, tensors, weights)
    return model


def _retype_zero(tensor: Any) -> None:
    shape = list(tensor.dims)
    zeros = bytes(int(np.prod(shape, dtype=int)))
    tensor.CopyFrom(helper.make_tensor(tensor.name, TensorProto.FLOAT8E4M3FN, shape, zeros, raw=True))


def _requantise(node: Any, tensors: Mapping[str, Any], weights: Mapping[str, NDArray[Any]]) -> None:
    """The weight behind a DequantizeLinear, from its FP32 values."""
    stored = tensors[node.input[0]]
    exact = weights[stored.name.removesuffix(_QUANTISED)]
    scale = numpy_helper.to_array(tensors[node.input[1]])
    axis = next((each.i for each in node.attribute if each.name == "axis"), 0)
    wide = scale.reshape([-1 if place == axis else 1 for place in range(exact.ndim)]) if scale.ndim else scale
    narrow = np.clip(exact / wide, -LARGEST, LARGEST).astype(ml_dtypes.float8_e4m3fn)
    stored.CopyFrom(helper.make_tensor(stored.name, TensorProto.FLOAT8E4M3FN, exact.shape, narrow.tobytes(), raw=True))
