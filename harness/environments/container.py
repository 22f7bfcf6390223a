"""What a cell's container may do: the daemon's own configuration, made of plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.environments import Limits
from harness.errors import UsageError

_SCRATCH_BYTES = 2 * 1024**3
# One file that a cell writes; an engine is smaller, a log that grows beyond is a fault.
_FILE_BYTES = 8 * 1024**3
# The last two are named because Podman's own are beyond what it may set; ``PidsLimit`` bounds the processes.
_ULIMITS = {"core": 0, "fsize": _FILE_BYTES, "nofile": 4096, "nproc": 16384}

Json = dict[str, object]


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of the daemon's machine (``kind`` bind) or a volume, seen at ``target``."""

    source: str
    target: str
    writable: bool = False
    kind: str = "bind"


@dataclass(frozen=True, slots=True)
class Gpus:
    """GPUs for a container: none, all, by UUID or index, or by names of the Container Device Interface."""

    devices: tuple[str, ...] = ()
    every: bool = False
    cdi: bool = False

    def __bool__(self) -> bool:
        return self.every or bool(self.devices)

    @classmethod
    def parse(cls, text: str) -> Gpus:
        """``none``, ``all``, ``GPU-uuid,GPU-uuid`` or ``cdi:nvidia.com/gpu=all``."""
        if text in ("", "none"):
            return cls()
        if text == "all":
            return cls(every=True)
        cdi = text.startswith("cdi:")
        devices = tuple(text.removeprefix("cdi:").split(","))
        if not all(devices) or any(("=" in device) is not cdi for device in devices):
            raise UsageError(f"GPUs {text!r}: expected none, all, UUIDs with commas, or cdi:nvidia.com/gpu=all")
        return cls(devices=devices, cdi=cdi)

    def requests(self) -> list[Json]:
        """The daemon's ``DeviceRequests``."""
        if not self:
            return []
        if self.cdi:
            return [{"Driver": "cdi", "DeviceIDs": list(self.devices)}]
        chosen: Json = {"Count": -1} if self.every else {"DeviceIDs": list(self.devices)}
        return [{**chosen, "Driver": "", "Capabilities": [["gpu"]]}]


def configuration(
    *,
    image: str,
    command: tuple[str, ...],
    user: str,
    mounts: tuple[Mount, ...],
    limits: Limits,
    gpus: Gpus,
    labels: Mapping[str, str],
    extra: Mapping[str, object] | None = None,
) -> Json:
    """The body of the daemon's request. ``extra`` adds to ``HostConfig`` what one daemon needs (Podman's user mapping).

    The container has no network, no capabilities and a read-only root; only ``/tmp`` (in memory) and the writable
    mounts take files. Its output goes to whoever is attached and is stored nowhere.
    """
    host: Json = {
        "NetworkMode": "none",
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "LogConfig": {"Type": "none"},
        "Tmpfs": {"/tmp": f"rw,nosuid,nodev,size={_SCRATCH_BYTES}"},  # noqa: S108
        "Mounts": [_mount(mount) for mount in mounts],
        "Ulimits": [{"Name": name, "Soft": value, "Hard": value} for name, value in _ULIMITS.items()],
        "DeviceRequests": gpus.requests(),
        **(extra or {}),
    }
    if limits.memory_bytes is not None:
        # The same for both: no swap.
        host |= {"Memory": limits.memory_bytes, "MemorySwap": limits.memory_bytes}
    if limits.pids is not None:
        host["PidsLimit"] = limits.pids
    return {
        "Image": image,
        "Cmd": list(command),
        "User": user,
        "Env": ["HOME=/tmp", "NVIDIA_DRIVER_CAPABILITIES=compute,utility"],
        "Labels": dict(labels),
        "NetworkDisabled": True,
        "OpenStdin": True,
        "StdinOnce": True,
        "AttachStdin": True,
        "AttachStdout": True,
        "AttachStderr": True,
        "HostConfig": host,
    }


def binds(evidence: Path, inputs: tuple[Path, ...], tokens: Path | None) -> tuple[Mount, ...]:
    """Everything at its own place, so that a job's paths hold inside too."""
    writable = [evidence] if tokens is None else [evidence, tokens]
    return (
        *(Mount(str(path), str(path), writable=True) for path in writable),
        *(Mount(str(path), str(path)) for path in dict.fromkeys(inputs)),
    )


def _mount(mount: Mount) -> Json:
    return {"Type": mount.kind, "Source": mount.source, "Target": mount.target, "ReadOnly": not mount.writable}
