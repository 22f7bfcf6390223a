"""What info.json tells about an ONNX model and its weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import helper

# Smallest normal and smallest subnormal, largest finite: FP16, BF16.
_RANGES = {"fp16": (2.0**-14, 2.0**-24, 65504.0), "bf16": (2.0**-126, 2.0**-133, 3.3895313892515355e38)}


def model_facts(model: Any) -> dict[str, Any]:
    """Opset, inputs and outputs of an ``onnx.ModelProto``."""
    weights = {each.name for each in model.graph.initializer}
    return {
        "opset": next(each.version for each in model.opset_import if each.domain in ("", "ai.onnx")),
        "nodes": len(model.graph.node),
        "inputs": [_value(each) for each in model.graph.input if each.name not in weights],
        "outputs": [_value(each) for each in model.graph.output],
    }


def _value(value: Any) -> dict[str, Any]:
    tensor = value.type.tensor_type
    return {
        "name": value.name,
        "shape": [each.dim_value if each.HasField("dim_value") else each.dim_param for each in tensor.shape.dim],
        "type": str(np.dtype(helper.tensor_dtype_to_np_dtype(tensor.elem_type))),
    }


def weight_counts(weights: Mapping[str, NDArray[np.float32]]) -> dict[str, dict[str, int]]:
    """Elements of FP32 weights that FP16 and BF16 hold only as subnormals, not at all, or not large enough."""
    counts = {}
    for name, (normal, smallest, largest) in _RANGES.items():
        sizes = [np.abs(array) for array in weights.values()]
        counts[name] = {
            "elements": sum(each.size for each in sizes),
            "subnormal": sum(int(((each > 0) & (each < normal)).sum()) for each in sizes),
            "below_smallest": sum(int(((each > 0) & (each < smallest)).sum()) for each in sizes),
            "overflow": sum(int((each > largest).sum()) for each in sizes),
        }
    return counts
