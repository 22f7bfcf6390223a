"""The plugin library of a description: found where it is built already, else built with the cell's own tools.

Loaded from memory, since a cell's scratch folder may forbid to run what lies in it.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from typing import Iterator, List

from .outcome import CaseFailed, NotRun

LIBRARY = "libtrt_matrix_decode.so"
IMAGE = "/opt/trt-matrix"  # where an image's own layer has `plugin/` and `lib/`
BUILD_S = 600.0
_TOOLKIT = "/usr/local/cuda/bin"
_MEMORY_EXECUTABLE = 0x0010  # MFD_EXEC, which kernels before 6.3 refuse and do not need

_OF_MAKE = frozenset({"MAKEFLAGS", "MAKELEVEL", "MFLAGS"})
# A compiler's error, not a path that happens to have the word in it.
_ERROR = re.compile(r"\berror:|\bCMake Error\b|\berror [A-Z]*\d+", re.IGNORECASE)


def load(sources: str, release: str) -> None:
    """Load the library built from a folder of sources for a TensorRT release; it registers its plugins itself.

    Raises ``NotRun`` where a tool to build it is missing, ``CaseFailed`` where it does not compile or load.
    """
    path = find_or_build(
        sources, release, os.path.join(tempfile.gettempdir(), "trt-matrix-plugins-{}".format(os.getuid()))
    )
    with open(path, "rb") as file:
        handle = _memory()
        with os.fdopen(handle, "wb", closefd=False) as copy:
            shutil.copyfileobj(file, copy)
    try:
        ctypes.CDLL("/proc/self/fd/{}".format(handle), mode=ctypes.RTLD_GLOBAL)
    except OSError as error:
        raise CaseFailed("plugin: {}: {}".format(LIBRARY, error)) from error


def find_or_build(sources: str, release: str, cache: str, image: str = IMAGE) -> str:
    """Path of the library. Builds of the same sources for one release by the same tools are one."""
    ready = os.path.join(image, "lib", LIBRARY)
    if os.path.exists(ready) and _digest(os.path.join(image, "plugin")) == _digest(sources):
        return ready
    environment = _environment()
    folder = os.path.join(cache, _key(sources, release, environment))
    path = os.path.join(folder, LIBRARY)
    os.makedirs(cache, mode=0o700, exist_ok=True)
    with open(folder + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(path):
            _build(sources, folder, environment)
    return path


def _environment() -> "dict[str, str]":
    """With the toolkit's usual place on the path. Raises ``NotRun`` that names the first tool that is missing."""
    # Under an outer make the inner one would take over its flags and talk differently.
    environment = {name: value for name, value in os.environ.items() if name not in _OF_MAKE}
    environment["PATH"] = os.pathsep.join((environment.get("PATH", os.defpath), _TOOLKIT))
    for tool in ("cmake", "nvcc", "c++"):
        if shutil.which(tool, path=environment["PATH"]) is None:
            raise NotRun("{} is not on the cell's PATH: the plugin cannot be built here".format(tool))
    return environment


def _key(sources: str, release: str, environment: "dict[str, str]") -> str:
    """Hash of the sources, of TensorRT's release and place, and of what the tools say they are."""
    place = environment.get("TENSORRT_ROOT", "")
    total = hashlib.sha256("\0".join((_digest(sources), release, place)).encode())
    for tool in ("nvcc", "c++"):
        total.update(subprocess.run([tool, "--version"], env=environment, stdout=subprocess.PIPE, check=False).stdout)
    return total.hexdigest()[:32]


def _build(sources: str, folder: str, environment: "dict[str, str]") -> None:
    shutil.rmtree(folder, ignore_errors=True)
    scratch = tempfile.mkdtemp(dir=os.path.dirname(folder))
    try:
        _step(["cmake", "-S", sources, "-B", scratch, "-DCMAKE_BUILD_TYPE=Release"], environment)
        _step(["cmake", "--build", scratch], environment)
        os.makedirs(folder)
        os.rename(os.path.join(scratch, LIBRARY), os.path.join(folder, LIBRARY))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _step(command: List[str], environment: "dict[str, str]") -> None:
    """All that the tool says goes to the case's log; its first error becomes the reason."""
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=BUILD_S,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except subprocess.TimeoutExpired as error:
        raise CaseFailed("plugin: {} ran past {:.0f} s".format(command[0], BUILD_S)) from error
    print(done.stdout, flush=True)
    if done.returncode:
        raise CaseFailed("plugin: does not compile: " + _first_error(done.stdout))


def _first_error(text: str) -> str:
    """CMake tells the error itself on the line after its heading."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        if line.startswith("CMake Error"):
            return " ".join(lines[number : number + 2])
        if _ERROR.search(line):
            return line
    return lines[-1] if lines else "the tool said nothing"


def _digest(folder: str) -> str:
    total = hashlib.sha256()
    for path in _files(folder):
        with open(path, "rb") as file:
            total.update("{}\0".format(os.path.relpath(path, folder)).encode() + file.read())
    return total.hexdigest()


def _files(folder: str) -> Iterator[str]:
    if not os.path.isdir(folder):
        return
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            yield path


def _memory() -> int:
    try:
        return os.memfd_create(LIBRARY, _MEMORY_EXECUTABLE)
    except OSError:
        return os.memfd_create(LIBRARY, 0)
