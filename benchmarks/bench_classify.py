"""Classifying logs beside GNU grep -E with the same texts: ``python -m benchmarks.bench_classify [MEGABYTES]``."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tabulate import tabulate

from harness.findings.classify import classify_file
from harness.findings.rules import rules
from harness.findings.rules.pattern import anchor
from harness.findings.scan import expression_of

_VERBOSE = (
    "[11/23/2026-08:00:00] [V] [TRT] Tactic: 0x0000000000000{0:03x} Time: 0.0{0}\n"
    "[11/23/2026-08:00:00] [V] [TRT] conv_{0} + relu_{0} (CaskConvolution[0x80000009]) profiling completed in 0.{0} s\n"
    "[11/23/2026-08:00:00] [V] [TRT] *************** Autotuning format combination: Float(307200,102400,320,1) -> "
    "Float(1638400,25600,160,1) ***************\n"
    "[11/23/2026-08:00:00] [V] [TRT] --------------- Timing Runner: conv_{0} (CudnnConvolution[0x80000000])\n"
    "[11/23/2026-08:00:00] [V] [TRT] Adding reformat layer: Reformatted Input Tensor 0 to Conv_{0} (x_{0}) from "
    "Half(102400,1:8,640,2) to Float(307200,102400,320,1)\n"
)
_WORST = (
    "[11/23/2026-08:00:01] [W] [TRT] - 100 weights are affected by this issue: Detected subnormal FP16 values.\n"
    "[11/23/2026-08:00:01] [E] [TRT] 2: [pluginV2Runner.cpp::getInputHostScale::88] Error Code 2: Internal Error "
    "(Assertion scales.size() == 1 failed. )\n"
)
_CASES = 10_000


def main(megabytes: int = 400) -> None:
    classify_file(Path(__file__))  # compiles the rules
    with tempfile.TemporaryDirectory() as folder:
        log = verbose_log(Path(folder) / "verbose.log", megabytes)
        grep = min(seconds(lambda: run_grep(log)) for _ in range(3))
        ours = min(seconds(lambda: classify_file(log)) for _ in range(3))
        rows = [
            ["grep -E, same texts", f"{megabytes / grep:.0f} MB/s", "1.00"],
            ["trt-matrix classify", f"{megabytes / ours:.0f} MB/s", f"{grep / ours:.2f}"],
        ]
        print(tabulate(rows, headers=[f"verbose log of {megabytes} MB", "speed", "beside grep"]))
        print()
        print(
            tabulate(list(memory_and_hostile(Path(folder))), headers=["log", "processor seconds", "largest memory, MB"])
        )
        print()
        small = Path(folder) / "case.log"
        small.write_text(_VERBOSE.format(7) * 20 + _WORST)
        again = seconds(lambda: [classify_file(small) for _ in range(_CASES)])
        print(f"{_CASES:,} stored cases of {small.stat().st_size / 1000:.0f} kB classified again: {again:.1f} s")


def verbose_log(path: Path, megabytes: int) -> Path:
    block = "".join(_VERBOSE.format(number) for number in range(2000))
    with path.open("w") as file:
        for _ in range(megabytes * 1_000_000 // len(block)):
            file.write(block)
        file.write(_WORST)
    return path


def run_grep(log: Path) -> None:
    texts = dict.fromkeys(
        expression_of(anchor(pattern)).removeprefix("(?i)").replace("\\ ", " ")
        for rule in rules()
        for pattern in rule.patterns
    )
    environment = {**os.environ, "LC_ALL": "C"}
    subprocess.run(["grep", "-cE", "|".join(texts), str(log)], stdout=subprocess.DEVNULL, env=environment, check=True)


def memory_and_hostile(folder: Path) -> Iterator[list[object]]:
    """Each in a process of its own, so that its memory is its own."""
    made: dict[str, Callable[[Path], Path]] = {
        "verbose, 2 GB": lambda path: verbose_log(path, 2000),
        "one line of 200 MB": lambda path: _written(path, b"[E] Error Code 2: Assertion " * (200_000_000 // 28)),
        "a line repeated, 200 MB": lambda path: _written(path, b"[E] 2: Error Code 2: x\n" * (200_000_000 // 23)),
        "errors that all differ, 20 MB": lambda path: _written(path, b"".join(map(_error, range(180_000)))),
        "binary, 200 MB": lambda path: _written(path, os.urandom(1_000_000) * 200),
    }
    for name, make in made.items():
        with _removed(make(folder / "hostile.log")) as log:
            command = [sys.executable, "-m", "benchmarks.bench_classify", "--one", str(log)]
            words = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
            yield [name, f"{float(words[0]):.2f}", f"{float(words[1]):.0f}"]


def _error(number: int) -> bytes:
    where = f"{number % 97:x}{number * 2654435761 % 2**32:08x}.cpp::run::{number % 991}"
    return f"[E] [TRT] 3: [{where}] Error Code 3: API Usage Error (Parameter check failed at: {where})\n".encode()


def one(log: Path) -> None:
    took = seconds(lambda: classify_file(log))
    status = Path("/proc/self/status").read_text()
    print(took, int(status.split("VmHWM:")[1].split()[0]) / 1000)


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@contextmanager
def _removed(path: Path) -> Iterator[Path]:
    try:
        yield path
    finally:
        path.unlink()


def seconds(work: Callable[[], object]) -> float:
    """Processor time of this process and those it waited for: other work on the machine does not count."""
    start = os.times()
    work()
    end = os.times()
    return sum(end[:4]) - sum(start[:4])


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(Path(sys.argv[2]))
    else:
        main(*map(int, sys.argv[1:]))
