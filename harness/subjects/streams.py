"""Arrays that are written and read sample by sample: they never need to be in memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Samples = Iterable[NDArray[Any]]


def write_npy(path: Path, samples: Samples, number: int) -> None:
    """``number`` samples of one shape and type as an ``.npy``, samples x their shape.

    Raises ValueError where they are not alike, or not so many.
    """
    with path.open("wb") as file:
        _write(file, path.stem, samples, number)


def write_npz(path: Path, name: str, samples: Samples, number: int) -> None:
    """The same as the one array of an ``.npz``, not compressed."""
    with zipfile.ZipFile(path, "w") as archive, archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        _write(file, name, samples, number)


def _write(file: IO[bytes], name: str, samples: Samples, number: int) -> None:
    written, first = 0, None
    for sample in samples:
        if first is None:
            first = sample
            header = {"descr": sample.dtype.str, "fortran_order": False, "shape": (number, *sample.shape)}
            np.lib.format.write_array_header_1_0(file, header)
        if (sample.shape, sample.dtype) != (first.shape, first.dtype):
            raise ValueError(f"{name}: a sample is {sample.dtype} {sample.shape}, others {first.dtype} {first.shape}")
        file.write(np.ascontiguousarray(sample).data)
        written += 1
    if written != number:
        raise ValueError(f"{name}: {written} samples where {number} were announced")


def read_header(file: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether columns come first, type. Raises ValueError where it is no array, or one of objects."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, columns_first, dtype = read(file)
    if dtype.hasobject:
        raise ValueError("it holds objects, which are not read")
    return shape, columns_first, dtype


def read_samples(file: IO[bytes]) -> Iterator[NDArray[Any]]:
    """The samples of an ``.npy`` from its beginning; one whose columns come first is read whole."""
    shape, columns_first, dtype = read_header(file)
    size = int(np.prod(shape[1:], dtype=np.int64))
    if columns_first:
        whole = np.frombuffer(file.read(), dtype).reshape(shape, order="F")
        yield from whole
        return
    for _ in range(shape[0]):
        yield np.frombuffer(file.read(size * dtype.itemsize), dtype, size).reshape(shape[1:])
