from __future__ import annotations

from typing import Any

import pytest

from harness.analysis.case_changes import Side
from harness.analysis.changes import Change, Kind
from harness.analysis.compare import Rules, compare
from harness.analysis.engines import Layer
from harness.analysis.suspects import WEIGHTS
from harness.evidence import records as r
from tests import nights

CASE = "retina.onnx.fp16-typed.sm86"
STEADY = nights.case("steady.onnx.fp32.sm86")


def changes(old: r.Results, new: r.Results, **tolerances: float) -> list[Change]:
    return compare(Side("A", old), Side("B", new), Rules(tolerances)).changes


def between(before: dict[str, Any], after: dict[str, Any], **tolerances: float) -> list[Change]:
    """The changes of one case whose fields are given."""
    return changes(nights.simple(0, **before), nights.simple(1, **after), **tolerances)


def kinds(found: list[Change]) -> list[tuple[Kind, bool]]:
    return [(change.kind, change.worse) for change in found]


def test_the_same_twice_is_no_difference() -> None:
    assert between({}, {}) == []


@pytest.mark.parametrize(
    ("before", "after", "kind", "worse"),
    [
        ("passed", "failed", Kind.BROKEN, True),
        ("warned", "crashed", Kind.BROKEN, True),
        ("passed", "timed-out", Kind.BROKEN, True),
        ("not-run", "failed", Kind.BROKEN, True),
        ("failed", "passed", Kind.FIXED, False),
        ("failed", "failed", Kind.STILL_BROKEN, False),
        ("passed", "not-run", Kind.STOPPED, True),
        ("failed", "not-applicable", Kind.STOPPED, True),
        ("not-run", "passed", Kind.APPEARED, False),
    ],
)
def test_outcomes(before: str, after: str, kind: Kind, worse: bool) -> None:
    same: dict[str, Any] = {"engine_bytes": None, "layers": None, "layer_precisions": {}, "steps_s": {}}
    assert kinds(between({"outcome": before} | same, {"outcome": after} | same)) == [(kind, worse)]


def test_still_broken_tells_another_cause() -> None:
    old = {"outcome": "failed", "reason": "out of memory"}
    (change,) = between(old, {"outcome": "failed", "reason": "no kernel"})
    assert change.text == "failed (no kernel); for another reason than before (out of memory)"


def test_a_new_warning_is_worse_unless_waived() -> None:
    found = nights.finding("fp16-subnormal")
    (change,) = between({}, {"outcome": "warned", "findings": [found]})
    assert (change.kind, change.name, change.worse) == (Kind.WARNED, "fp16-subnormal", True)
    waived = r.Finding(rule="x", title="X", severity=r.Severity.ADVISORY, waived_by="known")
    assert kinds(between({}, {"outcome": "warned", "findings": [waived]})) == [(Kind.WARNED, False)]


def test_predictions_and_notes_are_no_warnings() -> None:
    predicted = r.Finding(rule="x", title="X", severity=r.Severity.FATAL, predicted=True)
    assert between({}, {"findings": [predicted, nights.finding("y", "info")]}) == []


def test_a_release_that_stops_saying_it_is_newly_mute() -> None:
    (change,) = between({"audit": [nights.audit(standing="said")]}, {"audit": [nights.audit(standing="mute")]})
    assert (change.kind, change.worse) == (Kind.MUTE, True)
    assert change.text == "fp16: the release said it before and is mute now; 173 by our count"


def test_counts_are_told_one_by_one() -> None:
    old = {"outcome": "warned", "findings": [nights.finding(weights=100, below=73)]}
    (change,) = between(old, {"outcome": "warned", "findings": [nights.finding(weights=100, below=128)]})
    assert change.text == "fp16-subnormal.below 73 → 128"
    assert (change.kind, change.worse) == (Kind.COUNT, True)


def test_audit_counts_too() -> None:
    found = between({"audit": [nights.audit(73)]}, {"audit": [nights.audit(60)]})
    assert {change.name for change in found} == {"fp16.below_blobs", "fp16.subnormal_blobs", "fp16.subnormal_elements"}
    assert not any(change.worse for change in found)


def test_what_our_own_count_says_twice_is_told_once() -> None:
    old, new = ([nights.finding("fp16-weights-unsaid", below=below)] for below in (73, 60))
    found = between({"findings": old, "audit": [nights.audit(73)]}, {"findings": new, "audit": [nights.audit(60)]})
    assert all(change.name.startswith("fp16.") for change in found)


def test_what_else_changed_is_told_with_the_cases_it_may_explain() -> None:
    old, new = (
        Side("", nights.run([nights.cell(version, [nights.case(audit=[nights.audit(below)]), STEADY])], day))
        for day, (version, below) in enumerate((("1.6.1", 73), ("1.7.1", 128)))
    )
    found = compare(old, new)
    assert [(each.text, each.cases) for each in found.with_it] == [
        (text, [f"trtrtx1.7.1-cuda12.9-wheels / {CASE}"]) for text in ("release 1.6.1 → 1.7.1", WEIGHTS)
    ]


@pytest.mark.parametrize(
    ("name", "before", "after", "kind", "worse"),
    [
        ("ap50", 0.93, 0.90, Kind.ACCURACY, True),
        ("ap50", 0.90, 0.93, Kind.ACCURACY, False),
        ("largest_output_change", 0.002, 0.004, Kind.ACCURACY, True),
        ("cosine_loc", 0.999, 0.97, Kind.ACCURACY, True),
        ("latency_ms", 1.0, 1.2, Kind.LATENCY, True),
        ("latency_ms", 1.2, 1.0, Kind.LATENCY, False),
        ("throughput_fps", 100.0, 80.0, Kind.LATENCY, True),
        ("boxes", 10.0, 20.0, Kind.OTHER, False),
    ],
)
def test_directions(name: str, before: float, after: float, kind: Kind, worse: bool) -> None:
    assert kinds(between({"metrics": {name: before}}, {"metrics": {name: after}})) == [(kind, worse)]


