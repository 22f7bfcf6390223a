"""The driver and the GPUs at hand, asked from the driver's own library. Only for a process that may end after."""

from __future__ import annotations

import ctypes
import re
from typing import List, Tuple

_MAJOR, _MINOR = 75, 76  # CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR and _MINOR


def driver(path: str = "/proc/driver/nvidia/version") -> str:
    """The kernel driver's version, ``550.54.15``; empty where there is none."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            found = re.search(r"Kernel Module\s+(?:for \S+\s+)?(\d+(?:\.\d+)+)", file.read())
    except OSError:
        return ""
    return found.group(1) if found else ""


def gpus() -> List[str]:
    """``NVIDIA A10 (sm86)`` per device that CUDA shows; empty where it shows none."""
    try:
        cuda = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return []
    count = ctypes.c_int()
    if cuda.cuInit(0) != 0 or cuda.cuDeviceGetCount(ctypes.byref(count)) != 0:
        return []
    return ["{} (sm{}{})".format(_name(cuda, index), *_capability(cuda, index)) for index in range(count.value)]


def _name(cuda: ctypes.CDLL, index: int) -> str:
    text = ctypes.create_string_buffer(256)
    cuda.cuDeviceGetName(text, len(text), index)
    return text.value.decode("utf-8", "replace")


def _capability(cuda: ctypes.CDLL, index: int) -> Tuple[int, int]:
    value = ctypes.c_int()
    numbers = []
    for attribute in (_MAJOR, _MINOR):
        cuda.cuDeviceGetAttribute(ctypes.byref(value), attribute, index)
        numbers.append(value.value)
    return numbers[0], numbers[1]
