"""Words for how a container ended, or why it could not start: each cause has its own."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.environments import Ending

_KILLED = 137
_TERMINATED = 143

_START = (
    (r"unsatisfied condition: (?P<asked>[^\s,]+)", "driver-too-old: the image asks for {asked}, this driver has less"),
    (r"could not select device driver .*gpu", "toolkit-missing: the daemon has no NVIDIA Container Toolkit"),
    (r"unknown or invalid runtime name: nvidia", "toolkit-missing: the daemon has no NVIDIA Container Toolkit"),
    (r"nvidia-container-cli: initialization error", "no-gpu: the NVIDIA driver is not loaded on the daemon's machine"),
    (r"nvidia-container-cli: device error: (?P<asked>[^:]+): unknown device", "no-gpu: there is no device {asked}"),
    (r"(unresolvable|failed to inject) CDI devices? (?P<asked>.+)", "no-gpu: no CDI device {asked}"),
    (r"[Nn]o such image|image not known", "image-missing: the cell's image was removed before its container started"),
    (r"no space left on device", "disk-full: no space is left on the daemon's disk"),
)
_REMEDIES = {
    "driver-too-old": "update the driver, or choose a release with an older CUDA",
    "toolkit-missing": "install nvidia-container-toolkit, run `nvidia-ctk runtime configure`, restart the daemon",
    "no-gpu": "see `nvidia-smi` on the daemon's machine",
    "image-missing": "run again",
    "disk-full": "free some with `trt-matrix gc --images`",
}


@dataclass(frozen=True, slots=True)
class State:
    """What the daemon says of a container that is there."""

    status: str
    exit_code: int
    out_of_memory: bool
    error: str = ""

    @property
    def running(self) -> bool:
        return self.status in ("running", "paused", "restarting")


def ending(state: State, memory_bytes: int | None) -> Ending:
    """How a container ended by itself or by another's hand. Signals are negative statuses, as everywhere."""
    status = 128 - state.exit_code if state.exit_code > 128 else state.exit_code
    if state.out_of_memory:
        limit = f"its limit of {memory_bytes // 1_000_000} MB" if memory_bytes else "the memory of the machine"
        return Ending(status, f"out-of-memory: the cell's processes passed {limit}")
    if state.exit_code == _KILLED:
        return Ending(status, "killed: the container was ended from outside (SIGKILL)")
    if state.exit_code == _TERMINATED:
        return Ending(status, "killed: the container was asked to end (SIGTERM)")
    return Ending(status, f"container-error: {state.error}" if state.error else "")


def refusal(text: str) -> str:
    """Why the daemon did not start a container, from its message, with the remedy; the message itself where unknown."""
    for pattern, words in _START:
        found = re.search(pattern, text)
        if found:
            reason = words.format(**found.groupdict())
            return f"{reason}: {_REMEDIES[reason.partition(':')[0]]}"
    return f"container-error: {text}"
