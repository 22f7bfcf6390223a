"""Which Q/DQ pairs of an ONNX file make TensorRT's build fail: all, none of one operator's, then ever fewer.

Needs a GPU; the modules ``tensorrt_bindings`` and ``onnx`` must be importable.

usage: quantised_pairs.py FILE OUT SECONDS LIBRARY...
writes OUT/NAME.log (verbose) for each build, OUT/trials.json and OUT/smallest.onnx, and prints a line for each build
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import onnx
from onnx import numpy_helper

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from harness.probe import library, logger
from harness.probe.logger import Heard


def pairs(model: Any) -> list[str]:
    """The activations that are quantised, by name, in the graph's order."""
    weights = {each.name for each in model.graph.initializer}
    return [node.input[0] for node in _of(model, "QuantizeLinear") if node.input[0] not in weights]


def keep_only(model: Any, kept: Collection[str]) -> Any:
    """The model with the pairs of ``kept`` alone. A convolution whose input has none gets its FP32 weights back."""
    result = onnx.ModelProto()
    result.CopyFrom(model)
    graph = result.graph
    arrays = {each.name: numpy_helper.to_array(each) for each in graph.initializer}
    quantise = {node.output[0]: node for node in _of(result, "QuantizeLinear")}
    dequantise = {node.output[0]: node for node in _of(result, "DequantizeLinear")}
    instead, gone = {}, set()
    for output, node in dequantise.items():
        source = quantise.get(node.input[0])
        if source is not None and source.input[0] not in kept:
            instead[output] = source.input[0]
            gone |= {node.name, source.name}
    for node in _of(result, "Conv"):
        weight = dequantise.get(node.input[1])
        if node.input[0] in instead and weight is not None:
            gone.add(weight.name)
            numbers, scale = arrays[weight.input[0]].astype(np.float32), arrays[weight.input[1]]
            wide = numbers * scale.reshape(-1, *[1] * (numbers.ndim - 1))
            graph.initializer.append(numpy_helper.from_array(wide, weight.output[0]))
    for node in graph.node:
        for place, name in enumerate(node.input):
            node.input[place] = instead.get(name, name)
    left = [node for node in graph.node if node.name not in gone]
    del graph.node[:]
    graph.node.extend(left)
    return result


def smallest(names: Sequence[str], fails: Callable[[Sequence[str]], bool], until: float) -> list[str]:
    """A part of ``names`` that still fails and of which no smaller piece was found to (delta debugging).

    ``until``: when to stop, by ``time.monotonic``.
    """
    current, pieces = list(names), 2
    while len(current) > 1 and time.monotonic() < until:
        size = max(1, len(current) // pieces)
        parts = [current[start : start + size] for start in range(0, len(current), size)]
        less = next(
            (rest for part in parts if fails(rest := [name for name in current if name not in part])),
            None,
        )
        if less is not None:
            current, pieces = less, max(2, pieces - 1)
        elif size == 1:
            break
        else:
            pieces = min(len(current), pieces * 2)
    return current


def _of(model: Any, operator: str) -> list[Any]:
    return [node for node in model.graph.node if node.op_type == operator]


class _Log:
    """What the probe's logger writes to: the log of the build at hand."""

    def __init__(self) -> None:
        self.file: TextIO = sys.stderr
        self.lost = 0

    def write(self, letter: str, text: str) -> None:
        self.file.write(f"[{letter}] {text}\n")


class Builds:
    """INT8 builds one after another by one builder; level 0 times nothing."""

    def __init__(self, trt: Any, out: Path) -> None:
        self.trt, self.out, self.told = trt, out, dict[str, str]()
        self._log, self._heard = _Log(), Heard()
        self._logger = logger.make(trt, self._log, self._heard)
        self._builder = trt.Builder(self._logger)

    def fails(self, name: str, model: Any) -> bool:
        self._heard.errors.clear()
        with (self.out / f"{name}.log").open("w", encoding="utf-8") as self._log.file:
            answer = self._build(model)
        self.told[name] = answer
        print(f"{name:32} {answer[:120]}", flush=True)
        return answer != "built"

    def _build(self, model: Any) -> str:
        network = self._builder.create_network(1)
        parser = self.trt.OnnxParser(network, self._logger)
        if not parser.parse(model.SerializeToString()):
            return f"not parsed: {parser.get_error(0).desc()}"
        config = self._builder.create_builder_config()
        config.set_tactic_sources(0)
        config.set_flag(self.trt.BuilderFlag.INT8)
        config.builder_optimization_level = 0
        plan = self._builder.build_serialized_network(network, config)
        return "built" if plan else self._heard.errors[-1] if self._heard.errors else "failed without a word"


def main() -> None:
    file, place, seconds, *libraries = sys.argv[1:]
    library.load(libraries)
    out, model = Path(place), onnx.load(file)
    out.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + float(seconds)
    builds = Builds(importlib.import_module("tensorrt_bindings"), out)
    names = pairs(model)
    makers = {output: node.op_type for node in model.graph.node for output in node.output}
    if builds.fails("whole", model):
        for operator in sorted({makers[name] for name in names if name in makers}):
            builds.fails(f"not-after-{operator}", keep_only(model, [n for n in names if makers.get(n) != operator]))

        def fails(some: Sequence[str]) -> bool:
            return builds.fails(f"{len(builds.told):03d}-{len(some)}-pairs", keep_only(model, some))

        least = smallest(names, fails, until)
        print("the smallest set that fails:", *least)
        onnx.save(keep_only(model, least), out / "smallest.onnx")
    (out / "trials.json").write_text(json.dumps(builds.told, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
