"""Which packages make which release as an environment of wheels: ``wheels.json``, read once."""

from __future__ import annotations

from functools import cache
from importlib import resources

import msgspec

from harness.versions import Release, Version


class Requirement(msgspec.Struct, frozen=True):
    """``name==version`` with the hash of every file that may be taken for it."""

    requirement: str
    hashes: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join((self.requirement, *(f"--hash={digest}" for digest in self.hashes)))


class WheelSet(msgspec.Struct, frozen=True):
    """The packages of one release for one line of CUDA, and what they cost. ``pythons`` are those with wheels.

    ``folder`` is where TensorRT's shared libraries lie inside ``site-packages``, ``module`` the bindings' name.
    """

    flavour: str
    version: str
    cuda: int
    pythons: tuple[str, ...]
    module: str
    folder: str
    requirements: tuple[Requirement, ...]
    download_bytes: int
    installed_bytes: int


class _File(msgspec.Struct, frozen=True):
    format: int
    sets: tuple[WheelSet, ...]


@cache
def wheel_sets() -> tuple[WheelSet, ...]:
    """Every known set."""
    data = resources.files("harness.support").joinpath("wheels.json").read_bytes()
    return msgspec.json.decode(data, type=_File).sets


@cache
def probe_lock() -> str:
    """Requirements, with hashes, of what the probe itself needs: NumPy and pytest."""
    return resources.files("harness.support").joinpath("probe.lock").read_text(encoding="ascii")


def find(release: Release, cuda: str) -> WheelSet | None:
    """The set for a release on a CUDA such as ``12.9``; ``None`` where none is known."""
    for known in wheel_sets():
        same_release = known.flavour == release.flavour.value and release.version.covers(Version.parse(known.version))
        if same_release and known.cuda == Version.parse(cuda).major:
            return known
    return None
