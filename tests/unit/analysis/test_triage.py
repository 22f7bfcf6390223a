from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from harness.analysis.broken_code import broken_code
from harness.analysis.case_changes import Side
from harness.analysis.changes import Proof
from harness.analysis.triage import Triage, triage
from harness.errors import UsageError
from harness.evidence import records as r
from harness.report.proofs import checked_url
from harness.report.triage import html, markdown, write
from harness.versions import Release
from tests import nights

CURED = nights.case("retina.onnx.fp32.sm86", evidence="evidence/c/cured")
OLD, NEW = Release.parse("tensorrt-rtx 1.6.1"), Release.parse("tensorrt-rtx 1.7.1")


def upgrade(before: r.CaseRecord, after: r.CaseRecord, *, old: Release = OLD, new: Release = NEW) -> Triage:
    sides = (nights.run([nights.cell("1.6.1", [before])]), nights.run([nights.cell("1.7.1", [after])], 1))
    return triage(Side("old", sides[0]), Side("new", sides[1]), old, new)


def section(found: Triage, title: str) -> list[str]:
    return [each.text for part in found.sections if part.title == title for each in part.statements]


def broken(**fields: str) -> r.CaseRecord:
    finding = r.Finding(
        rule="int8-plugin-scale",
        title="A plugin's input has no single INT8 scale",
        severity=r.Severity.FATAL,
        evidence=[r.EvidencePlace(file="evidence/c/x/tensorrt.log", line=31)],
        advice=[
            r.Advice(text="stay on 1.6.1", standing="silent-only", because="its library has no such text"),
            r.Advice(text="decode on the host", standing="cured", because="it passed in this cell"),
        ],
    )
    return nights.case(outcome="failed", evidence="evidence/c/x", findings=[finding], **fields)


def test_what_will_not_run_comes_with_its_line_of_the_log() -> None:
    found = upgrade(nights.case(), broken())
    (statement,) = found.sections[0].statements
    assert statement.text == "failed, newly: A plugin's input has no single INT8 scale (int8-plugin-scale)"
    assert (statement.proofs[0].path, statement.proofs[0].line) == ("evidence/c/x/tensorrt.log", 31)


def test_remedies_are_ranked_by_what_is_known() -> None:
    assert [text.split(":")[0] for text in section(upgrade(nights.case(), broken()), "Remedies")] == [
        "cured",
        "silent-only",
    ]


def test_what_fell_silent_is_not_called_fixed() -> None:
    before = nights.case(outcome="warned", findings=[nights.finding("fp16-subnormal")], audit=[nights.audit()])
    found = upgrade(before, nights.case(audit=[nights.audit(standing="mute")]))
    assert section(found, "Fixed") == []
    assert any("mute now" in text for text in section(found, "Merely fell silent"))


def test_moved_numbers_and_new_warnings() -> None:
    before = nights.case(metrics={"ap50": 0.93})
    found = upgrade(before, nights.case(outcome="warned", metrics={"ap50": 0.80}, findings=[nights.finding("new-one")]))
    assert section(found, "Newly warned") == ["What new-one saw"]
    assert section(found, "Numbers that moved") == ["worse: ap50 0.93 → 0.8 (-14.0%)"]


def test_the_api_that_goes_is_told_with_its_source() -> None:
    found = upgrade(nights.case(), nights.case(), old=Release.parse("8.6.1"), new=Release.parse("11.1"))
    statements = next(part.statements for part in found.sections if part.title == "Gone from the API")
    assert any("IBuilderConfig.int8_calibrator was removed" in each.text for each in statements)
    assert all(each.sources for each in statements)


def test_what_did_not_run_is_missing_not_good() -> None:
    found = upgrade(nights.case(), nights.case(outcome="not-run", reason="no GPU"))
    assert section(found, "Not known yet") == ["1.7.1 did not run: no GPU"]
    assert found.summary.startswith("Nothing was executed on the newer release")
    assert {part.none for part in found.sections if part.title in ("Newly warned", "Numbers that moved")} == {
        "Not known: no case ran on both releases."
    }


