"""How long ``--help`` and ``plan`` take, beside a bare interpreter in the same run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tabulate import tabulate

ROOT = Path(__file__).parents[1]
REPEATS = 15
CELLS = 1000
_HEAD = """version: 1
subjects:
  - name: retinaface-mnet025-640
    model: retinaface
    options: {backbone: mobilenet0.25, size: 640, weights: "seed:7"}
    routes: [onnx, plugin, host-decode]
    recipes: [fp32, fp16-flag, fp16-typed, bf16-typed, int8-calibrated, int8-qdq]
grids:
  - flavour: tensorrt-rtx
    environment: wheels
    include:
"""


def main() -> None:
    """Print a table: milliseconds, best of several runs, and the ratio to the bare interpreter."""
    with tempfile.TemporaryDirectory() as folder:
        large = Path(folder) / "matrix.yaml"
        large.write_text(large_matrix(CELLS), encoding="utf-8")
        harness = [sys.executable, "-m", "harness"]
        commands = {
            "python -c pass": ([sys.executable, "-c", "pass"], None),
            "trt-matrix --help": ([*harness, "--help"], 150),
            "trt-matrix plan --json": ([*harness, "plan", "--json"], 400),
            "trt-matrix plan": ([*harness, "plan"], None),
            f"trt-matrix plan --json, {CELLS} cells": ([*harness, "plan", "--json", "--matrix", str(large)], 1000),
        }
        best = {name: min(_milliseconds(command) for _ in range(REPEATS)) for name, (command, _) in commands.items()}
    bare = best["python -c pass"]
    rows = [(name, best[name], best[name] / bare, limit or "") for name, (_, limit) in commands.items()]
    print(tabulate(rows, headers=["command", "ms", "x bare", "at most"], floatfmt=("", ".0f", ".1f", "")))


def large_matrix(cells: int) -> str:
    """A matrix file of so many cells."""
    rows = (f'      - {{version: "1.7.1", cuda: "12.9", name: cell-{number}}}\n' for number in range(cells))
    return _HEAD + "".join(rows)


def as_a_user() -> dict[str, str]:
    """The environment, in which Python keeps what it compiled: some machines of developers and CI switch that off."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def _milliseconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, cwd=ROOT, env=as_a_user(), stdout=subprocess.DEVNULL, check=True)
    return (time.perf_counter() - start) * 1000


if __name__ == "__main__":
    main()
