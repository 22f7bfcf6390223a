from __future__ import annotations

import pytest

from harness.analysis import remedies
from harness.errors import UsageError
from harness.evidence import records as r
from harness.report import remedies_text
from tests import nights

PROBLEM = "face.plugin.int8-calibrated.implicit.device"
RULE = "plugin-scale-assert"


def case(name: str, outcome: str = "passed", *, found: bool = False, **metrics: float) -> r.CaseRecord:
    findings = [nights.finding(RULE, "fatal")] if found else []
    return nights.case(name, outcome=outcome, findings=findings, metrics=metrics)


def results() -> r.Results:
    old = nights.cell(
        "1.6.1",
        [
            case(PROBLEM, "failed", found=True),
            case("face.plugin.fp32.implicit.device", latency_ms=0.8, ap50=0.997),
            case("face.plugin.int8-calibrated.fp32edge-implicit.device", latency_ms=0.4, ap50=0.99),
            case("face.host-decode.int8-calibrated.device", found=True, latency_ms=0.3),
            case("face.onnx.int8-qdq.device", "not-run"),
            case("other.onnx.int8-qdq.device"),
        ],
    )
    return nights.run([old])


def test_the_problem_stands_first_then_what_cured_it() -> None:
    rows = remedies.tried(results(), PROBLEM)
    assert [(row.remedy, row.left) for row in rows] == [
        ("as it is", []),
        ("what enters Decode kept in FP32", []),
        ("no reduced precision", []),
        ("decode on the host, not implicit batch", [RULE]),
    ]


def test_what_does_no_harm_does_not_stand_behind_what_is_slower() -> None:
    fast = nights.case(
        "face.host-decode.int8-calibrated.device", findings=[nights.finding("note")], metrics={"latency_ms": 0.3}
    )
    problem = nights.case(PROBLEM, outcome="failed", findings=[nights.finding(RULE, "fatal"), nights.finding("note")])
    run = nights.run([nights.cell("1.6.1", [problem, case("face.plugin.fp32.device", latency_ms=0.4), fast])])
    rows = remedies.tried(run, PROBLEM)
    assert [(row.latency_ms, row.left) for row in rows[1:]] == [(0.3, ["note"]), (0.4, [])]


def test_the_reason_is_not_told_again_as_left() -> None:
    again = case("face.plugin.int8-calibrated.fp32edge-implicit.device", "failed", found=True)
    rows = remedies.tried(nights.run([nights.cell("1.6.1", [case(PROBLEM, "failed", found=True), again])]), PROBLEM)
    assert [(row.reason, row.left) for row in rows] == [(RULE, []), (RULE, [])]


def test_a_subject_without_fp32_is_held_against_the_problem_s() -> None:
    apart = case("face-apart.plugin.int8-calibrated.apart.device", latency_ms=0.4)
    plain = case("face.plugin.fp32.device", latency_ms=0.8)
    run = nights.run([nights.cell("1.6.1", [case(PROBLEM, "failed", found=True), plain, apart])])
    row = next(row for row in remedies.tried(run, PROBLEM, "face*") if row.case == apart.id)
    assert row.latency_ratio == pytest.approx(0.5)


def test_quantised_across_decode_does_not_stop_before_it() -> None:
    problem, across = nights.case(PROBLEM), nights.case("face.plugin.int8-qdq.implicit-naive.device")
    assert remedies.differences(problem, across) == ["explicit Q/DQ across Decode"]
    sound = nights.case("face.plugin.int8-qdq.implicit.device")
    assert remedies.differences(sound, across) == ["Q/DQ across Decode"]
    assert remedies.differences(across, sound) == ["not Q/DQ across Decode"]


def test_cost_is_told_beside_fp32_by_the_same_route() -> None:
    kept = remedies.tried(results(), PROBLEM)[1]
    assert kept.latency_ratio == pytest.approx(0.5)
    assert remedies.words(kept) == "passed; AP 0.990; 0.400 ms, 0.50 of FP32; 2.4 MB"
    assert "passed" in remedies_text.as_text([kept])


def test_a_row_that_was_not_measured_has_dashes() -> None:
    lines = remedies_text.as_text(remedies.tried(results(), PROBLEM)).splitlines()
    assert "AP" in lines[0]
    (problem,) = (line for line in lines if "> as it is" in line)
    assert problem.split()[-4:] == ["-", "-", "-", "-"]
    assert max(map(len, lines)) <= 80


def test_a_column_that_nobody_measured_is_left_out() -> None:
    head = remedies_text.as_text(remedies.tried(results(), PROBLEM)[:1]).splitlines()[0]
    assert "AP" not in head


def test_cells_of_one_release_that_say_the_same_are_one_row() -> None:
    first = results()
    twice = nights.run([*first.cells, nights.cell("1.6.1", first.cells[0].cases, cuda="13.4")])
    rows = remedies.tried(twice, PROBLEM)
    assert len(rows) == len(remedies.tried(first, PROBLEM))
    assert {row.alike for row in rows} == {2}


@pytest.mark.parametrize(("problem", "told"), [("nobody.*", "none"), ("*", "face, other")])
def test_a_pattern_that_means_not_one_subject(problem: str, told: str) -> None:
    with pytest.raises(UsageError, match=f"means cases of {told}; name a case of one subject"):
        remedies.tried(results(), problem)


def test_statements_point_to_their_evidence() -> None:
    found = results()
    (first, *_) = remedies.section(remedies.tried(found, PROBLEM), found).statements
    assert first.text.startswith("on tensorrt-rtx 1.6.1, as it is: failed: ")
    assert first.proofs[0].run == found.run.id
