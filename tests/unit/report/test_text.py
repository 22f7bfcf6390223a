from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace

from harness.evidence.records import Finding, Outcome, Severity
from harness.report import case_text, text
from harness.report.causes import causes
from tests import sample

INDEX = Path("reports/out/latest/index.html")


def test_the_table_fits_80_columns() -> None:
    lines = text.table(sample.results(), INDEX).splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[-1] == f"Report: {INDEX}"


def test_many_columns_become_several_tables() -> None:
    classic = replace(sample.classic_cell("8.6.1", "12.0", "22.04"), runnable=True)
    shown = text.table(sample.assemble([classic, sample.rtx_cell("1.7.1", "12.9")]))
    assert max(map(len, shown.splitlines())) <= 80
    tables = [line for line in shown.splitlines() if line.startswith(("plugin ", "host-decode ", "onnx "))]
    assert [line.split() for line in tables] == [
        ["plugin", "fp32", "fp16-flag", "int8-calibrated"],
        ["onnx", "fp32", "fp16-flag", "fp16-typed"],
        ["onnx", "bf16-typed", "int8-calibrated", "int8-qdq"],
    ]


def test_routes_stand_side_by_side_where_they_fit() -> None:
    cell = sample.rtx_cell("1.7.1", "12.9")
    onnx = cell.cases[0]
    shown = text.table(sample.assemble([replace(cell, cases=[replace(onnx, route="host-decode"), onnx])]))
    assert shown.splitlines()[:4] == [
        "                             host-decode  onnx",
        "cell                         fp32         fp32",
        "---------------------------  -----------  --------",
        "trtrtx1.7.1-cuda12.9-wheels  passed 1     passed 1",
    ]


def test_the_table_tells_outcomes_and_causes_in_words() -> None:
    shown = text.table(sample.results())
    assert "CRASHED 1/4" in shown
    assert "! A plugin's input has no single INT8 scale (fatal, 8 cases of 2 cells)" in shown
    assert "- 46 cases of 8 cells: no NVIDIA driver" in shown
    assert "made-up sample" in shown


def test_a_cause_says_which_release_brought_it() -> None:
    shown = text.table(sample.results())
    assert "\n    tensorrt-rtx 1.6.1 broke it: 1.5.0 ran the same cases without it." in shown


def test_a_star_marks_what_a_waiver_expects() -> None:
    cell = sample.rtx_cell("1.6.1", "12.9")
    finding = Finding(rule="myelin-ssa", title="A check failed", severity=Severity.FATAL, waived_by="known before 1.7")
    failed = replace(cell.cases[0], outcome=Outcome.FAILED, findings=[finding])
    shown = text.table(sample.assemble([replace(cell, cases=[failed])]))
    assert "FAILED 1*" in shown
    assert "* waived in the matrix" in shown
    assert "\n    waived: known before 1.7\n" in shown
    assert "1 failed (all waived)" in shown
    bare = text.table(sample.assemble([replace(cell, cases=[replace(failed, findings=[])])]))
    assert "FAILED 1*" not in bare
    assert "waived" not in bare


def test_nothing_at_all_is_said() -> None:
    assert text.table(sample.assemble([])) == "0 planned, 0 executed, 0 conclusive\n"


def test_a_hostile_reason_is_one_harmless_line() -> None:
    cell = sample.classic_cell("8.6.1", "12.0", "22.04")
    cases = [replace(case, reason="\x1b[2J\nPASSED") for case in cell.cases]
    assert "\\x1b[2J\\nPASSED" in text.table(sample.assemble([replace(cell, cases=cases)]))


def test_a_cell_says_what_was_loaded() -> None:
    shown = case_text.cell_text(sample.wrong_version_cell())
    assert "NOT WHAT WAS ASKED: 1.6.1 from" in shown
    assert shown.endswith("4 failed\n")


def test_a_case_shows_findings_advice_and_log(tmp_path: Path) -> None:
    cell = sample.rtx_cell("1.6.1", "12.9")
    sample.write_evidence(sample.assemble([cell]), tmp_path)
    shown = case_text.case_text(cell, cell.cases[6], tmp_path)
    assert "failed at build" in shown
    assert "1. [cured] Decode on the host (route host-decode) (it passed in this cell)" in shown
    assert "31  [E] Assertion scales.size() == 1 failed" in shown
    assert f"repeat: trt-matrix run --only {cell.id}::{cell.cases[6].id}" in shown


def test_a_cases_weights_say_what_the_release_said(tmp_path: Path) -> None:
    cell = sample.rtx_cell("1.5.0", "12.9")
    shown = case_text.case_text(cell, cell.cases[2], tmp_path)
    assert "weights in fp16: 213 tensors; subnormal 100, below the smallest 73" in shown
    assert "the release: mute" in shown


def test_what_holds_for_all_causes_is_said_once() -> None:
    cell = sample.rtx_cell("1.6.1", "12.9")
    case = cell.cases[6]
    cases = [case, replace(case, id="other", findings=[replace(case.findings[0], rule="other")])]
    assert len(causes([replace(cell, cases=cases)])) == 2
    shown = text.table(sample.assemble([replace(cell, cases=cases)]))
    assert shown.count("is the only release that ran these cases") == 1
    assert shown.index("the only release") < shown.index("\n! ")
