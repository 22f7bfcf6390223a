"""Loading TensorRT's libraries, and asking them who they are.

Nothing here trusts a file's name: the version is what the loaded code answers, the path is where the
kernel mapped it from.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
from typing import Iterable, List, Optional, Sequence

CORE = re.compile(r"lib(nvinfer|tensorrt_rtx)\.so[.0-9]*")
PARSER = re.compile(r"lib(nvonnxparser|tensorrt_onnxparser_rtx)\.so[.0-9]*")
PLUGINS = re.compile(r"libnvinfer_plugin\.so[.0-9]*")
CUDA_RUNTIME = re.compile(r"libcudart\.so[.0-9]*")


def load(paths: Iterable[str]) -> None:
    """Load in order, with global symbols: the bindings then find the same files by their SONAME."""
    for path in paths:
        ctypes.CDLL(path, mode=ctypes.RTLD_GLOBAL)


def mapped(name: "re.Pattern[str]", maps: str = "/proc/self/maps") -> List[str]:
    """Files whose base name matches, that are mapped into this process, in order of address."""
    with open(maps, encoding="utf-8", errors="surrogateescape") as file:
        paths = [line.split(None, 5)[5].rstrip("\n") for line in file if line.count("/")]
    found = [path for path in paths if name.fullmatch(os.path.basename(path))]
    return list(dict.fromkeys(found))


def stand_ins() -> List[str]:
    """A note for each library in this process that says of itself that it stands in for NVIDIA's."""
    notes = []
    for path in mapped(PLUGINS):
        try:
            words = (ctypes.c_char * 1).in_dll(ctypes.CDLL(path), "trt_matrix_stand_in")
        except ValueError:
            continue
        reason = ctypes.string_at(ctypes.addressof(words)).decode("utf-8", "replace")
        notes.append("{} is a stand-in without NVIDIA's plugins: {}".format(os.path.basename(path), reason))
    return notes


def flavour(path: str) -> str:
    return "tensorrt-rtx" if "tensorrt_rtx" in os.path.basename(path) else "tensorrt"


def reported_version(path: str) -> str:
    """The version that a loaded library answers: ``1.7.1.116``, or three numbers where it tells no build."""
    library = ctypes.CDLL(path)
    names = ("Major", "Minor", "Patch", "Build")
    parts = [_number(library, "getInferLib{}Version".format(name)) for name in names]
    if parts[0] is not None:
        return ".".join(str(part) for part in parts if part is not None)
    packed = _number(library, "getInferLibVersion")
    return "" if packed is None else unpack(packed)


def unpack(packed: int) -> str:
    """Take ``getInferLibVersion`` apart: 8601 is 8.6.1; from 10 on, 101501 is 10.15.1."""
    if packed >= 10000:
        return "{}.{}.{}".format(packed // 10000, packed // 100 % 100, packed % 100)
    return "{}.{}.{}".format(packed // 1000, packed // 100 % 10, packed % 100)


def is_before_ten(version: str) -> bool:
    return int(version.split(".")[0]) < 10


def covers(asked: str, loaded: str) -> bool:
    """True where ``loaded`` is ``asked`` or a more exact form of it: 8.6 covers 8.6.1."""
    parts = asked.split(".")
    return bool(loaded) and loaded.split(".")[: len(parts)] == parts


def sha256(path: str) -> str:
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def cuda_runtime() -> str:
    """Version of the CUDA runtime library in this process, as it answers; empty where none is loaded."""
    for path in mapped(CUDA_RUNTIME):
        version = _output(ctypes.CDLL(path), "cudaRuntimeGetVersion")
        if version:
            return cuda_version(version)
    return ""


def cuda_version(packed: int) -> str:
    return "{}.{}".format(packed // 1000, packed % 1000 // 10)


def _number(library: ctypes.CDLL, name: str) -> Optional[int]:
    function = getattr(library, name, None)
    if function is None:
        return None
    function.restype = ctypes.c_int32
    function.argtypes = []
    return int(function())


def _output(library: ctypes.CDLL, name: str, *arguments: Sequence[object]) -> Optional[int]:
    """Call ``int name(int *out)``; ``None`` where it is missing or does not answer with 0."""
    function = getattr(library, name, None)
    value = ctypes.c_int()
    if function is None or function(ctypes.byref(value), *arguments) != 0:
        return None
    return value.value
