"""Source distributions that an image compiles for itself: fetched on the host by uv's configuration, checked."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from pathlib import Path

from harness.environments import Progress, uv
from harness.environments.download import download
from harness.errors import EnvironmentUnavailable
from harness.versions import Version


@dataclass(frozen=True, slots=True)
class Sdist:
    """One package's sources, for Python from ``python`` on; ``size`` in bytes."""

    name: str
    version: str
    python: str
    sha256: str
    size: int

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.version}.tar.gz"


# Written by tools/lock_images.py, the oldest Python first.
_PYCUDA = (
    Sdist("pycuda", "2024.1.2", "3.8", "d110b727cbea859da4b63e91b6fa1e9fc32c5bade02d89ff449975996e9ccfab", 1_689_589),
    Sdist("pycuda", "2026.1", "3.10", "759516160628ba06f32ce7e563e3f5b9214691dc9528a03ea99ea1073f4e14ba", 1_691_047),
)


def pycuda(python: str) -> Sdist | None:
    """The newest that serves this Python."""
    asked = Version.parse(python)
    return next((each for each in reversed(_PYCUDA) if Version.parse(each.python) <= asked), None)


def fetch(wanted: Sdist, cache: Path, progress: Progress) -> Path:
    """The file, kept in ``cache``. Raises ``EnvironmentUnavailable`` where it cannot be had as it was locked."""
    kept = cache / wanted.file_name
    if not (kept.is_file() and kept.stat().st_size == wanted.size):
        download(_address(wanted, cache), kept, wanted.size, progress)
    found = hashlib.sha256(kept.read_bytes()).hexdigest()
    if found != wanted.sha256:
        kept.unlink()
        raise EnvironmentUnavailable(f"{wanted.file_name} is not what was locked: its SHA-256 is {found}; run again")
    return kept


def _address(wanted: Sdist, cache: Path) -> str:
    """Where the user's own index keeps it: uv fetches no sources by themselves, but tells their place."""
    cache.mkdir(parents=True, exist_ok=True)
    asked = cache / f"{wanted.name}.txt"
    asked.write_text(f"{wanted.name}=={wanted.version} --hash=sha256:{wanted.sha256}\n", encoding="ascii")
    options = ["--no-deps", "--quiet", "--no-header", "--format", "pylock.toml", "--python-version", wanted.python]
    done = uv.run("pip", "compile", *options, str(asked), check=False)
    if done.status != 0:
        raise EnvironmentUnavailable(f"{wanted.file_name}: {uv.condense(done.stderr.splitlines())}")
    try:
        return str(tomllib.loads(done.stdout)["packages"][0]["sdist"]["url"])
    except (tomllib.TOMLDecodeError, LookupError, TypeError) as error:
        raise EnvironmentUnavailable(f"{wanted.file_name}: the index names no sources") from error
