"""From the places where texts of the rules stand in a block to the lines that are to be judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from harness.findings.blocks import Block
from harness.findings.joined import copies
from harness.findings.repeated import Hits
from harness.findings.scan import Scanner

# A line is judged up to this many bytes around the hit: a list of names can be long.
_BEFORE, _AFTER = 8 * 1024, 256 * 1024
# Lines longer than this are not put together with their neighbours.
WRAP = 2000
_Line = tuple[int, int, list[int]]


class Hit(NamedTuple):
    """A line from ``start`` to ``end``, or as much of it as is judged, and the numbers of the texts in it.

    It stands for itself and its copies below it, so many ``times``.
    """

    start: int
    end: int
    line: int
    numbers: list[int]
    times: int


def lines_hit(block: Block, search: Scanner, *, broken: bool) -> Iterator[Hit]:
    """In the order of the log, each text once per line.

    In a log whose lines are ``broken`` a text over two lines counts for the second one.
    """
    data, alone = block.data, range(0)
    hits, times = search(data, alone if broken else range(block.fresh, block.settled))
    found = _in_lines(block, hits)
    if broken:
        for copy, place in copies(data):
            found += _in_lines(block, [(place(end), number) for end, number in search(copy, alone).hits])
        found = _together(found)
    line, counted = block.first_line, 0
    for start, end, numbers in found:
        line += data.count(b"\n", counted, start)
        counted = start
        yield Hit(start, end, line, sorted(numbers), times.get(start, 1))


def _together(found: list[_Line]) -> list[_Line]:
    """Each line once, with what was found in it by any search."""
    numbers: dict[tuple[int, int], set[int]] = {}
    for start, end, some in found:
        numbers.setdefault((start, end), set()).update(some)
    return [(*place, list(numbers[place])) for place in sorted(numbers)]


def _in_lines(block: Block, hits: Hits) -> list[_Line]:
    """For each of the block's own lines start and end of what is judged, and the texts in it."""
    data, fresh, settled = block.data, block.fresh, block.settled
    found: list[_Line] = []
    begin, stop, seen, numbers, place = 0, -1, set[int](), list[int](), (-1, -1)
    for end, number in sorted(hits):
        if end > stop:
            stop = data.find(b"\n", end)
            stop = len(data) if stop < 0 else stop
            begin = data.rfind(b"\n", 0, end) + 1
            seen.clear()
        elif number in seen:
            continue
        seen.add(number)
        # In a line too long to be judged whole, the place of the hit counts.
        start = begin if end - begin <= _BEFORE else end - _BEFORE
        if not (fresh <= start < settled or (start < fresh < end <= settled and stop - start > WRAP)):
            continue
        here = (start, stop if stop - end <= _AFTER else end + _AFTER)
        if here != place:
            place, numbers = here, []
            found.append((*here, numbers))
        numbers.append(number)
    return found
