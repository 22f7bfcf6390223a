"""Parse and build ONNX models with one release, one after another. Runs by path inside an environment.

``python -I ops_worker.py MODULE RESULTS MODELS LIBRARY...``: MODELS is a file with one path a line; for each
model a line of JSON is written to RESULTS, one when it begins and one when it ends. A crash of the builder
ends this process: whoever started it sees which model had begun.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import sys
from pathlib import Path
from typing import Any

_LONGEST = 400


def main(arguments: list[str]) -> None:
    module_name, results, models, *libraries = arguments
    for library in libraries:
        ctypes.CDLL(library, mode=ctypes.RTLD_GLOBAL)
    trt = importlib.import_module(module_name)
    messages: list[str] = []

    class Logger(trt.ILogger):  # type: ignore[misc,name-defined]
        """Keeps errors; nothing may be raised here."""

        def __init__(self) -> None:
            trt.ILogger.__init__(self)

        def log(self, severity: Any, message: str) -> None:
            if severity in (trt.ILogger.Severity.ERROR, trt.ILogger.Severity.INTERNAL_ERROR):
                messages.append(message)

    logger = Logger()
    with open(results, "a", encoding="utf-8") as out:  # noqa: PTH123 - kept open and flushed by the line
        for path in Path(models).read_text(encoding="utf-8").splitlines():
            _say(out, {"model": path})
            messages.clear()
            outcome, words = _try(trt, logger, path)
            _say(out, {"model": path, "outcome": outcome, "message": (words or " ".join(messages))[:_LONGEST]})


def _say(out: Any, line: dict[str, str]) -> None:
    out.write(json.dumps(line) + "\n")
    out.flush()


def _try(trt: Any, logger: Any, path: str) -> tuple[str, str]:
    """``supported``, ``refused`` by the parser or ``failed`` in the builder, and the parser's words."""
    builder = trt.Builder(logger)
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(Path(path).read_bytes(), os.path.abspath(path)):  # noqa: PTH100 - as the parser wants it
        return "refused", "; ".join(parser.get_error(index).desc() for index in range(parser.num_errors))
    config = builder.create_builder_config()
    config.num_compute_capabilities = 1
    config.set_compute_capability(trt.ComputeCapability.SM86, 0)
    _set_profile(builder, network, config)
    plan = builder.build_serialized_network(network, config)
    return ("failed", "") if plan is None else ("supported", "")


def _set_profile(builder: Any, network: Any, config: Any) -> None:
    """Dimensions that vary are built for 1 alone: enough to see whether the operators are taken."""
    profile, varying = builder.create_optimization_profile(), False
    for index in range(network.num_inputs):
        tensor = network.get_input(index)
        if -1 in tuple(tensor.shape):
            shape = tuple(1 if size == -1 else size for size in tensor.shape)
            profile.set_shape(tensor.name, shape, shape, shape)
            varying = True
    if varying:
        config.add_optimization_profile(profile)


if __name__ == "__main__":
    main(sys.argv[1:])
