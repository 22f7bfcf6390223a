"""The wire format of Protocol Buffers, read in place: a 4 GB model is walked without loading it."""

from __future__ import annotations

import mmap
from collections.abc import Iterator

from harness.errors import InputError

Buffer = bytes | mmap.mmap
# Field number and value: a number, or the stretch of the buffer that holds text or a message.
Field = tuple[int, "int | tuple[int, int]"]


class WireError(InputError):
    """The bytes are no such message."""


def fields(buffer: Buffer, start: int, end: int) -> Iterator[Field]:
    """Fields of the message in ``buffer[start:end]``. Fixed 32 and 64 bit values are given as stretches."""
    position = start
    while position < end:
        key, position = varint(buffer, position, end)
        kind, number = key & 7, key >> 3
        if kind == 0:
            value, position = varint(buffer, position, end)
            yield number, value
            continue
        if kind == 2:
            size, position = varint(buffer, position, end)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise WireError(f"byte {position}: wire type {kind} cannot be")
        if position + size > end:
            raise WireError(f"byte {position}: a field of {size} bytes goes beyond the end; the file is cut off")
        yield number, (position, position + size)
        position += size


def varint(buffer: Buffer, position: int, end: int) -> tuple[int, int]:
    """A number and where the next thing starts."""
    value = 0
    for shift in range(0, 70, 7):
        if position >= end:
            raise WireError(f"byte {position}: a number is cut off")
        byte = buffer[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise WireError(f"byte {position}: a number has more than ten bytes")


def varints(buffer: Buffer, start: int, end: int) -> Iterator[int]:
    """Packed numbers."""
    position = start
    while position < end:
        value, position = varint(buffer, position, end)
        yield value


def signed(value: int) -> int:
    """A 64 bit number as the wire has it, with its sign."""
    return value - (1 << 64) if value >= 1 << 63 else value
