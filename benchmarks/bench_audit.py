"""Counting weights beside a plain NumPy pass: ``python -m benchmarks.bench_audit [MEGABYTES]``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper
from tabulate import tabulate

from benchmarks.bench_classify import seconds
from harness.findings.audit.count import BF16, FP16, Tally
from harness.findings.audit.file import audit_file


def main(megabytes: int = 200) -> None:
    print(speed(megabytes))
    with tempfile.TemporaryDirectory() as folder:
        model = large_model(Path(folder), 4_000)
        command = [sys.executable, "-m", "benchmarks.bench_audit", "--one", str(model)]
        took, memory = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        print(f"\na model of 4 GB: {float(took):.1f} processor seconds, at most {float(memory):.0f} MB of memory")


def speed(megabytes: int) -> str:
    numbers = (np.random.default_rng(1).standard_normal(megabytes * 250_000) * 0.02).astype(np.float32)
    plain = min(seconds(lambda: np.count_nonzero(np.abs(numbers) < 2.0**-14)) for _ in range(5))
    ours = min(seconds(lambda: Tally((FP16, BF16)).add(numbers.view(np.uint32))) for _ in range(5))
    rows = [
        ["one abs and one comparison", f"{numbers.nbytes / plain / 1e9:.2f} GB/s", "1.00"],
        ["trt-matrix audit, all counts", f"{numbers.nbytes / ours / 1e9:.2f} GB/s", f"{plain / ours:.2f}"],
    ]
    return tabulate(rows, headers=[f"FP32, {megabytes} MB", "speed", "beside NumPy"])


def large_model(folder: Path, megabytes: int) -> Path:
    """External data; the tensors share one stretch of numbers, written again and again."""
    block = (np.random.default_rng(2).standard_normal(1_000_000) * 0.02).astype(np.float32).tobytes()
    graph = onnx.GraphProto(name="g")
    with (folder / "weights.bin").open("wb") as file:
        for number in range(megabytes // 100):
            tensor = TensorProto(name=f"w{number}", data_type=TensorProto.FLOAT, dims=[25_000_000])
            tensor.data_location = TensorProto.EXTERNAL
            fields = {"location": "weights.bin", "offset": str(file.tell()), "length": str(len(block) * 25)}
            for key, value in fields.items():
                tensor.external_data.add(key=key, value=value)
            graph.initializer.append(tensor)
            for _ in range(25):
                file.write(block)
    (folder / "model.onnx").write_bytes(helper.make_model(graph).SerializeToString())
    return folder / "model.onnx"


def one(model: Path) -> None:
    took = seconds(lambda: audit_file(model))
    status = Path("/proc/self/status").read_text()
    print(took, int(status.split("VmHWM:")[1].split()[0]) / 1000)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:]))
