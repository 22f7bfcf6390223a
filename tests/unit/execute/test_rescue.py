from __future__ import annotations

from pathlib import Path

import msgspec

from harness.evidence.layout import RunFolder, find_stopped
from harness.evidence.records import Comparison, Host, Limit, Outcome, Results, RunInfo
from harness.execute.judge import judge
from harness.execute.rescue import CUT_OFF, STOPPED, rescue
from harness.matrix.results import to_results
from tests.unit.execute.sample import CASES, CELL, passes, plan, tell

HOST = Host(os="Debian 12", machine="x86_64", cores=2, memory_bytes=1, python="3.11.7")


def killed(out: Path) -> tuple[Results, RunFolder]:
    """A run that was killed when its first case had ended and its second was being built."""
    run = RunFolder(out / "2026-11-25T20-31-57Z-9c2a")
    passes(run.cell(CELL.id), CASES[0].id)
    tell(run.case(CELL.id, CASES[1].id), {"event": "stage", "stage": "build"})
    info = RunInfo(id=run.id, started="", harness="1", host=HOST, matrix="matrix.yaml", matrix_sha256="")
    planned = to_results(plan(), info)
    run.plan.write_bytes(msgspec.json.encode(planned))
    return planned, run


def test_what_left_evidence_is_told_and_nothing_else(tmp_path: Path) -> None:
    results = judge(rescue(*killed(tmp_path)), RunFolder(tmp_path / "2026-11-25T20-31-57Z-9c2a"), {})
    first, second, third = results.cells[0].cases
    assert first.outcome is Outcome.PASSED
    assert (second.outcome, second.reason) == (Outcome.CRASHED, CUT_OFF)
    assert (third.outcome, third.reason) == (Outcome.NOT_RUN, STOPPED)
    assert results.run.interrupted
    assert (results.counts.executed, results.counts.conclusive) == (2, 1)


def test_a_run_with_results_was_not_stopped(tmp_path: Path) -> None:
    _, run = killed(tmp_path)
    assert find_stopped(tmp_path, run.id) == RunFolder(run.path.resolve())
    run.results.write_bytes(b"{}")
    assert find_stopped(tmp_path, run.id) is None
    assert find_stopped(tmp_path, "nothing") is None


def test_what_outputs_are_held_against_is_taken_from_the_job(tmp_path: Path) -> None:
    planned, run = killed(tmp_path)
    comparison = Comparison(samples="0a", limits=[Limit(metric="ap50_loss", most=0.05)])
    cases = [{"id": CASES[0].id, "comparison": msgspec.to_builtins(comparison)}, {"id": CASES[1].id}]
    (run.cell(CELL.id) / "job.json").write_bytes(msgspec.json.encode({"format": 1, "cases": cases}))
    first, second, _ = rescue(planned, run).cells[0].cases
    assert (first.comparison, second.comparison) == (comparison, None)
    (run.cell(CELL.id) / "job.json").write_text("{")
    assert rescue(planned, run).cells[0].cases[0].comparison is None
