"""The GPU's clocks while a timing is taken, from NVIDIA's management library."""

from __future__ import annotations

import ctypes
from typing import Dict, Optional

_KINDS = {"clock_sm_mhz": 1, "clock_memory_mhz": 2}  # NVML_CLOCK_SM, NVML_CLOCK_MEM


class Clocks:
    """Reads nothing, and says nothing, where the library is absent. Only the first visible device is asked."""

    def __init__(self) -> None:
        self._nvml: Optional[ctypes.CDLL] = None
        self._device = ctypes.c_void_p()
        try:
            nvml, cuda = ctypes.CDLL("libnvidia-ml.so.1"), ctypes.CDLL("libcuda.so.1")
        except OSError:
            return
        # CUDA's first device need not be the library's: the one that is visible is asked for by its bus.
        bus = ctypes.create_string_buffer(64)
        if cuda.cuInit(0) != 0 or cuda.cuDeviceGetPCIBusId(bus, len(bus), 0) != 0:
            return
        if nvml.nvmlInit_v2() == 0 and nvml.nvmlDeviceGetHandleByPciBusId_v2(bus, ctypes.byref(self._device)) == 0:
            self._nvml = nvml

    def read(self) -> Dict[str, int]:
        """MHz by metric name; empty where they cannot be read."""
        found: Dict[str, int] = {}
        value = ctypes.c_uint()
        for name, kind in _KINDS.items():
            if self._nvml and self._nvml.nvmlDeviceGetClockInfo(self._device, kind, ctypes.byref(value)) == 0:
                found[name] = value.value
        return found
