"""Engines that NVIDIA's builder really builds."""

from __future__ import annotations

import hashlib
import json

import pytest

from harness.environments import Prepared
from harness.evidence.read import read_attestation
from tests.cell.conftest import Bench
from tests.cell.models import convolution

pytestmark = pytest.mark.cell


def test_engines_of_two_precisions_and_the_control(bench: Bench, rtx: Prepared) -> None:
    control = convolution(bench.models / "refused.onnx", operator="NoSuchOperator")
    ending = bench.run(
        bench.case("full"),
        bench.case("half", "fp16-typed"),
        bench.case("other", target="sm89"),
        negative_control=str(control),
        keep_engines=True,
    )
    assert ending.status == 0, bench.lines
    assert {name: bench.outcome(name) for name in ("full", "half", "other")} == dict.fromkeys(
        ("full", "half", "other"), ("passed", "")
    )
    _check_engines(bench)
    _check_control(bench)
    _check_attestation(bench, rtx)


def _check_engines(bench: Bench) -> None:
    full, half = bench.event("full", "engine"), bench.event("half", "engine")
    assert set(full["precisions"]) == {"Float"}
    assert half["precisions"]["Half"] > 0
    data = (bench.out / "full" / "engine.bin").read_bytes()
    assert (len(data), hashlib.sha256(data).hexdigest()) == (full["bytes"], full["sha256"])
    layers = json.loads((bench.out / "half" / "layers.json").read_text("ascii"))
    assert len(layers["layers"]) == half["layers"] > 0
    assert "\n[V] " in bench.log("full")
    assert bench.event("full", "network")["inputs"] == [{"name": "x", "shape": [1, 3, 32, 32], "type": "FLOAT"}]


def _check_control(bench: Bench) -> None:
    outcome, reason = bench.outcome("negative-control")
    assert outcome == "passed"
    assert "NoSuchOperator" in reason
    assert bench.event("negative-control", "parser-error")["operator"] == "NoSuchOperator"


def _check_attestation(bench: Bench, rtx: Prepared) -> None:
    attestation = read_attestation(bench.out)
    assert attestation is not None
    assert attestation.library_version.startswith("1.7.1.")
    assert attestation.library_path == rtx.libraries[0]
    assert len(attestation.library_sha256) == len(attestation.parser_sha256) == 64
    assert attestation.packages["onnxruntime-ep-nv-tensorrt-rtx-cu12"] == "0.5.0"


def test_own_time_is_small(bench: Bench) -> None:
    """The bound is 150 ms on an idle machine; a loaded one gets three times that."""
    bench.run(bench.case("one"), jobs=1)
    timings = {event["name"]: event["seconds"] for event in bench.events("one") if event["event"] == "timing"}
    assert 0 < timings["own"] < 0.45
    assert timings["total"] >= timings["own"] + timings["build"]


def test_engine_of_another_precision_than_asked_fails(bench: Bench) -> None:
    model = bench.case("full")["model"]
    assert bench.run(bench.case("liar", "fp16-typed", model=model)).status == 1
    outcome, reason = bench.outcome("liar")
    assert outcome == "failed"
    assert reason.startswith("not-of-recipe: asked fp16-typed, but no layer is Half")


def test_missing_api_is_named(bench: Bench) -> None:
    assert bench.run(bench.case("calibrated", "int8-calibrated"), bench.case("flag", "fp16-flag")).status == 0
    assert bench.outcome("calibrated") == ("not-applicable", "IBuilderConfig.int8_calibrator is missing")
    assert bench.event("flag", "refused")["reason"] == "BuilderFlag.FP16 is missing"


def test_control_that_is_accepted_fails(bench: Bench) -> None:
    assert bench.run(negative_control=bench.case("fine")["model"]).status == 1
    assert bench.outcome("negative-control")[0] == "failed"


def test_wrong_library_in_place_turns_the_cell_red(bench: Bench, older_rtx: Prepared) -> None:
    assert bench.run(bench.case("one"), bench.case("two"), libraries=older_rtx.libraries).status == 1
    for name in ("one", "two"):
        outcome, reason = bench.outcome(name)
        assert outcome == "failed"
        assert reason.startswith("wrong-version: asked tensorrt-rtx 1.7.1, loaded tensorrt-rtx 1.6.1")
        assert reason.endswith(older_rtx.libraries[0])
    attestation = read_attestation(bench.out)
    assert attestation is not None
    assert attestation.library_version.startswith("1.6.1")


def test_library_that_is_no_library_fails_every_case(bench: Bench) -> None:
    damaged = bench.models / "libtensorrt_rtx.so.1"
    damaged.write_bytes(b"not an ELF file")
    assert bench.run(bench.case("one"), libraries=[str(damaged)]).status == 1
    assert bench.outcome("one")[1].startswith("library-not-loaded: OSError")
