"""Times of ``api diff`` and ``api check``, beside reading the same file with Python's own compiler.

Run: ``python benchmarks/bench_api.py``. The script that is checked has 2,000 lines and is made here.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness.api.check import check, targets
from harness.api.diff import diff
from harness.support.surfaces import FOLDER, load, surface
from harness.versions import Release

_ROUNDS = 7
_BODY = """\
def build_{n}(path, half=False):
    logger = trt.Logger(trt.Logger.INFO)
    builder = trt.Builder(logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.EXPLICIT_BATCH))
    parser = trt.OnnxParser(network, logger)
    config = builder.create_builder_config()
    if hasattr(config, "max_workspace_size"):
        config.max_workspace_size = 1 << 28
    else:
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, 1 << 28)
    if half and builder.platform_has_fast_fp16:
        config.set_flag(trt.BuilderFlag.FP16)
    with open(path, "rb") as file:
        parser.parse(file.read())
    engine = builder.build_engine(network, config)
    context = engine.create_execution_context()
    for index in range(engine.num_bindings):
        print(engine.get_binding_name(index), np.prod(engine.get_binding_shape(index)))
    context.execute_async_v2([], 0)
    return engine
"""


def script(lines: int = 2000) -> str:
    """A script of build code."""
    count = lines // len(_BODY.splitlines())
    return "import numpy as np\nimport tensorrt as trt\n" + "".join(_BODY.format(n=n) for n in range(count))


def best(function: Callable[[], object]) -> tuple[float, float]:
    """The shortest of several runs and its least processor time, its children's included, in milliseconds."""
    times, spent = [], []
    for _ in range(_ROUNDS):
        began, before = time.perf_counter(), sum(os.times()[:4])
        function()
        times.append(time.perf_counter() - began)
        spent.append(sum(os.times()[:4]) - before)
    return min(times) * 1000, min(spent) * 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "user.py"
        path.write_text(script(), encoding="utf-8")
        old, new = Release.parse("8.6.1"), Release.parse("11.4")
        command = [sys.executable, "-m", "harness", "api"]
        everything = targets(["all"])
        rows = {
            "compile the script (peer)": lambda: compile(path.read_text(), "x", "exec", ast.PyCF_ONLY_AST),
            "read the data": load.__wrapped__,
            "diff 8.6.1 11.4": lambda: diff(surface(old), surface(new)),
            "check to 11.4": lambda: check([path], [new], None),
            "check to all releases": lambda: check([path], everything, None),
            "start python (peer)": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
            "command: api diff": lambda: subprocess.run(
                [*command, "diff", "8.6.1", "11.4"], check=True, capture_output=True
            ),
            "command: api check --to all": lambda: subprocess.run(
                [*command, "check", path, "--to", "all"], check=False, capture_output=True
            ),
        }
        peer = 0.0
        for name, function in rows.items():
            took, spent = best(function)
            peer = took if "peer" in name else peer
            print(f"{name:32} {took:8.1f} ms   {spent:6.0f} ms of processor   {took / peer:6.1f} x the peer above")
        size = sum(file.stat().st_size for file in FOLDER.iterdir())
        print(f"{'shipped data':32} {size / 1000:8.0f} kB")


if __name__ == "__main__":
    main()
