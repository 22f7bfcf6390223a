"""What TensorRT 10.6.0 did on an H100, judged as the product judges it now: see tests/recorded/10.6.0-h100."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from harness.evidence.layout import RunFolder
from harness.evidence.read import read_attestation, read_case
from harness.evidence.records import CaseRecord, Outcome
from harness.execute.judge import audits_in, judge
from harness.findings.classify import classify_file
from harness.report import results_file
from tests.unit.recorded.cases import by_name, judged_again, stored

PLACE = Path(__file__).parents[2] / "recorded" / "10.6.0-h100"
CELL = "evidence/trt10.6.0-cuda12.6-prefix"
FACE = "retinaface-mnet025-320"
CALIBRATED = f"{FACE}.plugin.int8-calibrated"
RAN = (Outcome.PASSED, Outcome.WARNED)
# What failed, and the words that say why. All other cases ran.
FAILED = {
    **{f"{FACE}.{route}.bf16-flag": "no layer is BFloat16" for route in ("plugin", "onnx", "host-decode")},
    **{f"{FACE}.{route}.bf16-typed": "No supported formats for fpn.up3" for route in ("plugin", "onnx", "host-decode")},
    f"{FACE}.onnx.fp8-qdq": "no layer is FP8",
    f"{FACE}-naive.onnx.int8-qdq.naive": "Quantized constant is only allowed before DQ or PLUGIN_V2",
    **{
        f"retinaface-mnet025-seeded-320.{route}.fp16-flag": "accuracy: boxes_matched is 0.95"
        for route in ("plugin", "onnx")
    },
}
# The axis of quantised weights was set too late when run-1 was made.
OURS = {
    f"{FACE}{case}"
    for case in (
        ".plugin.int8-qdq",
        ".plugin.fp8-qdq",
        ".host-decode.int8-qdq",
        ".host-decode.fp8-qdq",
        "-naive.plugin.int8-qdq.naive",
    )
}


@pytest.fixture(scope="module")
def shared(newer: Path) -> dict[str, CaseRecord]:
    """``run-2``, four builds at a time, by the rules of today."""
    run = RunFolder(newer / "run-2")
    results = results_file.read(run.results)
    return by_name(judge(results, run, audits_in(results)))


@pytest.fixture(scope="module")
def alone(newer: Path) -> dict[str, CaseRecord]:
    """``run-1``, one case at a time and stopped before its end, by the rules of today."""
    return judged_again(newer / "run-1")


def rules(case: CaseRecord) -> set[str]:
    return {finding.rule for finding in case.findings}


def precisions(newer: Path, run: str, name: str) -> dict[str, int]:
    """The engine's layers by type."""
    found: dict[str, int] = read_case(newer / run / CELL / f"{name}.device").engine["precisions"]
    return found


def latency(cases: dict[str, CaseRecord], name: str, than: str) -> float:
    return cases[name].metrics["latency_ms"] / cases[than].metrics["latency_ms"]


def test_libraries_and_gpu_are_attested(newer: Path) -> None:
    found = read_attestation(newer / "run-2" / CELL)
    assert found is not None
    assert found.library_version == "10.6.0.26"
    assert found.gpus == ["NVIDIA H100 80GB HBM3 (sm90)"]
    assert found.library_sha256 in (PLACE / "README.md").read_text(encoding="utf-8")


def test_every_way_has_its_outcome(shared: dict[str, CaseRecord]) -> None:
    failed = {name: case.reason for name, case in shared.items() if case.outcome is Outcome.FAILED}
    assert failed.keys() == FAILED.keys()
    for name, words in FAILED.items():
        assert words in failed[name], name
    others = Counter(case.outcome in RAN for name, case in shared.items() if name not in FAILED)
    assert others == {True: 24, False: 3}
    implicit = [case for case in shared.values() if case.outcome is Outcome.NOT_APPLICABLE]
    assert {case.reason for case in implicit} == {"Builder.max_batch_size was removed in TensorRT 10"}


