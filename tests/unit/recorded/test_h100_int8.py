"""RetinaFace and the scale assertion on TensorRT 8.6.1 and an H100, replayed: see tests/recorded/8.6.1-h100."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.evidence.read import read_case
from harness.evidence.records import Outcome
from harness.findings.audit.count import FP16
from harness.findings.audit.file import audit_file
from harness.findings.classify import classify_file
from harness.findings.decode_inputs import decode_inputs
from harness.findings.reconcile import reconcile
from harness.findings.scale_static import predicted
from harness.matrix.cell import Recipe, Route

CHECKPOINT = Path(__file__).parents[3] / "harness/subjects/retinaface/checkpoint/mobilenet0.25.safetensors"
CELL = "evidence/trt8.6.1-cuda12.0-prefix"
SUBJECT = "retinaface-mnet025-320"
IMPLICIT = f"run-3/{CELL}/{SUBJECT}-implicit.plugin.{{}}.implicit.device"
RULE = "plugin-scale-assert"


def rules(log: Path) -> dict[str, dict[str, object]]:
    return {finding.rule: dict(finding.facts) for finding in classify_file(log).findings}


@pytest.mark.parametrize(
    "case", [IMPLICIT.format("int8-calibrated"), f"run-5/{CELL}/{SUBJECT}.plugin.int8-calibrated.device"]
)
def test_calibrated_retinaface_ends_in_the_assertion(recorded: Path, case: str) -> None:
    found = read_case(recorded / case)
    assert (found.outcome, found.reason) == (Outcome.FAILED, "builder: 2: Assertion scales.size() == 1 failed.")
    assert RULE in rules(recorded / case / "tensorrt.log")


def test_it_was_foreseen_from_the_network() -> None:
    found = predicted(decode_inputs(Route.PLUGIN, Recipe.INT8_CALIBRATED), Route.PLUGIN, Recipe.INT8_CALIBRATED)
    assert found is not None
    assert found.rule == RULE


def test_explicit_quantisation_before_the_plugin_builds_and_runs(recorded: Path) -> None:
    found = read_case(recorded / f"run-4b/{CELL}/{SUBJECT}.plugin.int8-qdq.device")
    assert found.outcome is Outcome.PASSED
    assert found.engine["precisions"]["Int8"] > 0


@pytest.mark.parametrize("batch", ["implicit", "explicit"])
@pytest.mark.parametrize("scales", ["calibrated", "ranges"])
@pytest.mark.parametrize("number", [1, 3])
def test_a_layer_between_siblings_and_joint_is_the_difference(
    recorded: Path, batch: str, scales: str, number: int
) -> None:
    """The pair: the same network with and without identities between the convolutions and their concatenation."""
    stem = f"{batch}_ioext_fp32_{scales}_{number}-inputs_siblings"
    bare, apart = (recorded / "trials" / f"{stem}{word}.log" for word in ("", "-behind-identities"))
    assert "Merging conv layers: conv0a || conv0b || conv0c" in bare.read_text()
    assert RULE in rules(bare)
    assert rules(apart).keys().isdisjoint({RULE, "unknown-error"})
    assert "Engine Layer Information" in apart.read_text()


@pytest.mark.parametrize("batch", ["implicit", "explicit"])
def test_holding_the_joint_to_fp32_does_not_help(recorded: Path, batch: str) -> None:
    log = recorded / "trials" / f"{batch}_ioext_fp32_calibrated_1-inputs_siblings-in-fp32.log"
    assert RULE in rules(log)


def test_one_convolution_before_the_plugin_is_in_no_danger(recorded: Path) -> None:
    trials = json.loads((recorded / "trials" / "trials.json").read_text())
    assert len(trials) == 115
    assert not any(trial.get("assertion") for trial in trials)
    built = {
        (trial["batch"], trial["accepts"]) for trial in trials if trial["built"] and trial["scales"] == "calibrated"
    }
    assert {(batch, "fp32") for batch in ("implicit", "explicit")} <= built


def test_errors_of_the_trials_are_all_known(recorded: Path) -> None:
    logs = [log for log in (recorded / "trials").glob("*.log") if "[E]" in log.read_text()]
    assert len(logs) > 60
    unknown = {log.name for log in logs if "unknown-error" in rules(log)}
    assert unknown == set()


def test_the_fp16_warning_of_retinaface_is_explained_blob_by_blob(recorded: Path) -> None:
    """25 fused weights named by TensorRT are 30 of ours, folded: sibling convolutions are merged into one."""
    log = recorded / IMPLICIT.format("fp16-flag") / "tensorrt.log"
    (said,) = (finding for finding in classify_file(log).findings if finding.rule == "fp16-subnormal-summary")
    found = reconcile(audit_file(CHECKPOINT, (FP16,)), said, precision="fp16", kind="subnormal")
    assert (found.logged, found.predicted, len(found.matched)) == (25, 30, 30)
    assert (found.predicted_only, found.logged_only) == ({}, {})


def test_a_timing_cache_saves_most_of_a_build(recorded: Path) -> None:
    cold = read_case(recorded / IMPLICIT.format("fp16-flag")).steps_s["build"]
    warm = read_case(recorded / IMPLICIT.format("fp32")).steps_s["build"]
    assert warm < cold / 5


def test_a_latency_comes_with_its_clocks(recorded: Path) -> None:
    metrics = read_case(recorded / IMPLICIT.format("fp32")).metrics
    assert metrics["latency_ms"] == pytest.approx(0.456, abs=0.001)
    assert metrics["clock_sm_mhz"] == 1980
