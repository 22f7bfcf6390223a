"""Writes PyTorch's two file layouts opcode by opcode, for tests without PyTorch."""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]
_STORAGES = {"float32": "FloatStorage", "float16": "HalfStorage", "float64": "DoubleStorage", "int64": "LongStorage"}


def text(value: str) -> bytes:
    data = value.encode()
    return b"X" + len(data).to_bytes(4, "little") + data


def integer(value: int) -> bytes:
    return b"J" + value.to_bytes(4, "little", signed=True)


def numbers(values: tuple[int, ...]) -> bytes:
    return b"(" + b"".join(integer(value) for value in values) + b"t"


def tensor(key: str, array: NDArray[Any], *, offset: int = 0, legacy: bool = False) -> bytes:
    strides = tuple(stride // array.itemsize for stride in array.strides)
    storage = b"(" + text("storage") + b"ctorch\n" + _STORAGES[array.dtype.name].encode() + b"\n" + text(key)
    storage += text("cpu") + integer(array.size) + (b"N" if legacy else b"") + b"tQ"
    arguments = storage + integer(offset) + numbers(array.shape) + numbers(strides) + b"\x89"
    hooks = b"ccollections\nOrderedDict\n)R"
    return b"ctorch._utils\n_rebuild_tensor_v2\n(" + arguments + hooks + b"tR"


def state_dict(arrays: Arrays, *, legacy: bool = False) -> bytes:
    items = b"".join(
        text(name) + tensor(str(number), array, legacy=legacy) for number, (name, array) in enumerate(arrays.items())
    )
    return b"\x80\x02ccollections\nOrderedDict\n)R(" + items + b"u."


def write_zip(path: Path, main: bytes, arrays: Arrays) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", main)
        for number, array in enumerate(arrays.values()):
            archive.writestr(f"archive/data/{number}", array.tobytes())


def write_stream(path: Path, arrays: Arrays) -> None:
    with path.open("wb") as file:
        for part in (0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}):
            pickle.dump(part, file, protocol=2)
        file.write(state_dict(arrays, legacy=True))
        pickle.dump([str(number) for number in range(len(arrays))], file, protocol=2)
        for array in arrays.values():
            file.write(np.int64(array.size).tobytes() + array.tobytes())