def test_alone_on_the_machine_the_outcomes_are_the_same(
    alone: dict[str, CaseRecord], shared: dict[str, CaseRecord]
) -> None:
    ended = {name: case for name, case in alone.items() if case.outcome.conclusive and case.outcome.executed}
    assert len(ended) == 30
    for name in OURS:
        assert alone[name].reason.startswith("network: add_quantize refused layer"), name
        assert shared[name].outcome in RAN, name
    for name in ended.keys() - OURS:
        assert (ended[name].outcome in RAN) is (shared[name].outcome in RAN), name


def test_the_calibrated_plugin_builds_and_runs_by_either_interface(
    newer: Path, shared: dict[str, CaseRecord], alone: dict[str, CaseRecord]
) -> None:
    older, held = f"{FACE}-v2.plugin.int8-calibrated.v2", f"{FACE}-edge.plugin.int8-calibrated.fp32edge"
    for run, cases in (("run-2", shared), ("run-1", alone)):
        for name in (CALIBRATED, older, held):
            assert cases[name].outcome is Outcome.WARNED
            assert rules(cases[name]) == {"int8-default-quant-params"}
            assert precisions(newer, run, name)["Int8"] == 60


def test_the_heads_are_merged_as_before_and_the_engine_runs_them_in_fp32(newer: Path) -> None:
    """What gives the plugin three scales on 8.6.1 happens here too."""
    case = newer / "run-2" / CELL / f"{CALIBRATED}.device"
    log = (case / "tensorrt.log").read_text(encoding="utf-8")
    layers = json.loads((case / "layers.json").read_text(encoding="utf-8"))["layers"]
    types = {layer["name"]: (layer["inputs"], layer["outputs"]) for layer in layers}
    for level in range(3):
        merged = f"BboxHead.{level}.conv1x1 || ClassHead.{level}.conv1x1 || LandmarkHead.{level}.conv1x1"
        assert f"Merging conv layers: {merged}" in log
        assert types[merged] == (["Float"], ["Float"])
    assert types["decode"] == (["Float"] * 3, ["Float"])


def test_all_faces_are_found_by_each_way_that_runs(shared: dict[str, CaseRecord]) -> None:
    ran = {name: case for name, case in shared.items() if name.startswith(FACE) and case.outcome in RAN}
    assert len(ran) == 24
    for name, case in ran.items():
        assert case.metrics["ap50"] == 1.0, name
        assert case.metrics["boxes_matched"] == 1.0, name
        assert case.metrics["landmark_error_to_fp32"] < 0.016, name


@pytest.mark.parametrize("recipe", ["fp16-flag", "fp16-typed"])
@pytest.mark.parametrize("route", ["plugin", "onnx", "host-decode"])
def test_no_weight_is_called_subnormal_though_as_many_are(
    newer: Path, shared: dict[str, CaseRecord], route: str, recipe: str
) -> None:
    """8.6.1 names 25 fused weights of the same network, which are 30 blobs of the audit."""
    case = shared[f"{FACE}.{route}.{recipe}"]
    assert "subnormal" not in (newer / "run-2" / CELL / case.id / "tensorrt.log").read_text(encoding="utf-8").lower()
    (half,) = (found for found in case.audit if found.precision == "fp16")
    assert half.subnormal_blobs == 30
    # Its library has the words, and did not print them.
    assert half.standing == "unsaid"
    assert precisions(newer, "run-2", f"{FACE}.{route}.{recipe}")["Half"] > 60


def test_seeded_weights_lose_more_boxes_than_before(recorded: Path, shared: dict[str, CaseRecord]) -> None:
    for route in ("plugin", "onnx"):
        name = f"retinaface-mnet025-seeded-320.{route}.fp16-flag"
        older = stored(recorded / "run-10")[name]
        assert older.outcome is Outcome.WARNED
        assert 0.98 < older.metrics["boxes_matched"] < 0.99
        assert shared[name].metrics["boxes_matched"] < 0.96


