"""Larger networks, other weights, PyCUDA, a plugin by its path, other releases: see tests/recorded/8.6.1-h100."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.evidence.records import Outcome
from harness.findings.audit.count import FP16
from harness.findings.audit.file import audit_file
from harness.findings.audit.model import FileAudit
from harness.findings.classify import classify_file
from harness.findings.reconcile import reconcile
from harness.report import results_file
from harness.subjects.keys import Form
from harness.subjects.retinaface.make import make
from harness.subjects.spec import Making
from tests.unit.recorded.cases import stored

CELL = "evidence/trt8.6.1-cuda12.0-prefix"


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> FileAudit:
    options = {"backbone": "mobilenet0.25", "size": 320, "weights": "seed:7"}
    folder = tmp_path_factory.mktemp("seeded")
    made = make(Making(folder, options, Form.FP32))
    return audit_file(folder / made["files"]["model"], (FP16,))


def events(recorded: Path, run: str, case: str) -> list[dict[str, Any]]:
    path = recorded / run / CELL / f"{case}.device" / "events.jsonl"
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_resnet50_has_both_symptoms(recorded: Path) -> None:
    found = stored(recorded / "run-9")
    assert "plugin-scale-assert" in {
        finding.rule for finding in found["retinaface-r50-320.plugin.int8-calibrated"].findings
    }
    half, full = (found[f"retinaface-r50-320.plugin.{recipe}"] for recipe in ("fp16-flag", "fp32"))
    assert "fp16-below-subnormal-summary" in {finding.rule for finding in half.findings}
    assert 0.7 < half.metrics["latency_ms"] / full.metrics["latency_ms"] < 0.8
    assert found["retinaface-r50-320.onnx.int8-calibrated"].outcome is Outcome.WARNED


def test_an_engine_that_loses_boxes_fails_by_its_accuracy(recorded: Path) -> None:
    """Seeded weights predict hundreds of boxes near the threshold."""
    case = stored(recorded / "run-9")["retinaface-r50-320.plugin.int8-qdq"]
    assert case.outcome is Outcome.FAILED
    assert case.reason.startswith("accuracy: boxes_matched is 0.885")


@pytest.mark.parametrize("recipe", ["fp16-flag", "int8-calibrated"])
def test_at_640_pixels_reduced_precision_is_faster(recorded: Path, recipe: str) -> None:
    found = stored(recorded / "run-13")
    name = (
        "retinaface-mnet025-640-apart.plugin.int8-calibrated.apart"
        if recipe == "int8-calibrated"
        else ("retinaface-mnet025-640.plugin.fp16-flag")
    )
    ratio = found[name].metrics["latency_ms"] / found["retinaface-mnet025-640.plugin.fp32"].metrics["latency_ms"]
    assert 0.8 < ratio < 0.9
    assert found[name].metrics["ap50_loss"] == 0.0


def test_memory_is_pycuda_s_where_the_cell_has_it(recorded: Path) -> None:
    (ran,) = (event for event in events(recorded, "run-11", "first.onnx.fp32") if event["event"] == "execution")
    assert ran["memory"] == "PyCUDA 2026.1"
    case = stored(recorded / "run-11")["first.onnx.fp32"]
    assert case.outcome is Outcome.PASSED
    assert case.metrics["ap50_loss"] == 0.0


def test_a_plugin_library_named_by_its_path_is_loaded_and_runs(recorded: Path) -> None:
    """The file's operator Decode_TRT is no standard one."""
    (loaded,) = (
        event for event in events(recorded, "run-12", "decode-by-path.onnx.fp32") if event["event"] == "plugin-library"
    )
    assert loaded["library"] == "libmy_decode.so"
    assert [creator["name"] for creator in loaded["creators"]] == ["Decode_TRT"]
    found = stored(recorded / "run-12")
    assert found["decode-by-path.onnx.fp32"].metrics["latency_ms"] > 0
    # In so small a network the builder found no FP16 tactic faster: not what was asked for.
    assert found["decode-by-path.onnx.fp16-flag"].reason.startswith("not-of-recipe: ")


@pytest.mark.parametrize(
    ("file", "rule"),
    [
        ("carried/8.6.1-to-10.15.1/engine.log", "plan-old-call"),
        ("carried/8.6.1-to-10.15.1/timing-cache.log", "timing-cache-rejected"),
        ("forced/8.4.3.log", "sm-unsupported-hex"),
    ],
)
def test_what_other_releases_say_is_known(recorded: Path, file: str, rule: str) -> None:
    found = [finding.rule for finding in classify_file(recorded / file).findings]
    assert rule in found
    assert "unknown-error" not in found


@pytest.mark.parametrize("route", ["onnx", "plugin"])
@pytest.mark.parametrize(("rule", "kind", "said"), [("subnormal", "subnormal", 36), ("below-subnormal", "below", 18)])
def test_the_warning_of_seeded_weights_is_explained_blob_by_blob(
    recorded: Path, seeded: FileAudit, route: str, rule: str, kind: str, said: int
) -> None:
    """Weights below the smallest subnormal too; an ONNX file's are named after its nodes."""
    log = recorded / "run-10" / CELL / f"retinaface-mnet025-seeded-320.{route}.fp16-flag.device" / "tensorrt.log"
    (told,) = (finding for finding in classify_file(log).findings if finding.rule == f"fp16-{rule}-summary")
    found = reconcile(seeded, told, precision="fp16", kind=kind)
    assert found.logged == said
    assert len(found.matched) == found.predicted
    assert (found.predicted_only, found.logged_only) == ({}, {})


def test_builders_at_the_same_time_cost_more_than_one_after_another(recorded: Path) -> None:
    program = Path(__file__).parents[3] / "tools" / "gpu_costs.py"
    told = subprocess.run([sys.executable, program, recorded / "costs"], check=True, capture_output=True, text=True)
    assert "together  cell 348.3 s" in told.stdout

    def seconds(way: str) -> list[float]:
        found = results_file.read(recorded / "costs" / f"costs-{way}" / "latest" / "results.json")
        return [case.steps_s["build"] for cell in found.cells for case in cell.cases]

    first, *cached = seconds("cached")
    assert first > 8 * max(cached)
    assert min(seconds("together")) > 6 * first
