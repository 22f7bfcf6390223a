"""What an engine on a GPU would give is played by the FP32 outputs themselves, whole or spoilt."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from harness.commands.report import report
from harness.evidence.layout import RunFolder, cache_folder
from harness.evidence.records import CaseRecord, Host, Outcome, Results, Stage
from harness.execute import cell_life
from harness.execute.campaign import Options, run_plan
from harness.execute.compare import compared
from harness.execute.progress import PlainProgress
from harness.matrix.cell import Case, Recipe, Route, Subject
from harness.matrix.matrix import Matrix
from harness.matrix.plan import Plan, PlannedCase, PlannedCell
from harness.report import results_file, write
from harness.subjects.weights import open_weights, write_weights
from tests.unit.execute.sample import CELL, ScriptedKind, tell

HOST = Host(os="Debian 12", machine="x86_64", cores=2, memory_bytes=1, python="3.11.7", gpus=["a GPU"])
OPTIONS = {"backbone": "mobilenet0.25", "size": 64, "weights": "reference", "samples": 2}
SUBJECT = Subject("face", "retinaface", (Route.ONNX,), (Recipe.FP32,), OPTIONS)
DEVICE = Case(SUBJECT, Route.ONNX, Recipe.FP32, "device")
ELSEWHERE = Case(SUBJECT, Route.ONNX, Recipe.FP32, "sm86")


@pytest.fixture(autouse=True)
def shared_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Models and samples are the same for every test here, and are made once."""
    monkeypatch.setenv("TRT_MATRIX_CACHE", str(tmp_path_factory.getbasetemp() / "shared-cache"))


def executes(spoil: float = 0.0) -> ScriptedKind:
    """A probe whose engines give FP32's own outputs, ``spoil`` added to the scores."""

    def script(folder: Path, case_id: str) -> None:
        job = json.loads((folder / "job.json").read_bytes())
        samples = next(case["samples"] for case in job["cases"] if case["id"] == case_id)
        stages: list[dict[str, object]] = [{"event": "stage", "stage": "build"}]
        if samples:
            stages += [
                {"event": "stage", "stage": "execute"},
                {"event": "metric", "name": "latency_ms", "value": 1.5},
            ]
        tell(folder / case_id, *stages, {"event": "outcome", "outcome": "passed", "reason": ""})
        if samples:
            exact = open_weights(Path(samples).with_name("reference.npz"))
            outputs = {name: exact[name] for name in ("boxes", "scores", "landmarks")}
            outputs["scores"] = outputs["scores"] + np.float32(spoil)
            write_weights(folder / case_id / "outputs.npz", outputs)

    return ScriptedKind(script)


def sweep(out: Path, kind: ScriptedKind, monkeypatch: pytest.MonkeyPatch, *cases: Case) -> tuple[RunFolder, Results]:
    monkeypatch.setattr(cell_life, "kind_of", lambda cell: kind)
    plan = Plan((PlannedCell(CELL, tuple(PlannedCase(case) for case in cases)),))
    with (out / "progress").open("a") as stream:
        run, results = run_plan(
            plan, Matrix("matrix.yaml", "0" * 64, (), ()), HOST, Options(out, 2), PlainProgress(stream)
        )
    write.write_all(results, run.path)
    return run, results


def only(results: Results, number: int = 0) -> CaseRecord:
    return results.cells[0].cases[number]


def test_an_executed_case_is_compared_and_one_for_another_device_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _run, results = sweep(tmp_path, executes(), monkeypatch, DEVICE, ELSEWHERE)
    case = only(results)
    assert (case.outcome, case.stage, case.reason) == (Outcome.PASSED, Stage.COMPARE, "")
    assert case.metrics["latency_ms"] == 1.5
    assert case.metrics["cosine_min"] == pytest.approx(1)
    assert case.comparison is not None
    assert [each.name for each in case.comparison.outputs] == ["boxes", "scores", "landmarks"]
    other = only(results, 1)
    assert (other.stage, other.comparison, other.metrics) == (Stage.BUILD, None, {})


def test_too_far_from_fp32_is_a_failure_that_says_where(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _run, results = sweep(tmp_path, executes(spoil=0.3), monkeypatch, DEVICE)
    case = only(results)
    assert (case.outcome, case.stage) == (Outcome.FAILED, Stage.COMPARE)
    assert case.reason.startswith("accuracy: ")
    assert "cosine_min is 0." in case.reason
    assert "(worst is scores, sample " in case.reason
    assert results.counts.by_outcome == {"failed": 1}


def test_a_limit_of_the_subjects_own_decides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def with_limit(most: float) -> Case:
        limits = {"fp32": {"max_abs_error.scores": most, "cosine_min": 0, "boxes_matched": 0, "ap50_loss": 1}}
        return replace(DEVICE, subject=replace(SUBJECT, options={**OPTIONS, "tolerances": limits}))

    _run, results = sweep(tmp_path, executes(spoil=0.3), monkeypatch, with_limit(0.31))
    assert only(results).outcome is Outcome.PASSED
    kind = executes(spoil=0.3)
    _run, results = sweep(tmp_path, kind, monkeypatch, with_limit(0.2))
    assert not kind.asked  # the evidence stands; only the verdict is another
    case = only(results)
    assert case.outcome is Outcome.FAILED
    assert case.reason.startswith("accuracy: max_abs_error.scores is 0.3, the most allowed is 0.2 (worst is scores")


def test_reading_a_run_again_works_the_numbers_out_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run, results = sweep(tmp_path, executes(spoil=0.3), monkeypatch, DEVICE)
    case = only(results)
    assert case.comparison is not None
    loose = msgspec.structs.replace(case.comparison, limits=[], outputs=[])
    forgotten = msgspec.structs.replace(case, comparison=loose, metrics={})
    results = msgspec.structs.replace(results, cells=[msgspec.structs.replace(results.cells[0], cases=[forgotten])])
    write.write_all(results, run.path)
    report(run.id, out=tmp_path, as_json=False)
    again = only(results_file.read(run.results))
    assert again.metrics == case.metrics
    assert again.comparison is not None
    assert again.comparison.outputs == case.comparison.outputs
    assert (again.outcome, again.reason) == (Outcome.PASSED, "")
    assert "1 passed" in capsys.readouterr().out


def test_without_the_samples_the_record_keeps_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, results = sweep(tmp_path, executes(), monkeypatch, DEVICE)
    assert compared(results, run, tmp_path / "empty") == results
    assert compared(results, run, cache_folder(tmp_path).resolve()) == results


def test_samples_that_cannot_be_made_cost_the_execution_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.subjects import keys

    real = keys._make

    def without_samples(batch, folder):  # type: ignore[no-untyped-def]
        failed = {key: "no pictures today" for key, request in batch.items() if request.samples}
        return failed | real({key: request for key, request in batch.items() if not request.samples}, folder)

    monkeypatch.setattr(keys, "_make", without_samples)
    monkeypatch.setenv("TRT_MATRIX_CACHE", str(tmp_path / "cache"))
    _run, results = sweep(tmp_path, executes(), monkeypatch, DEVICE)
    case = only(results)
    assert (case.outcome, case.stage) == (Outcome.PASSED, Stage.BUILD)
    assert case.comparison is not None
    assert case.comparison.note == "samples of face (fp32): no pictures today"
