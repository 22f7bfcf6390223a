from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.environments import Ending
from harness.evidence.records import CellRecord, Host, Outcome, Results
from harness.execute import cell_life
from harness.execute.campaign import Options, run_plan
from harness.execute.models import ModelStore
from harness.execute.progress import PlainProgress
from harness.matrix.cell import Case, Cell
from harness.matrix.matrix import Matrix
from harness.matrix.plan import Plan, PlannedCase, PlannedCell, Verdict
from harness.subjects.keys import Prepared as Model
from harness.versions import Release
from tests.unit.execute.sample import CASE, CASES, CELL, ScriptedKind, passes, plan, tell

HOST = Host(os="Debian 12", machine="x86_64", cores=2, memory_bytes=1, python="3.11.7")


@pytest.fixture
def kind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ScriptedKind:
    """A scripted environment, and models that need no making."""
    model = Model("key", tmp_path, {"files": {"model": "model.onnx"}})
    monkeypatch.setattr(ModelStore, "get", lambda self, case: model)
    monkeypatch.setattr(ModelStore, "ensure", lambda self, cases: None)
    monkeypatch.setattr(ModelStore, "source", lambda self, case: Model("key", tmp_path, {}))
    monkeypatch.setattr(ModelStore, "negative_control", lambda self: tmp_path / "control.onnx")
    scripted = ScriptedKind()
    monkeypatch.setattr(cell_life, "kind_of", lambda cell: scripted)
    return scripted


def sweep(out: Path, chosen: Plan, *, reuse: bool = True) -> Results:
    matrix = Matrix("matrix.yaml", "0" * 64, (), ())
    with (out / "progress").open("a") as stream:
        return run_plan(chosen, matrix, HOST, Options(out, 2, reuse), PlainProgress(stream))[1]


def wait_for(path: Path) -> None:
    deadline = time.monotonic() + 10
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)


def outcomes(cell: CellRecord) -> dict[str, Outcome]:
    return {case.id: case.outcome for case in cell.cases}


def test_counts_what_was_executed(kind: ScriptedKind, tmp_path: Path) -> None:
    results = sweep(tmp_path, plan())
    assert (results.counts.planned, results.counts.executed, results.counts.conclusive) == (3, 3, 3)
    assert results.run.finished
    assert (tmp_path / results.run.id / results.cells[0].cases[0].evidence / "events.jsonl").is_file()


def test_nothing_changed_means_nothing_is_run(kind: ScriptedKind, tmp_path: Path) -> None:
    first = sweep(tmp_path, plan())
    second = sweep(tmp_path, plan())
    assert len(kind.asked) == 1
    assert {case.reused_from for case in second.cells[0].cases} == {first.run.id}
    assert sweep(tmp_path, plan()).cells[0].cases[0].reused_from == first.run.id


def test_reuse_can_be_switched_off(kind: ScriptedKind, tmp_path: Path) -> None:
    sweep(tmp_path, plan())
    assert sweep(tmp_path, plan(), reuse=False).counts.reused == 0
    assert len(kind.asked) == 2


def test_a_crash_is_run_again(kind: ScriptedKind, tmp_path: Path) -> None:
    kind.script = lambda folder, case_id: (
        tell(folder / case_id, {"event": "outcome", "outcome": "crashed", "reason": "SIGSEGV"})
        if case_id == CASE.id
        else passes(folder, case_id)
    )
    sweep(tmp_path, plan())
    sweep(tmp_path, plan())
    assert kind.asked[1] == [CASE.id]


def test_a_probe_that_dies_leaves_its_reason_on_what_it_did_not_reach(kind: ScriptedKind, tmp_path: Path) -> None:
    kind.script = lambda folder, case_id: passes(folder, case_id) if case_id == CASE.id else None
    kind.ending = Ending(-9)
    cell = sweep(tmp_path, plan()).cells[0]
    assert outcomes(cell)[CASE.id] is Outcome.PASSED
    assert outcomes(cell)[CASES[1].id] is Outcome.CRASHED
    assert "signal SIGKILL" in cell.cases[1].reason
    assert cell.reason.startswith("nothing was attested")


