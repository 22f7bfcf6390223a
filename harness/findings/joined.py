"""A log whose lines a terminal broke: searched once more with its line ends taken away, as if it were one line."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import pairwise

from harness.findings.lines import decoded, level

# A log up to this size is searched so where any line may be the rest of one, a larger one where its head looks broken.
SMALL = 64 * 1024
_SAMPLE = 32 * 1024
_NARROWEST, _WIDEST, _NEAR = 50, 250, 15
# A line that no logger began: no mark, time or name of its own at its head.
_REST = re.compile(
    rb"\n(?!\[(?:[VIWEFDO]\]|\d\d|TRT|TensorRT|[A-Z]{4,8}\]|[a-z]{4,8}\])"
    rb"|\d{4}[-/]\d\d|\d{1,2}:\d\d:\d\d|[IWEF]\d{4} |\{\"|[A-Z]{4,8}: )[^\n]"
)
_END = re.compile(rb"\n")
_SPACES = bytes.maketrans(b"\n", b" ")

# From an end in the copy to the end in the log.
Place = Callable[[int], int]


def looks_broken(data: bytearray) -> bool:
    """Whether lines go on in the next one: in a long log more than once, from nearly its largest width on."""
    if len(data) <= SMALL:
        return _REST.search(data) is not None
    lines = bytes(data[:_SAMPLE]).split(b"\n")[:-1]
    width = max(map(len, lines), default=0)
    if not _NARROWEST <= width <= _WIDEST:
        return False
    pairs = pairwise(lines)
    followers = (after for line, after in pairs if len(line) >= width - _NEAR and after)
    return sum(not level(decoded(after[:200])) for after in followers) > 1


def continues(data: bytearray, start: int, end: int) -> bool:
    """Whether the line may be the rest of the one before it, or goes on in the one after it."""
    before = start > 0 and _REST.match(data, start - 1)
    return bool(before or _REST.match(data, end))


def copies(data: bytearray) -> Iterator[tuple[bytearray, Place]]:
    """The log with a space for each line end (broken between words), and without them (broken anywhere)."""
    yield data.translate(_SPACES), lambda end: end
    places = [found.start() for found in _END.finditer(data)]
    before = [place - number for number, place in enumerate(places)]
    yield data.translate(None, b"\n"), lambda end: end + bisect_left(before, end)
