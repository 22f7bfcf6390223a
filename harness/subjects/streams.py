"""An ``.npz`` of one array that is written sample by sample: it never needs to be in memory."""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray


def write_stream(path: Path, name: str, samples: Iterable[NDArray[Any]], number: int) -> None:
    """``number`` samples of one shape and type as the array ``name``, samples x their shape, not compressed.

    Raises ValueError where they are not alike, or not so many.
    """
    written, first = 0, None
    with zipfile.ZipFile(path, "w") as archive, archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        for sample in samples:
            if first is None:
                first = sample
                header = {"descr": sample.dtype.str, "fortran_order": False, "shape": (number, *sample.shape)}
                np.lib.format.write_array_header_1_0(file, header)
            if (sample.shape, sample.dtype) != (first.shape, first.dtype):
                raise ValueError(
                    f"{name}: a sample is {sample.dtype} {sample.shape}, others {first.dtype} {first.shape}"
                )
            file.write(np.ascontiguousarray(sample).data)
            written += 1
    if written != number:
        raise ValueError(f"{name}: {written} samples where {number} were announced")
