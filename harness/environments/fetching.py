"""Making a prefix: TensorRT's libraries from a redistributable package, and its bindings for one Python."""

from __future__ import annotations

import secrets
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.environments import Progress, prefix_layout, redist, software, store, uv
from harness.environments.redist import Archive
from harness.errors import EnvironmentUnavailable, UsageError
from harness.support import facts
from harness.versions import Flavour, Release, Version

_PLATFORM = "x86_64-manylinux_2_31"
_PROVISION_S = 3600.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """``made`` names the folders of ``place`` that were not there before."""

    place: Path
    release: str
    cuda: str
    python: str
    libraries: tuple[str, ...]
    packages: dict[str, str]
    made: tuple[str, ...]


def fetch(release: Release, place: Path, python: str, progress: Progress) -> Fetched:
    """Make ``place/lib`` and ``place/python3.11`` where they are not there yet; each is there whole or not at all.

    Raises ``EnvironmentUnavailable`` where something cannot be fetched, ``UsageError`` for a release that no package
    has.
    """
    archive = _archive(release)
    python = python or _newest_python(release)
    libraries, site = place / "lib", prefix_layout.site_folder(place, python)
    made = tuple(folder.name for folder in (libraries, site) if not folder.is_dir())
    place.mkdir(parents=True, exist_ok=True)
    if libraries.name in made:
        store.require_space(place, archive.size + archive.unpacked)
        _whole(libraries, lambda part: _unpack(archive, place, part, progress))
    if site.name in made:
        _whole(site, lambda part: _install(archive, python, part, progress))
    names = tuple(sorted(path.name for path in libraries.glob("lib*.so*")))
    return Fetched(place, archive.release, _cuda(release), python, names, prefix_layout.packages([site]), made)


def _archive(release: Release) -> Archive:
    found = redist.archive_for(release) if release.flavour is Flavour.TENSORRT else None
    if found is None:
        raise UsageError(f"{release}: no package with its libraries is known; there are TensorRT {redist.KNOWN}")
    return found


def _newest_python(release: Release) -> str:
    """The version of Python that runs this, or the newest that the release has bindings for."""
    known = facts.describe(release)
    own = f"{sys.version_info.major}.{sys.version_info.minor}"
    newest = known.python[1] if known and known.python else own
    return min(own, newest, key=Version.parse)


def _cuda(release: Release) -> str:
    """The newest CUDA that the release names."""
    known = facts.describe(release)
    return max(known.cuda, key=Version.parse) if known and known.cuda else ""


def _unpack(archive: Archive, place: Path, part: Path, progress: Progress) -> None:
    downloads = place / "download"
    jar = redist.fetch(archive, downloads, progress)
    progress(f"unpacking {jar.name}")
    redist.unpack(jar, part)
    shutil.rmtree(downloads, ignore_errors=True)


def _install(archive: Archive, python: str, part: Path, progress: Progress) -> None:
    """The bindings and what the probe needs, for that Python, whatever Python runs this."""
    part.mkdir()
    lock = part / "requirements.txt"
    lock.write_text(bindings(software.lock(f"redist_{archive.release}")) + software.lock("probe_numpy1"), "ascii")
    options = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--target", str(part)]
    options += ["--python", sys.executable, "--python-version", python, "--python-platform", _PLATFORM]
    uv.run_live(["pip", "install", *options, "--requirement", str(lock)], progress, _PROVISION_S)


def bindings(lock: str) -> str:
    """TensorRT's own packages of a requirements file: CUDA's libraries for its plugins are gigabytes."""
    kept, lines = False, []
    for line in lock.splitlines():
        kept = line.startswith("tensorrt") if line[:1].isalnum() else kept
        lines += [line] if kept else []
    return "".join(f"{line}\n" for line in lines)


def _whole(folder: Path, fill: Callable[[Path], None]) -> None:
    part = folder.with_name(f"{folder.name}.part-{secrets.token_hex(4)}")
    try:
        fill(part)
        part.rename(folder)
    except OSError as error:
        raise EnvironmentUnavailable(f"{folder}: {error.strerror or error}") from error
    finally:
        shutil.rmtree(part, ignore_errors=True)
