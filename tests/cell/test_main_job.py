"""The main job from the command line: real builds, reuse, an interruption, environments that cannot be had."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness.environments import Prepared
from tests.cell.conftest import CACHE

pytestmark = pytest.mark.cell

ROOT = Path(__file__).parents[2]
MATRIX = """version: 1
grids:
  - flavour: tensorrt-rtx
    environment: wheels
    targets: [sm86, sm89]
    include: [{version: "1.7.1", cuda: "12.9"}]
subjects:
  - name: face
    model: retinaface
    options: {backbone: mobilenet0.25, size: 320, weights: reference}
    routes: [onnx]
    recipes: [fp32, fp16-typed, int8-qdq, fp16-flag]
"""


@pytest.fixture
def folder(tmp_path: Path, rtx: Prepared, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for runs, with a matrix; the environment that ``rtx`` made is shared."""
    (tmp_path / "matrix.yaml").write_text(MATRIX)
    monkeypatch.setenv("TRT_MATRIX_CACHE", str(CACHE.parent.resolve()))
    return tmp_path


def command(folder: Path, *options: str) -> list[str]:
    return [
        sys.executable,
        "-m",
        "harness",
        "run",
        "--matrix",
        str(folder / "matrix.yaml"),
        "--out",
        str(folder),
        *options,
    ]


def run(folder: Path, *options: str, env: dict[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    done = subprocess.run(
        command(folder, "--json", *options), cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    return done.returncode, json.loads(done.stdout)


def cases(results: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {case["id"]: case for cell in results["cells"] for case in cell["cases"]}


def test_builds_attests_and_reuses(folder: Path) -> None:
    status, results = run(folder)
    assert status == 0
    cell = results["cells"][0]
    assert cell["attestation"]["library_version"].startswith("1.7.1")
    assert Path(cell["attestation"]["library_path"]).is_file()
    built = [case for case in cell["cases"] if case["engine_sha256"]]
    assert len(built) == 6
    assert all(case["engine_bytes"] > 100_000 and case["layers"] > 10 for case in built)
    int8 = cases(results)["face.onnx.int8-qdq.sm86"]
    assert int8["layer_precisions"]["Int8"] > 10
    flag = cases(results)["face.onnx.fp16-flag.sm86"]
    assert (flag["outcome"], flag["reason"]) == ("not-applicable", "TensorRT-RTX has no BuilderFlag.FP16")
    assert results["counts"]["executed"] == results["counts"]["conclusive"] == 6

    again, reused = run(folder)
    assert again == 0
    assert {case["reused_from"] for case in cases(reused).values() if case["engine_sha256"]} == {results["run"]["id"]}
    assert [case["engine_sha256"] for case in cases(reused).values()] == [
        case["engine_sha256"] for case in cases(results).values()
    ]
    assert (folder / "latest" / "index.html").is_file()


def test_interrupted_once_finishes_what_runs_and_reports(folder: Path) -> None:
    process = subprocess.Popen(
        command(folder, "--no-reuse", "--json", "--jobs", "1"),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if "building" in line:
            break
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=120)
    results = json.loads(out)
    assert process.returncode == 2
    assert results["run"]["interrupted"]
    outcomes = {case["outcome"] for case in cases(results).values()}
    assert outcomes <= {"passed", "warned", "not-run", "not-applicable"}
    assert "not-run" in outcomes


def test_an_environment_that_cannot_be_had_is_the_cells_own_reason(folder: Path, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "TRT_MATRIX_CACHE": str(tmp_path / "cache"),
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "UV_OFFLINE": "1",
    }
    status, results = run(folder, env=env)
    assert status == 0
    assert {case["outcome"] for case in cases(results).values()} == {"not-run", "not-applicable"}
    assert results["cells"][0]["reason"]
    assert run(folder, "--require-all", env=env)[0] == 6


def test_a_folder_that_cannot_be_written_is_said_before_anything_is_done(folder: Path) -> None:
    done = subprocess.run(
        [*command(folder)[:-2], "--out", "/proc/runs"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 4
    assert "cannot write runs here" in done.stderr
