from __future__ import annotations

import pytest

from harness.analysis.pairs import lane, pairs, release_pairs
from harness.evidence.records import CellRecord
from tests.nights import cell


def ids(found: list[tuple[CellRecord | None, CellRecord | None]]) -> list[tuple[str, str]]:
    return [(one.version if one else "", two.version if two else "") for one, two in found]


@pytest.mark.parametrize(
    ("cell_id", "expected"),
    [
        ("trtrtx1.7.1-cuda12.9-wheels", "trtrtx-cuda12-wheels"),
        ("trt8.6.1-cuda12.0-ubuntu22.04-mine", "trt-cuda12-ubuntu22.04-mine"),
        ("something else", "something else"),
    ],
)
def test_lane(cell_id: str, expected: str) -> None:
    assert lane(cell_id) == expected


def test_a_lanes_only_cell_moves() -> None:
    found = pairs([cell("1.5.0"), cell("1.6.1")], [cell("1.6.1"), cell("1.7.1")])
    assert ids([(pair.before, pair.after) for pair in found]) == [("1.5.0", "1.7.1"), ("1.6.1", "1.6.1")]
    assert [pair.moved for pair in found] == [True, False]


def test_two_candidates_are_no_move() -> None:
    found = pairs([cell("1.5.0")], [cell("1.6.1"), cell("1.7.1")])
    assert ids([(pair.before, pair.after) for pair in found]) == [("1.5.0", ""), ("", "1.6.1"), ("", "1.7.1")]


def test_releases_are_matched_by_likeness() -> None:
    before = [cell("1.5.0", cuda="12.8"), cell("1.5.0", cuda="13.0")]
    after = [cell("1.7.1", cuda="12.9"), cell("1.7.1", cuda="13.1")]
    found = release_pairs(before, after)
    assert [(pair.before and pair.before.cuda, pair.after and pair.after.cuda) for pair in found] == [
        ("12.8", "12.9"),
        ("13.0", "13.1"),
    ]
