"""Sentences that differ in numbers alone."""

from __future__ import annotations

from harness.analysis.alike import merged


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


def test_big_numbers_and_shares_keep_their_signs() -> None:
    one, two = "3,387,148 → 2,529,628 (-25.3%)", "940 → 700 (-25.5%)"
    assert [text for text, _ in merged([one, two])] == ["940 to 3,387,148 → 700 to 2,529,628 (-25.3 to 25.5%)"]
