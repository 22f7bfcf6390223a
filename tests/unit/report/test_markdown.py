from __future__ import annotations

from msgspec.structs import replace

from harness.evidence.records import Advice, Finding, Outcome, Severity
from harness.report import markdown
from tests import sample


def test_the_summary_has_counts_causes_and_grid() -> None:
    shown = markdown.summary(sample.results())
    assert "148 planned, 100 executed, 97 conclusive" in shown
    assert "❌ **A plugin's input has no single INT8 scale** (fatal, 8 cases of 2 cells)" in shown
    assert "| trtrtx1.6.1-cuda12.9-wheels | ✅ passed 4 | ✅ passed 4 | ✅ passed 4 | ❌ failed 4 |" in shown
    assert "*predicted, not run:* A plugin's input" in shown


def test_a_waiver_and_a_command_in_a_remedy_are_seen() -> None:
    finding = Finding(
        rule="x",
        title="Weights in danger",
        severity=Severity.ADVISORY,
        waived_by="known",
        advice=[Advice(text="`trt-matrix audit` names them")],
    )
    case = replace(sample.rtx_case("c", "s", "fp32", "sm86", "1.6.1"), outcome=Outcome.WARNED, findings=[finding])
    shown = markdown.summary(sample.assemble([replace(sample.rtx_cell("1.6.1", "12.9"), cases=[case])]))
    assert "**Weights in danger** (advisory, 1 case of 1 cell; waived: known)" in shown
    assert ": `trt-matrix audit` names them" in shown


def test_a_big_run_stays_below_the_limit() -> None:
    cells = [replace(sample.rtx_cell("1.6.1", f"12.{number}"), cases=[]) for number in range(3)]
    case = sample.rtx_case("c", "s", "fp32", "sm86", "1.6.1")
    many = [replace(case, route=f"route-{n}" + "x" * 300) for n in range(20)]
    wide = [replace(cell, id=f"{cell.id}-{n}", cases=many) for n in range(300) for cell in cells]
    assert len(markdown.summary(sample.assemble(wide)).encode()) < 1024 * 1024


def test_a_cut_says_so() -> None:
    assert markdown._cut("line\n" * 400_000).endswith("Cut here: the report has the rest.\n")


def test_hostile_text_stays_text() -> None:
    assert markdown.plain("| `x` <b> [a](b)\n# *y*") == "\\| \\`x\\` \\<b\\> \\[a\\](b)\\\\n# \\*y\\*"
    assert markdown.plain("# no heading") == "\\# no heading"
    assert markdown.plain("1. no list") == "1\\. no list"
