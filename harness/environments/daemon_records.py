"""What a daemon tells of images, containers, volumes and itself, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Image:
    """``digests`` are the registry's, as ``name@sha256:...``; ``size`` in bytes; ``environment`` as ``NAME=value``."""

    id: str
    tags: tuple[str, ...]
    digests: tuple[str, ...]
    size: int
    created: str
    labels: Mapping[str, str]
    environment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Container:
    id: str
    status: str
    image: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Volume:
    name: str
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Info:
    """What the daemon says of itself. ``root`` is its data folder; ``rootless``: its user 0 is an ordinary user."""

    name: str
    version: str
    root: Path
    rootless: bool
    remapped: bool
    podman: bool
    runtimes: tuple[str, ...]
    cdi: bool
    memory_bytes: int
    storage: str


def info_of(raw: Mapping[str, Any]) -> Info:
    security = [str(option) for option in raw.get("SecurityOptions") or ()]
    return Info(
        name=str(raw.get("OperatingSystem", "")),
        version=str(raw.get("ServerVersion", "")),
        root=Path(str(raw.get("DockerRootDir") or "/")),
        rootless=any("name=rootless" in option for option in security) or bool(raw.get("Rootless")),
        remapped=any("name=userns" in option for option in security),
        podman="BuildahVersion" in raw,
        runtimes=tuple(raw.get("Runtimes") or ()),
        cdi=any("nvidia.com/gpu" in str(device) for device in raw.get("DiscoveredDevices") or ()),
        memory_bytes=int(raw.get("MemTotal") or 0),
        storage=str(raw.get("Driver", "")),
    )


def image_of(raw: Mapping[str, Any]) -> Image:
    config = raw.get("Config") or {}
    return Image(
        id=str(raw["Id"]),
        tags=tuple(raw.get("RepoTags") or ()),
        digests=tuple(raw.get("RepoDigests") or ()),
        size=int(raw.get("Size") or 0),
        created=str(raw.get("Created", "")),
        labels=config.get("Labels") or {},
        environment=tuple(config.get("Env") or ()),
    )
