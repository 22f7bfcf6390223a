"""The fast search: where in a block of bytes could any rule match?

Hyperscan looks for the constant texts of all rules in one pass; Python's ``re`` then judges only those places.
Where Hyperscan is not installed the same search is made with ``re`` alone, slower, with the same result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from typing import Any

from harness.findings.repeated import Found, Hits, in_each_line
from harness.findings.rules.pattern import Anchor
from harness.kept import kept

# What most messages of trouble have in common, and the many lines of a verbose log have not.
TELLING = (
    *("ail", "error", "not ", "unable", "support", "invalid", "assert", "compatib", "issue", "missing", "mismatch"),
    *("exception", "unknown", "abort", "must ", "warn", "condition:", "attribute", "typed", "deprecated", "destroy"),
    *("weights ", "values ", "detected", "deserializ", "insuf", "memory", "profile", "requir", "retrain"),
    *("magic", "version", "engine", "calibrat", "nvinfer", "symbol", "denied", "plan "),
    *("tensorrt ep", "plugin", "dimensions", "trt-"),
)
# So many hits in one block (half a megabyte): all of it is searched at once.
_DENSE = 2000
# Asked for a block and for the offsets of the lines in it that count.
Scanner = Callable[[bytearray, range], Found]


def scanner(texts: Mapping[str, int]) -> Scanner:
    """A search for all ``texts`` at once, each told by its number. Hits come in no certain order."""
    return _hyperscan(texts) if has_hyperscan() else _regular(texts)


@cache
def has_hyperscan() -> bool:
    return find_spec("hyperscan") is not None


def expression_of(anchor: Anchor) -> str:
    """As Hyperscan and ``re`` both take it.

    Single spaces, not white space of any kind: constant texts compile and run several times as fast. A
    message that was broken inside one half of its text is found by the other half.
    """
    text = " ".join(re.escape(word) for word in anchor.words)
    return f"(?i){text}" if anchor.ignore_case else text


def _hyperscan(texts: Mapping[str, int]) -> Scanner:
    """Few words choose the lines, all texts are looked for in those alone: hundreds at once cost twice the time."""
    words, every = _database("words", dict.fromkeys(words_of(texts), 0)), _database("texts", texts)

    def scan(block: bytearray, own: range) -> Found:
        lines, dense = _lines_with(words, block)
        if dense:
            return in_each_line(block, own, lambda text: _hits(every, text))
        with memoryview(block) as view:
            hits = [(start + end, number) for start, stop in lines for end, number in _hits(every, view[start:stop])]
        return Found(hits, {})

    return scan


def _hits(database: Any, text: bytes | bytearray | memoryview) -> Hits:
    hits: Hits = []

    def tell(number: int, _start: int, end: int, _flags: int, _context: Any) -> None:
        hits.append((end, number))

    # Its stubs know bytes only; it takes any buffer.
    database.scan(text, match_event_handler=tell)
    return hits


def words_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Words of which each text has one, in any case; a text with none of the telling ones stands for itself."""
    plain = {text: re.sub(r"\\(.)", r"\1", text.removeprefix("(?i)")).lower() for text in texts}
    own = [text for text, letters in plain.items() if not any(word in letters for word in TELLING)]
    return (*(f"(?i){word}" for word in TELLING), *own)


def _lines_with(words: Any, block: bytearray) -> tuple[list[tuple[int, int]], bool]:
    """Lines, each with the line end before it, that hold any of the words; and whether that is most of the block."""
    ends: list[int] = []

    def tell(_number: int, _start: int, end: int, _flags: int, _context: Any) -> bool:
        ends.append(end)
        return len(ends) > _DENSE

    # Its stubs know bytes only; it takes any buffer.
    with suppress(_stopped()):
        words.scan(block, match_event_handler=tell)
    if len(ends) > _DENSE:
        return [], True
    lines: list[tuple[int, int]] = []
    until = -1
    for end in sorted(ends):
        if end > until:
            until = block.find(b"\n", end)
            until = len(block) if until < 0 else until
            start = max(0, block.rfind(b"\n", 0, end - 1))
            lines.append((start, min(len(block), until + 1)))
    return lines, sum(stop - start for start, stop in lines) * 3 > len(block)


def _database(name: str, texts: Mapping[str, int]) -> Any:
    """Kept, for it takes a tenth of a second to compile; made again for another Hyperscan or kind of processor."""
    import hyperscan

    def make() -> bytes:
        database = hyperscan.Database()
        database.compile(
            expressions=[text.encode() for text in texts],
            ids=list(texts.values()),
            elements=len(texts),
            flags=[0] * len(texts),
        )
        return hyperscan.dumpb(database)  # type: ignore[no-any-return, unused-ignore]

    # Its stubs do not know its version.
    source = repr((getattr(hyperscan, "__version__", ""), *texts.items())).encode()
    try:
        database = hyperscan.loadb(kept(f"scan-{name}", source, make), hyperscan.HS_MODE_BLOCK)
    except hyperscan.error:
        database = hyperscan.loadb(make(), hyperscan.HS_MODE_BLOCK)
    database.scratch = hyperscan.Scratch(database)
    return database


def _stopped() -> type[Exception]:
    """What the search raises when it is told to stop."""
    import hyperscan

    return hyperscan.ScanTerminated  # type: ignore[no-any-return, attr-defined, unused-ignore]


def _regular(texts: Mapping[str, int]) -> Scanner:
    patterns = [(number, re.compile(text.encode())) for text, number in texts.items()]

    def search(text: bytes | bytearray) -> Hits:
        return [(found.end(), number) for number, pattern in patterns for found in pattern.finditer(text)]

    def scan(block: bytearray, own: range) -> Found:
        return in_each_line(block, own, search)

    return scan
