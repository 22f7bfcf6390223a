"""TensorRT's libraries from redistributable packages: fetched on the host with Maven, checked, unpacked."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

from harness import process
from harness.environments import Progress, maven
from harness.environments.download import download
from harness.errors import EnvironmentUnavailable
from harness.versions import Release, Version


@dataclass(frozen=True, slots=True)
class Archive:
    """One package of TensorRT's libraries in a Maven repository. Sizes in bytes.

    ``libraries`` are in loading order; ``links`` match files of the bindings' wheels that belong beside them.
    """

    release: str
    version: str
    sha256: str
    size: int
    unpacked: int
    libraries: tuple[str, ...]
    wheels_bytes: int
    links: tuple[str, ...] = ()

    @property
    def coordinates(self) -> str:
        return f"org.bytedeco:tensorrt:{self.version}:jar:linux-x86_64-redist"

    @property
    def file_name(self) -> str:
        return f"tensorrt-{self.version}-linux-x86_64-redist.jar"

    @property
    def path(self) -> str:
        """Inside a Maven repository."""
        return f"org/bytedeco/tensorrt/{self.version}/{self.file_name}"


ARCHIVES = (
    Archive(
        release="8.6.1",
        version="8.6-1.5.10",
        sha256="8694feefe1b23d079a23527e3a65ca1dead18fccedfe2afa96651174a903b379",
        size=824_742_093,
        unpacked=1_284_345_430,
        libraries=("libnvinfer.so.8", "libnvinfer_plugin.so.8", "libnvparsers.so.8", "libnvonnxparser.so.8"),
        wheels_bytes=1_750_000_000,
        # Its plugin library needs cuBLAS and cuDNN to be loaded at all.
        links=("nvidia/*/lib/*.so*",),
    ),
    Archive(
        release="10.6.0",
        version="10.6-1.5.11",
        sha256="e7979693541f996bc284335b05f5e890a82b8b3aba50d680e1343a139cf291c4",
        size=1_090_347_946,
        unpacked=1_701_670_608,
        libraries=("libnvinfer.so.10", "libnvinfer_plugin.so.10", "libnvonnxparser.so.10"),
        wheels_bytes=5_000_000,
    ),
    Archive(
        release="10.15.1",
        version="10.15-1.5.13",
        sha256="8543a6bda95c5d42141d409e1b74024b444e96334a3815d53997cc4ec3cfce83",
        size=533_640_349,
        unpacked=929_828_639,
        libraries=("libnvinfer.so.10", "libnvinfer_plugin.so.10", "libnvonnxparser.so.10"),
        wheels_bytes=5_000_000,
    ),
)

# As a user is told: ``8.6.1, 10.6.0, 10.15.1``.
KNOWN = ", ".join(each.release for each in ARCHIVES)


def archive_for(release: Release) -> Archive | None:
    """The package that holds this release, or the newest more exact form of it."""
    held = [each for each in ARCHIVES if release.version.covers(Version.parse(each.release))]
    return max(held, key=lambda each: Version.parse(each.release), default=None)


def fetch(archive: Archive, cache: Path, progress: Progress) -> Path:
    """The package's file: from the user's Maven repository where it is there, else fetched into ``cache``.

    From the mirror that the user's Maven settings name, resumed when cut; without one by ``mvn``, which brings the
    rest of those settings (proxies, credentials) with it.
    """
    kept = cache / archive.file_name
    for place in (kept, _local_repository(archive)):
        if place.is_file() and place.stat().st_size == archive.size:
            return _verified(archive, place)
    cache.mkdir(parents=True, exist_ok=True)
    mirror = maven.mirror()
    mvn = shutil.which("mvn")
    if mirror:
        download(f"{mirror}/{archive.path}", kept, archive.size, progress)
    elif mvn:
        _run_maven(mvn, archive, cache, progress)
    else:
        raise EnvironmentUnavailable(
            f"{archive.coordinates} is not here and mvn is not installed: install Maven, or put the file at {kept}"
        )
    if not kept.is_file():
        raise EnvironmentUnavailable(f"{archive.coordinates}: mvn ended well but left no {kept.name}")
    return _verified(archive, kept)


def members(file: Path) -> list[str]:
    """The names of a package's libraries inside it."""
    with zipfile.ZipFile(file) as package:
        return sorted(name for name in package.namelist() if _is_library(base_name(name)))


def unpack(file: Path, into: Path) -> None:
    """Put the libraries of a package, without its folders, into ``into``."""
    into.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(file) as package:
        for name in members(file):
            with package.open(name) as source, (into / base_name(name)).open("wb") as target:
                shutil.copyfileobj(source, target, 1 << 20)


def base_name(member: str) -> str:
    return member.rpartition("/")[2]


def _is_library(name: str) -> bool:
    return name.startswith("lib") and ".so" in name


def _run_maven(mvn: str, archive: Archive, cache: Path, progress: Progress) -> None:
    command = [mvn, "-B", "-q", "dependency:copy", f"-Dartifact={archive.coordinates}", f"-DoutputDirectory={cache}"]
    log = cache / f"{archive.file_name}.log"
    with log.open("wb") as output:
        running = process.start(command, stdout=output.fileno())
        started = time.monotonic()
        try:
            while running.poll() is None:
                waited = int(time.monotonic() - started)
                progress(f"fetching {archive.coordinates}, {archive.size // 1_000_000} MB: {waited} s")
                time.sleep(1)
        finally:
            process.end_group(running)
    if running.returncode != 0:
        lines = [line for line in log.read_text("utf-8", "replace").splitlines() if "ERROR" in line]
        first = lines[0] if lines else process.ending(running.returncode)
        raise EnvironmentUnavailable(f"{archive.coordinates} cannot be fetched: {first}")
    log.unlink()


def _local_repository(archive: Archive) -> Path:
    root = Path(os.environ.get("MAVEN_REPO_LOCAL") or Path.home() / ".m2" / "repository")
    return root / archive.path


def _verified(archive: Archive, file: Path) -> Path:
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != archive.sha256:
        raise EnvironmentUnavailable(f"{file} is not {archive.coordinates}: its SHA-256 is {found}; remove it")
    return file
