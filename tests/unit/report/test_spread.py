"""Many numbers as one."""

from __future__ import annotations

from harness.report.spread import span, spread


def test_a_range_has_both_ends() -> None:
    assert span([3, 1, 2]) == "1 to 3"
    assert span([4000]) == "4,000"


def test_words_are_listed_while_they_are_few() -> None:
    assert spread(["a", "b", "a"]) == "a, b"
    assert spread(["a", "b", "c", "d"]) == "4 different"
