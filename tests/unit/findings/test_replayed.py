from __future__ import annotations

from harness.evidence.records import count
from harness.findings.classify import classify_text
from harness.findings.replayed import RECIPES, SOURCE, replayed_cell, replayed_log


def test_exactly_100_and_73() -> None:
    fp16, _ = replayed_cell().cases
    assert {finding.rule: finding.facts["weights"] for finding in fp16.findings} == {
        "fp16-subnormal-summary": 100,
        "fp16-below-subnormal-summary": 73,
    }


def test_the_scale_assertion_is_the_first_cause_of_both_logs_together() -> None:
    classified = classify_text("".join(map(replayed_log, RECIPES)))
    assert classified.first_cause == classified.findings[0].rule == "plugin-scale-assert"
    assert classified.findings[1].consequence_of == "plugin-scale-assert"


def test_nothing_replayed_counts_as_executed() -> None:
    cell = replayed_cell()
    assert (count([cell]).executed, count([cell]).conclusive) == (0, 0)
    assert all(SOURCE in case.reason and SOURCE in case.findings[0].evidence[0].file for case in cell.cases)
