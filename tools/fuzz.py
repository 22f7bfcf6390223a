"""Fuzz the readers of logs and models: ``make fuzz ARGS="log --seconds 60"``; without a name each target in turn.

The inputs start from the labelled logs and from small models of every kind. A failing input is kept, and named.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from onnx import helper, numpy_helper
from safetensors.numpy import save_file

ROOT = Path(__file__).resolve().parent.parent
TINY = np.array([[1.0, 2.0**-15], [2.0**-25, 70000.0]], np.float32)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(SEEDS)}; none: all")
    parser.add_argument("--seconds", type=int, default=600, help="for each target (600)")
    parser.add_argument("--keep", type=Path, default=ROOT / "reports" / "out" / "fuzz", help="where failing inputs go")
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - set(SEEDS):
        parser.error(f"{min(unknown)}: no such target; there are {', '.join(SEEDS)}")
    arguments.keep.mkdir(parents=True, exist_ok=True)
    failed = [name for name in arguments.targets or SEEDS if fuzz(name, arguments.seconds, arguments.keep)]
    return 1 if failed else 0


def fuzz(name: str, seconds: int, keep: Path) -> int:
    with tempfile.TemporaryDirectory() as folder:
        found, seeds = Path(folder) / "found", Path(folder) / "seeds"
        found.mkdir()
        seeds.mkdir()
        SEEDS[name](seeds)
        command = [
            sys.executable, str(ROOT / "tests" / "fuzz_findings.py"), name, f"-max_total_time={seconds}",
            "-timeout=20", "-max_len=20000", f"-artifact_prefix={keep}/{name}-", str(found), str(seeds),
        ]  # fmt: skip
        done = subprocess.run(command, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, check=False)
        words = done.stderr.decode("utf-8", "replace").splitlines()
        end = [line for line in words if line.startswith(("Done ", "==", " ===", "Exception", "  "))][-12:]
        print(f"{name}: exit status {done.returncode}", *(end or words[-12:]), sep="\n  ", flush=True)
        return done.returncode


def log_seeds(folder: Path) -> None:
    sys.path.insert(0, str(ROOT))
    from benchmarks.labelled import HALVES  # neither is an installed package
    from tests.labelled.logs import labelled, render

    for half in HALVES:
        for log in labelled(half):
            (folder / f"{half}-{log.name}").write_bytes(render(log)[:4000])


def onnx_seeds(folder: Path) -> None:
    weights = [numpy_helper.from_array(TINY, "w"), helper.make_tensor("t", 10, [1], [1.0])]
    conv = [
        helper.make_node("Conv", ["x", "w"], ["y"]),
        helper.make_node("BatchNormalization", ["y", "s", "s", "s", "s"], ["z"], epsilon=1e-3),
    ]
    norm = numpy_helper.from_array(TINY[0], "s")
    inner = helper.make_graph([helper.make_node("Constant", [], ["c"], value=weights[0])], "i", [], [])
    nested = helper.make_node("If", ["b"], ["o"], then_branch=inner, else_branch=inner)
    outside = numpy_helper.from_array(TINY, "o")
    outside.ClearField("raw_data")
    outside.data_location = 1
    outside.external_data.add(key="location", value="../secret")
    for number, graph in enumerate(
        (
            helper.make_graph([], "a", [], [], weights),
            helper.make_graph(conv, "b", [], [], [weights[0], norm]),
            helper.make_graph([nested], "c", [], []),
            helper.make_graph([], "d", [], [], [outside]),
        )
    ):
        (folder / f"{number}.onnx").write_bytes(helper.make_model(graph).SerializeToString())


def weights_seeds(folder: Path) -> None:
    """The first byte of an input chooses the kind: see ``tests/fuzz_findings.py``."""
    (folder / "0").write_bytes(b"\0" + b"1\nconv 2 3f800000 33800000\n")
    place = folder / "made"
    save_file({"w": TINY}, place)
    (folder / "1").write_bytes(b"\1" + place.read_bytes())
    with place.open("wb") as file:
        np.savez(file, w=TINY)
    (folder / "2").write_bytes(b"\2" + place.read_bytes())
    place.unlink()


SEEDS: dict[str, Callable[[Path], None]] = {"log": log_seeds, "onnx": onnx_seeds, "weights": weights_seeds}

if __name__ == "__main__":
    sys.exit(main())
