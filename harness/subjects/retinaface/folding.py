"""Batch-norm folded into the convolution before it, as exporters and TensorRT's builder do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from harness.subjects.retinaface.architecture import BATCH_NORM_EPSILON, Network


def folded(net: Network, weights: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """Weight and bias of every convolution, FP32, computed in FP64."""
    result: dict[str, NDArray[np.float32]] = {}
    for conv in net.convolutions:
        weight = weights[f"{conv.name}.weight"]
        if conv.norm is None:
            result[f"{conv.name}.weight"] = weight
            result[f"{conv.name}.bias"] = weights[f"{conv.name}.bias"]
            continue
        gamma, beta, mean, variance = (
            weights[f"{conv.norm}.{part}"].astype(np.float64)
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        scale = gamma / np.sqrt(variance + BATCH_NORM_EPSILON)
        result[f"{conv.name}.weight"] = (weight * scale[:, None, None, None]).astype(np.float32)
        result[f"{conv.name}.bias"] = (beta - mean * scale).astype(np.float32)
    return result
