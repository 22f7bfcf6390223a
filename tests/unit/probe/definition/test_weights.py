from __future__ import annotations

import ml_dtypes
import numpy as np
from numpy.typing import NDArray

from harness.probe.definition.weights import bfloat16_bits, cast


def test_bf16_rounds_as_the_reference_does() -> None:
    bits = np.random.default_rng(0).integers(0, 1 << 32, 100_000, np.uint64).astype(np.uint32)
    values: NDArray[np.float32] = bits.view(np.float32)
    values = np.concatenate((values, np.array([0.0, -0.0, np.inf, -np.inf, 1.00390625, 3.3961775e38], np.float32)))
    with np.errstate(over="ignore", invalid="ignore"):
        wanted = values.astype(ml_dtypes.bfloat16)
    ours = bfloat16_bits(values).view(ml_dtypes.bfloat16)
    same = (ours.view(np.uint16) == wanted.view(np.uint16)) | (np.isnan(values) & np.isnan(ours.astype(np.float32)))
    assert same.all()


def test_fp16_keeps_subnormals_and_overflows_to_infinity() -> None:
    assert cast(np.array([6e-8, 1e-8, 1e6], np.float32), "HALF").tolist() == [5.960464477539063e-08, 0.0, np.inf]