@pytest.mark.parametrize("case", [broken(), nights.case(outcome="not-run"), nights.case()])
def test_every_sentence_names_what_it_rests_on(case: r.CaseRecord) -> None:
    text = markdown(upgrade(nights.case(), case)).partition("### To repeat")[0]
    said = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert len(said) > 8
    for line in said:
        assert " — evidence: " in line or " — source: " in line


def test_the_tickets_evidence_are_links_where_the_runs_are_published() -> None:
    text = markdown(upgrade(nights.case(), broken()), "https://ci.example.org/trt")
    run = "2026-01-02T03-00-00Z-0000"
    assert f"[run `{run}`, line 31](https://ci.example.org/trt/{run}/evidence/c/x/tensorrt.log)" in text
    assert f"[run `{run}`](https://ci.example.org/trt/{run}/index.html)" in text


@pytest.mark.parametrize("text", ["javascript:alert(1)", "https://x/(y)", "runs"])
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="is no address"):
        checked_url(text)


def test_a_remedy_says_what_for_and_rests_on_the_case_that_was_cured() -> None:
    because = f"trtrtx1.7.1-cuda12.9-wheels {CURED.id}: passed without it"
    finding = msgspec.structs.replace(
        nights.finding(), advice=[r.Advice(text="build FP32", standing="cured", because=because)]
    )
    ran = nights.case(outcome="warned", evidence="evidence/c/x", findings=[finding])
    after = nights.run([nights.cell("1.7.1", [ran, CURED])], 1)
    found = triage(Side("old", nights.simple(version="1.6.1")), Side("new", after), OLD, NEW)
    (remedy,) = (each for part in found.sections if part.title == "Remedies" for each in part.statements)
    assert remedy.text == f"cured: build FP32 ({because}) — for “What fp16-subnormal saw”"
    assert remedy.proofs[0] == Proof(run=after.run.id, path=CURED.evidence)


def test_what_was_warned_before_is_not_the_upgrades() -> None:
    warned = nights.case(outcome="warned", findings=[nights.finding(weights=100)])
    found = upgrade(warned, warned)
    assert section(found, "Warned as before") == ["What fp16-subnormal saw (weights 100)"]
    assert section(found, "Newly warned") == []
    assert section(upgrade(nights.case(), warned), "Warned as before") == []


def test_other_weights_are_not_the_releases() -> None:
    found = upgrade(nights.case(audit=[nights.audit(73)]), nights.case(audit=[nights.audit(128)]))
    assert "(the model's weights differ in 1 of the cases: not by the release)" in found.summary


def test_the_page_links_to_files_that_are_there(tmp_path: Path) -> None:
    found = upgrade(nights.case(), broken())
    run = tmp_path / found.sections[0].statements[0].proofs[0].run
    (run / "evidence/c/x").mkdir(parents=True)
    (run / "evidence/c/x/tensorrt.log").touch()
    shown = html(found, {run.name: run}, tmp_path / "triage")
    assert f'href="../{run.name}/evidence/c/x/tensorrt.log"' in shown
    assert "its files are not here" in html(found, {}, tmp_path)


def test_words_between_backticks_are_code_on_the_page(tmp_path: Path) -> None:
    shown = html(upgrade(nights.case(), nights.case()), {}, tmp_path)
    assert "<code>trt-matrix api diff &#39;tensorrt-rtx 1.6.1&#39; &#39;tensorrt-rtx 1.7.1&#39;</code>" in shown


def test_a_run_that_both_releases_come_from_is_named_once() -> None:
    sides = [Side(version, nights.run([nights.cell(version, [nights.case()])])) for version in ("1.6.1", "1.7.1")]
    assert len(triage(sides[0], sides[1], OLD, NEW).proofs) == 1


def test_a_release_that_no_cell_has_is_told_as_not_known() -> None:
    found = triage(Side("8.4.3", nights.run([])), Side("new", nights.run([nights.cell()])), OLD, NEW)
    assert section(found, "Not known yet")[0].startswith("8.4.3 is in no run and in no cell of the matrix")


