"""A warm run of the matrix beside the same builds as a loop of ``polygraphy convert`` processes.

Environments and models are made before the clock starts. The peer drives the same libraries with the same
models for the same targets, one process after the other, as a shell loop does.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tabulate import tabulate
from uv import find_uv_bin

from benchmarks.bench_startup import as_a_user

ROOT = Path(__file__).parents[1]
OUT = ROOT / "reports" / "out"
# Two cells and the MobileNet subjects; the whole matrix takes the loop a quarter of an hour.
SELECTION = ("-k", "trtrtx1.7.1 and .onnx. and (mnet025-640 or mnet025-320.)")
POLYGRAPHY = "polygraphy==0.53.6"
# Lets Polygraphy find the bindings under the name it looks for, with the libraries loaded first.
_ALIAS = """import ctypes
for library in {libraries!r}:
    ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
import tensorrt_rtx_bindings
from tensorrt_rtx_bindings import *
from tensorrt_rtx_bindings import __version__
"""
# Without a GPU the builder must be told what to build for; Polygraphy has no option for it.
_TARGET = """import tensorrt_rtx as trt
def postprocess_config(builder, network, config):
    config.num_compute_capabilities = 1
    config.set_compute_capability(trt.ComputeCapability.{target}, 0)
"""
# The parent alone: RUSAGE_SELF counts no child.
_MEASURED = """import resource, sys
from harness.cli import main_outer
main_outer(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, file=sys.stderr)
"""


def main() -> None:
    """Print seconds and ratios of one run."""
    run("--json")
    first = run("--json", "--no-reuse", *SELECTION)
    jobs = [json.loads(path.read_bytes()) for path in sorted(_cells_of(first).glob("*/job.json"))]
    with tempfile.TemporaryDirectory() as folder:
        peer, built, refused = polygraphy_loop(jobs, Path(folder))
    started = time.monotonic()
    cold = run("--json", "--no-reuse", *SELECTION)
    ours = time.monotonic() - started
    started = time.monotonic()
    again = run("--json")
    unchanged = time.monotonic() - started
    rows = [
        ("builds", cold["counts"]["executed"], built + refused, ""),
        ("wall time, s", ours, peer, f"{ours / peer:.2f} (at most 0.6)"),
        ("whole matrix, nothing changed, s", unchanged, "", "at most 1.0"),
        ("cases reused in it", again["counts"]["reused"], "", ""),
    ]
    print(tabulate(rows, headers=["", "trt-matrix", "polygraphy loop", "ratio"], floatfmt=".2f"))
    print(f"\nown time per case, s (at most 0.15): {own_times(cold)}")
    print(f"parent's peak memory, MB (at most 200): {parent_peak():.0f}")
    print(f"cores: {len(os.sched_getaffinity(0))}")


def run(*options: str) -> dict[str, Any]:
    """One run of the shipped matrix."""
    done = subprocess.run(
        [sys.executable, "-m", "harness", "run", *options],
        cwd=ROOT,
        env=as_a_user(),
        capture_output=True,
        text=True,
        check=True,
    )
    results: dict[str, Any] = json.loads(done.stdout)
    return results


def _cells_of(results: dict[str, Any]) -> Path:
    return OUT / str(results["run"]["id"]) / "evidence"


def polygraphy_loop(jobs: list[dict[str, Any]], folder: Path) -> tuple[float, int, int]:
    """Seconds, engines built and builds refused by the same library; setting up is not timed."""
    commands = [command for job in jobs for command in _commands(job, folder)]
    started = time.monotonic()
    statuses = [
        subprocess.run(command, env=env, capture_output=True, check=False).returncode for command, env in commands
    ]
    return time.monotonic() - started, statuses.count(0), len(statuses) - statuses.count(0)


def _commands(job: dict[str, Any], folder: Path) -> list[tuple[list[str], dict[str, str]]]:
    """One ``polygraphy convert`` for each case that reached the builder."""
    python = _python_of(job)
    site = folder / job["cell"]
    alias = site / "tensorrt_rtx"
    alias.mkdir(parents=True)
    (alias / "__init__.py").write_text(_ALIAS.format(libraries=job["libraries"]))
    subprocess.run(
        [
            find_uv_bin(),
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--python",
            python,
            "--target",
            str(site),
            POLYGRAPHY,
        ],
        check=True,
    )
    env = {**as_a_user(), "PYTHONPATH": str(site), "POLYGRAPHY_USE_TENSORRT_RTX": "1"}
    commands = []
    for case in job["cases"]:
        if case["route"] != "onnx":
            continue
        script = site / f"{case['target']}.py"
        script.write_text(_TARGET.format(target=case["target"].upper()))
        convert = [python, str(site / "bin" / "polygraphy"), "convert", case["model"], "--convert-to", "trt"]
        commands.append(([*convert, "-o", str(folder / "engine"), "--trt-config-postprocess-script", str(script)], env))
    return commands


def _python_of(job: dict[str, Any]) -> str:
    """The interpreter of the environment that holds the job's libraries."""
    library = Path(job["libraries"][0])
    return str(next(parent / "bin" / "python" for parent in library.parents if (parent / "bin" / "python").exists()))


def own_times(results: dict[str, Any]) -> str:
    own = sorted(
        case["steps_s"]["own"] for cell in results["cells"] for case in cell["cases"] if "own" in case["steps_s"]
    )
    return f"median {own[len(own) // 2]:.3f}, largest {own[-1]:.3f} of {len(own)}"


def parent_peak() -> float:
    """Megabytes of the process that runs the matrix, measured alone: its children are not counted."""
    command = [sys.executable, "-c", _MEASURED, "run", "--no-reuse", "--json", *SELECTION]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return int(done.stderr.strip().splitlines()[-1]) / 1024


if __name__ == "__main__":
    main()
