"""What a built engine is executed on: inputs, and what the FP32 model makes of them on ONNX Runtime's CPU.

``samples.npz`` and ``reference.npz`` hold arrays by the name of the input or output, samples x its shape. A subject
that knows the truth about its samples adds ``truth.npz``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from harness.subjects.weights import write_weights

Arrays = Mapping[str, NDArray[Any]]

SAMPLES = 8  # of a subject whose options do not say otherwise


def write_samples(folder: Path, samples: Arrays, reference: Arrays, truth: Arrays | None = None) -> dict[str, str]:
    """Write what there is; the files' names by kind. An empty ``reference`` is not written."""
    files = {}
    for kind, arrays in (("samples", samples), ("reference", reference), ("truth", truth)):
        if arrays:
            files[kind] = f"{kind}.npz"
            write_weights(folder / files[kind], arrays)
    return files


def wanted(options: Mapping[str, object]) -> int:
    """How many samples the options ask for."""
    return int(str(options.get("samples", SAMPLES)))


def own(options: Mapping[str, object]) -> dict[str, str]:
    """The user's metric, for info.json."""
    return {"metric": str(options["metric"])} if "metric" in options else {}


def stacked(feeds: Sequence[Arrays]) -> dict[str, NDArray[Any]]:
    """One array per name, samples x shape. Raises ValueError where the samples have different shapes."""
    return {name: np.stack([feed[name] for feed in feeds]) for name in feeds[0]}


def session(model: Any, *, as_written: bool = False) -> Any:
    """ONNX Runtime on the CPU, one thread, for a ``onnx.ModelProto`` or a path.

    ``as_written`` rewrites nothing before it runs: with FP8 Q/DQ ONNX Runtime 1.32's optimiser drops a Relu that stands
    before QuantizeLinear, and gives something else.
    """
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    options.intra_op_num_threads = 1
    if as_written:
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    given = str(model) if isinstance(model, Path) else model.SerializeToString()
    return onnxruntime.InferenceSession(given, options, providers=["CPUExecutionProvider"])


def evaluated(running: Any, feed: Arrays) -> dict[str, NDArray[Any]]:
    """All outputs of one sample."""
    names = [each.name for each in running.get_outputs()]
    return dict(zip(names, running.run(names, dict(feed)), strict=True))
