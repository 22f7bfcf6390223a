"""The fast search: where in a block of bytes could any rule match?

Hyperscan looks for the constant texts of all rules in one pass; Python's ``re`` then judges only those places.
Where Hyperscan is not installed the same search is made with ``re`` alone, slower, with the same result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from importlib.util import find_spec
from typing import Any

from harness.findings.rules.pattern import Anchor

# Calls back with the number of the text that was found and the offset of its end.
OnHit = Callable[[int, int], None]
Scanner = Callable[[bytearray, OnHit], None]


def scanner(expressions: Iterable[str]) -> Scanner:
    """A search for all ``expressions`` at once. Hits come in no certain order."""
    texts = tuple(expressions)
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


def _hyperscan(texts: tuple[str, ...]) -> Scanner:
    import hyperscan

    database = hyperscan.Database()
    database.compile(
        expressions=[text.encode() for text in texts],
        ids=list(range(len(texts))),
        elements=len(texts),
        flags=[0] * len(texts),
    )

    def scan(block: bytearray, on_hit: OnHit) -> None:
        def tell(number: int, _start: int, end: int, _flags: int, _context: Any) -> None:
            on_hit(number, end)

        buffer: Any = block  # its stubs know bytes only; it takes any buffer
        database.scan(buffer, match_event_handler=tell)

    return scan


def _regular(texts: tuple[str, ...]) -> Scanner:
    patterns = [re.compile(text.encode()) for text in texts]

    def scan(block: bytearray, on_hit: OnHit) -> None:
        for number, pattern in enumerate(patterns):
            for found in pattern.finditer(block):
                on_hit(number, found.end())

    return scan
