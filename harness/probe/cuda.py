"""The GPU's memory, streams and clocks of time: through PyCUDA where the cell has it, else the driver's own library.

Both work in the device's primary context, which is the one that TensorRT uses.
"""

from __future__ import annotations

import ctypes
import importlib
from typing import Any, List, Optional

from .outcome import CaseFailed


class Device:
    """What execution and calibration need of CUDA. Addresses and streams are integers, as TensorRT takes them."""

    name = ""

    def allocate(self, size: int) -> int:
        """Address of ``size`` bytes, which live as long as the process."""
        raise NotImplementedError

    def upload(self, address: int, array: Any) -> None:
        """Copy a C-contiguous NumPy array to the device."""
        raise NotImplementedError

    def download(self, array: Any, address: int) -> None:
        """Fill a C-contiguous NumPy array from the device."""
        raise NotImplementedError

    def stream(self) -> int:
        raise NotImplementedError

    def synchronise(self, stream: int) -> None:
        raise NotImplementedError

    def event(self) -> Any:
        raise NotImplementedError

    def record(self, event: Any, stream: int) -> None:
        raise NotImplementedError

    def elapsed_ms(self, begin: Any, end: Any) -> float:
        """Between two recorded events, once the stream is synchronised."""
        raise NotImplementedError


def open_device() -> Device:
    """The first device that CUDA shows. Raises ``CaseFailed`` with CUDA's own error where there is none."""
    try:
        driver = importlib.import_module("pycuda.driver")
    except ImportError:
        return DriverDevice()
    return PyCudaDevice(driver)


class PyCudaDevice(Device):
    def __init__(self, driver: Any) -> None:
        self._cuda = driver
        version = ".".join(str(part) for part in importlib.import_module("pycuda").VERSION)
        self.name = "PyCUDA " + version
        self._kept: List[Any] = []
        try:
            driver.init()
            self._context = driver.Device(0).retain_primary_context()
            self._context.push()
        except driver.Error as error:
            raise CaseFailed("CUDA: {}".format(error)) from error

    def allocate(self, size: int) -> int:
        try:
            memory = self._cuda.mem_alloc(max(size, 1))
        except self._cuda.Error as error:
            raise CaseFailed("CUDA: {} bytes: {}".format(size, error)) from error
        self._kept.append(memory)
        return int(memory)

    def upload(self, address: int, array: Any) -> None:
        if array.nbytes:
            self._cuda.memcpy_htod(address, array)

    def download(self, array: Any, address: int) -> None:
        if array.nbytes:
            self._cuda.memcpy_dtoh(array, address)

    def stream(self) -> int:
        made = self._cuda.Stream()
        self._kept.append(made)
        return int(made.handle)

    def synchronise(self, stream: int) -> None:
        self._stream(stream).synchronize()

    def event(self) -> Any:
        return self._cuda.Event()

    def record(self, event: Any, stream: int) -> None:
        event.record(self._stream(stream))

    def elapsed_ms(self, begin: Any, end: Any) -> float:
        return float(begin.time_till(end))

    def _stream(self, handle: int) -> Any:
        return next(each for each in self._kept if getattr(each, "handle", None) == handle)


class DriverDevice(Device):
    """``libcuda.so.1``, which every host with a GPU has; no further package is needed."""

    def __init__(self, library: Optional[Any] = None) -> None:
        try:
            self._cuda = library or ctypes.CDLL("libcuda.so.1")
        except OSError as error:
            raise CaseFailed("CUDA: {}".format(error)) from error
        number, context = ctypes.c_int(), ctypes.c_void_p()
        self._check("cuInit", 0)
        self._check("cuDeviceGet", ctypes.byref(number), 0)
        self._check("cuDevicePrimaryCtxRetain", ctypes.byref(context), number)
        self._check("cuCtxSetCurrent", context)
        version = ctypes.c_int()
        self._check("cuDriverGetVersion", ctypes.byref(version))
        self.name = "libcuda {}.{}".format(version.value // 1000, version.value % 1000 // 10)

    def allocate(self, size: int) -> int:
        pointer = ctypes.c_uint64()
        self._check("cuMemAlloc_v2", ctypes.byref(pointer), ctypes.c_size_t(max(size, 1)))
        return int(pointer.value)

    def upload(self, address: int, array: Any) -> None:
        source = ctypes.c_void_p(array.ctypes.data)
        self._check("cuMemcpyHtoD_v2", ctypes.c_uint64(address), source, ctypes.c_size_t(array.nbytes))

    def download(self, array: Any, address: int) -> None:
        target = ctypes.c_void_p(array.ctypes.data)
        self._check("cuMemcpyDtoH_v2", target, ctypes.c_uint64(address), ctypes.c_size_t(array.nbytes))

    def stream(self) -> int:
        handle = ctypes.c_void_p()
        self._check("cuStreamCreate", ctypes.byref(handle), 1)  # CU_STREAM_NON_BLOCKING
        return int(handle.value or 0)

    def synchronise(self, stream: int) -> None:
        self._check("cuStreamSynchronize", ctypes.c_void_p(stream))

    def event(self) -> Any:
        handle = ctypes.c_void_p()
        self._check("cuEventCreate", ctypes.byref(handle), 0)
        return handle

    def record(self, event: Any, stream: int) -> None:
        self._check("cuEventRecord", event, ctypes.c_void_p(stream))

    def elapsed_ms(self, begin: Any, end: Any) -> float:
        value = ctypes.c_float()
        self._check("cuEventElapsedTime", ctypes.byref(value), begin, end)
        return float(value.value)

    def _check(self, function: str, *arguments: Any) -> None:
        status = getattr(self._cuda, function)(*arguments)
        if status != 0:
            raise CaseFailed("CUDA: {} failed with error {}".format(function, status))


class DeviceBuffer:
    """A piece of device memory for batches of one size."""

    def __init__(self, size: int, device: Optional[Device] = None) -> None:
        self._device = device or open_device()
        self._size = size
        self.address = self._device.allocate(size)

    def upload(self, array: Any) -> None:
        """Copy a C-contiguous NumPy array of at most the buffer's size."""
        if array.nbytes > self._size:
            raise CaseFailed("a batch of {} bytes does not fit the first one's {}".format(array.nbytes, self._size))
        self._device.upload(self.address, array)
