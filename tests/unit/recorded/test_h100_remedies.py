"""What the ways round the scale assertion gave on TensorRT 8.6.1 and an H100: see tests/recorded/8.6.1-h100."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest

from harness.analysis import remedies
from harness.evidence.layout import RunFolder
from harness.evidence.records import CellRecord, Comparison, Outcome, Results
from harness.execute.compare import compared
from harness.execute.judge import judge
from harness.execute.models import ModelStore
from harness.execute.progress import PlainProgress
from harness.execute.rescue import rescue
from harness.matrix.cell import Case, Recipe, Route, Subject
from harness.report import remedies_text, results_file

PROBLEM = "retinaface-mnet025-320.plugin.int8-calibrated.device"
OPTIONS = {"backbone": "mobilenet0.25", "size": 320, "weights": "reference"}
CASE = Case(
    Subject("face", "retinaface", (Route.PLUGIN,), (Recipe.FP32,), OPTIONS), Route.PLUGIN, Recipe.FP32, "device"
)


@pytest.fixture(scope="module")
def results(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Results:
    """As ``trt-matrix report`` makes them of a run that was stopped. The samples of that day are made again."""
    run, cache = RunFolder(recorded / "run-6"), tmp_path_factory.mktemp("cache")
    samples = ModelStore(cache, 1, PlainProgress(io.StringIO())).samples(CASE).folder.name
    left = rescue(results_file.read(run.plan), run)
    cells = [_on(cell, samples) for cell in left.cells]
    return judge(compared(msgspec.structs.replace(left, cells=cells), run, cache), run, {})


def _on(cell: CellRecord, samples: str) -> CellRecord:
    """Their key changes with every change of the code that makes models."""
    cases = [msgspec.structs.replace(case, comparison=_with(case.comparison, samples)) for case in cell.cases]
    return msgspec.structs.replace(cell, cases=cases)


def _with(comparison: Comparison | None, samples: str) -> Comparison | None:
    return comparison and msgspec.structs.replace(comparison, samples=samples)


def test_each_way_has_its_outcome_and_its_cost(results: Results) -> None:
    rows = {row.remedy: row for row in remedies.tried(results, PROBLEM, "retinaface-mnet025-320*")}
    assert len(rows) == 10
    assert rows["as it is"].outcome is Outcome.FAILED
    assert rows["as it is"].reason == "plugin-scale-assert"
    assert all(row.outcome not in (Outcome.FAILED, Outcome.CRASHED) for way, row in rows.items() if way != "as it is")
    fp32, apart = rows["no reduced precision"], rows["an identity layer between head and plugin"]
    assert apart.latency_ms is not None
    assert fp32.latency_ms is not None
    assert 0.8 < apart.latency_ms / fp32.latency_ms < 1.0
    explicit = rows["explicit Q/DQ that stops before Decode"]
    assert explicit.latency_ratio is not None
    assert explicit.latency_ratio > 1.2
    assert not any("plugin-scale-assert" in row.left for row in rows.values() if not row.is_problem)


def test_faces_are_found_as_in_fp32_by_each_way_whose_outputs_are_kept(results: Results) -> None:
    kept = [case for cell in results.cells for case in cell.cases if case.comparison and case.comparison.outputs]
    assert len(kept) == 4
    for case in kept:
        assert case.metrics["ap50_loss"] == 0.0
        assert case.metrics["boxes_matched"] == 1.0
        assert case.metrics["landmark_error_to_fp32"] < 0.02
        assert not case.comparison or not case.comparison.beyond


def test_a_timing_cache_that_was_read_is_no_failure(results: Results) -> None:
    """TensorRT logs an error for it, and then takes its tactics."""
    cases = {case.id: case for cell in results.cells for case in cell.cases if case.outcome.executed}
    read = [case for case in cases.values() if any(found.rule == "timing-cache-myelin-part" for found in case.findings)]
    assert len(read) == 9
    assert sum(case.outcome is Outcome.FAILED for case in read) == 1
    cold = next(case for case in cases.values() if case not in read)
    assert cold.steps_s["build"] > 10 * cases["retinaface-mnet025-320.host-decode.fp32.device"].steps_s["build"]


def test_the_table_fits_eighty_columns(results: Results) -> None:
    text = remedies_text.as_text(remedies.tried(results, PROBLEM, "retinaface-mnet025-320*"))
    assert max(map(len, text.splitlines())) <= 80
    assert "identity" in text
