from __future__ import annotations

from datetime import date

import pytest

from harness.matrix.waivers import Waiver


@pytest.mark.parametrize(
    ("cell", "case", "covered"),
    [("trt8.6.1-*", "*", True), ("trt8.5*", "*", False), ("*", "*.int8-*", True), ("*", "*.fp16-*", False)],
)
def test_covers_by_patterns(cell: str, case: str, covered: bool) -> None:
    waiver = Waiver(reason="known", cell=cell, case=case, finding="int8-plugin-scale")
    assert waiver.covers("trt8.6.1-cuda12.0-ubuntu22.04", "retinaface.plugin.int8-calibrated.sm86") is covered


def test_holds_to_the_end_of_its_last_day() -> None:
    waiver = Waiver(reason="known", outcome="failed", expires=date(2026, 12, 31))
    assert not waiver.expired(date(2026, 12, 31))
    assert waiver.expired(date(2027, 1, 1))
    assert not Waiver(reason="known", outcome="failed").expired(date(2999, 1, 1))


def test_expects_a_rule_only_where_one_is_named() -> None:
    assert Waiver(reason="known", finding="int8-*").expects_finding("int8-plugin-scale")
    assert not Waiver(reason="known", outcome="failed").expects_finding("int8-plugin-scale")
