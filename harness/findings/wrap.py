"""Messages that a terminal or a logger broke over several lines, put together again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from harness.findings.lines import decoded, level, message

_BEFORE, _AFTER, _LONGEST = 2, 4, 2000


def rejoined(data: bytearray, start: int, line: int) -> Iterator[tuple[int, str, list[int]]]:
    """Texts that the line at ``start`` may be a part of.

    Each with its first line's number and where each of its lines ends in it. A line that a logger
    began (it has a level of its own) continues nothing.
    """
    pieces, before = neighbours(data, start)
    for skip in range(before, -1, -1):
        joined = [pieces[skip]]
        for piece in pieces[skip + 1 :]:
            if level(piece[:200]):
                break
            joined.append(message(piece))
        if len(joined) > before - skip:
            for glue in ("\n", ""):
                ends = list(accumulate(len(piece) + len(glue) for piece in joined))
                yield line - before + skip, glue.join(joined), ends


def neighbours(data: bytearray, start: int) -> tuple[list[str], int]:
    """Some lines before the one at ``start``, it, and some after it; and how many stand before."""
    first, before = start, 0
    while before < _BEFORE and first > 0:
        earlier = data.rfind(b"\n", max(0, first - _LONGEST), first - 1) + 1
        if earlier == 0 and first - 1 > _LONGEST:
            break
        first, before = earlier, before + 1
    stop = start
    for _ in range(_AFTER + 1):
        stop = data.find(b"\n", stop, stop + _LONGEST) + 1
        if stop == 0:
            stop = min(len(data), start + _LONGEST)
            break
    pieces = [decoded(piece) for piece in data[first:stop].removesuffix(b"\n").split(b"\n")]
    return pieces, before
