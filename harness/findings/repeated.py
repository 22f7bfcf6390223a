"""A block full of the same few lines, as a program that fails in a loop prints them: each is searched once."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from itertools import accumulate, groupby
from typing import NamedTuple

# Where texts were found: the offset of the end of each, and its number.
Hits = list[tuple[int, int]]

# So many times a line must be there on average, for its copies to be worth a look.
_OFTEN = 3
# So many copies of a line, one below the other, are told one by one: more than are ever shown, or put together with
# the lines around them.
ALONE = 300


class Found(NamedTuple):
    """Hits, and the lines by their offsets that stand for themselves and so many copies below them, which have none."""

    hits: Hits
    times: dict[int, int]


def in_each_line(block: bytearray, own: range, search: Callable[[bytes | bytearray], Hits]) -> Found:
    """What ``search`` finds in a block. No text may go over a line's end; one may begin with it.

    Copies are told by number only among lines whose offsets are in ``own``.
    """
    lines = bytes(block).split(b"\n")
    distinct = list(dict.fromkeys(lines))
    if len(distinct) * _OFTEN > len(lines):
        return Found(search(block), {})
    found = dict(zip(distinct, _by_line(distinct, search), strict=True))
    hits, times, start = list[tuple[int, int]](), dict[int, int](), 0
    for line, copies in groupby(lines):
        width, number = len(line) + 1, sum(1 for _ in copies)
        starts = range(start, start + width * number, width)
        start = starts.stop
        if found[line]:
            told, rest = _divided(starts, own)
            hits += [(at + end, number) for at in told for end, number in found[line]]
            times.update(rest)
    return Found(hits, times)


def _divided(starts: range, own: range) -> tuple[list[int], dict[int, int]]:
    """Of the copies of a line those that are told, and the one that stands for the rest, with their number."""
    first, last = bisect_left(starts, own.start), bisect_left(starts, own.stop)
    rest = first + ALONE
    if rest >= last:
        return list(starts), {}
    return [*starts[: rest + 1], *starts[last:]], {starts[rest]: last - rest}


def _by_line(lines: list[bytes], search: Callable[[bytes | bytearray], Hits]) -> list[Hits]:
    """For each line the texts in it, their ends counted from its start."""
    starts = list(accumulate((len(line) + 1 for line in lines), initial=1))
    found: list[Hits] = [[] for _ in lines]
    for end, number in search(b"\n" + b"\n".join(lines)):
        place = bisect_left(starts, end) - 1
        found[place].append((end - starts[place], number))
    return found
