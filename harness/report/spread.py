"""Many numbers as one: the value, or its range."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from harness.evidence.records import Scalar

_NUMBER = re.compile(r"(?<![\w.])\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\w)")


def span(numbers: Sequence[float]) -> str:
    """``3``, or ``1 to 3``."""
    low, high = min(numbers), max(numbers)
    return _digits(low) if low == high else f"{_digits(low)} to {_digits(high)}"


def spread(seen: Sequence[Scalar]) -> str:
    """One value, a range, up to three words, or how many there are."""
    different = list(dict.fromkeys(seen))
    if len(different) == 1:
        return f"{different[0]:,}" if type(different[0]) is int else str(different[0])
    numbers = [value for value in different if isinstance(value, int | float)]
    if len(numbers) == len(different):
        return span(numbers)
    return ", ".join(map(str, different)) if len(different) <= 3 else f"{len(different)} different"


def merged(sentences: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Sentences that differ in numbers alone as one with their ranges, and which they were."""
    alike: dict[str, list[str]] = {}
    for sentence in sentences:
        alike.setdefault(_NUMBER.sub("#", sentence), []).append(sentence)
    return [(_with_ranges(same), same) for same in alike.values()]


def _with_ranges(same: Sequence[str]) -> str:
    columns = zip(*(_NUMBER.findall(sentence) for sentence in same), strict=True)
    ranges = iter([_range_of_words(column) for column in columns])
    return _NUMBER.sub(lambda _: next(ranges), same[0])


def _range_of_words(words: Sequence[str]) -> str:
    """As they were written: ``4e-06`` stays so."""
    low, high = min(words, key=float), max(words, key=float)
    return low if float(low) == float(high) else f"{low} to {high}"


def _digits(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
