"""Copies the real graphs of the ``onnx`` package's backend tests, with made-up weights, to a folder.

``python tools/onnx_models.py reports/out/models``: eight networks that nobody here made, and one with suppression in
the graph, written by this script, as detectors are exported.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"
NAMES = (
    "densenet121", "inception_v1", "inception_v2", "resnet50", "shufflenet", "squeezenet", "vgg19", "zfnet512",
)  # fmt: skip


def copy_models(folder: Path) -> list[Path]:
    """Write all models into ``folder``; their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [Path(shutil.copy(LIGHT / f"light_{name}.onnx", folder / f"{name}.onnx")) for name in NAMES]
    onnx.save(suppression(), folder / "nms.onnx")
    return [*paths, folder / "nms.onnx"]


def suppression() -> onnx.ModelProto:
    """A convolution's scores over 64 fixed boxes, suppressed in the graph: ``kept`` (K, 3) of batch, class, box."""
    random = np.random.default_rng(0)
    corner = random.uniform(0, 48, (64, 2))
    boxes = np.concatenate((corner, corner + random.uniform(4, 16, (64, 2))), axis=1)[None].astype(np.float32)
    weights = {
        "w": random.standard_normal((1, 3, 8, 8)).astype(np.float32),
        "boxes": boxes,
        "shape": np.array([1, 1, 64], np.int64),
        "most": np.array([10], np.int64),
        "overlap": np.array([0.5], np.float32),
        "least": np.array([0.1], np.float32),
    }
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["grid"], strides=[8, 8], name="scores"),
        helper.make_node("Reshape", ["grid", "shape"], ["scores"], name="flat"),
        helper.make_node("NonMaxSuppression", ["boxes", "scores", "most", "overlap", "least"], ["kept"], name="nms"),
    ]
    graph = helper.make_graph(
        nodes,
        "nms",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 64, 64])],
        [helper.make_tensor_value_info("kept", TensorProto.INT64, ["K", 3])],
        [numpy_helper.from_array(array, name) for name, array in weights.items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)


if __name__ == "__main__":
    for path in copy_models(Path(sys.argv[1])):
        print(path)
