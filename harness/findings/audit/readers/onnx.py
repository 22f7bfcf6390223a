"""Weights of an ONNX file: initialisers and constants, inline or in external files, subgraphs included."""

from __future__ import annotations

import math
import mmap
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import numpy as np

from harness.errors import InputError
from harness.findings.audit.blobs import SIZES, Blob, Pieces, from_array, from_file
from harness.findings.audit.wire import Buffer, WireError, fields, signed, varints
from harness.neutral import one_line

_DTYPES = {1: "float32", 10: "float16", 11: "float64", 16: "bfloat16"}
# Graphs inside graphs; deeper than any real model.
_DEPTH = 32


@dataclass(slots=True)
class _Tensor:
    """A TensorProto as far as it matters. Stretches are of the model's file."""

    name: str = ""
    shape: list[int] = field(default_factory=list)
    kind: int = 0
    raw: tuple[int, int] | None = None
    floats: list[tuple[int, int]] = field(default_factory=list)
    halves: list[int] = field(default_factory=list)
    external: dict[str, str] = field(default_factory=dict)
    outside: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """An operation of the main graph, as far as folding needs it. ``numbers`` are its attributes of one float."""

    operation: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    numbers: dict[str, float]
    name: str = ""


def read(path: Path) -> Iterator[Blob]:
    """The floating-point blobs. Raises InputError where the file or its external data cannot be used."""
    with _opened(path) as buffer:
        for tensor in _model(buffer, len(buffer)):
            if tensor.kind in _DTYPES:
                yield _blob(path, buffer, tensor)


def nodes(path: Path) -> list[Node]:
    """The main graph's operations, in the file's order."""
    with _opened(path) as buffer:
        return [
            _operation(buffer, inner)
            for number, value in fields(buffer, 0, len(buffer))
            if number == 7 and isinstance(value, tuple)
            for kind, inner in fields(buffer, *value)
            if kind == 1 and isinstance(inner, tuple)
        ]


@contextmanager
def _opened(path: Path) -> Iterator[mmap.mmap]:
    try:
        if path.stat().st_size == 0:
            raise InputError(f"{one_line(str(path))}: is empty; give an ONNX model")
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as buffer:
            yield buffer
    except WireError as error:
        raise InputError(f"{one_line(str(path))}: not an ONNX model: {error}") from error
    except OSError as error:
        raise InputError(f"{one_line(str(path))}: {error.strerror}; give a readable ONNX model") from error


def _model(buffer: Buffer, size: int) -> Iterator[_Tensor]:
    graphs = 0
    for number, value in fields(buffer, 0, size):
        if number == 7 and isinstance(value, tuple):
            graphs += 1
            yield from _graph(buffer, value, 0)
        elif number == 25 and isinstance(value, tuple):
            for inner, stretch in fields(buffer, *value):
                if inner == 7 and isinstance(stretch, tuple):
                    yield from _node(buffer, stretch, 0)
    if not graphs:
        raise WireError("it holds no graph")


def _graph(buffer: Buffer, stretch: tuple[int, int], depth: int) -> Iterator[_Tensor]:
    if depth > _DEPTH:
        raise WireError(f"graphs are nested deeper than {_DEPTH}")
    for number, value in fields(buffer, *stretch):
        if not isinstance(value, tuple):
            continue
        if number == 1:
            yield from _node(buffer, value, depth)
        elif number == 5:
            yield _tensor(buffer, value)
        elif number == 15:
            yield from (
                _tensor(buffer, part)
                for inner, part in fields(buffer, *value)
                if inner == 1 and isinstance(part, tuple)
            )


def _node(buffer: Buffer, stretch: tuple[int, int], depth: int) -> Iterator[_Tensor]:
    output = ""
    attributes = []
    for number, value in fields(buffer, *stretch):
        if isinstance(value, tuple) and number == 2:
            output = output or _text(buffer, value)
        elif isinstance(value, tuple) and number == 5:
            attributes.append(value)
    for attribute in attributes:
        for number, value in fields(buffer, *attribute):
            if not isinstance(value, tuple):
                continue
            if number in (5, 10):
                tensor = _tensor(buffer, value)
                tensor.name = tensor.name or output
                yield tensor
            elif number in (6, 11):
                yield from _graph(buffer, value, depth + 1)


def _operation(buffer: Buffer, stretch: tuple[int, int]) -> Node:
    texts: dict[int, list[str]] = {1: [], 2: [], 3: [], 4: []}
    numbers: dict[str, float] = {}
    for number, value in fields(buffer, *stretch):
        if isinstance(value, tuple) and number in texts:
            texts[number].append(_text(buffer, value))
        elif isinstance(value, tuple) and number == 5:
            attribute = dict(fields(buffer, *value))
            name, real = attribute.get(1), attribute.get(2)
            if isinstance(name, tuple) and isinstance(real, tuple):
                if real[1] - real[0] != 4:
                    raise WireError(f"byte {real[0]}: a number of {real[1] - real[0]} bytes; it has four")
                numbers[_text(buffer, name)] = struct.unpack("<f", buffer[real[0] : real[1]])[0]
    return Node("".join(texts[4]), tuple(texts[1]), tuple(texts[2]), numbers, "".join(texts[3]))


