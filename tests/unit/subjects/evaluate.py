"""Runs a model in ONNX Runtime, for the tests."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray


def evaluate(model: Any, image: NDArray[np.float32]) -> dict[str, NDArray[np.float32]]:
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_outputs()]
    return dict(zip(names, session.run(names, {"input": image}), strict=True))


def noise(size: int = 64) -> NDArray[np.float32]:
    return np.random.default_rng(0).uniform(-110, 130, (1, 3, size, size)).astype(np.float32)