@pytest.mark.parametrize(("name", "before", "after"), [("ap50", 0.93, 0.928), ("latency_ms", 1.0, 1.04)])
def test_within_tolerance_is_no_change(name: str, before: float, after: float) -> None:
    assert between({"metrics": {name: before}}, {"metrics": {name: after}}) == []


def test_a_given_tolerance_counts() -> None:
    assert between({"metrics": {"latency_ms": 1.0}}, {"metrics": {"latency_ms": 1.2}}, latency=0.5) == []


def test_timings_under_other_clocks_are_not_comparable() -> None:
    (change,) = between(
        {"metrics": {"latency_ms": 1.0, "clock_sm_mhz": 1980}}, {"metrics": {"latency_ms": 1.5, "clock_sm_mhz": 1200}}
    )
    assert (change.kind, change.worse) == (Kind.INCOMPARABLE, False)
    assert "other clocks (clock_sm_mhz 1980; 1200)" in change.text


def test_a_reused_timing_is_not_comparable() -> None:
    (change,) = between({"metrics": {"latency_ms": 1.0}}, {"metrics": {"latency_ms": 2.0}, "reused_from": "earlier"})
    assert change.kind is Kind.INCOMPARABLE


def test_repeats_decide_over_an_outlier() -> None:
    old, new = nights.simple(0, metrics={"latency_ms": 1.0}), nights.simple(1, metrics={"latency_ms": 2.0})
    steady = Side("A", old, repeats=lambda *_: [1.0, 1.01, 0.99, 1.0])
    outlier = Side("B", new, repeats=lambda *_: [1.0, 1.01, 2.0])
    slower = Side("B", new, repeats=lambda *_: [1.99, 2.0, 2.01])
    assert compare(steady, outlier).changes == []
    assert kinds(compare(steady, slower).changes) == [(Kind.LATENCY, True)]


def test_a_wide_spread_hides_a_small_change() -> None:
    old, new = nights.simple(0, metrics={"latency_ms": 1.0}), nights.simple(1, metrics={"latency_ms": 1.3})
    wild = Side("A", old, repeats=lambda *_: [0.7, 1.0, 1.4, 1.1, 0.8])
    assert compare(wild, Side("B", new, repeats=lambda *_: [1.3])).changes == []


def test_what_a_smaller_run_did_not_ask_for_has_not_vanished() -> None:
    whole = nights.run([nights.cell(cases=[nights.case(), STEADY]), nights.cell("1.6.1", [STEADY])])
    part = nights.run([nights.cell(cases=[nights.case(outcome="failed")])], 1, partial=True)
    assert kinds(changes(whole, part)) == [(Kind.BROKEN, True)]
    assert kinds(changes(part, whole)) == [(Kind.FIXED, False)]


def test_a_case_that_vanished_is_worse_where_it_had_run() -> None:
    both = [nights.case("a.onnx.fp32.sm86"), nights.case("b.onnx.fp32.sm86", "not-run")]
    found = changes(nights.run([nights.cell(cases=both)]), nights.run([nights.cell(cases=[])], 1))
    assert kinds(found) == [(Kind.VANISHED, True), (Kind.VANISHED, False)]


def test_a_moved_release_is_compared_with_what_it_replaced() -> None:
    (change,) = changes(nights.simple(0, version="1.6.1"), nights.simple(1, version="1.7.1", outcome="failed"))
    assert change.kind is Kind.BROKEN
    assert (change.cell_before, change.cell) == ("trtrtx1.6.1-cuda12.9-wheels", "trtrtx1.7.1-cuda12.9-wheels")


def test_the_engine_is_compared_layer_by_layer() -> None:
    old, new = nights.simple(0), nights.simple(1, engine_sha256="other")
    layers = [Layer("conv1", "gemm", ("Half",), (), "a"), Layer("conv2", "gemm", ("Half",), (), "a")]
    other = [Layer("conv1", "gemm", ("Float",), (), "b"), Layer("conv3", "gemm", ("Half",), (), "a")]
    found = compare(Side("A", old, layers=lambda *_: layers), Side("B", new, layers=lambda *_: other)).changes
    assert [change.text for change in found] == [
        "layers 2 → 2: only before 1 (conv2); only after 1 (conv3)",
        "precision of 1 (conv1: Half → Float)",
        "tactic of 1 (conv1: a → b)",
    ]


def test_every_change_names_its_evidence() -> None:
    (change,) = between({"evidence": "evidence/c/x"}, {"outcome": "failed", "evidence": "evidence/c/x"})
    assert change.proof_after.run == "2026-01-02T03-00-00Z-0000"
    assert change.proof_before.path == "evidence/c/x"


def test_the_pressing_comes_first() -> None:
    cases = [nights.case(f"{name}.onnx.fp32.sm86", "failed") for name in "ab"]
    after = [
        nights.case("a.onnx.fp32.sm86"),
        nights.case("b.onnx.fp32.sm86", "failed"),
        nights.case("c.onnx.fp32.sm86", "failed"),
    ]
    found = changes(nights.run([nights.cell(cases=cases)]), nights.run([nights.cell(cases=after)], 1))
    assert [change.kind for change in found] == [Kind.BROKEN, Kind.STILL_BROKEN, Kind.FIXED]