def _tensor(buffer: Buffer, stretch: tuple[int, int]) -> _Tensor:
    tensor = _Tensor()
    for number, value in fields(buffer, *stretch):
        if isinstance(value, int):
            _take_number(tensor, number, value)
        else:
            _take_stretch(tensor, number, value, buffer)
    return tensor


def _take_number(tensor: _Tensor, field_number: int, value: int) -> None:
    if field_number == 1:
        tensor.shape.append(signed(value))
    elif field_number == 2:
        tensor.kind = value
    elif field_number == 5:
        tensor.halves.append(value)
    elif field_number == 14:
        tensor.outside = value == 1


def _take_stretch(tensor: _Tensor, field_number: int, value: tuple[int, int], buffer: Buffer) -> None:
    if field_number == 1:
        tensor.shape += map(signed, varints(buffer, *value))
    elif field_number == 8:
        tensor.name = _text(buffer, value)
    elif field_number == 9:
        tensor.raw = value
    elif field_number in (4, 10):
        tensor.floats.append(value)
    elif field_number == 5:
        tensor.halves += varints(buffer, *value)
    elif field_number == 13:
        entry = {inner: _text(buffer, part) for inner, part in fields(buffer, *value) if isinstance(part, tuple)}
        tensor.external[entry.get(1, "")] = entry.get(2, "")


def _text(buffer: Buffer, stretch: tuple[int, int]) -> str:
    return buffer[stretch[0] : stretch[1]].decode("utf-8", "replace")


def _blob(path: Path, buffer: Buffer, tensor: _Tensor) -> Blob:
    dtype = _DTYPES[tensor.kind]
    if any(length < 0 for length in tensor.shape):
        raise InputError(f"{path.name}: tensor {one_line(tensor.name)!r} has a negative dimension {tensor.shape}")
    elements = math.prod(tensor.shape)
    found, pieces = _source(path, buffer, tensor, dtype)
    if found != elements:
        raise InputError(
            f"{path.name}: tensor {one_line(tensor.name)!r}: its shape {tensor.shape} asks for {elements} numbers,"
            f" its data holds {found}; the file is damaged"
        )
    return Blob(tensor.name, tuple(tensor.shape), dtype, pieces)


def _source(path: Path, buffer: Buffer, tensor: _Tensor, dtype: str) -> tuple[int, Pieces]:
    """How many numbers the data holds, and they."""
    size = SIZES[dtype]
    if tensor.outside:
        where, offset, length = _external(path, tensor, size)
        return _numbers(path, tensor, length, size), from_file(where, offset, length, dtype)
    if tensor.raw:
        start, end = tensor.raw
        return _numbers(path, tensor, end - start, size), from_file(path, start, end - start, dtype)
    if tensor.halves:
        halves = np.array(tensor.halves, np.uint64).astype(np.uint16)
        if dtype == "float16":
            return halves.size, from_array(halves.view(np.float16))
        return halves.size, from_array((halves.astype(np.uint32) << np.uint32(16)).view(np.float32))
    if len(tensor.floats) == 1:
        start, end = tensor.floats[0]
        return _numbers(path, tensor, end - start, size), from_file(path, start, end - start, dtype)
    loose = b"".join(buffer[start:end] for start, end in tensor.floats)
    return _numbers(path, tensor, len(loose), size), from_array(
        np.frombuffer(loose, "<f8" if dtype == "float64" else "<f4")
    )


def _numbers(path: Path, tensor: _Tensor, length: int, size: int) -> int:
    if length % size:
        raise InputError(
            f"{path.name}: tensor {one_line(tensor.name)!r}: {length} bytes are no numbers of {size} bytes"
        )
    return length // size


def _external(path: Path, tensor: _Tensor, size: int) -> tuple[Path, int, int]:
    """File, offset and length of external data, which must lie beside the model or below."""
    name = one_line(tensor.name)
    location = tensor.external.get("location", "")
    parts = PurePosixPath(location).parts
    if not parts or ".." in parts or PurePosixPath(location).is_absolute() or set("\\\0") & set(location):
        raise InputError(
            f"{path.name}: tensor {name!r}: external data {one_line(location)!r} is not below the model's folder"
        )
    where = (path.parent / location).resolve()
    if not where.is_relative_to(path.parent.resolve()):
        raise InputError(
            f"{path.name}: tensor {name!r}: external data {one_line(location)!r} leads out of the model's folder"
        )
    if not where.is_file():
        raise InputError(
            f"{path.name}: tensor {name!r}: external data {one_line(location)!r} is missing; put it beside the model"
        )
    offset = _whole(tensor.external.get("offset", "0"), path, name)
    length = _whole(tensor.external.get("length", str(math.prod(tensor.shape) * size)), path, name)
    if offset + length > where.stat().st_size:
        raise InputError(
            f"{path.name}: tensor {name!r}: external data {one_line(location)!r} ends before byte {offset + length}"
        )
    return where, offset, length


def _whole(text: str, path: Path, name: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise InputError(f"{path.name}: tensor {name!r}: {one_line(text)!r} is no offset or length of external data")
    return int(text)
