"""Whole cells in containers, with NVIDIA's real libraries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.cli import main
from harness.environments import Limits, docker, dockerfile, software
from harness.environments.context import Entry, stream
from harness.environments.dockerfile import Recipe
from harness.environments.engine import Engine
from tests.unit.environments.cells import docker_cell

pytestmark = pytest.mark.docker

SUBJECT = """
subjects:
  - name: retinaface
    model: retinaface
    options: {backbone: mobilenet0.25, size: 320, weights: "seed:7"}
    routes: [onnx]
    recipes: [%s]
"""
RTX = """version: 1
grids:
  - flavour: tensorrt-rtx
    environment: wheels
    targets: [sm86]
    include: [{version: "1.5.0", cuda: "13.3"}, {version: "1.7.1", cuda: "12.9"}]
"""
CLASSIC = """version: 1
grids:
  - flavour: tensorrt
    environment: docker
    targets: [device]
    include:
      - {version: "8.6.1", cuda: "12.0", source: "redist:debian-12"}
      - {version: "10.15.1", cuda: "12.9", source: "redist:debian-12"}
"""


def run(folder: Path, matrix: str, *options: str) -> tuple[int, dict[str, Any], Path]:
    """Run a matrix by the command line; exit code, results and the run's folder."""
    (folder / "matrix.yaml").write_text(matrix)
    status = main(["run", "--matrix", str(folder / "matrix.yaml"), "--out", str(folder / "out"), *options])
    latest = (folder / "out" / "latest").resolve()
    return status, json.loads((latest / "results.json").read_text()), latest


def by_release(results: dict[str, Any], *names: str) -> dict[tuple[str, str, str], tuple[Any, ...]]:
    return {
        (cell["version"], cell["cuda"], case["id"]): tuple(case[name] for name in names)
        for cell in results["cells"]
        for case in cell["cases"]
    }


def test_containers_build_what_wheels_build(tmp_path: Path) -> None:
    matrix = RTX + SUBJECT % "fp32, fp16-typed, int8-qdq"
    _, wheels, wheels_run = run(tmp_path, matrix)
    _, containers, containers_run = run(tmp_path, matrix, "--environment", "docker")
    same = ("outcome", "engine_sha256", "engine_bytes", "layers", "layer_precisions")
    assert by_release(wheels, *same) == by_release(containers, *same)
    assert containers["counts"]["executed"] == 6
    for left, right in zip(wheels["cells"], containers["cells"], strict=True):
        assert left["attestation"]["library_sha256"] == right["attestation"]["library_sha256"]
        assert right["attestation"]["image_digest"].startswith("local:sha256:")
        for case in left["cases"]:
            layers = f"{case['id']}/layers.json"
            one, two = wheels_run / left["evidence"] / layers, containers_run / right["evidence"] / layers
            assert one.exists() == two.exists()
            assert not one.exists() or one.read_text() == two.read_text()


def test_a_run_beside_its_matrix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By relative paths, as `make matrix` and the README have it, and with a link in the way."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "reports").symlink_to("disk")
    (tmp_path / "matrix.yaml").write_text(RTX + SUBJECT % "fp32")
    monkeypatch.chdir(tmp_path)
    assert main(["run", "--environment", "docker"]) == 0
    results = json.loads((tmp_path / "reports/out/latest/results.json").read_text())
    assert results["counts"]["conclusive"] == results["counts"]["executed"] == 2


def test_redistributables_load_and_stop_at_the_missing_device(tmp_path: Path) -> None:
    status, results, folder = run(tmp_path, CLASSIC + SUBJECT % "fp32")
    assert status == 0
    assert results["counts"] | {"executed": 0, "conclusive": 0} == results["counts"]
    loaded = {cell["version"]: cell["attestation"]["library_version"] for cell in results["cells"]}
    assert loaded == {"8.6.1": "8.6.1", "10.15.1": "10.15.1.29"}
    for cell in results["cells"]:
        (case,) = cell["cases"]
        assert case["outcome"] == "not-run"
        assert case["reason"].startswith("no CUDA device: ")
        log = (folder / case["evidence"] / "tensorrt.log").read_text()
        assert "CUDA initialization failure with error: 35" in log


def stand_in_for_ngc(engine: Engine, cache: Path) -> str:
    """An image in the layout of NVIDIA's, made of the redistributable 10.15.1, and named as what it is."""
    made = docker.provision(docker_cell("10.15.1"), cache, print)
    text = (
        "ARG BASE\nFROM ${BASE}\nUSER 0:0\n"
        "RUN echo 'import sys; sys.path.append(\"/opt/trt-matrix/site\"); from tensorrt_bindings import *'"
        " > /usr/lib/python3/dist-packages/tensorrt.py"
        " && mv /opt/trt-matrix/lib /usr/local/lib/tensorrt"
        " && echo /usr/local/lib/tensorrt > /etc/ld.so.conf.d/trt.conf"
        " && ldconfig && mv /opt/trt-matrix/site/tensorrt_bindings /usr/lib/python3/dist-packages/"
        " && rm -rf /opt/trt-matrix\nENV LD_LIBRARY_PATH=\n"
    )
    recipe = Recipe("trt-matrix-test/stand-in-for-ngc", text, (("BASE", str(made.handle)),), "")
    engine.build(recipe, stream([Entry("Dockerfile", data=text.encode())]), {}, 60, print)
    return recipe.tag


def test_the_ngc_template_builds_and_runs_over_a_stand_in(
    engine: Engine, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = stand_in_for_ngc(engine, cache)
    cell = docker_cell("10.15.1", "image", image=image)
    monkeypatch.setattr("harness.environments.gpu.driver", lambda: "580.65")
    monkeypatch.setattr("harness.environments.gpu._HOOKS", ("sh",))
    assert docker.missing(cell) == ""
    monkeypatch.undo()
    prepared = docker.provision(cell, cache, print)
    assert software.of(cell).family == "ngc"
    assert "dist-packages" not in dockerfile.software(software.of(cell)).text
    evidence = tmp_path / "run" / "evidence" / "cell"
    evidence.mkdir(parents=True)
    job = {
        "format": 1,
        "cell": cell.id,
        "expect": {"flavour": "tensorrt", "version": "10.15.1"},
        "libraries": prepared.libraries,
        "module": prepared.module,
        "out": str(evidence),
        "cases": [],
    }
    (evidence / "job.json").write_text(json.dumps(job))
    docker.run_probe(
        prepared,
        job=evidence / "job.json",
        evidence=evidence,
        inputs=(),
        limits=Limits(60),
        on_line=print,
        tokens=None,
    )
    attestation = json.loads((evidence / "attestation.json").read_text())
    assert attestation["library_version"] == "10.15.1.29"
    assert attestation["library_path"] == "/usr/local/lib/tensorrt/libnvinfer.so.10"
