"""Device memory through the CUDA runtime library that is already loaded; no further package is needed."""

from __future__ import annotations

import ctypes
from typing import Any, Optional

from . import library
from .outcome import CaseFailed

_HOST_TO_DEVICE = 1


class DeviceBuffer:
    """A piece of device memory, freed with its process."""

    def __init__(self, size: int, runtime: Optional[Any] = None) -> None:
        self._cuda = runtime or _runtime()
        self._size = size
        pointer = ctypes.c_void_p()
        self._check(self._cuda.cudaMalloc(ctypes.byref(pointer), ctypes.c_size_t(size)), "cudaMalloc")
        self.address = int(pointer.value or 0)

    def upload(self, array: Any) -> None:
        """Copy a C-contiguous NumPy array of at most the buffer's size."""
        if array.nbytes > self._size:
            raise CaseFailed("a batch of {} bytes does not fit the first one's {}".format(array.nbytes, self._size))
        status = self._cuda.cudaMemcpy(
            ctypes.c_void_p(self.address),
            ctypes.c_void_p(array.ctypes.data),
            ctypes.c_size_t(array.nbytes),
            _HOST_TO_DEVICE,
        )
        self._check(status, "cudaMemcpy")

    def _check(self, status: int, name: str) -> None:
        if status != 0:
            raise CaseFailed("{} failed with CUDA error {}".format(name, status))


def _runtime() -> Any:
    """The loaded runtime, or the first that the loader finds."""
    names = [*library.mapped(library.CUDA_RUNTIME), "libcudart.so.13", "libcudart.so.12", "libcudart.so.11.0"]
    for name in names:
        try:
            return ctypes.CDLL(name)
        except OSError:
            continue
    raise CaseFailed("no CUDA runtime library: calibration batches cannot reach the device")
