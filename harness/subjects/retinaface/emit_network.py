"""RetinaFace for TensorRT's network-definition API: the description as JSON beside its weights as ``.npz``.

The process that builds the network runs under the cell's own Python, which has none of our modules, so it gets data.
``network.json``: ``input`` (name, shape), ``operations`` in order, each with ``kind`` and the fields of its class in
``architecture``, ``heads`` and their ``outputs`` (name, numbers per anchor), ``priors`` (strides, sizes, variances,
threshold of the score), ``plugin`` (the folder of the Decode plugin's sources),
``epsilon`` of the batch-norm.
``weights.npz``: arrays by the checkpoint's names; with batch-norm folded a convolution has ``weight`` and ``bias``
alone and its ``norm`` is null. ``NAME/scale`` is there for each tensor or weight that is quantised.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.subjects.retinaface import PLUGIN
from harness.subjects.retinaface.architecture import (
    ANCHOR_SIZES,
    BATCH_NORM_EPSILON,
    HEADS,
    INPUT,
    MEAN_BGR,
    STRIDES,
    VARIANCES,
    Convolution,
    Network,
    Operation,
)
from harness.subjects.retinaface.decode import THRESHOLD
from harness.subjects.retinaface.emit_onnx import RAW_OUTPUTS
from harness.subjects.retinaface.folding import folded
from harness.subjects.weights import write_weights

FORMAT = 1


def write_network(
    folder: Path,
    net: Network,
    weights: Mapping[str, NDArray[np.float32]],
    *,
    height: int,
    width: int,
    fold: bool,
    scales: Mapping[str, NDArray[np.float32]] = MappingProxyType({}),
) -> dict[str, str]:
    """Write both files and the plugin's sources; the files' names by kind."""
    files = {"network": "network.json", "weights": "weights.npz"}
    text = json.dumps(network_data(net, height=height, width=width, fold=fold), indent=1)
    (folder / files["network"]).write_text(text)
    shutil.copytree(PLUGIN, folder / PLUGIN.name)
    write_weights(folder / files["weights"], {**(folded(net, weights) if fold else weights), **scales})
    return files


def network_data(net: Network, *, height: int, width: int, fold: bool) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "name": f"retinaface-{net.backbone}",
        "input": {"name": INPUT, "shape": [1, 3, height, width], "mean_bgr": MEAN_BGR},
        "epsilon": BATCH_NORM_EPSILON,
        "operations": [_data(operation, fold) for operation in net.operations],
        "heads": net.heads,
        "outputs": {head: {"name": name, "numbers": HEADS[head]} for head, name in RAW_OUTPUTS.items()},
        "priors": {"strides": STRIDES, "sizes": ANCHOR_SIZES, "variances": VARIANCES, "threshold": THRESHOLD},
        "plugin": PLUGIN.name,
    }


def _data(operation: Operation, fold: bool) -> dict[str, Any]:
    data = {"kind": type(operation).__name__, **dataclasses.asdict(operation)}
    if isinstance(operation, Convolution):
        data["padding"] = operation.padding
        data["norm"] = None if fold else operation.norm
    return data
