"""Stand-ins for a GPU and for engines of three generations: each doubles its input."""

from __future__ import annotations

from enum import Enum
from types import SimpleNamespace
from typing import Any

import numpy as np

from harness.probe.cuda import Device

Mode = Enum("Mode", "INPUT OUTPUT")
Type = Enum("Type", "FLOAT HALF BF16 FP4")


class HostMemory(Device):
    """Memory of the host by address; each execution is said to have taken the time of ``pace``."""

    name = "host memory"

    def __init__(self, pace: tuple[float, ...] = (1.0,)) -> None:
        self.memory: dict[int, Any] = {}
        self._pace = pace
        self.timed = 0

    def allocate(self, size: int) -> int:
        address = 4096 * (len(self.memory) + 1)
        self.memory[address] = np.zeros(size, np.uint8)
        return address

    def upload(self, address: int, array: Any) -> None:
        self.memory[address][: array.nbytes] = array.view(np.uint8).reshape(-1)

    def download(self, array: Any, address: int) -> None:
        array.view(np.uint8).reshape(-1)[:] = self.memory[address][: array.nbytes]

    def stream(self) -> int:
        return 7

    def synchronise(self, stream: int) -> None:
        assert stream == 7

    def event(self) -> Any:
        return object()

    def record(self, event: Any, stream: int) -> None:
        pass

    def elapsed_ms(self, begin: Any, end: Any) -> float:
        self.timed += 1
        return self._pace[self.timed % len(self._pace)]


class Engine:
    """Input ``x`` and output ``y``; ``shape`` as the engine tells it, -1 where it is open."""

    def __init__(self, device: HostMemory, shape: tuple[int, ...], output: Type = Type.FLOAT) -> None:
        self.device = device
        self.shape = shape
        self.output = output
        self.given = shape
        self.runs = 0

    def create_execution_context(self) -> Any:
        return self

    def _double(self, source: int, target: int) -> bool:
        self.runs += 1
        size = 4 * int(np.prod(self.given))
        values = self.device.memory[source][:size].view(np.float32) * 2
        if self.output is Type.HALF:
            values = values.astype(np.float16)
        if self.output is Type.BF16:
            values = (values.view(np.uint32) >> 16).astype(np.uint16)
        self.device.memory[target][: values.nbytes] = values.view(np.uint8)
        return True


class ByTensor(Engine):
    """As from TensorRT 8.5 on."""

    num_io_tensors = 2

    def __init__(self, device: HostMemory, shape: tuple[int, ...], output: Type = Type.FLOAT) -> None:
        super().__init__(device, shape, output)
        self.addresses: dict[str, int] = {}

    def get_tensor_name(self, index: int) -> str:
        return "xy"[index]

    def get_tensor_mode(self, name: str) -> Mode:
        return Mode.INPUT if name == "x" else Mode.OUTPUT

    def get_tensor_dtype(self, name: str) -> Type:
        return Type.FLOAT if name == "x" else self.output

    def get_tensor_shape(self, _name: str) -> tuple[int, ...]:
        return self.given

    def set_input_shape(self, _name: str, shape: tuple[int, ...]) -> bool:
        self.given = shape
        return all(asked in (-1, size) for asked, size in zip(self.shape, shape, strict=True))

    def set_tensor_address(self, name: str, address: int) -> None:
        self.addresses[name] = address

    def execute_async_v3(self, _stream: int) -> bool:
        return self._double(self.addresses["x"], self.addresses["y"])


class ByBinding(Engine):
    """As to TensorRT 8.4."""

    num_bindings = 2
    has_implicit_batch_dimension = False

    def get_binding_name(self, index: int) -> str:
        return "xy"[index]

    def binding_is_input(self, index: int) -> bool:
        return index == 0

    def get_binding_dtype(self, index: int) -> Type:
        return Type.FLOAT if index == 0 else self.output

    def get_binding_shape(self, _index: int) -> tuple[int, ...]:
        return self.given

    def set_binding_shape(self, _index: int, shape: tuple[int, ...]) -> bool:
        self.given = shape
        return True

    def execute_async_v2(self, addresses: list[int], _stream: int) -> bool:
        return self._double(*addresses)


class Implicit(ByBinding):
    has_implicit_batch_dimension = True

    def execute_async(self, batch: int, addresses: list[int], _stream: int) -> bool:
        return batch == 1 and self._double(*addresses)


def module(engine: Engine | None) -> Any:
    """A module whose runtime reads any plan as ``engine``."""
    runtime = SimpleNamespace(deserialize_cuda_engine=lambda _plan: engine)
    return SimpleNamespace(Runtime=lambda _logger: runtime, TensorIOMode=Mode)
