from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from harness.probe import cuda
from harness.probe.outcome import CaseFailed


class Library:
    """Stands for ``libcuda.so.1``: every call is remembered and answered with 0, but for ``refused``."""

    def __init__(self, refused: str = "") -> None:
        self.called: list[str] = []
        self._refused = refused

    def __getattr__(self, name: str) -> Any:
        def function(*_: object) -> int:
            self.called.append(name)
            return 2 if name == self._refused else 0

        return function


class PyCuda:
    """Stands for ``pycuda.driver``."""

    Error = RuntimeError

    def __init__(self) -> None:
        self.pushed = 0
        self.copied = b""
        context = SimpleNamespace(push=self._push)
        self.Device = lambda _number: SimpleNamespace(retain_primary_context=lambda: context)

    def _push(self) -> None:
        self.pushed += 1

    def init(self) -> None:
        pass

    def mem_alloc(self, size: int) -> int:
        if size > 100:
            raise RuntimeError("cuMemAlloc failed: out of memory")
        return 4096

    def memcpy_htod(self, _address: int, array: Any) -> None:
        self.copied = array.tobytes()


@pytest.fixture
def pycuda(monkeypatch: pytest.MonkeyPatch) -> PyCuda:
    driver = PyCuda()
    monkeypatch.setitem(sys.modules, "pycuda", SimpleNamespace(VERSION=(2025, 1, 2), driver=driver))
    monkeypatch.setitem(sys.modules, "pycuda.driver", driver)
    return driver


def test_pycuda_is_taken_where_the_cell_has_it(pycuda: PyCuda) -> None:
    device = cuda.open_device()
    assert device.name == "PyCUDA 2025.1.2"
    assert pycuda.pushed == 1
    device.upload(device.allocate(8), np.arange(2, dtype=np.float32))
    assert pycuda.copied == np.arange(2, dtype=np.float32).tobytes()


def test_pycuda_out_of_memory_is_the_reason(pycuda: PyCuda) -> None:
    with pytest.raises(CaseFailed, match="CUDA: 101 bytes: cuMemAlloc failed: out of memory"):
        cuda.open_device().allocate(101)


def test_the_drivers_library_works_in_the_primary_context() -> None:
    library = Library()
    device = cuda.DriverDevice(library)
    assert library.called[:4] == ["cuInit", "cuDeviceGet", "cuDevicePrimaryCtxRetain", "cuCtxSetCurrent"]
    device.allocate(16)
    assert library.called[-1] == "cuMemAlloc_v2"


@pytest.mark.parametrize("function", ["cuInit", "cuMemAlloc_v2"])
def test_what_the_driver_refuses_is_named(function: str) -> None:
    with pytest.raises(CaseFailed, match=f"CUDA: {function} failed with error 2"):
        cuda.DeviceBuffer(16, cuda.DriverDevice(Library(function)))


def test_batch_too_large_for_its_buffer() -> None:
    buffer = cuda.DeviceBuffer(4, cuda.DriverDevice(Library()))
    with pytest.raises(CaseFailed, match="8 bytes does not fit the first one's 4"):
        buffer.upload(np.zeros(2, np.float32))
