"""What this machine has, found quickly: ``plan`` asks on every start."""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import socket
import sys
from pathlib import Path

from harness import process
from harness.evidence.records import Host
from harness.neutral import one_line

DOCKER_SOCKET = Path("/var/run/docker.sock")
_DRIVER = Path("/proc/driver/nvidia/version")
_QUERY = ("--query-gpu=name,compute_cap,driver_version", "--format=csv,noheader")
_CAPABILITY = re.compile(r"\(sm(\d+)(\d)\)$", re.ASCII)


def detect() -> Host:
    """The host as the report shows it: no user or host name."""
    driver, gpus = _nvidia()
    return Host(
        os=_os_name(),
        machine=platform.machine(),
        cores=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        docker=_docker(),
        driver=driver,
        gpus=gpus,
    )


def capabilities(host: Host) -> list[str]:
    """Compute capabilities of the host's GPUs, written ``8.6``; a GPU whose capability is not known is left out."""
    found = (_CAPABILITY.search(gpu) for gpu in host.gpus)
    return [f"{match[1]}.{match[2]}" for match in found if match]


def _os_name() -> str:
    try:
        release = platform.freedesktop_os_release()
    except OSError:
        return platform.system()
    return release.get("PRETTY_NAME") or platform.system()


def _docker() -> str:
    """The daemon's version or how it would be reached; empty where none is there."""
    address = os.environ.get("DOCKER_HOST", "")
    if address and not address.startswith("unix://"):
        return f"by DOCKER_HOST ({address.partition(':')[0]})"
    if not address and _docker_context() not in ("", "default"):
        return f"by context {one_line(_docker_context())}"
    return _daemon_version(Path(address.removeprefix("unix://")) if address else DOCKER_SOCKET)


def _docker_context() -> str:
    """The context that the ``docker`` command would use."""
    folder = Path(os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker")
    try:
        current = json.loads((folder / "config.json").read_text("utf-8")).get("currentContext")
    except (OSError, ValueError, AttributeError):
        current = ""
    return os.environ.get("DOCKER_CONTEXT") or str(current or "")


def _daemon_version(path: Path) -> str:
    if not path.is_socket():
        return ""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as daemon:
            daemon.settimeout(1.0)
            daemon.connect(str(path))
            daemon.sendall(b"GET /version HTTP/1.0\r\nHost: docker\r\n\r\n")
            answer = daemon.recv(65536)
    except OSError:
        return ""
    found = re.search(rb'"Version":\s*"([0-9A-Za-z.+~-]{1,40})"', answer)
    return found[1].decode() if found else "unknown version"


def _nvidia() -> tuple[str, list[str]]:
    """Driver version and GPUs such as ``NVIDIA GeForce RTX 4090 (sm89)``."""
    if shutil.which("nvidia-smi"):
        done = process.run(["nvidia-smi", *_QUERY], timeout=10, check=False)
        rows = [row.split(", ") for row in done.stdout.splitlines()] if done.status == 0 else []
        full = [row for row in rows if len(row) == 3]
        if full:
            return full[0][2], [f"{name} (sm{capability.replace('.', '')})" for name, capability, _ in full]
    return _kernel_driver(), []


def _kernel_driver() -> str:
    try:
        found = re.search(r"\b(\d{3}\.\d+(?:\.\d+)?)\b", _DRIVER.read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""
    return found[1] if found else ""
