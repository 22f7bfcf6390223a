"""Weights as the library takes them: by reference, so the arrays must live until the engine is built."""

from __future__ import annotations

from typing import Any, List, Mapping

import numpy as np

from ..outcome import CaseFailed

# The element type that a recipe asks for; every other recipe hands FP32 to the builder.
TYPES = {"fp16-typed": "HALF", "bf16-typed": "BF16"}


class Weights:
    """Casts arrays to one data type and names them as the checkpoint does."""

    def __init__(self, trt: Any, arrays: Mapping[str, Any], recipe: str) -> None:
        self._trt = trt
        self._arrays = arrays
        self._type = TYPES.get(recipe, "FLOAT")
        self._kept: List[Any] = []

    @property
    def data_type(self) -> Any:
        return getattr(self._trt.DataType, self._type)

    @property
    def narrow(self) -> bool:
        """The recipe's type is not FP32, so the network's own inputs and outputs need a cast."""
        return self._type != "FLOAT"

    def array(self, name: str) -> Any:
        """FP32. Raises ``CaseFailed`` where the file has no such array."""
        if name not in self._arrays:
            raise CaseFailed("the weights file has no {}".format(name))
        return self._arrays[name].astype(np.float32, copy=False)

    def make(self, array: Any) -> Any:
        """Weights of the recipe's type."""
        return self._hold(cast(array, self._type), self._type)

    def exact(self, array: Any) -> Any:
        """Weights that stay FP32, such as scales of Q/DQ."""
        return self._hold(cast(array, "FLOAT"), "FLOAT")

    def empty(self) -> Any:
        return self._trt.Weights(self.data_type)

    def _hold(self, array: Any, name: str) -> Any:
        self._kept.append(array)
        if name != "BF16":
            # The only way of 8.x, which takes no pointer; a view of one dimension, as scalars are refused.
            return self._trt.Weights(array.reshape(-1))
        return self._trt.Weights(getattr(self._trt.DataType, name), array.ctypes.data, array.size)


def cast(array: Any, name: str) -> Any:
    """Contiguous, rounded to nearest even; BF16, which NumPy does not know, as its bits."""
    exact = np.ascontiguousarray(array, np.float32)
    if name == "BF16":
        return bfloat16_bits(exact)
    with np.errstate(over="ignore"):
        return exact.astype(np.float16) if name == "HALF" else exact


def bfloat16_bits(array: Any) -> Any:
    """The upper half of FP32's bits, rounded to nearest even; a NaN stays a NaN."""
    bits = array.view(np.uint32)
    even = (bits >> np.uint32(16)) & np.uint32(1)
    rounded = ((bits + np.uint32(0x7FFF) + even) >> np.uint32(16)).astype(np.uint16)
    return np.where(np.isnan(array), np.uint16(0x7FC0), rounded)
