"""A log of any size as blocks of whole lines, in constant memory, whatever its encoding."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

BLOCK = 512 * 1024
# Kept from one block to the next, so that a message over several lines is never cut.
OVERLAP = 16 * 1024
_ANSI = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)|[@-Z\\-_])")


@dataclass(frozen=True, slots=True)
class Block:
    """``data`` begins at line ``first_line`` (from 1); lines that start in ``[fresh, settled)`` are this block's own.

    What stands before and after them is there for messages over several lines; other blocks own it.
    """

    data: bytearray
    first_line: int
    fresh: int
    settled: int


def blocks(stream: BinaryIO, size: int = BLOCK) -> Iterator[Block]:
    """Read ``stream`` to its end. Colour codes are taken out, UTF-16 is made UTF-8."""
    data, line, fresh, keep = bytearray(), 1, 0, 0
    ends = 0
    for piece in _clean(_utf8(stream, size)):
        # Put together anew: a bytearray that loses its front and grows moves its memory each time.
        data = data[keep:] + piece
        settled = _settle(data, fresh)
        yield Block(data, line, fresh, settled)
        keep = _line_start(data, settled - OVERLAP)
        ends += _lines(piece)
        line = 1 + ends - data.count(b"\n", keep)
        fresh = settled - keep
    data = data[keep:]
    if data:
        yield Block(data, line, fresh, len(data))


def _lines(piece: bytes) -> int:
    """How many lines end in it: taking line ends away is twice as fast as counting them, which looks at each byte."""
    return len(piece) - len(piece.replace(b"\n", b""))


def _settle(data: bytearray, fresh: int) -> int:
    """The start of a line a little before the end; in a line without end, a place to cut it."""
    return max(fresh, _line_start(data, len(data) - OVERLAP))


def _line_start(data: bytearray, goal: int) -> int:
    if goal <= 0:
        return 0
    return data.rfind(b"\n", max(0, goal - OVERLAP), goal) + 1 or goal


def _clean(pieces: Iterator[bytes]) -> Iterator[bytes]:
    for piece in pieces:
        yield _ANSI.sub(b"", piece) if b"\x1b" in piece else piece


def _utf8(stream: BinaryIO, size: int) -> Iterator[bytes]:
    """PowerShell's ``>`` writes UTF-16; everything else is taken as it is."""
    head = stream.read(size)
    codec = _utf16(head)
    decoder = codecs.getincrementaldecoder(codec)("replace") if codec else None
    while head:
        yield decoder.decode(head).encode("utf-8", "replace") if decoder else head
        head = stream.read(size)


def _utf16(head: bytes) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    start = head[:512]
    if len(start) >= 8 and start[1::2].count(0) * 10 >= len(start) * 4 and start[::2].count(0) * 20 < len(start):
        return "utf-16-le"
    return ""
