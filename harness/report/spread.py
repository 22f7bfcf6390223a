"""Many numbers as one: the value, or its range."""

from __future__ import annotations

from collections.abc import Sequence

from harness.evidence.records import Scalar


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


def _digits(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:g}"
