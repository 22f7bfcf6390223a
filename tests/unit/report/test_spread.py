"""Many numbers as one, and sentences that differ in numbers alone."""

from __future__ import annotations

from harness.report.spread import merged, span, spread


def test_a_range_has_both_ends() -> None:
    assert span([3, 1, 2]) == "1 to 3"
    assert span([4000]) == "4,000"


def test_words_are_listed_while_they_are_few() -> None:
    assert spread(["a", "b", "a"]) == "a, b"
    assert spread(["a", "b", "c", "d"]) == "4 different"


def test_sentences_that_differ_in_numbers_become_one() -> None:
    one = "harmless: the outputs change by at most 4e-06; of 9 faces 0 are lost"
    two = "harmless: the outputs change by at most 2e-06; of 199 faces 0 are lost"
    other = "not harmless, by body.stage1.0.0.weight: of 9 faces 3 are lost"
    assert merged([one, two, other]) == [
        ("harmless: the outputs change by at most 2e-06 to 4e-06; of 9 to 199 faces 0 are lost", [one, two]),
        (other, [other]),
    ]


def test_a_number_in_a_name_is_none() -> None:
    names = ["by conv1.weight: 1", "by conv2.weight: 1"]
    assert merged(names) == [(name, [name]) for name in names]