def test_a_case_cut_off_in_the_middle_is_crashed(kind: ScriptedKind, tmp_path: Path) -> None:
    kind.script = lambda folder, case_id: tell(folder / case_id, {"event": "stage", "stage": "build"})
    kind.ending = Ending(1, "out of memory: killed at 4 GB")
    case = sweep(tmp_path, plan()).cells[0].cases[0]
    assert (case.outcome, case.reason) == (Outcome.CRASHED, "out of memory: killed at 4 GB")


def test_an_environment_that_cannot_be_made_spoils_no_other_cell(
    kind: ScriptedKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = replace(CELL, release=Release.parse("tensorrt-rtx 1.6.1"))
    broken = ScriptedKind(unavailable="disk full: 1 MB free, 400 MB needed")
    monkeypatch.setattr(cell_life, "kind_of", lambda cell: broken if cell == other else kind)
    good, bad = sweep(tmp_path, plan(CELL, other)).cells
    assert good.cases[0].outcome is Outcome.PASSED
    assert {case.outcome for case in bad.cases} == {Outcome.NOT_RUN}
    assert bad.reason == "disk full: 1 MB free, 400 MB needed"


def test_a_negative_control_that_was_accepted_is_a_finding_of_the_cell(kind: ScriptedKind, tmp_path: Path) -> None:
    def accept(folder: Path, case_id: str) -> None:
        passes(folder, case_id)
        tell(folder / "negative-control", {"event": "outcome", "outcome": "failed", "reason": "accepted"})

    kind.script = accept
    cell = sweep(tmp_path, plan()).cells[0]
    assert [finding.rule for finding in cell.findings] == ["negative-control-accepted"]
    assert cell.reason.startswith("The negative control")


def test_a_bug_of_ours_in_one_cell_costs_no_other_its_results(
    kind: ScriptedKind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    other = replace(CELL, release=Release.parse("tensorrt-rtx 1.6.1"))

    def kind_of(cell: Cell) -> ScriptedKind:
        return {CELL: kind}[cell]

    monkeypatch.setattr(cell_life, "kind_of", kind_of)
    good, bad = sweep(tmp_path, plan(CELL, other)).cells
    assert good.cases[0].outcome is Outcome.PASSED
    assert {case.outcome for case in bad.cases} == {Outcome.CRASHED}
    assert bad.reason.startswith("bug in trt-matrix: KeyError")
    assert "Traceback" in capsys.readouterr().err


def test_preflight_verdicts_stand(kind: ScriptedKind, tmp_path: Path) -> None:
    refused = Verdict(Outcome.NOT_APPLICABLE, "IBuilderConfig.int8_calibrator was removed in TensorRT 11")
    cases = (PlannedCase(CASE), PlannedCase(CASES[1], refused))
    cell = sweep(tmp_path, Plan((PlannedCell(CELL, cases),))).cells[0]
    assert kind.asked == [[CASE.id]]
    assert cell.cases[1].outcome is Outcome.NOT_APPLICABLE


def test_a_missing_weights_file_is_the_reason_of_its_cases_alone(kind: ScriptedKind, tmp_path: Path) -> None:
    lost = replace(CASE.subject, name="lost", options={**CASE.subject.options, "weights": "lost.pth"})
    cases = (PlannedCase(CASE), PlannedCase(Case(lost, CASE.route, CASE.recipe, "sm86")))
    cell = sweep(tmp_path, Plan((PlannedCell(CELL, cases),))).cells[0]
    assert cell.cases[0].outcome is Outcome.PASSED
    assert cell.cases[1].reason.startswith("lost.pth: No such file")


def test_interrupted_once_keeps_what_was_done(kind: ScriptedKind, tmp_path: Path) -> None:
    def interrupt(folder: Path, case_id: str) -> None:
        if case_id == CASE.id:
            passes(folder, case_id)
            os.kill(os.getpid(), signal.SIGINT)
            wait_for(folder / "stop")

    kind.script = interrupt
    results = sweep(tmp_path, plan())
    assert results.run.interrupted
    assert results.cells[0].cases[0].outcome is Outcome.PASSED
    assert results.cells[0].cases[1].reason == "interrupted before it began"