def test_fp8_makes_a_layer_of_each_channel_of_a_depthwise_convolution(newer: Path) -> None:
    """Of 56 convolutions 13 are depthwise, with 1,240 channels together."""

    def kinds(case: str) -> Counter[str]:
        found = json.loads((newer / "run-2" / CELL / f"{FACE}.{case}.device" / "layers.json").read_text())
        return Counter(layer["type"] for layer in found["layers"])

    assert kinds("onnx.fp8-qdq")["CaskConvolution"] == 56
    for route in ("plugin", "host-decode"):
        assert kinds(f"{route}.fp8-qdq")["correlation"] == 56 - 13 + 1240


def test_latencies_of_the_run_that_had_the_machine(alone: dict[str, CaseRecord], shared: dict[str, CaseRecord]) -> None:
    full = f"{FACE}.plugin.fp32"
    assert 0.78 < latency(alone, f"{FACE}.plugin.fp16-flag", full) < 0.83
    assert 1.05 < latency(alone, CALIBRATED, full) < 1.15
    assert 0.8 < latency(alone, f"{FACE}-apart.plugin.int8-calibrated.apart", full) < 0.9
    assert 1.25 < latency(alone, f"{FACE}.onnx.int8-qdq", f"{FACE}.onnx.fp32") < 1.35
    assert 20 < latency(shared, f"{FACE}.plugin.fp8-qdq", full) < 22
    assert 30 < latency(shared, f"{FACE}.host-decode.fp8-qdq", f"{FACE}.host-decode.fp32") < 35


def test_the_same_layers_timed_twice_differ_by_an_eighth(newer: Path, alone: dict[str, CaseRecord]) -> None:
    """BF16 by flag gives the layers of FP32: so small a difference between two ways tells nothing."""
    full, flag = (f"{FACE}.plugin.{recipe}" for recipe in ("fp32", "bf16-flag"))
    assert precisions(newer, "run-1", full) == precisions(newer, "run-1", flag) == {"Float": 129}
    assert 1.1 < latency(alone, flag, full) < 1.15


def test_the_older_release_on_that_machine_still_ends_in_the_assertion(newer: Path) -> None:
    cases = judged_again(newer / "run-3")
    failed, full = cases[CALIBRATED], cases[f"{FACE}.plugin.fp32"]
    assert failed.outcome is Outcome.FAILED
    assert "plugin-scale-assert" in rules(failed)
    assert full.metrics["latency_ms"] == pytest.approx(0.483, abs=0.001)


@pytest.mark.parametrize(
    ("log", "rule", "words"),
    [
        ("8.6.1-to-10.6.0/engine", "plan-old-call", "old deserialization call on a weight-separated plan file"),
        ("10.6.0-to-8.6.1/engine", "plan-safe-version", "Current Version: 0, Serialized Engine Version: 239"),
        ("10.6.0-to-8.6.1/timing-cache", "timing-cache-rejected", "The timing cache will not be used!"),
        ("8.6.1-to-10.6.0/timing-cache", "timing-cache-rejected", "The timing cache will not be used!"),
        ("10.6.0-to-8.6.1/calibration-cache", "int8-no-scaling-factors", "does not match calibrator algorithm type"),
        ("8.6.1-to-10.6.0/calibration-cache", "int8-no-scaling-factors", "does not match calibrator algorithm type"),
    ],
)
def test_what_a_release_says_of_the_other_s_files_is_known(newer: Path, log: str, rule: str, words: str) -> None:
    path = newer / "carried" / f"{log}.log"
    found = {finding.rule for finding in classify_file(path).findings}
    assert rule in found
    assert "unknown-error" not in found
    assert words in path.read_text(encoding="utf-8")


def test_a_timing_cache_is_called_taken_and_is_not_used(newer: Path) -> None:
    answers = (newer / "carried" / "answers.txt").read_text(encoding="utf-8").splitlines()
    assert Counter(line.split(" ", 1)[1] for line in answers) == {
        "engine: refused": 2,
        "timing-cache: taken; built": 2,
        "calibration-cache: not built": 2,
    }
