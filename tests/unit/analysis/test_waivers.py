from __future__ import annotations

from datetime import date

import pytest

from harness.analysis.case_changes import Side
from harness.analysis.compare import Rules, compare
from harness.analysis.waivers import Standing, WaivedChanges, complaints, expected, judge, mark
from harness.evidence.records import Results
from harness.matrix.waivers import Waiver
from tests import nights

TODAY = date(2026, 6, 1)
KNOWN = Waiver(reason="known", finding="int8-*", expires=date(2026, 12, 31))


def broken(rule: str = "int8-plugin-scale") -> Results:
    return nights.simple(1, outcome="failed", findings=[nights.finding(rule, "fatal")])


@pytest.mark.parametrize(
    ("waiver", "results", "standing"),
    [
        (KNOWN, broken(), Standing.IN_FORCE),
        (KNOWN, nights.simple(), Standing.UNEXPECTED_PASS),
        (KNOWN, nights.simple(outcome="not-run"), Standing.NOT_EXERCISED),
        (KNOWN, broken("other"), Standing.UNEXPECTED_PASS),
        (Waiver(reason="x", finding="int8-*", expires=date(2026, 5, 31)), broken(), Standing.EXPIRED),
        (Waiver(reason="x", finding="int8-*", expires=date(2026, 6, 10)), broken(), Standing.EXPIRES_SOON),
        (Waiver(reason="x", outcome="failed", cell="trt8*"), broken(), Standing.NOT_EXERCISED),
        (Waiver(reason="x", outcome="failed", finding="int8-*"), broken(), Standing.IN_FORCE),
        (Waiver(reason="x", outcome="crashed"), broken(), Standing.UNEXPECTED_PASS),
    ],
)
def test_judge(waiver: Waiver, results: Results, standing: Standing) -> None:
    (judged,) = judge([waiver], results, TODAY)
    assert judged.standing is standing


def test_mark_sets_and_clears_the_reason() -> None:
    marked = mark(broken(), [KNOWN], TODAY)
    assert marked.cells[0].cases[0].findings[0].waived_by == "known"
    assert mark(marked, [], TODAY).cells[0].cases[0].findings[0].waived_by == ""
    assert mark(marked, [KNOWN], date(2027, 1, 1)).cells[0].cases[0].findings[0].waived_by == ""


def test_expected_names_the_waiver() -> None:
    cell = broken().cells[0]
    assert expected(cell.id, cell.cases[0], [KNOWN], TODAY) is KNOWN
    assert expected(cell.id, cell.cases[0], [KNOWN], date(2027, 1, 1)) is None


def test_complaints_name_the_waiver_and_the_day() -> None:
    (line,) = complaints([KNOWN], broken(), date(2027, 1, 1))
    assert line == "waiver int8-* @ * / *: expired 2026-12-31; what it covered counts again"
    assert complaints([KNOWN], broken(), TODAY) == []
    assert "met none of what it expects" in complaints([KNOWN], nights.simple(), TODAY)[0]


@pytest.mark.parametrize(("today", "failing"), [(TODAY, 0), (date(2027, 1, 1), 1)])
def test_a_waived_change_does_not_fail_until_the_waiver_expires(today: date, failing: int) -> None:
    after = broken()
    rules = Rules(waived=WaivedChanges([KNOWN], after, today))
    found = compare(Side("A", nights.simple()), Side("B", after), rules)
    assert len(found.failing()) == failing


def test_a_waived_outcome_covers_the_findings_behind_it() -> None:
    def waived(outcome: str) -> set[str]:
        (case,) = mark(broken(), [Waiver("known", outcome=outcome)], TODAY).cells[0].cases
        return {finding.waived_by for finding in case.findings}

    assert waived("failed") == {"known"}
    assert waived("crashed") == {""}
