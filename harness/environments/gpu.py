"""GPUs for containers, and what stands in the way: no GPU, no toolkit, a driver too old."""

from __future__ import annotations

import ctypes
import operator
import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.environments.container import Gpus
from harness.environments.daemon_records import Image, Info
from harness.environments.software import Software
from harness.errors import EnvironmentUnavailable
from harness.versions import Version

CHOICE = "TRT_MATRIX_GPUS"
_DRIVER = Path("/proc/driver/nvidia/version")
_HOOKS = ("nvidia-container-runtime-hook", "nvidia-container-runtime")
_CONDITION = re.compile(r"(cuda|driver)(>=|<=|!=|=|>|<)(\d+(?:\.\d+){0,3})", re.ASCII)
_COMPARE: Mapping[str, Callable[[Version, Version], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    ">": operator.gt,
    "<": operator.lt,
    "=": operator.eq,
    "!=": operator.ne,
}


def missing(software: Software, info: Info, *, local: bool) -> str:
    """Why NVIDIA's image could not work here. Images from redistributables start anywhere, and say themselves what
    they lack."""
    if software.family != "ngc" or not local:
        return ""
    if not driver():
        return "no-gpu: NVIDIA's image needs a GPU, and no NVIDIA driver is loaded here"
    if not toolkit(info):
        return (
            "toolkit-missing: there is a GPU, but the daemon cannot hand it on: install nvidia-container-toolkit, "
            "run `nvidia-ctk runtime configure --runtime=docker`, restart the daemon"
        )
    return ""


def chosen(info: Info, *, local: bool) -> Gpus:
    """What ``TRT_MATRIX_GPUS`` says, else all that there are."""
    asked = os.environ.get(CHOICE)
    if asked is not None:
        return Gpus.parse(asked)
    return Gpus(every=toolkit(info) and (bool(driver()) or not local))


def toolkit(info: Info) -> bool:
    """The daemon knows NVIDIA's runtime or its CDI devices, or the hook that ``--gpus`` needs is installed."""
    return "nvidia" in info.runtimes or info.cdi or any(shutil.which(name) for name in _HOOKS)


def driver(file: Path = _DRIVER) -> str:
    """The loaded kernel driver's version; empty where there is none."""
    try:
        found = re.search(r"Kernel Module\s+(?:for \S+\s+)?(\d+(?:\.\d+)+)", file.read_text("ascii", "replace"))
    except OSError:
        return ""
    return found[1] if found else ""


def driver_cuda() -> str:
    """The newest CUDA that the driver supports, ``12.4``; empty where there is no driver library."""
    try:
        library = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return ""
    number = ctypes.c_int()
    if library.cuDriverGetVersion(ctypes.byref(number)) != 0:
        return ""
    return f"{number.value // 1000}.{number.value % 1000 // 10}"


def check_image(base: Image, *, local: bool) -> None:
    """Raises ``EnvironmentUnavailable`` where the image asks for a newer driver than this machine's."""
    asked = next((text.partition("=")[2] for text in base.environment if text.startswith("NVIDIA_REQUIRE_CUDA=")), "")
    have = {"driver": driver(), "cuda": driver_cuda()} if local else {}
    if asked and not satisfied(asked, have):
        raise EnvironmentUnavailable(
            f"driver-too-old: the image asks for {asked.split()[0]}; driver {have['driver']} supports CUDA "
            f"{have['cuda']}: update the driver, or choose a release with an older CUDA"
        )


def satisfied(requirement: str, have: Mapping[str, str]) -> bool:
    """NVIDIA's ``NVIDIA_REQUIRE_CUDA``: blanks are "or", commas are "and". What is not known counts as fulfilled.

    Source: the user guide of the NVIDIA Container Toolkit, "Constraints".
    """
    groups = requirement.split()
    return not groups or any(all(_holds(condition, have) for condition in group.split(",")) for group in groups)


def _holds(condition: str, have: Mapping[str, str]) -> bool:
    found = _CONDITION.fullmatch(condition)
    known = have.get(found[1], "") if found else ""
    if found is None or not known:
        return True
    return _COMPARE[found[2]](Version.parse(known), Version.parse(found[3]))
