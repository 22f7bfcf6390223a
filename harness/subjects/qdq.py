"""A model with explicit Q/DQ, made by ONNX Runtime's static quantisation.

Symmetric, INT8, weights per channel: what TensorRT accepts. Biases stay FP32, and the output of a convolution is not
quantised before its activation, so that TensorRT can fuse the two.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnxruntime import quantization

Feed = Mapping[str, NDArray[Any]]

# Operators with an INT8 kernel in TensorRT, or that hand INT8 on.
_QUANTISED = ("Add", "Concat", "Conv", "ConvTranspose", "Gemm", "GlobalAveragePool", "AveragePool", "MatMul", "MaxPool")


def quantised(
    model: Any, feeds: Iterable[Feed], target: Path, *, keep: Iterable[str] = (), naive: bool = False
) -> None:
    """Write the quantised form of an ``onnx.ModelProto``, whose batch-norm should be folded already, to ``target``.

    ``feeds`` are the calibration inputs; nodes named in ``keep`` stay FP32. ``naive`` quantises whatever ONNX Runtime
    can, ``keep`` too: what goes wrong for people, kept as a case.
    """
    options: dict[str, Any] = {
        "ActivationSymmetric": True,
        "WeightSymmetric": True,
        "QuantizeBias": False,
        "CalibTensorRangeSymmetric": True,
    }
    if not naive:
        options["OpTypesToExcludeOutputQuantization"] = ["Conv", "ConvTranspose", "Gemm", "MatMul"]
    copy = type(model)()  # quantize_static moves the weights of the model it is given into files
    copy.CopyFrom(model)
    # It logs advice to preprocess (what folding did) through the root logger.
    logging.getLogger().setLevel(logging.ERROR)
    quantization.quantize_static(
        copy,
        str(target),
        _reader(feeds),
        quant_format=quantization.QuantFormat.QDQ,
        op_types_to_quantize=None if naive else list(_QUANTISED),
        per_channel=True,
        activation_type=quantization.QuantType.QInt8,
        weight_type=quantization.QuantType.QInt8,
        nodes_to_exclude=[] if naive else list(keep),
        calibrate_method=quantization.CalibrationMethod.MinMax,
        extra_options=options,
    )


def _reader(feeds: Iterable[Feed]) -> Any:
    class Reader(quantization.CalibrationDataReader):  # type: ignore[misc]
        def __init__(self) -> None:
            self.feeds: Iterator[Feed] = iter(feeds)

        def get_next(self) -> dict[str, NDArray[np.float32]] | None:
            feed = next(self.feeds, None)
            return None if feed is None else dict(feed)

    return Reader()
