"""Containers beside virtual environments: ``python -m benchmarks.bench_docker``. Needs a Docker daemon.

Six TensorRT-RTX cells of the shipped matrix, one case each. Images are made first and not counted.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

MATRIX = """version: 1
grids:
  - flavour: tensorrt-rtx
    environment: wheels
    targets: [sm86]
    axes: {version: ["1.5.0", "1.6.1", "1.7.1"], cuda: ["12.9", "13.3", "13.4"]}
    exclude:
      - {version: "1.5.0", cuda: "13.4"}
      - {version: "1.6.1", cuda: "13.3"}
      - {version: "1.7.1", cuda: "13.3"}
subjects:
  - {name: retinaface, model: retinaface, options: {backbone: mobilenet0.25, size: 320, weights: "seed:7"},
     routes: [onnx], recipes: [fp32]}
"""
PROBE = Path(__file__).parent.parent / "harness" / "probe" / "leash.py"


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="bench-docker-") as name:
        folder = Path(name)
        (folder / "matrix.yaml").write_text(MATRIX)
        run(folder, "--environment", "docker")
        again, _ = run(folder, "--environment", "docker")
        rows = [["second run, nothing changed", f"{again:.2f} s", "at most 2 s"]]
        rows.append(["overhead of a container per cell", f"{overhead(folder):.2f} s", "at most 0.6 s"])
        rows.append(["six images after a change of the probe", f"{rebuilt(folder):.1f} s", "at most 15 s"])
        rows.append(["parent memory while a container prints 256 MB", f"{memory(folder):+.1f} MB", "flat"])
        print(tabulate(rows, headers=["", "measured", "aim"]))


def run(folder: Path, *options: str) -> tuple[float, dict[str, float]]:
    """Wall seconds of a run, and each cell's own seconds by its release and CUDA."""
    command = [sys.executable, "-m", "harness", "run", "--matrix", str(folder / "matrix.yaml")]
    started = time.monotonic()
    subprocess.run([*command, "--out", str(folder / "out"), *options], check=False, capture_output=True)
    wall = time.monotonic() - started
    results = json.loads((folder / "out" / "latest" / "results.json").read_text())
    assert results["counts"]["executed"] == 6, results["counts"]
    return wall, {f"{cell['version']} {cell['cuda']}": cell["duration_s"] for cell in results["cells"]}


def overhead(folder: Path) -> float:
    """Median over cells and repeats of a container's seconds less the same cell's as wheels, one case at a time."""
    run(folder)
    differences = []
    for _ in range(3):
        _, wheels = run(folder, "--no-reuse", "--jobs", "1")
        _, containers = run(folder, "--no-reuse", "--jobs", "1", "--environment", "docker")
        differences += [containers[cell] - wheels[cell] for cell in wheels]
    return statistics.median(differences)


def rebuilt(folder: Path) -> float:
    """Seconds for the six images with a probe that is one comment longer."""
    before = PROBE.read_bytes()
    code = (
        "import sys, time; from pathlib import Path; from harness.environments import docker;"
        "from harness.matrix.containers import in_containers; from harness.matrix.expand import expand;"
        "from harness.matrix.load import load;"
        "cells = [e.cell for e in in_containers(expand(load(Path(sys.argv[1])), '3.11')).cells];"
        "started = time.monotonic();"
        "[docker.provision(cell, Path(sys.argv[2]), lambda words: None) for cell in cells];"
        "print(time.monotonic() - started)"
    )
    try:
        PROBE.write_bytes(before + f"# {os.urandom(8).hex()}\n".encode())
        command = [sys.executable, "-c", code, str(folder / "matrix.yaml"), str(folder / "cache")]
        return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    finally:
        PROBE.write_bytes(before)


def memory(folder: Path) -> float:
    """How much the peak of a parent's memory grows from a container that prints a line to one that is cut at 256 MB."""
    code = (
        "import resource, sys; from pathlib import Path; from harness.environments import Limits, docker, running;"
        "from harness.environments.connection import connected;"
        "from harness.environments.container import Gpus, configuration; from harness.environments.labels import "
        "for_container; from harness.matrix.containers import in_containers; from harness.matrix.expand import expand;"
        "from harness.matrix.load import load;"
        "cell = in_containers(expand(load(Path(sys.argv[1])), '3.11')).cells[0].cell;"
        "image = str(docker.provision(cell, Path(sys.argv[2]), lambda words: None).handle); limits = Limits(300);"
        "body = lambda words: configuration(image=image, command=('sh', '-c', words), user='65532:65532', mounts=(), "
        "limits=limits, gpus=Gpus(), labels=for_container('bench', 'bench', 300));"
        "go = lambda words: (running.run(connected()[0], body(words), 'trt-matrix-bench', limits, lambda line: None), "
        "resource.getrusage(resource.RUSAGE_SELF).ru_maxrss);"
        "_, before = go('echo'); ending, after = go('yes'); assert ending.reason.startswith('output-limit'), ending;"
        "print((after - before) / 1000)"
    )
    command = [sys.executable, "-c", code, str(folder / "matrix.yaml"), str(folder / "cache")]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


if __name__ == "__main__":
    main()
