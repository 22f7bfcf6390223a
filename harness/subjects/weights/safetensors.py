"""``.safetensors``: eight bytes of header length, a JSON header, raw little-endian data, here mapped into memory."""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np

from harness.errors import InputError
from harness.subjects.weights.lazy import Array, LazyWeights

_HEADER_LIMIT = 100_000_000  # the format's own
_TYPES: dict[str, np.dtype[Any]] = {
    "BOOL": np.dtype(np.bool_),
    "U8": np.dtype("u1"),
    "I8": np.dtype("i1"),
    "I16": np.dtype("<i2"),
    "U16": np.dtype("<u2"),
    "I32": np.dtype("<i4"),
    "U32": np.dtype("<u4"),
    "I64": np.dtype("<i8"),
    "U64": np.dtype("<u8"),
    "F16": np.dtype("<f2"),
    "F32": np.dtype("<f4"),
    "F64": np.dtype("<f8"),
    "BF16": np.dtype(ml_dtypes.bfloat16),
    "F8_E4M3": np.dtype(ml_dtypes.float8_e4m3fn),
    "F8_E5M2": np.dtype(ml_dtypes.float8_e5m2),
}


def open_file(path: Path) -> LazyWeights:
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > _HEADER_LIMIT:
            raise InputError(f"{path}: header of {length} bytes is larger than the format allows")
        text = file.read(length)
    if len(text) != length:
        raise InputError(f"{path}: ends inside its header: is it whole?")
    try:
        header = json.loads(text, object_pairs_hook=_unique)
        tensors = {name: _entry(each) for name, each in header.items() if name != "__metadata__"}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"{path}: header is damaged: {error}") from error
    _check_cover(path, sorted((begin, end) for _, _, begin, end in tensors.values()), path.stat().st_size - 8 - length)
    return LazyWeights(
        path,
        {
            name: functools.partial(_read, path, 8 + length + begin, kind, shape)
            for name, (kind, shape, begin, _) in tensors.items()
        },
    )


def write_file(path: Path, weights: Mapping[str, Array], metadata: Mapping[str, str] | None = None) -> None:
    """``metadata`` is text of the writer's own."""
    names = {kind: name for name, kind in _TYPES.items()}
    header: dict[str, Any] = {"__metadata__": dict(metadata)} if metadata else {}
    place = 0
    for name, array in weights.items():
        end = place + array.nbytes
        header[name] = {"dtype": names[array.dtype], "shape": list(array.shape), "data_offsets": [place, end]}
        place = end
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for array in weights.values():
            file.write(np.ascontiguousarray(array).tobytes())


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a name stands there twice")
    return result


def _entry(entry: Mapping[str, Any]) -> tuple[np.dtype[Any], tuple[int, ...], int, int]:
    kind = _TYPES[entry["dtype"]]
    shape = tuple(entry["shape"])
    begin, end = entry["data_offsets"]
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
        raise ValueError("a size or an offset is no natural number")
    if end - begin != math.prod(shape) * kind.itemsize:
        raise ValueError(f"shape {shape} does not fit {end - begin} bytes of {entry['dtype']}")
    return kind, shape, begin, end


def _check_cover(path: Path, spans: list[tuple[int, int]], size: int) -> None:
    """The tensors lie side by side and fill the file."""
    reached = 0
    for begin, end in spans:
        if begin != reached:
            raise InputError(f"{path}: tensors overlap or leave a gap at byte {min(begin, reached)} of the data")
        reached = end
    if reached != size:
        raise InputError(f"{path}: holds {size} bytes of data and its header tells of {reached}: is it whole?")


def _read(path: Path, place: int, kind: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    if math.prod(shape) == 0:
        return np.empty(shape, kind)
    return np.memmap(path, kind, "r", place, shape)
