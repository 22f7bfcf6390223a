"""``.wts``, the text format of tensorrtx: a line with the number of tensors, then one line each.

``name count hex hex ...``: every number is the big-endian FP32 as eight hexadecimal digits. It has no shapes.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.errors import InputError
from harness.subjects.weights.lazy import Array, LazyWeights


def open_file(path: Path) -> LazyWeights:
    """Index the lines; the numbers are parsed on access."""
    readers = {}
    with path.open("rb") as file:
        declared = file.readline().strip()
        place = file.tell()
        for number, line in enumerate(file, start=2):
            if not line.endswith(b"\n"):
                raise InputError(f"{path}:{number}: ends inside a line: is it whole?")
            if line.strip():
                name, count = _head(path, number, line)
                if name in readers:
                    raise InputError(f"{path}:{number}: tensor {name!r} stands there twice")
                readers[name] = functools.partial(_read, path, place, len(line), number, count)
            place += len(line)
    if not declared.isdigit() or int(declared) != len(readers):
        raise InputError(
            f"{path}: says {declared.decode(errors='replace')!r} tensors and holds {len(readers)}: is it whole?"
        )
    return LazyWeights(path, readers, flat=True)


def write_file(path: Path, weights: Mapping[str, Array]) -> None:
    with path.open("wb") as file:
        file.write(b"%d\n" % len(weights))
        for name, array in weights.items():
            if not name or any(mark.isspace() for mark in name):
                raise InputError(f"{path}: tensor name {name!r} does not fit .wts: it has no place for spaces")
            digits = np.ascontiguousarray(array).astype(">f4").tobytes().hex(" ", 4)
            file.write(f"{name} {array.size} {digits}".rstrip().encode() + b"\n")


def _head(path: Path, number: int, line: bytes) -> tuple[str, int]:
    words = line.split(None, 2)
    if len(words) < 2 or not words[1].isdigit():
        raise InputError(f"{path}:{number}: is not 'name count numbers'")
    try:
        return words[0].decode(), int(words[1])
    except UnicodeDecodeError:
        raise InputError(f"{path}:{number}: the tensor's name is not UTF-8") from None


def _read(path: Path, place: int, length: int, number: int, count: int) -> NDArray[np.float32]:
    with path.open("rb") as file:
        file.seek(place)
        words = file.read(length).split()[2:]
    if len(words) != count:
        raise InputError(f"{path}:{number}: says {count} numbers and holds {len(words)}: is it whole?")
    try:
        # Eight digits each is what every known writer gives; others may leave leading zeros out.
        data = bytes.fromhex(b"".join(word.zfill(8) for word in words).decode("ascii"))
    except ValueError:
        data = b""
    if len(data) != 4 * count:
        raise InputError(f"{path}:{number}: a number is not eight hexadecimal digits")
    return np.frombuffer(data, ">f4").astype("<f4")
