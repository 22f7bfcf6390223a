"""The built engine at work: every sample once, for its outputs; then one many times, for its latency."""

from __future__ import annotations

import os
import time
from typing import Any, Dict, List, Sequence, Tuple

from . import bindings, gpu_turn, many
from .child import Desk
from .clocks import Clocks
from .cuda import Device, open_device
from .outcome import CaseFailed

OUTPUTS = "outputs.npz"
WARM_UP_S = 0.3
MEASURE_S = 1.5
MOST_RUNS = 1000

_NUMPY = {"FLOAT": "<f4", "HALF": "<f2", "INT8": "|i1", "INT32": "<i4", "INT64": "<i8", "BOOL": "|b1", "UINT8": "|u1"}
_WIDENED = {"BF16": "<u2"}  # NumPy has no such type: read as bits, made FP32

Arrays = Dict[str, Any]


def execute(desk: Desk, trt: Any, logger: Any, plan: Any) -> None:
    """Leaves ``outputs.npz`` (name -> samples x shape, FP32 where the engine's numbers are floating) and metrics.

    Raises ``CaseFailed`` where the library does not read, or does
    not run, its own engine.
    """
    samples = load(str(desk.case.samples))
    engine = trt.Runtime(logger).deserialize_cuda_engine(plan)
    if engine is None:
        raise CaseFailed("execute: the library does not read the engine that it has built")
    context = engine.create_execution_context()
    if context is None:
        raise CaseFailed("execute: no execution context: tensorrt.log tells why")
    device = open_device()
    ports = bindings.choose(trt, engine, context)
    desk.events.write("execution", way=ports.way, memory=device.name, samples=_count(samples))
    bench = Bench(device, ports)
    outputs = [bench.run({name: array[index] for name, array in samples.items()}) for index in range(_count(samples))]
    save(os.path.join(desk.folder, OUTPUTS), outputs)
    # Sharing the GPU with another case would time that one too.
    with gpu_turn.alone(desk.job.tokens, desk.case.timeout_s / 3) as free:
        if free:
            measure(desk, bench)
        else:
            desk.events.write("note", text="not timed: other cases were building on the GPU all the while")
    pictures = many.pictures(str(desk.case.samples))
    if pictures:
        many.execute(desk, pictures, bench.run)


def load(path: str) -> Arrays:
    """Input name -> samples x shape, mapped or read without unpickling."""
    import numpy as np

    with np.load(path, allow_pickle=False) as file:
        samples = {name: file[name] for name in file.files}
    if not samples or len({len(array) for array in samples.values()}) != 1:
        raise CaseFailed("{}: the inputs have no samples, or different numbers of them".format(path))
    return samples


def _count(samples: Arrays) -> int:
    return len(next(iter(samples.values())))


class Bench:
    """Buffers for one shape after another. A buffer is made again only where it has become too small."""

    def __init__(self, device: Device, ports: bindings.Ports) -> None:
        self.device = device
        self.ports = ports
        self.stream = device.stream()
        self._inputs = [name for name in ports.names() if ports.port(name).is_input]
        self._outputs = [name for name in ports.names() if name not in self._inputs]
        self._sizes: Dict[str, int] = {}
        self._addresses: Dict[str, int] = {}

    def run(self, sample: Arrays) -> Arrays:
        """The outputs of one sample, by name."""
        self._feed(sample)
        targets = {name: self._target(name) for name in self._outputs}
        self.enqueue()
        self.device.synchronise(self.stream)
        for name, array in targets.items():
            self.device.download(array, self._addresses[name])
        return {name: widened(array, self.ports.port(name).data_type) for name, array in targets.items()}

    def enqueue(self) -> None:
        if not self.ports.enqueue(self.stream):
            raise CaseFailed("execute: the engine did not run: tensorrt.log tells why")

    def _feed(self, sample: Arrays) -> None:
        import numpy as np

        missing = [name for name in self._inputs if name not in sample]
        if missing:
            raise CaseFailed("execute: no samples for the input {}".format(", ".join(missing)))
        for name in self._inputs:
            port = self.ports.port(name)
            array = np.ascontiguousarray(sample[name], dtype=_dtype(port))
            self.ports.set_shape(name, array.shape)
            self.device.upload(self._place(name, array.nbytes), array)

    def _target(self, name: str) -> Any:
        import numpy as np

        port = self.ports.port(name)
        if any(size < 0 for size in port.shape):
            raise CaseFailed("execute: output {} has a size that depends on the data: {}".format(name, port.shape))
        array = np.empty(port.shape, _dtype(port))
        self._place(name, array.nbytes)
        return array

    def _place(self, name: str, size: int) -> int:
        if self._sizes.get(name, -1) < size:
            self._sizes[name] = size
            self._addresses[name] = self.device.allocate(size)
        self.ports.bind(name, self._addresses[name])
        return self._addresses[name]


def _dtype(port: bindings.Port) -> str:
    found = _NUMPY.get(port.data_type) or _WIDENED.get(port.data_type)
    if found is None:
        raise CaseFailed("execute: {} is {}, which the probe cannot pass".format(port.name, port.data_type))
    return found


def widened(array: Any, data_type: str) -> Any:
    """FP32 of what is floating."""
    import numpy as np

    if data_type == "BF16":
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.astype(np.float32) if data_type == "HALF" else array


def save(path: str, outputs: Sequence[Arrays]) -> None:
    import numpy as np

    stacked: Arrays = {name: np.stack([output[name] for output in outputs]) for name in outputs[0]}
    np.savez_compressed(path, **stacked)


def measure(desk: Desk, bench: Bench) -> None:
    """Latency on the device, of the last sample as it lies in the buffers: median, spread, the 95th percentile."""
    from statistics import median  # slow to import, and only a timing needs it

    clocks = Clocks()
    _repeat(bench, WARM_UP_S)
    before = clocks.read()
    times = _repeat(bench, MEASURE_S)
    after = clocks.read()
    middle = median(times)
    metrics = {
        "latency_ms": middle,
        "latency_mad_ms": median([abs(each - middle) for each in times]),
        "latency_p95_ms": sorted(times)[int(0.95 * (len(times) - 1))],
        "executions": float(len(times)),
        **after,
    }
    for name, value in metrics.items():
        desk.events.write("metric", name=name, value=round(float(value), 6))
    desk.events.write("clocks", before=before, after=after)


def _repeat(bench: Bench, seconds: float) -> List[float]:
    """Milliseconds of each execution between two events on the stream, for at least that long and ten times."""
    device, pair = bench.device, _pair(bench.device)
    times: List[float] = []
    end = time.monotonic() + seconds
    while len(times) < 10 or (time.monotonic() < end and len(times) < MOST_RUNS):
        device.record(pair[0], bench.stream)
        bench.enqueue()
        device.record(pair[1], bench.stream)
        device.synchronise(bench.stream)
        times.append(device.elapsed_ms(*pair))
    return times


def _pair(device: Device) -> Tuple[Any, Any]:
    return device.event(), device.event()
