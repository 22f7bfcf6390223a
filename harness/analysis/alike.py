"""Sentences that say the same of several things, told once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

# No part of a name or of a version.
_NUMBER = re.compile(r"(?<![\w.])(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\w)")


def merged(sentences: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Sentences that differ in numbers alone as one with their ranges, and which they were."""
    alike: dict[str, list[str]] = {}
    for sentence in sentences:
        alike.setdefault(_NUMBER.sub("#", sentence), []).append(sentence)
    return [(_with_ranges(same), same) for same in alike.values()]


def _with_ranges(same: Sequence[str]) -> str:
    columns = zip(*(_NUMBER.findall(sentence) for sentence in same), strict=True)
    ranges = iter([_range(column) for column in columns])
    return _NUMBER.sub(lambda _: next(ranges), same[0])


def _range(words: Sequence[str]) -> str:
    """As they were written: ``4e-06`` stays so."""
    low, high = min(words, key=_value), max(words, key=_value)
    return low if _value(low) == _value(high) else f"{low} to {high}"


def _value(word: str) -> float:
    return float(word.replace(",", ""))
