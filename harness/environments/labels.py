"""How our containers and images are told from all others, and whether the process that made one still lives."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

MARK = "org.trt-matrix"
RUN = f"{MARK}.run"
CELL = f"{MARK}.cell"
OWNER = f"{MARK}.owner"
CREATED = f"{MARK}.created"
DEADLINE = f"{MARK}.deadline"
KEY = f"{MARK}.key"

# After its own time limit a container of another machine's process gets this long before it counts as left behind.
_GRACE_S = 600


def for_image(key: str) -> dict[str, str]:
    return {MARK: "image", KEY: key}


def for_container(cell_id: str, run: str, wall_s: float) -> dict[str, str]:
    """``wall_s`` is how long the container may run, in seconds."""
    now = time.time()
    return {
        MARK: "container",
        RUN: run,
        CELL: cell_id,
        OWNER: owner(os.getpid()),
        CREATED: datetime.fromtimestamp(now, UTC).isoformat(timespec="seconds"),
        DEADLINE: str(int(now + wall_s)),
    }


def owner(pid: int) -> str:
    """``machine:pid:start``; the start time keeps a reused process number from being taken for the owner."""
    return f"{_machine()}:{pid}:{_started(pid)}"


def is_abandoned(labels: Mapping[str, str], now: float) -> bool:
    """Ours, and nobody waits for it any more: its process is gone, or (made from another machine) its time is over."""
    if labels.get(MARK) not in ("container", "volume"):
        return False
    machine, _, process = labels.get(OWNER, "").partition(":")
    pid, _, started = process.partition(":")
    if machine == _machine() and pid.isdecimal():
        return _started(int(pid)) != started
    deadline = labels.get(DEADLINE, "")
    return deadline.isdecimal() and now > int(deadline) + _GRACE_S


def _machine() -> str:
    """A short name for this boot of this machine that says nothing about it."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        space = str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        boot, space = os.uname().nodename, ""
    return hashlib.sha256(f"{boot} {space}".encode()).hexdigest()[:12]


def _started(pid: int) -> str:
    """Clock ticks after boot; empty where there is no such process, or only its remains."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
