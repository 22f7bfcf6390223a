"""Which small networks make the INT8 build of TensorRT end in ``Assertion scales.size() == 1 failed``.

Each trial is a convolution and, on its output, a plugin; the trials differ in the batch, the plugin's interface, the
types that it accepts, and where the INT8 scales come from. Needs a GPU, and TensorRT before 10 (``IPluginV2IOExt``).

usage: trials.py [--match TEXT] OUT PLUGIN_LIBRARY LIBRARY...     the module ``tensorrt_bindings`` must be importable
writes OUT/NAME.log (verbose) for each trial and OUT/trials.json, and prints a line for each
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.probe import library
from harness.probe.cuda import DeviceBuffer

SHAPE = (3, 16, 16)
CHANNELS = 8
ACCEPTS = {"fp32": 1, "int8": 2, "fp32 or int8": 3, "anything": 4}
AT_A_TIME = 8
PATIENCE_S = 120
ASSERTION = "scales.size() == 1"


@dataclass(frozen=True)
class Trial:
    """``scales``: where the INT8 scales come from. ``edge``: tensors that enter the plugin.

    ``join``: what such a tensor is: a convolution's output, or three side by side, of convolutions of the same input
    (``siblings``) or of inputs of their own (``strangers``).
    """

    batch: str = "explicit"
    interface: str = "IPluginV2IOExt"
    accepts: str = "fp32"
    scales: str = "calibrated"
    edge: int = 1
    fails: bool = False
    precision: str = ""
    join: str = ""

    @property
    def name(self) -> str:
        words = (self.batch, self.interface.removeprefix("IPluginV2"), self.accepts, self.scales)
        more = (f"{self.edge} inputs", "enqueue fails" if self.fails else "", self.precision, self.join)
        return "_".join(word for word in (*words, *more) if word).replace(" ", "-").lower()


def all_trials() -> list[Trial]:
    ways = ("calibrated", "no calibration", "empty calibration", "cache without edge", "ranges", "ranges without edge")
    trials = [Trial(*each) for each in product(("implicit", "explicit"), ("IPluginV2IOExt",), ACCEPTS, ways)]
    trials += [Trial("explicit", "IPluginV2DynamicExt", *each) for each in product(ACCEPTS, ways)]
    trials += [
        Trial("explicit", *each)
        for each in product(
            ("IPluginV2IOExt", "IPluginV2DynamicExt"), ACCEPTS, ("q per tensor", "q per channel", "qdq per channel")
        )
    ]
    joins = ("siblings", "strangers", "siblings in fp32", "siblings behind identities")
    trials += [
        Trial(batch, scales=scales, edge=edge, join=join)
        for scales, edge, batch, join in product(
            ("calibrated", "ranges", "ranges that differ"), (1, 3), ("implicit", "explicit"), joins
        )
    ]
    implicit = Trial("implicit")
    trials += [replace(implicit, edge=3), replace(implicit, fails=True), replace(implicit, fails=True, edge=3)]
    trials += [Trial(fails=True), Trial(edge=3, scales="cache without edge")]
    trials += [
        Trial(batch, accepts=accepts, scales=scales, precision="int8 obeyed")
        for batch, accepts, scales in product(("implicit", "explicit"), ACCEPTS, ("ranges", "ranges without edge"))
    ]
    return trials


class Build:
    """One trial in a process of its own."""

    def __init__(self, trial: Trial, trt: Any, log: Path) -> None:
        self.trial = trial
        self.trt = trt
        self.log = log.open("w", encoding="utf-8")
        self.errors: list[str] = []
        self.random = np.random.default_rng(7)
        self.kept: list[Any] = []

    def run(self) -> dict[str, object]:
        builder = self.trt.Builder(self.logger())
        implicit = self.trial.batch == "implicit"
        network = builder.create_network(0 if implicit else 1)
        if implicit:
            builder.max_batch_size = 1
        config = builder.create_builder_config()
        config.set_flag(self.trt.BuilderFlag.INT8)
        config.builder_optimization_level = 1
        config.set_tactic_sources(0)
        edges = self.populate(network)
        self.scale(network, config, edges)
        plan = builder.build_serialized_network(network, config)
        found = [line for line in self.errors if ASSERTION in line]
        return {"built": plan is not None, "assertion": bool(found), "errors": self.errors[:4]}

    def logger(self) -> Any:
        outer = self

        class Logger(self.trt.ILogger):  # type: ignore[misc, name-defined]
            def __init__(self) -> None:
                outer.trt.ILogger.__init__(self)

            def log(self, severity: Any, message: str) -> None:
                outer.log.write(f"[{severity.name[0]}] {message}\n")
                outer.log.flush()
                if severity.name in ("ERROR", "INTERNAL_ERROR"):
                    outer.errors.append(message.strip())

        self.kept.append(Logger())
        return self.kept[-1]

    def populate(self, network: Any) -> list[Any]:
        """The network; returns the tensors that enter the plugin."""
        shape = SHAPE if self.trial.batch == "implicit" else (1, *SHAPE)
        tensor = network.add_input("x", self.trt.float32, shape)
        edges = [self.edge(network, tensor, number) for number in range(self.trial.edge)]
        registry = self.trt.get_plugin_registry()
        version = "1" if self.trial.interface.endswith("IOExt") else "2"
        fields = [("accepts", ACCEPTS[self.trial.accepts]), ("fails", int(self.trial.fails))]
        arrays = [(name, np.array([value], np.int32)) for name, value in fields]
        self.kept += [array for _, array in arrays]
        kind = self.trt.PluginFieldType.INT32
        given = self.trt.PluginFieldCollection([self.trt.PluginField(name, array, kind) for name, array in arrays])
        plugin = registry.get_plugin_creator("Edge_TRT", version, "").create_plugin("edge", given)
        layer = network.add_plugin_v2(edges, plugin)
        layer.name = "plugin"
        if self.trial.precision:
            layer.precision = self.trt.int8
        output = layer.get_output(0)
        output.name = "y"
        network.mark_output(output)
        return edges

    def edge(self, network: Any, tensor: Any, number: int) -> Any:
        """A tensor that enters the plugin."""
        if not self.trial.join:
            return self.convolved(network, tensor, f"{number}")
        stem = self.convolved(network, tensor, f"{number}stem")
        parts = []
        for part in "abc":
            own = self.convolved(network, tensor, f"{number}{part}stem") if self.trial.join == "strangers" else stem
            output = self.convolved(network, own, f"{number}{part}")
            parts.append(network.add_identity(output).get_output(0) if "identities" in self.trial.join else output)
        layer = network.add_concatenation(parts)
        layer.axis = 0 if self.trial.batch == "implicit" else 1
        layer.name = f"concat{number}"
        if "fp32" in self.trial.join:
            layer.precision = self.trt.float32
            layer.set_output_type(0, self.trt.float32)
        layer.get_output(0).name = f"joined{number}"
        return layer.get_output(0)

    def convolved(self, network: Any, tensor: Any, number: str) -> Any:
        inputs = tensor.shape[0 if self.trial.batch == "implicit" else 1]
        kernel = self.array(CHANNELS, inputs, 3, 3)
        layer = network.add_convolution_nd(tensor, CHANNELS, (3, 3), kernel, self.array(CHANNELS))
        layer.padding_nd = (1, 1)
        layer.name = f"conv{number}"
        output = layer.get_output(0)
        output.name = f"edge{number}"
        if not self.trial.scales.startswith("q"):
            return output
        quantised = network.add_quantize(output, self.scales(network, number))
        quantised.axis = 1
        output = quantised.get_output(0)
        return self.dequantise(network, output, f"{number}") if self.trial.scales.startswith("qdq") else output

    def dequantise(self, network: Any, tensor: Any, name: str) -> Any:
        layer = network.add_dequantize(tensor, self.scales(network, name))
        layer.axis = 1
        return layer.get_output(0)

    def scales(self, network: Any, name: str) -> Any:
        per_channel = self.trial.scales.endswith("channel")
        values = np.full(CHANNELS if per_channel else 1, 0.05, np.float32)
        self.kept.append(values)
        layer = network.add_constant((CHANNELS,) if per_channel else (), self.trt.Weights(values))
        layer.name = f"scale{name}-{len(self.kept)}"
        return layer.get_output(0)

    def array(self, *shape: int) -> Any:
        values = self.random.normal(0.0, 0.2, shape).astype(np.float32)
        self.kept.append(values)
        return self.trt.Weights(values)

    def scale(self, network: Any, config: Any, edges: list[Any]) -> None:
        """Calibrate, give ranges, or leave some out."""
        ways = self.trial.scales
        if ways.startswith("ranges"):
            names = {edge.name for edge in edges} if ways.endswith("without edge") else set()
            tensors = [network.get_input(0)]
            for index in range(network.num_layers):
                layer = network.get_layer(index)
                tensors += [layer.get_output(number) for number in range(layer.num_outputs)]
            for tensor in tensors:
                if tensor.name not in names:
                    limit = 4.0 + (zlib.crc32(tensor.name.encode()) % 16 if ways.endswith("differ") else 0)
                    tensor.set_dynamic_range(-limit, limit)
        elif ways in ("calibrated", "empty calibration", "cache without edge"):
            config.int8_calibrator = self.calibrator(ways)
        if self.trial.precision or "fp32" in self.trial.join:
            config.set_flag(self.trt.BuilderFlag.OBEY_PRECISION_CONSTRAINTS)

    def calibrator(self, ways: str) -> Any:
        outer, base = self, self.trt.IInt8EntropyCalibrator2
        number = {"calibrated": 2}.get(ways, 0)
        batches = [outer.random.normal(0.0, 1.0, (1, *SHAPE)).astype(np.float32) for _ in range(number)]
        buffer = DeviceBuffer(4 * int(np.prod(SHAPE))) if batches else None

        class Calibrator(base):  # type: ignore[misc, valid-type]
            def __init__(self) -> None:
                base.__init__(self)

            def get_batch_size(self) -> int:
                return 1

            def get_batch(self, names: list[str]) -> list[int] | None:
                if not batches or buffer is None:
                    return None
                buffer.upload(batches.pop())
                return [buffer.address] * len(names)

            def read_calibration_cache(self) -> bytes | None:
                if ways != "cache without edge":
                    return None
                major, minor, patch = (int(part) for part in outer.trt.__version__.split(".")[:3])
                head = f"TRT-{major * 1000 + minor * 100 + patch}-EntropyCalibration2"
                return f"{head}\nx: 3c010a14\ny: 3c010a14\n".encode()

            def write_calibration_cache(self, data: Any) -> None:
                pass

        self.kept.append(Calibrator())
        return self.kept[-1]


def one(number: int, out: Path, libraries: list[str]) -> None:
    """In a process of its own: the result as the last line of standard output."""
    *core, plugin = libraries
    library.load(core)
    trt = importlib.import_module("tensorrt_bindings")
    ctypes.CDLL(plugin, mode=ctypes.RTLD_GLOBAL)
    trial = all_trials()[number]
    print(json.dumps(Build(trial, trt, out / f"{trial.name}.log").run()), flush=True)
    os._exit(0)


def launched(number: int, out: Path, libraries: list[str]) -> dict[str, object]:
    import subprocess

    trial = all_trials()[number]
    command = [sys.executable, __file__, "--one", str(number), str(out), *libraries]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    except subprocess.TimeoutExpired:
        result: dict[str, object] = {"built": False, "ended": f"ran past {PATIENCE_S} s"}
    else:
        last = (done.stdout.splitlines() or [""])[-1]
        said = last.startswith("{")
        result = json.loads(last) if said else {"built": False, "ended": done.returncode, "words": done.stderr[-300:]}
    told = "ASSERTION" if result.get("assertion") else "built" if result["built"] else "refused"
    print(f"{told:9} {trial.name}  {str((result.get('errors') or [result.get('ended', '')])[:1])[:150]}", flush=True)
    return {**asdict(trial), "name": trial.name, **result}


def main() -> None:
    if sys.argv[1] == "--one":
        one(int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4:])
    matched = ""
    if sys.argv[1] == "--match":
        matched = sys.argv[2]
        del sys.argv[1:3]
    out, plugin, core = Path(sys.argv[1]), sys.argv[2], sys.argv[3:]
    chosen = [number for number, trial in enumerate(all_trials()) if matched in trial.name]
    out.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        results = list(pool.map(lambda number: launched(number, out, [*core, plugin]), chosen))
    (out / "trials.json").write_text(json.dumps(results, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