def test_hostile_words_are_harmless(tmp_path: Path) -> None:
    found = upgrade(nights.case(), nights.case(outcome="failed", reason="</pre><script>x</script> \x1b[31m"))
    index = write(found, {}, tmp_path)
    assert "<script>" not in index.read_text(encoding="utf-8")
    assert "\x1b" not in (tmp_path / "ticket.md").read_text(encoding="utf-8")


def test_what_breaks_in_the_users_code_stands_with_line_and_replacement(tmp_path: Path) -> None:
    file = tmp_path / "build.py"
    file.write_text("import tensorrt as trt\nflag = trt.BuilderFlag.FP16\nold = trt.UffParser\n")
    code = broken_code([file], Release.parse("10.16.1"), Release.parse("11.4"))
    sides = [Side(name, nights.run([nights.cell("1.7.1", [nights.case()])])) for name in ("old", "new")]
    found = triage(sides[0], sides[1], OLD, NEW, more=[code])
    (text,) = section(found, "Your code")
    assert text.startswith(f"{file}:2:24: broken: member BuilderFlag.FP16 is gone since 11.0.0; use a strongly typed")
    assert "### Your code" in markdown(found)
    assert not broken_code([file], Release.parse("8.6.1"), Release.parse("8.6.1")).statements


def test_the_ticket_quotes_the_log_and_tells_a_waiver() -> None:
    case = broken()
    place = r.EvidencePlace(file="evidence/c/x/tensorrt.log", line=31, text="Assertion scales.size() == 1 failed.")
    finding = msgspec.structs.replace(case.findings[0], evidence=[place], waived_by="known")
    found = upgrade(case, msgspec.structs.replace(case, findings=[finding]))
    assert "failed, as before, waived (known): A plugin's input" in markdown(found)
    assert "\n  - `Assertion scales.size() == 1 failed.`\n" in markdown(found)
    assert found.summary.startswith(
        "1 case ran on the newer release: 1 broken (1 waived); 1 compared with the older one"
    )


def test_what_neither_release_can_do_is_no_news() -> None:
    absent = nights.case(outcome="not-applicable", reason="TensorRT-RTX has no BuilderFlag.FP16")
    found = upgrade(absent, absent)
    assert section(found, "Will not run") == []
    assert section(found, "Not applicable in either") == ["TensorRT-RTX has no BuilderFlag.FP16"]
    assert section(upgrade(nights.case(), absent), "Will not run") == [
        "not applicable: TensorRT-RTX has no BuilderFlag.FP16"
    ]


def test_the_time_of_a_build_that_broke_off_is_compared_with_nothing() -> None:
    quick = nights.case(outcome="failed", engine_bytes=None, steps_s={"build": 1.0})
    slow = nights.case(steps_s={"build": 9.0})
    assert not any("build" in text for text in section(upgrade(quick, slow), "Numbers that moved"))
    built = nights.case(steps_s={"build": 1.0})
    (told,) = [text for text in section(upgrade(built, slow), "Numbers that moved") if "build" in text]
    assert told.startswith("worse: build time 1 → 9 s (+800.0%)")


def test_numbers_of_several_cases_are_one_sentence() -> None:
    names = ("a.onnx.fp32.sm86", "b.onnx.fp32.sm86")
    before = nights.run([nights.cell("1.6.1", [nights.case(name, engine_bytes=1000) for name in names])])
    later = [nights.case(name, engine_bytes=bytes_) for name, bytes_ in zip(names, (700, 750), strict=True)]
    after = nights.run([nights.cell("1.7.1", later)], 1)
    found = triage(Side("old", before), Side("new", after), OLD, NEW)
    assert section(found, "Numbers that moved") == ["engine size 1,000 → 700 to 750 bytes (-25.0 to 30.0%)"]


def test_many_cases_are_counted_in_the_ticket() -> None:
    names = [f"{letter}.onnx.fp32.sm86" for letter in "abc"]
    before = nights.run([nights.cell("1.6.1", [nights.case(name) for name in names])])
    after = nights.run([nights.cell("1.7.1", [nights.case(name, outcome="failed") for name in names])], 1)
    found = triage(Side("old", before), Side("new", after), OLD, NEW)
    assert ": 3 cases, such as `" in markdown(found)
