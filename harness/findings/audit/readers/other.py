"""Weights of files that hold no graph: ``.wts``, ``.safetensors``, ``.npz``, ``.pth``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.findings.audit.blobs import Blob, from_array
from harness.subjects.weights import open_weights

_KINDS = ("float16", "float32", "float64", "bfloat16")


def read(path: Path) -> Iterator[Blob]:
    """The floating-point blobs, one in memory at a time. Raises InputError."""
    weights = open_weights(path)
    for name in weights:
        array = weights[name]
        if array.dtype.name in _KINDS:
            yield Blob(name, array.shape, array.dtype.name, from_array(array))
