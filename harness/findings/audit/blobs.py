"""A weights blob: its name and shape, and its numbers as the bits of FP32, a piece at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from harness.errors import InputError

Words = npt.NDArray[np.uint32]
Pieces = Callable[[], Iterator[Words]]

# Bytes read at a time: small beside the limit of memory, large beside the cost of a call.
PIECE = 4 * 1024 * 1024
SIZES = {"float32": 4, "float16": 2, "bfloat16": 2, "float64": 8}


@dataclass(frozen=True, slots=True)
class Blob:
    """``pieces()`` gives FP32 numbers as ``uint32``, in the blob's order; one dimension each."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    pieces: Pieces


def as_words(raw: bytes | bytearray | memoryview, dtype: str) -> Words:
    """Little-endian numbers of ``dtype`` as FP32. FP16 and BF16 fit exactly; FP64 is rounded, as for TensorRT."""
    if dtype == "float32":
        return np.frombuffer(raw, "<u4").astype(np.uint32, copy=False)
    if dtype == "bfloat16":
        return np.frombuffer(raw, "<u2").astype(np.uint32) << np.uint32(16)
    numbers = np.frombuffer(raw, {"float16": "<f2", "float64": "<f8"}[dtype])
    with np.errstate(over="ignore", under="ignore"):
        return numbers.astype(np.float32).view(np.uint32)


def from_file(path: Path, offset: int, length: int, dtype: str) -> Pieces:
    """Pieces of a stretch of a file, read when asked for."""

    def pieces() -> Iterator[Words]:
        buffer = bytearray(min(PIECE, length))
        done = 0
        with path.open("rb", buffering=0) as file:
            while done < length:
                view = memoryview(buffer)[: min(PIECE, length - done)]
                got = os.preadv(file.fileno(), [view], offset + done)
                if got < len(view):
                    raise InputError(f"{path.name}: ends {len(view) - got} bytes before its weights do; it is cut off")
                yield as_words(view, dtype)
                done += got

    return pieces


def from_array(array: npt.NDArray[np.generic]) -> Pieces:
    """Pieces of an array in memory, contiguous or not."""
    return from_call(lambda: array)


def from_call(make: Callable[[], npt.NDArray[np.generic]]) -> Pieces:
    """Pieces of an array that is made (read from a file) only when asked for, and dropped again."""

    def pieces() -> Iterator[Words]:
        flat = make().reshape(-1)
        for start in range(0, flat.size, PIECE // 4):
            part = np.ascontiguousarray(flat[start : start + PIECE // 4])
            with np.errstate(over="ignore", under="ignore"):
                yield part.astype(np.float32, copy=False).view(np.uint32)

    return pieces


def whole(blob: Blob) -> npt.NDArray[np.float32]:
    """All of a blob, in its shape."""
    parts = [words.copy() for words in blob.pieces()]
    flat = np.concatenate(parts) if parts else np.zeros(0, np.uint32)
    return flat.view(np.float32).reshape(blob.shape)
