"""The scales of Q/DQ for the network-definition API: those of the quantised ONNX model, by the description's names."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from harness.subjects.retinaface.architecture import INPUT, Network

Floats = NDArray[np.float32]
SUFFIX = "/scale"
_QUANTISED = "_quantized"  # what ONNX Runtime appends to the name of a weight


def named_scales(net: Network, outputs: Mapping[str, str], model: Any) -> dict[str, Floats]:
    """``NAME/scale`` of each tensor (a number) and weight (a number per channel) of ``net`` that ``model`` quantises.

    ``outputs`` are the names of the lists of anchors, by head; tensors that only ONNX has are left out.
    """
    known = {INPUT, *outputs.values(), *(f"{conv.name}.weight" for conv in net.convolutions)}
    known.update(name for operation in net.operations for name in (operation.name, f"{operation.name}/linear"))
    return {f"{name}{SUFFIX}": scale for name, scale in _scales(model) if name in known}


def quantised_scales(net: Network, outputs: Mapping[str, str], write: Any) -> dict[str, Floats]:
    """The same for the model that ``write(path)`` writes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "quantised.onnx"
        write(path)
        return named_scales(net, outputs, onnx.load(path))


def _scales(model: Any) -> Iterator[tuple[str, Floats]]:
    arrays = {each.name: each for each in model.graph.initializer}
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear":
            yield node.input[0], numpy_helper.to_array(arrays[node.input[1]])
        elif node.op_type == "DequantizeLinear" and node.input[0] in arrays:
            yield node.input[0].removesuffix(_QUANTISED), numpy_helper.to_array(arrays[node.input[1]])
