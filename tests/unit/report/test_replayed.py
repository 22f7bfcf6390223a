from __future__ import annotations

from pathlib import Path

import msgspec

from harness.evidence.records import CaseRecord, CellRecord, Host, Outcome, Results, RunInfo, Stage, WeightAudit, count
from harness.findings.replayed import SOURCE, replayed_cell
from harness.findings.silence import silences
from harness.report import page, scored
from harness.report.replayed import replay

RUN = RunInfo(
    id="r",
    started="2026-11-23T08:00:00Z",
    harness="0",
    host=Host(os="o", machine="m", cores=1, memory_bytes=1, python="3.11"),
    matrix="m",
    matrix_sha256="0",
)
AUDIT = WeightAudit(
    precision="fp16",
    blobs=1,
    elements=9,
    subnormal_blobs=1,
    subnormal_elements=5,
    below_blobs=0,
    below_elements=0,
    overflow_blobs=0,
    overflow_elements=0,
)


def test_the_page_answers_for_the_replayed_log_and_names_its_source() -> None:
    results = Results(run=RUN, counts=count([]), cells=[], replayed=[replayed_cell()])
    html = page.html(results, Path())
    part = html[html.index('id="replayed-1"') :]
    assert SOURCE in part
    assert part.count('<span class="severity">replayed</span>') == 3
    assert part.count("Which release brought it") == 3
    assert "<dd>100</dd>" in part
    assert "<dd>73</dd>" in part


def test_the_scale_assertion_of_the_log_was_foreseen() -> None:
    assert "1 prediction came true (plugin-scale-assert in 1 case)" in replay(replayed_cell()).score


def test_which_releases_hold_the_words() -> None:
    which = {cause.rule: cause.which for cause in replay(replayed_cell()).causes}
    hold, mute = which["fp16-subnormal-summary"].split("Without them")
    words = " that hold these words: tensorrt 8.6.1, 10.6.0, 10.15.1; tensorrt-rtx 1.5.0,"
    assert hold.split("Libraries")[1].startswith(words)
    assert mute == ", and so mute: tensorrt 5.1.5, 6.0.1, 7.0.0, 7.1.3, 7.2.3, 8.0.1, 8.2.3, 8.4.3."


def test_the_record_itself_stays_not_run() -> None:
    cell = replayed_cell()
    replay(cell)
    assert {case.outcome for case in cell.cases} == {Outcome.NOT_RUN}


def ran(version: str, standing: str) -> CellRecord:
    audit = msgspec.convert({**msgspec.to_builtins(AUDIT), "standing": standing}, WeightAudit)
    case = CaseRecord(
        id="s.onnx.fp16-flag.device",
        subject="s",
        route="onnx",
        recipe="fp16-flag",
        target="device",
        stage=Stage.BUILD,
        outcome=Outcome.WARNED,
        audit=[audit],
        findings=silences([audit]),
    )
    return CellRecord(
        id=version,
        flavour="tensorrt",
        version=version,
        cuda="12.0",
        ubuntu=None,
        python="3.11",
        environment="wheels",
        source="wheels",
        cases=[case],
    )


def test_a_mute_release_was_foreseen_and_a_silent_one_was_not() -> None:
    assert "1 prediction came true (fp16-weights-mute in 1 case); 0 did not" in scored.sentence([ran("8.2.3", "mute")])
    assert "1 did not (fp16-weights-expected in 1 case)" in scored.sentence([ran("8.6.1", "unsaid")])


def test_nothing_that_ran_nothing_to_score() -> None:
    assert scored.sentence([replayed_cell()]) == ""
