"""Models that nobody here made build in a real TensorRT-RTX."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.subjects.keys import Form
from harness.subjects.onnx_file import make
from harness.subjects.spec import Making
from tests.cell.conftest import Bench
from tools.onnx_models import NAMES, copy_models

pytestmark = pytest.mark.cell

SMALL = [name for name in NAMES if name != "vgg19"]  # 140 million weights: the example runs it


def test_real_graphs_build_and_suppression_does_not(bench: Bench) -> None:
    cases = [
        bench.case(path.stem, model=str(path))
        for path in copy_models(bench.models / "real")
        if path.stem in [*SMALL, "nms"]
    ]
    assert len(cases) == 8
    bench.run(*cases, wall_s=240.0)
    told = {case["id"]: bench.outcome(case["id"]) for case in cases}
    outcome, reason = told.pop("nms")
    assert (outcome, "nms_0 has no runners that implement it" in reason) == ("failed", True)
    assert told == dict.fromkeys(told, ("passed", ""))


def test_qdq_made_of_a_real_graph_builds(bench: Bench) -> None:
    folder = bench.models / "real"
    copy_models(folder)
    made = bench.models / "int8"
    made.mkdir()
    info = make(Making(made, {"path": str(folder / "squeezenet.onnx")}, Form.INT8_QDQ))
    assert json.dumps(info["calibration"]).startswith('"4 samples of seed:1')
    bench.run(bench.case("squeezenet", "int8-qdq", model=str(Path(made) / "model.onnx")))
    assert bench.outcome("squeezenet") == ("passed", "")
    assert "Int8" in bench.event("squeezenet", "engine")["precisions"]
